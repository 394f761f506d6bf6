/** The modules of the site as the service knows them: one detector, and for each module what it said last. */
import {
  Detector,
  type DetectorSink,
  type DetectorSnapshot,
  type Level,
  type LevelChange,
  type Reason,
  type SensorFault,
} from '@emberwatch/engine/detector';
import { type Frame, newFrame } from '@emberwatch/engine/telemetry';
import { DEFAULT_SILENT_AFTER_MS, LIMITS, type Limits, MAX_BEHIND_MS, MAX_BESIDE_MS } from '../limits.ts';
import type { ChangeEntry } from '../records.ts';
import type { Arrival } from '../store/frames.ts';
import { ChangeList } from './change-list.ts';
import type { DetectorLike } from './detector-like.ts';
import { doubtsOf } from './doubts.ts';
import { FaultList } from './fault-list.ts';
import type { FleetOptions, FleetState, ModuleState } from './fleet-state.ts';
import { HostClock } from './host-clock.ts';
import { LostChannels } from './lost-channels.ts';
import {
  isAlarm,
  type KnownModule,
  type ModuleEntry,
  mainOf,
  makeKnown,
  newEntry,
  valuesOf,
  type WatchedEntry,
} from './module-entry.ts';
import { type Claim, type Decision, Ownership } from './ownership.ts';
import { Places } from './places.ts';
import { type RejectCode, unreadable } from './reject-codes.ts';
import { type SideStream, SideStreams } from './side-streams.ts';
import { pointOf, pointOfValues, SIGNALS } from './signals.ts';
import { Arrivals } from './silence.ts';
import { SiteClock } from './site-clock.ts';
import { MAX_AHEAD_MS } from './stamps.ts';
import { isNear } from './tracks.ts';

export type { FleetState, ModuleState } from './fleet-state.ts';

/** A detector that failed within so long counts as failing. */
const FAILING_FOR_MS = 60_000;

/** The detector is told of passing time in steps of data time. */
const ADVANCE_STEP_MS = 1000;

export class Fleet {
  readonly limits: Limits;
  readonly clock = new SiteClock();
  readonly host = new HostClock();
  readonly isPlayback: boolean;
  readonly arrivals = new Arrivals();
  /** Frames that the detector failed on, and its last words. */
  readonly failure = { count: 0, lastMs: Number.NEGATIVE_INFINITY, message: null as string | null };
  private readonly now: () => number;
  readonly silentAfterMs: number;
  readonly ownership: Ownership;
  readonly sides: SideStreams;
  private readonly detector: DetectorLike;
  private readonly options: FleetOptions;
  private readonly modules = new Map<string, ModuleEntry>();
  private readonly dirty = new Set<ModuleEntry>();
  private readonly changeList: ChangeList;
  private readonly faults: FaultList;
  readonly lostChannels: LostChannels;
  readonly places: Places;
  /** Judging again what was judged before a restart: nobody is told. */
  isReplaying = false;
  private advancedToMs = Number.NEGATIVE_INFINITY;
  private isAdvancing = false;

  constructor(options: FleetOptions = {}) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.isPlayback = options.isPlayback ?? false;
    this.silentAfterMs = options.silentAfterMs ?? DEFAULT_SILENT_AFTER_MS;
    this.limits = { ...LIMITS, ...options.limits };
    this.faults = new FaultList(this.limits.sensorFaults);
    this.lostChannels = new LostChannels(this.limits.modules);
    this.changeList = new ChangeList(this.limits.changes);
    this.ownership = options.ownership ?? new Ownership();
    this.places = new Places(this.limits.modules - this.ownership.registeredCount);
    const sink: DetectorSink = {
      change: (change) => this.takeChange(change),
      sensorFault: (fault) => this.takeFault(fault),
    };
    const { detector, makeDetector = (its) => new Detector({ ...detector, clock: 'caller', sink: its }) } =
      options;
    this.detector = makeDetector(sink);
    this.sides = new SideStreams({
      makeDetector,
      max: this.limits.sideStreams,
      onChange: (moduleId, timeMs) => this.sideChanged(moduleId, timeMs),
      attempt: (evaluating) => this.attempt(evaluating),
    });
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

