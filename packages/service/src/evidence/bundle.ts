/**
 * Everything that is known of an alarm, in one file that can be checked: what happened, what the sensors said before
 * and after, what the rules were, who did what.
 */
import type { AgreementRow, Policy, SensorFault, ThresholdRow } from '@emberwatch/engine/detector';
import { CHANNELS } from '@emberwatch/engine/telemetry';
import { MS_PER_DAY, MS_PER_MIN } from '@emberwatch/engine/units';
import { ServiceError } from '../errors.ts';
import type { ModuleState } from '../monitor/fleet.ts';
import type { AlarmKind, AlarmRecord, AuditRow, ChangeEntry } from '../records.ts';
import type { AuditHead } from '../store/audit-chain.ts';
import type { History, Store } from '../store/store.ts';
import { canonicalJson, sha256Of } from './canonical.ts';
import type { SiteFacts } from './site.ts';

const BEFORE_MS = 60 * MS_PER_MIN;
const AFTER_MS = 30 * MS_PER_MIN;
/** An alarm may last for months: of a longer one this much from its beginning. */
const MAX_WINDOW_MS = MS_PER_DAY;
/** 90 minutes at one frame a second are kept frame by frame. */
const MAX_POINTS = 6000;
/** Values of all cells together; beyond it cells come in coarser steps. */
const MAX_CELL_VALUES = 300_000;
const SIBLING_POINTS = 360;
const MAX_SIBLINGS = 40;
/** Of an alarm that groups modules: so many of them with their signals. */
const MAX_MODULES = 4;
const MAX_ROWS = 2000;
const PAGE_ROWS = 500;

const SIBLING_CHANNELS = [
  'surface_temperature_max_degc',
  'surface_temperature_mean_degc',
  'voltage_v',
  'co_ppm',
  'h2_ppm',
  'voc_ppm',
] as const;

export interface EvidenceSource {
  readonly store: Pick<
    Store,
    'alarm' | 'audit' | 'lastAudit' | 'history' | 'changes' | 'sensorFaults' | 'modules'
  >;
  /** State of a module now; undefined where it is not known. */
  readonly fleet: { state(moduleId: string): ModuleState | undefined };
  readonly site: SiteFacts;
  readonly policy: Policy;
  /** What judges now; null: the rules alone. */
  readonly model: { readonly name: string; readonly sha256: string } | null;
  readonly softwareVersion: string;
  /** Of the configuration as it is dumped, without secrets. */
  readonly configurationSha256: string;
  readonly now: () => number;
}

/** Equal `min`, `mean` and `max` are one `values`. Null where there is none. */
export interface EvidenceSeries {
  readonly id: string;
  readonly values?: readonly (number | null)[];
  readonly min?: readonly (number | null)[];
  readonly mean?: readonly (number | null)[];
  readonly max?: readonly (number | null)[];
}

export interface EvidenceSignals {
  readonly moduleId: string;
  readonly tier: History['tier'];
  /** 0: one point for each frame. */
  readonly stepMs: number;
  readonly timesMs: readonly number[];
  /** Positions in `timesMs` of frames that came late. */
  readonly late: readonly number[];
  readonly series: readonly EvidenceSeries[];
}

export interface EvidenceBody {
  readonly format: 'emberwatch-evidence';
  readonly formatVersion: 1;
  readonly madeMs: number;
  readonly site: SiteFacts;
  readonly software: { readonly name: 'emberwatch'; readonly version: string };
  readonly configurationSha256: string;
  readonly alarm: AlarmRecord;
  /** Everything that the audit log holds of the alarm, in order, with its hashes. */
  readonly history: readonly AuditRow[];
  /** The last row of the log when this was made: the log must hold it from then on. Null: there was none. */
  readonly auditHead: AuditHead | null;
  readonly model: {
    /** That judged when the alarm was raised; null: the rules alone, or no hazard. */
    readonly judgedSha256: string | null;
    readonly now: EvidenceSource['model'];
    /** Whether the rows below are those of the model that judged. */
    readonly isSame: boolean;
  };
  /** Rows of the present policy that are named among the reasons. */
  readonly thresholds: readonly ThresholdRow[];
  readonly agreements: readonly AgreementRow[];
  readonly window: {
    readonly fromMs: number;
    readonly toMs: number;
    /** The alarm lasted longer than is shown. */
    readonly isCut: boolean;
  };
  readonly channels: readonly { readonly id: string; readonly label: string; readonly unit: string }[];
  readonly modules: readonly EvidenceSignals[];
  /** The same, where cells had to be given in coarser steps. */
  readonly cells: readonly EvidenceSignals[];
  /** Of the same rack, coarser: temperature, voltage, gas. */
  readonly siblings: readonly EvidenceSignals[];
  readonly levelChanges: readonly ChangeEntry[];
  readonly sensorFaults: readonly SensorFault[];
  readonly stateNow: readonly ModuleState[];
  /** What was left out because there is too much of it, in words. */
  readonly leftOut: readonly string[];
}

