/** The modules of the site as the service knows them: one detector, and for each module what it said last. */
import {
  ALARM_LEVELS,
  Detector,
  type DetectorOptions,
  type DetectorSink,
  type DetectorSnapshot,
  HOT_READING_DEG_C,
  type Level,
  type LevelChange,
  type Reason,
  type SensorFault,
  type Verdict,
} from '@emberwatch/engine/detector';
import type { Frame } from '@emberwatch/engine/telemetry';
import type { HotSensor } from '../alarms/conditions.ts';
import {
  DEFAULT_SILENT_AFTER_MS,
  LIMITS,
  type Limits,
  MAX_AHEAD_MS,
  MAX_BEHIND_MS,
  MAX_LEAP_MS,
} from '../limits.ts';
import { SIGNALS } from './signals.ts';
import { Arrivals } from './silence.ts';
import { SiteClock, type SiteClockState } from './site-clock.ts';

/** A judge without `snapshot` is made again from the journal alone. */
export type Judge = Pick<Detector, 'observe' | 'advance' | 'verdict' | 'finish'> &
  Partial<Pick<Detector, 'observeInstant' | 'snapshot' | 'restore' | 'forget'>>;

/** Why a frame that can be read is still not taken. */
export const REFUSALS = {
  'module-limit': 'more modules than this service takes',
  'module-name-too-long': 'the name of the module or of its rack is too long',
  'future-time': 'more than a day ahead of the clock of this computer',
  'leaps-ahead': 'more than an hour further ahead of the clock of this computer than before',
  'foreign-module': 'not a module that this gateway may deliver',
} as const;
export type Refusal = keyof typeof REFUSALS;

/** A level change with its number in the service and the wall time at which it became known. */
export interface ChangeEntry extends LevelChange {
  readonly seq: number;
  readonly seenMs: number;
}

/** The detector's verdict, and what the site knows beside it. */
export interface ModuleState extends Verdict {
  /** The last level that was more than `unknown`: what was known before the module fell silent. */
  readonly lastKnownLevel: Level | null;
  readonly isSilent: boolean;
  /** Who delivered it last; null before the first frame. */
  readonly gatewayId: string | null;
  readonly values: Readonly<Record<string, number | null>>;
}

export interface FleetOptions {
  readonly now?: () => number;
  readonly silentAfterMs?: number;
  readonly limits?: Partial<Limits>;
  /** What is known of the modules beforehand. */
  readonly detector?: Omit<DetectorOptions, 'sink'>;
  readonly judge?: (sink: DetectorSink) => Judge;
  readonly onChange?: (change: ChangeEntry) => void;
  readonly onSensorFault?: (fault: SensorFault) => void;
}

interface ModuleEntry {
  readonly moduleId: string;
  rackId: string | null;
  timeMs: number;
  /** How far the last frame was ahead of the wall clock when it came. */
  aheadMs: number;
  /** Stamp that was refused because it leaps ahead; NaN where the last frame was taken. */
  leaptMs: number;
  level: Level;
  lastKnownLevel: Level | null;
  isSilent: boolean;
  gatewayId: string | null;
  /** When its silence was found, wall clock; NaN while it delivers. */
  silentSinceMs: number;
  /** Since when it delivers without being judged, wall clock; NaN while it is judged. */
  unjudgedSinceMs: number;
  /** How far behind the site it was when it was called silent for it, ms of data; NaN while it keeps up. */
  lagMs: number;
  /** Open sensor faults. */
  faults: number;
  /** Of them the one that read hottest, where that is as hot as what burns. */
  hotSensor: (HotSensor & { readonly key: string }) | null;
  readonly values: Float64Array;
  readonly arrivals: Arrivals;
}

/** What is known of the fleet beside the detector, as of one instant. */
export interface FleetState {
  readonly modules: readonly (Omit<ModuleEntry, 'arrivals'> & {
    arrivals: { lastMs: number; gapMs: number };
  })[];
  readonly arrivals: { readonly lastMs: number; readonly gapMs: number };
  readonly clock: SiteClockState;
  readonly advancedToMs: number;
  readonly faults: readonly SensorFault[];
}

/** What supervision looks at, once a second. */
export type WatchedEntry = Readonly<Omit<ModuleEntry, 'values'>>;

/** A detector that failed within so long counts as failing. */
const FAILING_FOR_MS = 60_000;

/** The detector is told of passing time in steps of data time. */
const ADVANCE_STEP_MS = 1000;

