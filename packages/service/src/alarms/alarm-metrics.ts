/**
 * How much is asked of the people at the alarm list, beside what ISA-18.2 and EEMUA 191 hold for bearable. Counted as
 * it happens; memory does not grow with time or with alarms.
 *
 * What counts as one alarm to a person: raised, come back, risen, or out of hiding while it holds; not what is hidden.
 */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN } from '@emberwatch/engine/units';
import type { AlarmKind, AlarmRecord, Priority } from '../records.ts';
import type { Transition, TransitionKind } from './alarm.ts';
import { ENDS, isActive } from './open-alarms.ts';

/** Secondary sources: the texts of the standards are not free. The rates are the usual reading of both. */
const TARGETS = {
  perOperatorDay: { atMost: 150, source: 'ISA-18.2, EEMUA 191: very likely to be acceptable; 300 at most' },
  perTenMinutes: { atMost: 1, source: 'EEMUA 191: steady operation; 10 after an upset' },
  floodShare: { atMost: 0.01, source: 'ISA-18.2: share of ten-minute periods with more than 10 alarms' },
  chattering: { atMost: 0, source: 'ISA-18.2: none; three or more transitions in a minute' },
  stale: { atMost: 5, source: 'ISA-18.2: fewer than 5 on any day; active for more than 24 h' },
  prioritySplit: { shares: [0.05, 0.15, 0.8], source: 'ISA-18.2, EEMUA 191: emergency, high, low' },
  topTenShare: { atMost: 0.05, source: 'ISA-18.2: 1 to 5 % of all come from the ten most frequent' },
} as const;

const BUCKET_MS = 10 * MS_PER_MIN;
/** Thirty days: what ISA-18.2 asks the rates to be taken over. */
const BUCKETS = (30 * MS_PER_DAY) / BUCKET_MS;
const PER_DAY = MS_PER_DAY / BUCKET_MS;
const PER_HOUR = MS_PER_H / BUCKET_MS;
/** A flood begins with more than ten alarms in ten minutes and ends with fewer than five. */
const FLOOD_ALARMS = 10;
const FLOOD_OVER_ALARMS = 5;
const FLOODS_KEPT = 20;
const CHATTER_TRANSITIONS = 3;
const CHATTER_WITHIN_MS = MS_PER_MIN;
const CHATTERING_KEPT = 20;
const STALE_MS = MS_PER_DAY;
/** Conditions that are told apart; the rarest of more are forgotten. */
const SOURCES_KEPT = 2000;
const TOP = 10;
const ACKNOWLEDGEMENTS_KEPT = 500;

/** What a condition does, as against what people do. */
const OF_CONDITIONS: ReadonlySet<TransitionKind> = new Set([
  'raised',
  'escalated',
  'eased',
  'returned',
  'renewed',
]);
const ASKING: ReadonlySet<TransitionKind> = new Set([
  'raised',
  'escalated',
  'renewed',
  ...Object.values(ENDS),
]);

interface SourceMetrics {
  readonly kind: AlarmKind;
  readonly source: string;
  alarms: number;
  /** Latest transitions, newest last. */
  readonly latestMs: number[];
}

interface Flood {
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly alarms: number;
}

export interface AlarmMetrics {
  readonly nowMs: number;
  /** Since when it was counted; the rates are over so long at most. */
  readonly sinceMs: number | null;
  readonly operators: number;
  readonly lastDay: number;
  readonly lastHour: number;
  readonly lastTenMinutes: number;
  readonly perOperatorDay: number | null;
  readonly busiestTenMinutes: number;
  readonly floodShare: number | null;
  /** Newest first; `toMs` null while one lasts. */
  readonly floods: readonly Flood[];
  /** Newest first. */
  readonly chattering: readonly { kind: AlarmKind; source: string; atMs: number; transitions: number }[];
  readonly stale: readonly string[];
  /** Emergency, high, low; trouble is counted beside them. */
  readonly byPriority: Readonly<Record<Priority, number>>;
  readonly prioritySplit: readonly number[] | null;
  readonly topSources: readonly { kind: AlarmKind; source: string; alarms: number; share: number }[];
  readonly topTenShare: number | null;
  readonly medianToAcknowledgeMs: number | null;
  readonly open: number;
  readonly unacknowledged: number;
  readonly hidden: Readonly<Record<'shelved' | 'out-of-service' | 'maintenance', number>>;
  readonly targets: typeof TARGETS;
}