export interface EvidenceBundle extends EvidenceBody {
  /** Over the canonical JSON (RFC 8785) of everything else. */
  readonly sha256: string;
}

/** @throws ServiceError `UNKNOWN_ALARM`; those of the store */
export async function evidenceOf(alarmId: string, source: EvidenceSource): Promise<EvidenceBundle> {
  const { store, site, policy, model } = source;
  const alarm = await store.alarm(alarmId);
  if (!alarm) throw new ServiceError('UNKNOWN_ALARM', alarmId);
  const window = windowOf(alarm);
  const leftOut: string[] = [];
  const moduleIds = modulesOf(alarm);
  if (moduleIds.length > MAX_MODULES) leftOut.push(`signals of ${moduleIds.length - MAX_MODULES} modules`);
  const shown = moduleIds.slice(0, MAX_MODULES);
  const [lastAudit, history, modules, siblings, levelChanges, sensorFaults] = await Promise.all([
    store.lastAudit(),
    historyOf(store, alarmId, leftOut),
    signalsOf(store, shown, window),
    siblingsOf(store, alarm, shown, window, leftOut),
    changesOf(store, shown, window, leftOut),
    faultsOf(store, shown, window),
  ]);
  const rules = new Set(
    [...alarm.reasons, ...levelChanges.flatMap(({ reasons }) => reasons)].map((r) => r.rule),
  );
  const body: EvidenceBody = {
    format: 'emberwatch-evidence',
    formatVersion: 1,
    madeMs: source.now(),
    site,
    software: { name: 'emberwatch', version: source.softwareVersion },
    configurationSha256: source.configurationSha256,
    alarm,
    history,
    auditHead: lastAudit && { seq: lastAudit.seq, hash: lastAudit.hash },
    model: {
      judgedSha256: alarm.modelSha256,
      now: model,
      isSame: alarm.modelSha256 === (model?.sha256 ?? null),
    },
    thresholds: policy.thresholds.filter(({ id }) => rules.has(id)),
    agreements: policy.agreements.filter(({ id }) => rules.has(id)),
    window,
    channels: CHANNELS.map(({ id, label, unit }) => ({ id, label, unit })),
    modules: modules.map(({ channels }) => channels),
    cells: modules.flatMap(({ cells }) => (cells ? [cells] : [])),
    siblings,
    levelChanges,
    sensorFaults,
    stateNow: shown.flatMap((moduleId) => source.fleet.state(moduleId) ?? []),
    leftOut,
  };
  // Through JSON once: what is hashed is what a reader of the file will have.
  const plain = JSON.parse(JSON.stringify(body)) as EvidenceBody;
  return { ...plain, sha256: sha256Of(canonicalJson(plain)) };
}

/** Whether nothing in the bundle was changed since it was made. */
export function isIntact({ sha256, ...body }: EvidenceBundle): boolean {
  return sha256 === sha256Of(canonicalJson(body));
}

function windowOf({ dataRaisedMs, dataChangedMs }: AlarmRecord): EvidenceBody['window'] {
  const fromMs = dataRaisedMs - BEFORE_MS;
  const wantedMs = Math.max(dataRaisedMs, dataChangedMs) + AFTER_MS;
  const toMs = Math.min(wantedMs, fromMs + MAX_WINDOW_MS);
  return { fromMs, toMs, isCut: toMs < wantedMs };
}

/** Alarms whose source is a module. */
const OF_MODULE: readonly AlarmKind[] = ['hazard', 'silence', 'unjudged', 'sensor-fault', 'clock'];

const modulesOf = ({ members, source, kind }: AlarmRecord): readonly string[] =>
  members.length > 0 ? members : OF_MODULE.includes(kind) ? [source] : [];