  /** A module that the store knows: silent and unknown until it delivers. */
  addKnown(known: KnownModule): void {
    const entry = this.entryOf(newFrame(known.moduleId, known.rackId, known.lastMs), known.gatewayId);
    makeKnown(entry, known, this.now());
    this.dirty.add(entry);
  }

  /** Data that are older when they arrive are not of now: some usual intervals, and never less than the limit of silence. */
  ageLimitMs(moduleId: string): number {
    return this.modules.get(moduleId)?.arrivals.waitMs(this.silentAfterMs) ?? this.silentAfterMs;
  }

  /**
   * Judges a frame that is later than those of its module before it, or the last instant anew, with a further part; what is
   * not judged leaves all as it was.
   *
   * @param wallMs at arrival
   * @returns null where it was judged; `behind`: in playback, more than a day behind the site, to be kept but not judged
   */
  observe(
    frame: Frame,
    gatewayId: string | null = null,
    wallMs: number = this.now(),
    { stampMs = Number.NaN, isRetained = false }: Arrival = {},
  ): RejectCode | 'behind' | null {
    const code = this.rejectionOf(frame, gatewayId, wallMs);
    if (code) return code;
    const entry = this.entryOf(frame, gatewayId);
    const before = Number.isFinite(entry.arrivals.lastMs) ? pointOfValues(entry.values) : null;
    entry.gatewayId ??= gatewayId;
    entry.rackId = frame.rackId;
    entry.timeMs = frame.timeMs;
    for (let i = 0; i < SIGNALS.length; i++) entry.values[i] = SIGNALS[i]!.of(frame);
    this.dirty.add(entry);
    const nowMs = this.host.trusted(wallMs);
    const wasOld = !Number.isNaN(entry.ageMs);
    const wasDoubted = entry.ownLevel === 'unknown' && entry.clockErrorMs !== 0;
    entry.clockErrorMs = Number.isNaN(stampMs) ? 0 : stampMs - nowMs;
    const isNow = this.isPlayback || (!isRetained && nowMs - frame.timeMs <= this.ageLimitMs(frame.moduleId));
    entry.ageMs = isNow ? Number.NaN : nowMs - frame.timeMs;
    const wasSilent = entry.isSilent;
    if (isNow) {
      entry.arrivals.add(wallMs, this.silentAfterMs);
      this.arrivals.add(wallMs, this.silentAfterMs);
      entry.isSilent = false;
      entry.silentSinceMs = Number.NaN;
    } else if (!Number.isFinite(entry.arrivals.lastMs)) {
      entry.isSilent = true;
      entry.silentSinceMs = wallMs;
      entry.arrivals.lastMs = Math.min(frame.timeMs, wallMs);
    }
    this.attempt(() =>
      this.detector.observeInstant ? this.detector.observeInstant(frame) : this.detector.observe(frame),
    );
    const doubts = this.doubtsOf(entry);
    if (doubts.length === 0) {
      if (wasSilent || wasDoubted || entry.lagMs > 0) this.showEvaluated(entry);
      entry.lagMs = Number.NaN;
    } else if (entry.ownLevel === 'normal' && isNow) this.show(entry, 'unknown', doubts, entry.timeMs);
    if (isNow && wasOld && isAlarm(entry.level) && !this.isReplaying)
      this.options.onCurrent?.(entry.moduleId);
    if (gatewayId !== null) {
      this.sides.watchTracks(frame, pointOfValues(entry.values), gatewayId, wallMs, before, mainOf(entry));
      if (!this.ownership.isDecided(frame.moduleId, wallMs))
        this.sides.takeContradicted(frame, gatewayId, wallMs, mainOf(entry));
    }
    this.noteUnevaluated(entry, doubts.length > 0, wallMs);
    this.pass(frame, wallMs, nowMs);
    return null;
  }

