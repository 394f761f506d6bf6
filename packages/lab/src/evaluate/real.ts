/** Real recordings, judged as they are: the model was trained on simulation and nothing is set anew. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ALARM_LEVELS, createModel, type ModelDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import { parseDurationMs } from '@emberwatch/engine/units';
import type { RunRecord } from '../dataset/manifest.ts';
import { loadMapping } from '../mapping.ts';
import { openRecording } from '../recording/index.ts';
import { MODEL_SCORE } from '../rows/scores.ts';
import { type WatchResult, watchRecording } from '../watch/watch.ts';
import { RunObserver } from './run-metrics.ts';
import { scorerOf } from './scorer.ts';
import { poissonUpper } from './statistics.ts';
import { significant, type TextTable } from './text.ts';

interface RealSet {
  readonly name: string;
  readonly file: string;
  /** Null: the built-in schema that fits. */
  readonly mapping: string | null;
  readonly source: string;
  /** Whether any alarm is a false one. */
  readonly isHealthy: boolean;
}

const NASA = 'NASA PCoE, Saha & Goebel 2007, public domain';
const NIE = 'Nie et al., Energy 323 (2025) 135754, MIT';

const REAL_SETS: readonly RealSet[] = [
  {
    name: 'vehicle pack 1, 96 cells, 1 s',
    file: 'field/ev-pack-1.zip',
    mapping: 'ev-pack-1.yaml',
    source: NIE,
    isHealthy: false,
  },
  {
    name: 'vehicle pack 2, 88 of 89 cells, 30 s',
    file: 'field/ev-pack-2.zip',
    mapping: 'ev-pack-2.yaml',
    source: NIE,
    isHealthy: false,
  },
  {
    name: 'B0005, discharges of an 18650 cell',
    file: 'normal/nasa-b0005-discharge.csv.gz',
    mapping: 'nasa-pcoe-discharge.yaml',
    source: NASA,
    isHealthy: true,
  },
  {
    name: 'B0018, discharges of an 18650 cell',
    file: 'normal/nasa-b0018-discharge.csv.gz',
    mapping: 'nasa-pcoe-discharge.yaml',
    source: NASA,
    isHealthy: true,
  },
  {
    name: 'Samsung 30Q, 81 cycles at 1C, 1 s',
    file: 'normal/arts-30q-ds2-cell1-subset.csv.gz',
    mapping: 'arts-30q.yaml',
    source: 'ARTS Laboratory, University of South Carolina, CC BY-SA 4.0',
    isHealthy: true,
  },
  {
    name: 'seed, 64 generated modules, one faulty, 10 s',
    file: 'seed/dummy_fault_RackA2_Module01_200rows.csv.gz',
    mapping: null,
    source: 'generated',
    isHealthy: false,
  },
];

const HERE = dirname(fileURLToPath(import.meta.url));

/** In a folder `examples/mappings` here or above, first of the current folder, then of this program. */
function mappingPath(name: string): string {
  for (const start of [resolve('.'), HERE])
    for (let folder = start; ; folder = dirname(folder)) {
      const path = join(folder, 'examples/mappings', name);
      if (existsSync(path)) return path;
      if (folder === dirname(folder)) break;
    }
  throw new InputError(`examples/mappings/${name}: this mapping is not found beside the program`);
}

const H_PER_MONTH = 730.5;

export interface RealStats {
  readonly name: string;
  readonly source: string;
  readonly isHealthy: boolean;
  readonly frames: number;
  readonly moduleHours: number;
  /** Episodes by the gravest level reached: advisory, warning, critical. */
  readonly episodes: readonly number[];
  /** The same per module-month, and upper limits (95 %, Poisson). */
  readonly perModuleMonth: readonly number[];
  readonly upperPerModuleMonth: readonly number[];
  /** Highest probability that 3 of 5 looks reached, of all modules; NaN without a model. */
  readonly highestProbability: number;
  readonly rejected: number;
  readonly sensorFaults: number;
  readonly framesPerS: number;
  /** Of the module in which a cell deviates most; null without cells. */
  readonly cell: {
    readonly cell: number;
    readonly shareLowest: number;
    readonly meanDeviationMv: number;
    readonly neighbourDeviationMv: number;
  } | null;
}

/**
 * Judges every set that the folder has. Errors: `InputError` where it has none.
 *
 * @param model null: the rules alone
 */
export async function evaluateReal(
  folder: string,
  model: ModelDocument | null,
  onProgress?: (share: number, phase: string) => void,
): Promise<RealStats[]> {
  const sets = REAL_SETS.filter(({ file }) => existsSync(join(folder, file)));
  if (sets.length === 0)
    throw new InputError(
      `${folder}: none of the real recordings is here (${REAL_SETS.map(({ file }) => file).join(', ')})`,
    );
  const stats: RealStats[] = [];
  for (const [i, set] of sets.entries()) {
    onProgress?.(i / sets.length, set.name);
    stats.push(await evaluated(set, folder, model));
  }
  return stats;
}