async function historyOf(
  store: EvidenceSource['store'],
  alarmId: string,
  leftOut: string[],
): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for (;;) {
    const page = await store.audit({ afterSeq: rows.at(-1)?.seq ?? 0, limit: PAGE_ROWS, subject: alarmId });
    rows.push(...page);
    if (page.length < PAGE_ROWS) return rows;
    if (rows.length < MAX_ROWS) continue;
    leftOut.push(`entries of the audit log after number ${rows.at(-1)!.seq}`);
    return rows;
  }
}

const isCellSeries = (id: string): boolean => id.startsWith('cell_') && id.endsWith(']');

interface ModuleSignals {
  readonly channels: EvidenceSignals;
  /** Null where they are among the channels. */
  readonly cells: EvidenceSignals | null;
}

async function signalsOf(
  store: EvidenceSource['store'],
  moduleIds: readonly string[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<ModuleSignals[]> {
  const found: ModuleSignals[] = [];
  // One after the other: all at once would hold every series in memory three times.
  for (const moduleId of moduleIds) {
    const query = { moduleId, fromMs, toMs, withCells: true };
    const all = await store.history({ ...query, maxPoints: MAX_POINTS });
    const cells = all.series.filter(({ id }) => isCellSeries(id));
    const channels = all.series.filter(({ id }) => !isCellSeries(id));
    if (cells.length * all.timesMs.length <= MAX_CELL_VALUES) {
      found.push({ channels: signals(moduleId, all), cells: null });
      continue;
    }
    const maxPoints = Math.max(1, Math.floor(MAX_CELL_VALUES / cells.length));
    const coarse = await store.history({ ...query, maxPoints });
    const series = coarse.series.filter(({ id }) => isCellSeries(id));
    found.push({
      channels: signals(moduleId, { ...all, series: channels }),
      cells: signals(moduleId, { ...coarse, series }),
    });
  }
  return found;
}

async function siblingsOf(
  store: EvidenceSource['store'],
  { rackId }: AlarmRecord,
  shown: readonly string[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
  leftOut: string[],
): Promise<EvidenceSignals[]> {
  if (rackId === null) return [];
  const ids = (await store.modules())
    .filter((module) => module.rackId === rackId && !shown.includes(module.moduleId))
    .filter(({ firstMs, lastMs }) => firstMs <= toMs && lastMs >= fromMs)
    .map(({ moduleId }) => moduleId);
  if (ids.length > MAX_SIBLINGS) leftOut.push(`${ids.length - MAX_SIBLINGS} neighbours in the rack`);
  const found: EvidenceSignals[] = [];
  for (const moduleId of ids.slice(0, MAX_SIBLINGS))
    found.push(
      signals(
        moduleId,
        await store.history({
          moduleId,
          fromMs,
          toMs,
          maxPoints: SIBLING_POINTS,
          channels: SIBLING_CHANNELS,
        }),
      ),
    );
  return found;
}

async function changesOf(
  store: EvidenceSource['store'],
  moduleIds: readonly string[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
  leftOut: string[],
): Promise<ChangeEntry[]> {
  const pages = await Promise.all(
    moduleIds.map((moduleId) => store.changes({ moduleId, fromMs, toMs, limit: PAGE_ROWS })),
  );
  if (pages.some(({ cursor }) => cursor !== null))
    leftOut.push(`level changes beyond ${PAGE_ROWS} of a module`);
  return pages.flatMap(({ rows }) => rows).sort((a, b) => a.timeMs - b.timeMs || a.seq - b.seq);
}

async function faultsOf(
  store: EvidenceSource['store'],
  moduleIds: readonly string[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<SensorFault[]> {
  const pages = await Promise.all(
    moduleIds.map((moduleId) => store.sensorFaults({ moduleId, limit: PAGE_ROWS })),
  );
  return pages
    .flatMap(({ rows }) => rows)
    .filter((fault) => fault.fromMs <= toMs && (fault.toMs ?? toMs) >= fromMs)
    .sort((a, b) => a.fromMs - b.fromMs);
}

const numbers = (values: Float64Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null));

function signals(moduleId: string, { tier, stepMs, timesMs, late, series }: History): EvidenceSignals {
  return {
    moduleId,
    tier,
    stepMs,
    timesMs: [...timesMs],
    late,
    series: series.map(({ id, min, mean, max }) => {
      const isOne = min.every((value, i) => Object.is(value, max[i]));
      return isOne
        ? { id, values: numbers(mean) }
        : { id, min: numbers(min), mean: numbers(mean), max: numbers(max) };
    }),
  };
}