  /** Who a gateway is to a module, before its order in time is looked at. */
  claim(moduleId: string, gatewayId: string, wallMs: number): Claim {
    const entry = this.modules.get(moduleId);
    const owned = entry ?? { moduleId, gatewayId: null };
    const claim = this.ownership.claim(owned, gatewayId, wallMs, () =>
      entry ? entry.arrivals.isSilent(wallMs, this.silentAfterMs) && !isAlarm(entry.ownLevel) : true,
    );
    // What another sender said before is no past of what this one says.
    if (claim === 'new-owner') this.detector.forget?.(moduleId);
    return claim;
  }

  /**
   * A frame that the main stream of its module does not evaluate, in a stream of its own. What is no longer of now is not
   * evaluated.
   */
  observeBeside(
    frame: Frame,
    gatewayId: string,
    kind: 'gateway' | 'late',
    wallMs: number,
  ): RejectCode | null {
    const entry = this.modules.get(frame.moduleId);
    const code = unreadable(frame, this.limits.moduleIdChars);
    if (code || !entry) return code;
    const isOfNow = frame.timeMs >= Math.min(entry.timeMs, wallMs) - MAX_BESIDE_MS;
    if (isOfNow || this.sides.isLive(frame, gatewayId, wallMs))
      this.sides.take(frame, pointOf(frame), gatewayId, kind, wallMs, mainOf(entry));
    this.dirty.add(entry);
    return null;
  }

  /** Values that no module reaches from those of the main stream: another sender's. */
  isFar(frame: Frame): boolean {
    const entry = this.modules.get(frame.moduleId);
    return entry !== undefined && !isNear(pointOf(frame), pointOfValues(entry.values));
  }

  /** A person has decided who delivers a module: what others said of it no longer counts. */
  decide(decision: Decision): void {
    const { moduleId, gatewayId, atMs } = decision;
    this.ownership.decide(decision);
    this.sides.end(
      moduleId,
      (stream) =>
        stream.lastArrivalMs > atMs || (stream.kind === 'gateway' && stream.gatewayId === gatewayId),
    );
  }

  /** The newest frame of the main stream. */
  latest(moduleId: string): WatchedEntry | undefined {
    return this.modules.get(moduleId);
  }

  /** Of the newest frame of the main stream; NaN where it has none. */
  hottestDegC(moduleId: string): number {
    const entry = this.modules.get(moduleId);
    return entry ? pointOfValues(entry.values).hottestDegC : Number.NaN;
  }

  /** The judge says nothing of the module as it is now; what is doubted for its age has an alarm of its own. */
  private noteUnevaluated(entry: ModuleEntry, isDoubted: boolean, wallMs: number): void {
    const isOther = entry.isSilent || (isDoubted && !this.isLagging(entry));
    if (entry.ownLevel !== 'unknown' || isOther) entry.unjudgedSinceMs = Number.NaN;
    else if (Number.isNaN(entry.unjudgedSinceMs)) entry.unjudgedSinceMs = wallMs;
  }

  /** Time passes: of the data in playback, where the judge has no other; live silence is told by arrivals. */
  private pass({ moduleId, timeMs }: Frame, wallMs: number, nowMs: number): void {
    if (this.isPlayback) {
      this.clock.observe(moduleId, timeMs, wallMs);
      this.advance();
      return;
    }
    this.clock.observe(moduleId, timeMs, wallMs, nowMs + MAX_AHEAD_MS);
  }

  /** The judge starts with this module from nothing: it was evaluated at times that turned out wrong. */
  beginAnew(moduleId: string): void {
    this.detector.forget?.(moduleId);
  }