export class Fleet {
  readonly limits: Limits;
  readonly clock = new SiteClock();
  readonly arrivals = new Arrivals();
  /** Frames that the detector failed on, and its last words. */
  readonly failure = { count: 0, lastMs: Number.NEGATIVE_INFINITY, message: null as string | null };
  private readonly now: () => number;
  private readonly silentAfterMs: number;
  private readonly judge: Judge;
  private readonly options: FleetOptions;
  private readonly modules = new Map<string, ModuleEntry>();
  private readonly dirty = new Set<ModuleEntry>();
  private readonly changeList: ChangeEntry[] = [];
  private readonly faults = new Map<string, SensorFault>();
  /** Number of the last change. */
  changeCount = 0;
  /** Judging again what was judged before a restart: nobody is told. */
  isReplaying = false;
  private advancedToMs = Number.NEGATIVE_INFINITY;
  private isAdvancing = false;

  constructor(options: FleetOptions = {}) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.silentAfterMs = options.silentAfterMs ?? DEFAULT_SILENT_AFTER_MS;
    this.limits = { ...LIMITS, ...options.limits };
    const sink: DetectorSink = {
      change: (change) => this.takeChange(change),
      sensorFault: (fault) => this.takeFault(fault),
    };
    this.judge = options.judge
      ? options.judge(sink)
      : new Detector({ ...options.detector, clock: 'caller', sink });
  }

  /** The detector failed so recently that nobody may rely on it. */
  isFailing(): boolean {
    return this.now() - this.failure.lastMs < FAILING_FOR_MS;
  }

  get size(): number {
    return this.modules.size;
  }

  get silentCount(): number {
    let count = 0;
    for (const entry of this.modules.values()) if (entry.isSilent) count++;
    return count;
  }

  /** True when nothing at all has come for too long. */
  isSilent(): boolean {
    return this.modules.size > 0 && this.arrivals.isSilent(this.now(), this.silentAfterMs);
  }

  /** Time of the last frame taken from a module, or undefined. */
  lastTimeMs(moduleId: string): number | undefined {
    return this.modules.get(moduleId)?.timeMs;
  }

  /**
   * Judges a frame that is later than those of its module before it, or the last instant anew, with a further part; what is
   * not judged leaves all as it was.
   *
   * @param wallMs at arrival
   * @returns null where it was judged; `behind`: more than a day behind the site, to be kept but not judged
   */
  observe(
    frame: Frame,
    gatewayId: string | null = null,
    wallMs: number = this.now(),
  ): Refusal | 'behind' | null {
    const refusal = this.refusalOf(frame, wallMs);
    if (refusal) return refusal;
    const entry = this.entryOf(frame);
    entry.gatewayId = gatewayId;
    entry.rackId = frame.rackId;
    entry.timeMs = frame.timeMs;
    entry.aheadMs = Math.max(0, frame.timeMs - wallMs);
    entry.leaptMs = Number.NaN;
    for (let i = 0; i < SIGNALS.length; i++) entry.values[i] = SIGNALS[i]!.of(frame);
    entry.arrivals.add(wallMs, this.silentAfterMs);
    this.arrivals.add(wallMs, this.silentAfterMs);
    this.dirty.add(entry);
    const wasSilent = entry.isSilent;
    entry.isSilent = false;
    entry.silentSinceMs = Number.NaN;
    this.attempt(() =>
      this.judge.observeInstant ? this.judge.observeInstant(frame) : this.judge.observe(frame),
    );
    if (!this.isLagging(entry)) {
      if (wasSilent || entry.lagMs > 0) this.showJudged(entry);
      entry.lagMs = Number.NaN;
    }
    if (entry.level !== 'unknown') entry.unjudgedSinceMs = Number.NaN;
    else if (Number.isNaN(entry.unjudgedSinceMs)) entry.unjudgedSinceMs = wallMs;
    this.clock.observe(frame.moduleId, frame.timeMs, wallMs);
    this.advance();
    return null;
  }

  /** Looks at the wall clock: modules that have stopped delivering become unknown, unless they are in alarm. */
  tick(): void {
    const wallMs = this.now();
    for (const entry of this.modules.values()) {
      if (entry.isSilent || !entry.arrivals.isSilent(wallMs, this.silentAfterMs)) continue;
      this.fallSilent(entry, wallMs);
    }
  }

  /** The wall clock was set by so much: silence, and how far stamps are ahead, are reckoned by the new one. */
  clockSet(byMs: number): void {
    for (const entry of this.modules.values()) {
      entry.arrivals.lastMs += byMs;
      entry.silentSinceMs += byMs;
      entry.unjudgedSinceMs += byMs;
      entry.aheadMs = Math.max(0, entry.aheadMs - byMs);
    }
    this.arrivals.lastMs += byMs;
    this.failure.lastMs += byMs;
  }

  /** After a restart: a clock that was set back meanwhile must not hide a silence until it has caught up. */
  arrivedUntil(wallMs: number): void {
    this.arrivals.lastMs = Math.min(this.arrivals.lastMs, wallMs);
    for (const { arrivals } of this.modules.values()) arrivals.lastMs = Math.min(arrivals.lastMs, wallMs);
  }

  private fallSilent(entry: ModuleEntry, wallMs: number): void {
    entry.isSilent = true;
    entry.silentSinceMs = wallMs;
    entry.unjudgedSinceMs = Number.NaN;
    this.dirty.add(entry);
    if (isAlarm(entry.level)) return;
    this.show(entry, 'unknown', [silenceReason(wallMs - entry.arrivals.lastMs)], entry.timeMs);
  }

  states(): ModuleState[] {
    return [...this.modules.values()].map((entry) => this.stateOf(entry));
  }

  /** Modules whose state has changed since it was taken last; those that wait longest, where there are more than `most`. */
  takeChanged(most: number): ModuleState[] {
    const states: ModuleState[] = [];
    for (const entry of this.dirty) {
      if (states.length >= most) break;
      states.push(this.stateOf(entry));
      this.dirty.delete(entry);
    }
    return states;
  }

  /** Nobody asks what has changed. */
  forgetChanged(): void {
    this.dirty.clear();
  }

  state(moduleId: string): ModuleState | undefined {
    const entry = this.modules.get(moduleId);
    return entry && this.stateOf(entry);
  }

  /** Changes that were told before a restart, oldest first. */
  remember(changes: readonly ChangeEntry[]): void {
    this.changeList.splice(0, this.changeList.length, ...changes.slice(-this.limits.changes));
    this.changeCount = Math.max(this.changeCount, changes.at(-1)?.seq ?? 0);
  }

  /** Every module that was ever seen. */
  watched(): Iterable<WatchedEntry> {
    return this.modules.values();
  }

  /** A gateway says that these modules are gone: they are silent at once, whatever their pace. */
  declareSilent(moduleIds: Iterable<string>): void {
    for (const moduleId of moduleIds) {
      const entry = this.modules.get(moduleId);
      if (entry && !entry.isSilent) this.fallSilent(entry, this.now());
    }
  }

  /** The module is gone for good; what is kept of it stays. @param why stands among the changes; null: nothing does */
  forget(moduleId: string, why: Reason | null = null): void {
    const entry = this.modules.get(moduleId);
    if (!entry) return;
    if (why) this.show(entry, 'unknown', [why], entry.timeMs);
    this.modules.delete(moduleId);
    this.dirty.delete(entry);
    for (const [key, fault] of this.faults) if (fault.moduleId === moduleId) this.faults.delete(key);
    this.judge.forget?.(moduleId);
  }

  /** For a snapshot, taken together with that of the judge. */
  saveState(): FleetState {
    const modules = [...this.modules.values()].map((entry) => ({
      ...entry,
      values: entry.values.slice(),
      arrivals: { lastMs: entry.arrivals.lastMs, gapMs: entry.arrivals.gapMs },
    }));
    const { lastMs, gapMs } = this.arrivals;
    const { advancedToMs } = this;
    const faults = [...this.faults.values()];
    return { modules, arrivals: { lastMs, gapMs }, clock: this.clock.state(), advancedToMs, faults };
  }

  restoreState(state: FleetState): void {
    Object.assign(this.arrivals, state.arrivals);
    this.clock.restoreState(state.clock);
    this.advancedToMs = state.advancedToMs;
    for (const fault of state.faults) this.faults.set(faultKey(fault), fault);
    for (const saved of state.modules) {
      const arrivals = Object.assign(new Arrivals(), saved.arrivals);
      this.modules.set(saved.moduleId, { ...saved, values: Float64Array.from(saved.values), arrivals });
    }
  }

  /** @throws InputError as `Detector.restore` */
  restoreJudge(parts: readonly Uint8Array[]): void {
    if (!this.judge.restore) throw new Error('this judge keeps no state');
    this.judge.restore(parts);
  }

  /** Null where the judge keeps no state. */
  snapshotJudge(): DetectorSnapshot | null {
    return this.judge.snapshot?.() ?? null;
  }

  /** Newest first. */
  changes(limit: number, moduleId?: string): ChangeEntry[] {
    const found = moduleId ? this.changeList.filter((c) => c.moduleId === moduleId) : this.changeList;
    return found.slice(-limit).reverse();
  }

  /** Newest first; with `toMs` null while they last. */
  sensorFaults(moduleId?: string): SensorFault[] {
    const all = [...this.faults.values()].reverse();
    return moduleId ? all.filter((fault) => fault.moduleId === moduleId) : all;
  }

  finish(): void {
    this.attempt(() => this.judge.finish());
  }

  private refusalOf(frame: Frame, wallMs: number): Refusal | 'behind' | null {
    const { moduleIdChars } = this.limits;
    if (frame.moduleId.length > moduleIdChars || (frame.rackId ?? '').length > moduleIdChars)
      return 'module-name-too-long';
    if (frame.timeMs > wallMs + MAX_AHEAD_MS) return 'future-time';
    const entry = this.modules.get(frame.moduleId);
    if (!entry && this.modules.size >= this.limits.modules) return 'module-limit';
    if (entry && leapsAhead(entry, frame.timeMs, wallMs)) {
      entry.leaptMs = frame.timeMs;
      return 'leaps-ahead';
    }
    const siteMs = this.clock.timeMs;
    if (siteMs === null || frame.timeMs >= siteMs - MAX_BEHIND_MS) return null;
    // Nobody else is talking: this is a new recording, not a late frame.
    if (!this.arrivals.isSilent(wallMs, this.silentAfterMs)) return 'behind';
    this.clock.restart();
    this.advancedToMs = Number.NEGATIVE_INFINITY;
    return null;
  }

  private entryOf(frame: Frame): ModuleEntry {
    const known = this.modules.get(frame.moduleId);
    if (known) return known;
    const entry: ModuleEntry = {
      moduleId: frame.moduleId,
      rackId: frame.rackId,
      timeMs: frame.timeMs,
      aheadMs: 0,
      leaptMs: Number.NaN,
      level: 'unknown',
      lastKnownLevel: null,
      isSilent: false,
      gatewayId: null,
      silentSinceMs: Number.NaN,
      unjudgedSinceMs: Number.NaN,
      lagMs: Number.NaN,
      faults: 0,
      hotSensor: null,
      values: new Float64Array(SIGNALS.length),
      arrivals: new Arrivals(),
    };
    this.modules.set(frame.moduleId, entry);
    return entry;
  }

  private advance(): void {
    const timeMs = this.clock.timeMs;
    if (timeMs === null || timeMs < this.advancedToMs + ADVANCE_STEP_MS) return;
    this.advancedToMs = timeMs;
    this.isAdvancing = true;
    this.attempt(() => this.judge.advance(timeMs));
    this.isAdvancing = false;
  }

  /** A fault of the detector must neither stop the door nor pass unseen: health reports it. */
  private attempt(judging: () => void): void {
    try {
      judging();
    } catch (error) {
      this.failure.count++;
      this.failure.lastMs = this.now();
      this.failure.message = error instanceof Error ? error.message : String(error);
    }
  }

  private takeChange(change: LevelChange): void {
    const entry = this.modules.get(change.moduleId);
    if (!entry) return;
    const hasFallenBehind = this.isAdvancing && change.to === 'unknown';
    if (hasFallenBehind) entry.lagMs = this.lagOf(entry);
    if (entry.isSilent) return;
    this.dirty.add(entry);
    if (!hasFallenBehind && change.to === 'normal' && this.isLagging(entry)) return;
    this.show(entry, change.to, change.reasons, change.timeMs);
  }

  private lagOf({ timeMs }: ModuleEntry): number {
    return (this.clock.timeMs ?? timeMs) - timeMs;
  }

  /** What waited in a gateway, or has a slow clock, tells of the past: how the module is now is not known by it. */
  private isLagging(entry: ModuleEntry): boolean {
    // Well below what made it silent, or it would be called so again with the next step of the clock.
    return this.lagOf(entry) >= entry.lagMs / 2;
  }

  private showJudged(entry: ModuleEntry): void {
    const verdict = this.judge.verdict(entry.moduleId);
    if (verdict) this.show(entry, verdict.level, verdict.reasons, verdict.timeMs);
  }

  private show(entry: ModuleEntry, level: Level, reasons: readonly Reason[], timeMs: number): void {
    const from = entry.level;
    if (level === from) return;
    entry.level = level;
    if (level !== 'unknown') entry.lastKnownLevel = level;
    const { moduleId, rackId } = entry;
    if (this.isReplaying) return;
    const change = { timeMs, moduleId, rackId, from, to: level, reasons };
    const numbered = { ...change, seq: ++this.changeCount, seenMs: this.now() };
    this.changeList.push(numbered);
    if (this.changeList.length > this.limits.changes) this.changeList.shift();
    this.options.onChange?.(numbered);
  }

  private takeFault(fault: SensorFault): void {
    const key = faultKey(fault);
    const copy = { ...fault };
    const entry = this.modules.get(fault.moduleId);
    const isOpen = this.faults.get(key)?.toMs === null;
    if (entry && fault.toMs !== null) entry.faults = Math.max(0, entry.faults - 1);
    else if (entry && !isOpen) entry.faults++;
    this.faults.set(key, copy);
    if (entry) this.noteHotSensor(entry, key, copy);
    if (this.faults.size > this.limits.sensorFaults) this.forgetFault();
    if (!this.isReplaying) this.options.onSensorFault?.(copy);
  }

  private noteHotSensor(entry: ModuleEntry, key: string, fault: SensorFault): void {
    if (fault.toMs === null) {
      const degC = fault.hottestDegC ?? Number.NaN;
      if (degC >= HOT_READING_DEG_C && !(degC <= (entry.hotSensor?.degC ?? Number.NaN)))
        entry.hotSensor = { key, channel: fault.channel, degC };
      return;
    }
    if (entry.hotSensor?.key !== key) return;
    entry.hotSensor = null;
    for (const [other, open] of this.faults)
      if (open.moduleId === entry.moduleId && open.toMs === null) this.noteHotSensor(entry, other, open);
  }

  private forgetFault(): void {
    let oldest: string | undefined;
    for (const [key, fault] of this.faults) {
      oldest ??= key;
      if (fault.toMs === null) continue;
      oldest = key;
      break;
    }
    if (oldest !== undefined) this.faults.delete(oldest);
  }

  private stateOf(entry: ModuleEntry): ModuleState {
    const { moduleId, rackId, timeMs, level, isSilent, gatewayId } = entry;
    const verdict = this.judge.verdict(moduleId);
    if (verdict && verdict.level !== 'unknown') entry.lastKnownLevel = verdict.level;
    const isLagging = this.isLagging(entry);
    const silence = isSilent
      ? [silenceReason(this.now() - entry.arrivals.lastMs)]
      : isLagging
        ? [lagReason(this.lagOf(entry))]
        : [];
    // Only data clear an alarm: silence leaves it standing.
    const isUnknown = (isSilent || isLagging) && !isAlarm(verdict?.level ?? level);
    const values: Record<string, number | null> = {};
    for (let i = 0; i < SIGNALS.length; i++) {
      const value = entry.values[i]!;
      values[SIGNALS[i]!.id] = Number.isFinite(value) ? Number(value.toPrecision(7)) : null;
    }
    return {
      moduleId,
      rackId,
      timeMs,
      level: isUnknown ? 'unknown' : (verdict?.level ?? level),
      sinceMs: isUnknown ? timeMs : (verdict?.sinceMs ?? timeMs),
      reasons: isUnknown ? silence : [...(verdict?.reasons ?? []), ...silence],
      missing: verdict?.missing ?? [],
      hazardProbability: isUnknown ? null : (verdict?.hazardProbability ?? null),
      timeToPnr: isUnknown ? null : (verdict?.timeToPnr ?? null),
      drivers: isUnknown ? null : (verdict?.drivers ?? null),
      lastKnownLevel: entry.lastKnownLevel,
      isSilent,
      gatewayId,
      values,
    };
  }
}

/** After a real pause a clock is as far ahead as before; a second frame that follows the leap settles it. */
const leapsAhead = (entry: ModuleEntry, timeMs: number, wallMs: number): boolean =>
  timeMs - entry.timeMs > MAX_LEAP_MS &&
  timeMs - wallMs > entry.aheadMs + MAX_LEAP_MS &&
  !(timeMs > entry.leaptMs);

const faultKey = ({ moduleId, channel, kind, fromMs }: SensorFault): string =>
  `${moduleId}\u0000${channel}\u0000${kind}\u0000${fromMs}`;

export const isAlarm = (level: Level): boolean => (ALARM_LEVELS as readonly Level[]).includes(level);

const silenceReason = (silentMs: number): Reason => ({
  rule: 'silence',
  physics: null,
  text: `No frame has arrived for ${Math.round(silentMs / 1000)} s.`,
  value: silentMs / 1000,
  limit: null,
  unit: 's',
});

const lagReason = (lagMs: number): Reason => ({
  rule: 'silence',
  physics: null,
  text: `Its frames are ${Math.round(lagMs / 1000)} s behind those of the site.`,
  value: lagMs / 1000,
  limit: null,
  unit: 's',
});