async function evaluated(set: RealSet, folder: string, model: ModelDocument | null): Promise<RealStats> {
  const { name, source, isHealthy } = set;
  const path = join(folder, set.file);
  const mapping = set.mapping === null ? null : await loadMapping(mappingPath(set.mapping));
  const startMs = performance.now();
  const result = await watchRecording(path, { mapping, ...(model && { model: createModel(model) }) });
  const elapsedS = (performance.now() - startMs) / 1000;
  const { moduleHours, episodeCounts } = result;
  const episodes = ALARM_LEVELS.map((level) => episodeCounts[level]);
  const months = moduleHours / H_PER_MONTH;
  return {
    name,
    source,
    isHealthy,
    frames: result.frames,
    moduleHours,
    episodes,
    perModuleMonth: episodes.map((count) => count / months),
    upperPerModuleMonth: episodes.map((count) => poissonUpper(count) / months),
    highestProbability: model ? await highestProbability(path, result, model) : Number.NaN,
    rejected: result.rejected,
    sensorFaults: result.sensorFaultCount,
    framesPerS: result.frames / elapsedS,
    cell: cellOf(result),
  };
}

const cellOf = ({ modules }: WatchResult): RealStats['cell'] =>
  modules
    .flatMap(({ mostDeviatingCell }) => mostDeviatingCell ?? [])
    .sort((a, b) => a.meanDeviationMv - b.meanDeviationMv)[0] ?? null;

/** A second pass with the model beside the rules, all modules taken as calm. */
async function highestProbability(
  path: string,
  { mapping, firstMs }: WatchResult,
  model: ModelDocument,
): Promise<number> {
  const by = scorerOf(model, false);
  const interval = mapping.sampling?.interval;
  const observer = new RunObserver(calmRun(mapping.nameplate ?? {}, firstMs), {
    scorer: by.scorer,
    detector: { intervalMs: interval === undefined ? 0 : (parseDurationMs(interval) ?? 0) },
  });
  await openRecording(path, {
    mapping,
    ordered: true,
    sink: { frame: (frame) => observer.observe(frame, Number.NaN), rejection: () => {} },
  });
  const max = observer.finish().exposures.flatMap((exposure) => exposure.max.map((of) => of[MODEL_SCORE]!));
  const highest = max.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return highest === Number.NEGATIVE_INFINITY ? Number.NaN : by.scorer!.probability(highest);
}

const calmRun = (nameplate: RunRecord['nameplate'], startMs: number): RunRecord => ({
  run: 'real',
  recipe: 'real',
  seed: 0,
  split: 'test',
  outcome: 'calm',
  expected: null,
  site: 'real',
  chemistry: nameplate.chemistry ?? '',
  cell: '',
  family: 'calm',
  kinds: [],
  nameplate,
  startMs,
  durationS: Number.POSITIVE_INFINITY,
  intervalS: 0,
  moduleCount: 1,
  channels: [],
  cellVoltages: 0,
  probes: 0,
  rows: 0,
  hazardRows: 0,
  modules: [],
  sensorFaults: [],
  file: '',
  bytes: 0,
  sha256: '',
});

export function realTable(stats: readonly RealStats[]): TextTable {
  const healthy = stats.filter(({ isHealthy }) => isHealthy);
  const hours = healthy.reduce((sum, { moduleHours }) => sum + moduleHours, 0);
  const alarms = ALARM_LEVELS.map((_, rank) =>
    healthy.reduce((sum, { episodes }) => sum + episodes[rank]!, 0),
  );
  const limits = ALARM_LEVELS.map(
    (level, rank) =>
      `${alarms[rank]} ${level} (at most ${significant((poissonUpper(alarms[rank]!) * H_PER_MONTH) / hours)} per module-month)`,
  );
  return {
    title: 'Real recordings',
    note:
      healthy.length === 0
        ? 'Episodes by the gravest level reached.'
        : `Episodes by the gravest level reached; in brackets per module-month, and upper limit (95 %). The ${healthy.length} sets of healthy cells together, ${hours.toFixed(0)} module-hours: ${limits.join(', ')}.`,
    head: [
      'recording',
      'module-hours',
      'frames',
      ...ALARM_LEVELS,
      'highest probability',
      'values refused',
      'sensor faults',
      'most deviating cell',
    ],
    rows: stats.map((set) => [
      `${set.name} (${set.source})`,
      set.moduleHours.toFixed(1),
      set.frames.toLocaleString('en-US'),
      ...set.episodes.map(
        (count, rank) =>
          `${count} (${significant(set.perModuleMonth[rank]!)}, ≤ ${significant(set.upperPerModuleMonth[rank]!)})`,
      ),
      Number.isNaN(set.highestProbability) ? '–' : set.highestProbability.toPrecision(2),
      String(set.rejected),
      String(set.sensorFaults),
      set.cell
        ? `${set.cell.cell}: lowest ${(100 * set.cell.shareLowest).toFixed(0)} % of the time, ${set.cell.meanDeviationMv.toFixed(0)} mV (${set.cell.neighbourDeviationMv.toFixed(0)} mV to its neighbours)`
        : '–',
    ]),
  };
}