export class AlarmMetricsKeeper {
  private readonly operators: number;
  /** Ring of ten-minute periods: alarms by priority, four numbers each. */
  private readonly buckets = new Uint32Array(BUCKETS * 4);
  private bucket = Number.NaN;
  private sinceMs = Number.NaN;
  /** The latest alarms, newest last: as many as tell whether a flood begins. */
  private readonly latestMs: number[] = [];
  private readonly floods: Flood[] = [];
  private readonly chattering: { kind: AlarmKind; source: string; atMs: number; transitions: number }[] = [];
  private readonly sources = new Map<string, SourceMetrics>();
  private readonly waitsMs: number[] = [];

  /** @param operators people who share the list */
  constructor(operators = 1) {
    this.operators = operators;
  }

  /** Counts what the store keeps of earlier alarms, oldest first; of renewals in between it knows nothing. */
  rebuild(alarms: readonly AlarmRecord[]): void {
    for (const alarm of alarms) {
      const early: AlarmRecord = {
        ...alarm,
        state: 'unacknowledged',
        priority: alarm.highestPriority,
        escalatedMs: alarm.raisedMs,
        suppression: null,
      };
      this.take({ kind: 'raised', atMs: alarm.raisedMs, byName: '', reason: null, alarm: early });
      if (alarm.acknowledgedMs !== null) this.takeWait(alarm.acknowledgedMs - alarm.escalatedMs);
    }
  }

  take({ kind, atMs, alarm }: Transition): void {
    this.advance(atMs);
    if (OF_CONDITIONS.has(kind)) this.takeSource(kind, atMs, alarm);
    if (kind === 'acknowledged') this.takeWait(atMs - alarm.escalatedMs);
    const isAsking = ASKING.has(kind) && alarm.escalatedMs === atMs;
    if (!isAsking || alarm.suppression !== null || !isActive(alarm)) return;
    this.buckets[this.slot(this.bucket) + alarm.priority - 1]!++;
    this.endFlood(atMs);
    this.latestMs.push(atMs);
    if (this.latestMs.length > FLOOD_ALARMS + 1) this.latestMs.shift();
    this.takeFlood(atMs);
  }

  /** @param open all that are not closed */
  metrics(nowMs: number, open: readonly AlarmRecord[]): AlarmMetrics {
    this.advance(nowMs);
    this.endFlood(nowMs);
    const elapsedMs = nowMs - this.sinceMs;
    // Periods stand on the clock: the first and the last of them are not whole.
    const periods = Number.isNaN(elapsedMs)
      ? 0
      : Math.max(0, Math.min(BUCKETS, this.bucket - Math.floor(this.sinceMs / BUCKET_MS) + 1));
    const { counts, flooded, busiest, byPriority } = this.countPeriods(periods);
    const total = counts(BUCKETS);
    const evaluated = byPriority[1] + byPriority[2] + byPriority[3];
    const sources = [...this.sources.values()].sort((a, b) => b.alarms - a.alarms);
    const counted = sources.reduce((sum, { alarms }) => sum + alarms, 0);
    const top = sources.slice(0, TOP).filter(({ alarms }) => alarms > 0);
    const days = Math.max(1, elapsedMs / MS_PER_DAY);
    const hidden = { shelved: 0, 'out-of-service': 0, maintenance: 0 };
    for (const { suppression } of open) if (suppression) hidden[suppression.kind]++;
    return {
      nowMs,
      sinceMs: periods === 0 ? null : this.sinceMs,
      operators: this.operators,
      lastDay: counts(PER_DAY),
      lastHour: counts(PER_HOUR),
      lastTenMinutes: this.latestMs.filter((atMs) => nowMs - atMs < BUCKET_MS).length,
      perOperatorDay: periods === 0 ? null : total / Math.min(days, BUCKETS / PER_DAY) / this.operators,
      busiestTenMinutes: busiest,
      floodShare: periods === 0 ? null : flooded / periods,
      floods: [...this.floods].reverse(),
      chattering: [...this.chattering].reverse(),
      stale: open.filter((alarm) => isStale(alarm, nowMs)).map(({ id }) => id),
      byPriority,
      prioritySplit: evaluated === 0 ? null : [1, 2, 3].map((one) => byPriority[one as Priority] / evaluated),
      topSources: top.map(({ kind, source, alarms }) => ({ kind, source, alarms, share: alarms / counted })),
      topTenShare: counted === 0 ? null : top.reduce((sum, { alarms }) => sum + alarms, 0) / counted,
      medianToAcknowledgeMs: medianOf(this.waitsMs),
      open: open.length,
      unacknowledged: open.filter(({ state }) => state === 'unacknowledged' || state === 'returned').length,
      hidden,
      targets: TARGETS,
    };
  }