  /** Looks at the wall clock: modules that have stopped delivering become unknown, unless they are in alarm. */
  tick(): void {
    const wallMs = this.now();
    for (const entry of this.modules.values()) {
      if (entry.isSilent || !entry.arrivals.isSilent(wallMs, this.silentAfterMs)) continue;
      this.fallSilent(entry, wallMs);
    }
    this.sides.expire(wallMs, (stream) => this.isSettled(stream));
  }

  /** The wall clock was set by so much: silence, and how far stamps are ahead, are reckoned by the new one. */
  clockSet(byMs: number): void {
    for (const entry of this.modules.values()) {
      entry.arrivals.lastMs += byMs;
      entry.silentSinceMs += byMs;
      entry.unjudgedSinceMs += byMs;
    }
    if (!this.isPlayback) this.host.clockSet(byMs, this.now());
    this.arrivals.lastMs += byMs;
    this.failure.lastMs += byMs;
    this.sides.clockSet(byMs);
    this.ownership.clockSet(byMs);
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
    if (isAlarm(entry.ownLevel)) return;
    this.show(entry, 'unknown', this.doubtsOf(entry), entry.timeMs);
  }

  states(): ModuleState[] {
    return [...this.modules.values()].map((entry) => this.stateOf(entry));
  }

  /** Modules whose state has changed since it was taken last; those that wait longest, where there are more than `most`. */
  takeChanged(max: number): ModuleState[] {
    const states: ModuleState[] = [];
    for (const entry of this.dirty) {
      if (states.length >= max) break;
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
    this.changeList.remember(changes);
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
    this.lostChannels.forget(moduleId);
    this.faults.forget(moduleId);
    if (!this.ownership.isRegistered(moduleId)) this.places.add(entry.broughtBy, -1);
    this.detector.forget?.(moduleId);
    if (!this.isReplaying) this.ownership.forget(moduleId);
    this.sides.end(moduleId);
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
    const [faults, sides] = [this.faults.state(), this.sides.state()];
    const [clock, host] = [this.clock.state(), this.host.state()];
    const lists = { faults, sides, lostChannels: this.lostChannels.state() };
    return { modules, arrivals: { lastMs, gapMs }, clock, host, advancedToMs, ...lists };
  }

  restoreState(state: FleetState): void {
    Object.assign(this.arrivals, state.arrivals);
    this.clock.restoreState(state.clock);
    this.host.restoreState(state.host);
    this.advancedToMs = state.advancedToMs;
    this.faults.restoreState(state.faults);
    this.lostChannels.restoreState(state.lostChannels);
    for (const saved of state.modules) {
      const arrivals = Object.assign(new Arrivals(), saved.arrivals);
      if (!this.ownership.isRegistered(saved.moduleId)) this.places.add(saved.broughtBy, 1);
      this.modules.set(saved.moduleId, { ...saved, values: Float64Array.from(saved.values), arrivals });
    }
    this.sides.restoreState(state.sides);
  }

  /** @throws InputError as `Detector.restore` */
  restoreDetector(parts: readonly Uint8Array[]): void {
    if (!this.detector.restore) throw new Error('this judge keeps no state');
    this.detector.restore(parts);
  }

  /** Null where the judge keeps no state. */
  snapshotDetector(): DetectorSnapshot | null {
    return this.detector.snapshot?.() ?? null;
  }

  /** Newest first. */
  changes(limit: number, moduleId?: string): ChangeEntry[] {
    return this.changeList.latest(limit, moduleId);
  }

  /** Newest first; with `toMs` null while they last. */
  sensorFaults(moduleId?: string): SensorFault[] {
    return this.faults.list(moduleId);
  }

  finish(): void {
    this.attempt(() => this.detector.finish());
  }

  private rejectionOf(frame: Frame, gatewayId: string | null, wallMs: number): RejectCode | 'behind' | null {
    const code = unreadable(frame, this.limits.moduleIdChars);
    if (code) return code;
    const entry = this.modules.get(frame.moduleId);
    if (!entry && !this.hasPlace(frame.moduleId, gatewayId, wallMs)) return 'module-limit';
    // Live, every frame has a time near that of its arrival or before it.
    if (!this.isPlayback) return null;
    const siteMs = this.clock.timeMs;
    if (siteMs === null || frame.timeMs >= siteMs - MAX_BEHIND_MS) return null;
    // Nobody else is talking: this is a new recording, not a late frame.
    if (!this.arrivals.isSilent(wallMs, this.silentAfterMs)) return 'behind';
    this.clock.restart();
    this.advancedToMs = Number.NEGATIVE_INFINITY;
    return null;
  }

  /** What was taken before a restart keeps its place. */
  private hasPlace(moduleId: string, gatewayId: string | null, wallMs: number): boolean {
    if (this.isReplaying || this.ownership.isRegistered(moduleId)) return true;
    if (this.places.mayTake(gatewayId)) return true;
    this.places.noteTurnedAway(gatewayId ?? 'no gateway', moduleId, wallMs);
    return false;
  }

  private entryOf(frame: Frame, gatewayId: string | null): ModuleEntry {
    const known = this.modules.get(frame.moduleId);
    if (known) return known;
    if (!this.ownership.isRegistered(frame.moduleId)) this.places.add(gatewayId, 1);
    const entry = newEntry(frame, gatewayId);
    this.modules.set(frame.moduleId, entry);
    return entry;
  }

  private advance(): void {
    const timeMs = this.clock.timeMs;
    if (timeMs === null || timeMs < this.advancedToMs + ADVANCE_STEP_MS) return;
    this.advancedToMs = timeMs;
    this.isAdvancing = true;
    this.attempt(() => this.detector.advance(timeMs));
    this.isAdvancing = false;
  }

  /** A fault of the detector must neither stop the door nor pass unseen: health reports it. */
  private attempt(evaluating: () => void): void {
    try {
      evaluating();
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
    this.dirty.add(entry);
    const doubts = hasFallenBehind ? [] : this.doubtsOf(entry);
    // Old data raise an alarm, and say how old they are; that all is well they cannot say.
    if (doubts.length === 0 || isAlarm(change.to))
      this.show(entry, change.to, [...change.reasons, ...doubts], change.timeMs);
    else if (isAlarm(entry.ownLevel)) this.show(entry, 'unknown', doubts, change.timeMs);
  }

  private doubtsOf(entry: ModuleEntry): Reason[] {
    return doubtsOf(entry, this.isLagging(entry) ? this.lagOf(entry) : null, this.host, this.now());
  }

  private lagOf({ timeMs }: ModuleEntry): number {
    return (this.clock.timeMs ?? timeMs) - timeMs;
  }

  /** What waited in a gateway, or has a slow clock, tells of the past: how the module is now is not known by it. */
  private isLagging(entry: ModuleEntry): boolean {
    if (!this.isPlayback) return false;
    // Well below what made it silent, or it would be called so again with the next step of the clock.
    return this.lagOf(entry) >= entry.lagMs / 2;
  }

  private showEvaluated(entry: ModuleEntry): void {
    const verdict = this.detector.verdict(entry.moduleId);
    if (verdict) this.show(entry, verdict.level, verdict.reasons, verdict.timeMs);
  }

  private show(entry: ModuleEntry, level: Level, reasons: readonly Reason[], timeMs: number): void {
    entry.ownLevel = level;
    const side = this.sides.moreSevereThan(entry.moduleId, level);
    if (side) this.change(entry, side.level, this.sides.reasonsOf(side), timeMs);
    else this.change(entry, level, reasons, timeMs);
  }

  private sideChanged(moduleId: string, timeMs: number): void {
    const entry = this.modules.get(moduleId);
    if (!entry) return;
    this.dirty.add(entry);
    this.show(entry, entry.ownLevel, this.detector.verdict(moduleId)?.reasons ?? [], timeMs);
  }

  private change(entry: ModuleEntry, level: Level, reasons: readonly Reason[], timeMs: number): void {
    const from = entry.level;
    if (isAlarm(level)) entry.hadHazard = true;
    if (level === from) return;
    entry.level = level;
    if (level !== 'unknown') entry.lastKnownLevel = level;
    const { moduleId, rackId } = entry;
    if (this.isReplaying) return;
    const change = { timeMs, moduleId, rackId, from, to: level, reasons };
    this.options.onChange?.(this.changeList.add(change, this.now()));
  }

  private takeFault(fault: SensorFault): void {
    const copy = { ...fault };
    const entry = this.lostChannels.take(fault) ? undefined : this.modules.get(fault.moduleId);
    const wasOpen = this.faults.isOpen(fault);
    if (entry && fault.toMs !== null) entry.faults = Math.max(0, entry.faults - 1);
    else if (entry && !wasOpen) entry.faults++;
    this.faults.take(copy);
    if (entry) entry.hotSensor = this.faults.hotSensorOf(fault.moduleId);
    if (!this.isReplaying) this.options.onSensorFault?.(copy);
  }

  private stateOf(entry: ModuleEntry): ModuleState {
    const { moduleId, rackId, timeMs, ownLevel, isSilent, gatewayId } = entry;
    const verdict = this.detector.verdict(moduleId);
    if (verdict && verdict.level !== 'unknown') entry.lastKnownLevel = verdict.level;
    const doubts = this.doubtsOf(entry);
    // Only data clear an alarm: silence leaves it standing.
    const isUnknown = doubts.length > 0 && !isAlarm(verdict?.level ?? ownLevel);
    return this.raised({
      moduleId,
      rackId,
      timeMs,
      level: isUnknown ? 'unknown' : (verdict?.level ?? ownLevel),
      sinceMs: isUnknown ? timeMs : (verdict?.sinceMs ?? timeMs),
      reasons: isUnknown ? doubts : [...(verdict?.reasons ?? []), ...doubts],
      missing: verdict?.missing ?? [],
      hazardProbability: isUnknown ? null : (verdict?.hazardProbability ?? null),
      timeToPnr: isUnknown ? null : (verdict?.timeToPnr ?? null),
      drivers: isUnknown ? null : (verdict?.drivers ?? null),
      lastKnownLevel: entry.lastKnownLevel,
      isSilent,
      ageMs: isSilent && !Number.isNaN(entry.ageMs) ? this.host.trusted(this.now()) - timeMs : null,
      clockErrorMs: entry.clockErrorMs === 0 ? null : entry.clockErrorMs,
      gatewayId,
      values: valuesOf(entry),
      sideStreams: this.sides.statesOf(moduleId),
    });
  }

  /** The graver of the streams of a module counts. */
  private raised(own: Omit<ModuleState, 'ownLevel'>): ModuleState {
    const side = this.sides.moreSevereThan(own.moduleId, own.level);
    if (!side) return { ...own, ownLevel: own.level };
    const reasons = [...this.sides.reasonsOf(side), ...own.reasons];
    const raised = { level: side.level, sinceMs: this.sides.sinceMs(side), lastKnownLevel: side.level };
    return { ...own, ownLevel: own.level, ...raised, reasons };
  }

  /** The main stream speaks for the sender of a side stream, and is calm. */
  private isSettled({ moduleId, gatewayId, contradictions, lastArrivalMs }: SideStream): boolean {
    const entry = this.modules.get(moduleId);
    if (!entry) return true;
    if (entry.gatewayId !== gatewayId || entry.isSilent || entry.ownLevel !== 'normal') return false;
    const decidedMs = this.ownership.decisionOn(moduleId)?.atMs ?? Number.NEGATIVE_INFINITY;
    return contradictions === 0 || decidedMs > lastArrivalMs;
  }
}