  private slot(bucket: number): number {
    return (bucket % BUCKETS) * 4;
  }

  /** A clock that is set back counts into the period in which it was. */
  private advance(nowMs: number): void {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    if (Number.isNaN(this.bucket)) {
      this.bucket = bucket;
      this.sinceMs = nowMs;
    }
    const first = Math.max(this.bucket + 1, bucket - BUCKETS + 1);
    for (let one = first; one <= bucket; one++) {
      const slot = this.slot(one);
      this.buckets.fill(0, slot, slot + 4);
    }
    this.bucket = Math.max(this.bucket, bucket);
  }

  private countPeriods(periods: number) {
    const { buckets } = this;
    const byPriority: Record<Priority, number> = { 1: 0, 2: 0, 3: 0, 4: 0 };
    const sums: number[] = [];
    let flooded = 0;
    let busiest = 0;
    for (let back = 0; back < periods; back++) {
      const slot = this.slot(this.bucket - back);
      let sum = 0;
      for (const one of [1, 2, 3, 4] as const) {
        byPriority[one] += buckets[slot + one - 1]!;
        sum += buckets[slot + one - 1]!;
      }
      sums.push(sum);
      if (sum > FLOOD_ALARMS) flooded++;
      busiest = Math.max(busiest, sum);
    }
    const counts = (latest: number): number => sums.slice(0, latest).reduce((all, sum) => all + sum, 0);
    return { counts, flooded, busiest, byPriority };
  }

  private takeSource(
    transition: TransitionKind,
    atMs: number,
    { kind, source, suppression }: AlarmRecord,
  ): void {
    const key = `${kind} ${source}`;
    let metrics = this.sources.get(key);
    if (!metrics) {
      if (this.sources.size >= SOURCES_KEPT) this.forgetRarest();
      metrics = { kind, source, alarms: 0, latestMs: [] };
      this.sources.set(key, metrics);
    }
    if (ASKING.has(transition) && suppression === null) metrics.alarms++;
    const { latestMs } = metrics;
    latestMs.push(atMs);
    if (latestMs.length > CHATTER_TRANSITIONS) latestMs.shift();
    if (latestMs.length < CHATTER_TRANSITIONS || atMs - latestMs[0]! >= CHATTER_WITHIN_MS) return;
    const at = this.chattering.findIndex((one) => one.kind === kind && one.source === source);
    const before = at < 0 ? CHATTER_TRANSITIONS - 1 : this.chattering.splice(at, 1)[0]!.transitions;
    this.chattering.push({ kind, source, atMs, transitions: before + 1 });
    if (this.chattering.length > CHATTERING_KEPT) this.chattering.shift();
  }

  private forgetRarest(): void {
    let rarest: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [key, { alarms }] of this.sources) {
      if (alarms >= fewest) continue;
      rarest = key;
      fewest = alarms;
    }
    if (rarest !== undefined) this.sources.delete(rarest);
  }

  private takeWait(waitMs: number): void {
    this.waitsMs.push(Math.max(0, waitMs));
    if (this.waitsMs.length > ACKNOWLEDGEMENTS_KEPT) this.waitsMs.shift();
  }

  private takeFlood(atMs: number): void {
    const last = this.floods.at(-1);
    if (last?.toMs === null) this.floods[this.floods.length - 1] = { ...last, alarms: last.alarms + 1 };
    else if (this.latestMs.length > FLOOD_ALARMS && atMs - this.latestMs[0]! < BUCKET_MS) {
      this.floods.push({ fromMs: this.latestMs[0]!, toMs: null, alarms: this.latestMs.length });
      if (this.floods.length > FLOODS_KEPT) this.floods.shift();
    }
  }

  /** Over once fewer than five came in the last ten minutes. */
  private endFlood(nowMs: number): void {
    const open = this.floods.at(-1);
    const fifthMs = this.latestMs.at(-FLOOD_OVER_ALARMS);
    if (open?.toMs !== null || fifthMs === undefined || nowMs - fifthMs < BUCKET_MS) return;
    this.floods[this.floods.length - 1] = { ...open, toMs: fifthMs + BUCKET_MS };
  }
}

/** Out of service is the remedy for it: it does not count. */
const isStale = (alarm: AlarmRecord, nowMs: number): boolean =>
  isActive(alarm) && nowMs - alarm.escalatedMs > STALE_MS && alarm.suppression?.kind !== 'out-of-service';

function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
