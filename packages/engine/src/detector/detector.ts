/** Frames in, verdicts out: the same code for a file, a live site and the page. */
import type { Frame, Nameplate } from '../telemetry/index.ts';
import type { CellDeviation } from './cells.ts';
import { GasOrigin } from './gas-origin.ts';
import { Instants } from './instants.ts';
import { WatchedModule } from './module.ts';
import { POLICY, type Policy, policyWithModel } from './policy.ts';
import type { Model } from './scoring/model.ts';
import { Rack } from './siblings.ts';
import { DetectorSnapshot, rackKey, restoreDetector } from './snapshot.ts';
import { type AirSpaces, SpaceMap } from './spaces.ts';
import type { DetectorSink, SensorFault, Verdict } from './verdict.ts';

export interface DetectorOptions {
  readonly sink?: DetectorSink;
  readonly nameplate?: Nameplate;
  /** Beside those of the nameplate: each of these is evaluated by voltage and gas alone. */
  readonly modulesWithoutTemperature?: readonly string[];
  /** Expected time between frames, ms; found out where absent. */
  readonly intervalMs?: number;
  /** Adds its rows to the policy, and probability, time and reasons to the verdicts. */
  readonly model?: Model;
  /** Null: `POLICY`, or with a model `policyWithModel`. */
  readonly policy?: Policy;
  /**
   * Who says what time it is, for silence: `frames`, the latest of all (default), or the `caller` of `advance`, who can
   * tell a module whose clock leaps from time that has passed.
   */
  readonly clock?: 'frames' | 'caller';
  /** Which racks share air: gas is compared within a space only. Unless given, all do. */
  readonly spaces?: AirSpaces;
}

export interface ModuleSummary {
  readonly moduleId: string;
  readonly frames: number;
  /** Of them, how many could not be judged. */
  readonly unknownFrames: number;
  /** A temperature came that could be believed. */
  readonly hadTemperature: boolean;
  /** Time that was judged, without gaps, h. */
  readonly judgedH: number;
  readonly mostDeviatingCell: CellDeviation | null;
}

/** Silence is looked for once per second of the data's clock, not with every frame. */
const SILENCE_CHECK_S = 1;

export class Detector {
  private readonly modules = new Map<string, WatchedModule>();
  private readonly racks = new Map<string, Rack>();
  private readonly spaces: SpaceMap;
  /** By air space. */
  private readonly gasOrigins = new Map<string, GasOrigin>();
  private readonly instants = new Instants(({ moduleId, rackId }) => this.make(moduleId, rackId));
  private readonly options: DetectorOptions;
  private readonly policy: Policy;
  private readonly withoutTemperature: ReadonlySet<string>;
  private clockS = Number.NEGATIVE_INFINITY;
  private checkedS = Number.NEGATIVE_INFINITY;
  /** Being taken: what is about to change is written down first. */
  private taking: DetectorSnapshot | null = null;

  constructor(options: DetectorOptions = {}) {
    this.options = options;
    const { model, policy, spaces } = options;
    this.spaces = new SpaceMap(spaces);
    this.policy = policy ?? (model ? policyWithModel(model.thresholds) : POLICY);
    this.withoutTemperature = new Set(options.modulesWithoutTemperature);
  }

  /** Judges one frame. Frames of a module come in rising time. Takes a copy of what it needs. */
  observe(frame: Frame): void {
    if (this.options.clock !== 'caller') this.advance(frame.timeMs);
    const module = this.modules.get(frame.moduleId) ?? this.join(frame.moduleId, frame.rackId);
    this.taking?.captureFirst(module);
    if (frame.timeMs / 1000 !== module.lastTimeS) this.instants.begin(module);
    module.observe(frame);
  }

  /**
   * As `observe`; a frame of the same time as the last of its module is that instant anew, with all its parts, and takes the
   * place of what was judged of it before.
   */
  observeInstant(frame: Frame): void {
    const module = this.modules.get(frame.moduleId);
    const isAgain = module !== undefined && frame.timeMs / 1000 === module.lastTimeS;
    if (isAgain) {
      this.taking?.captureFirst(module);
      this.instants.again(module);
    }
    this.observe(frame);
    if (isAgain) module.faults.endDoubtful();
  }

  /** Tells the detector that time has passed without frames: silence becomes `unknown`. */
  advance(timeMs: number): void {
    const timeS = timeMs / 1000;
    if (timeS <= this.clockS) return;
    this.clockS = timeS;
    if (timeS - this.checkedS < SILENCE_CHECK_S) return;
    this.checkedS = timeS;
    for (const module of this.modules.values()) {
      if (!module.isDue(timeS)) continue;
      this.taking?.captureFirst(module);
      module.notice(timeS);
    }
  }

  /** The module is gone for good: nobody is compared with it, and it is not missed. */
  forget(moduleId: string): void {
    const module = this.modules.get(moduleId);
    if (!module) return;
    this.taking?.captureFirst(module);
    this.modules.delete(moduleId);
    this.instants.forget(moduleId);
    const key = rackKey(module);
    const rack = this.racks.get(key);
    rack?.leave(module);
    if (rack?.members.length === 0) this.racks.delete(key);
    const space = this.spaces.of(module.rackId);
    const isEmpty = [...this.modules.values()].every(({ rackId }) => this.spaces.of(rackId) !== space);
    if (isEmpty) this.gasOrigins.delete(space);
  }

  private join(moduleId: string, rackOf: string | null): WatchedModule {
    const module = this.make(moduleId, rackOf);
    this.modules.set(moduleId, module);
    this.racks.get(rackKey(module))!.join(module);
    return module;
  }

  private make(moduleId: string, rackOf: string | null): WatchedModule {
    const rackId = rackKey({ moduleId, rackId: rackOf });
    let rack = this.racks.get(rackId);
    if (!rack) this.racks.set(rackId, (rack = new Rack()));
    const { intervalMs = 0, sink = {}, model = null } = this.options;
    const nameplate = this.nameplateOf(moduleId);
    const options = { policy: this.policy, nameplate, intervalS: intervalMs / 1000, sink, model };
    const space = this.spaces.of(rackOf);
    let gasOrigin = this.gasOrigins.get(space);
    if (!gasOrigin) this.gasOrigins.set(space, (gasOrigin = new GasOrigin()));
    return new WatchedModule(moduleId, rackOf, rack, gasOrigin, options);
  }

  private nameplateOf(moduleId: string): Nameplate {
    const { nameplate = {} } = this.options;
    return this.withoutTemperature.has(moduleId) ? { ...nameplate, hasTemperature: false } : nameplate;
  }

  /** The verdict of a module as of its last frame, or undefined for a module never seen. */
  verdict(moduleId: string): Verdict | undefined {
    return this.modules.get(moduleId)?.verdict();
  }

  /** The figures behind the verdict, by FEATURE_INDEX; not a copy. */
  features(moduleId: string): Float64Array | undefined {
    return this.modules.get(moduleId)?.features;
  }

  moduleIds(): Iterable<string> {
    return this.modules.keys();
  }

  /** Faults that last. */
  sensorFaults(): SensorFault[] {
    return [...this.modules.values()].flatMap((module) => module.faults.list());
  }

  summary(): ModuleSummary[] {
    return [...this.modules.values()].map((module) => ({
      moduleId: module.moduleId,
      frames: module.frames,
      unknownFrames: module.unknownFrames,
      hadTemperature: module.hadTemperature,
      judgedH: module.evaluatedS / 3600,
      mostDeviatingCell: module.mostDeviatingCell(),
    }));
  }

  /**
   * The state as of now, exact to the bit. It is written down while frames go on being judged: a module just before it
   * changes, the rest in steps by `capture`. A snapshot that was not finished before is given up.
   */
  snapshot(): DetectorSnapshot {
    const { clockS, checkedS, racks, modules, instants } = this;
    this.taking = new DetectorSnapshot({ clockS, checkedS, racks, modules, instants }, () => {
      this.taking = null;
    });
    return this.taking;
  }

  /**
   * Goes on where a snapshot was taken; only before the first frame, with the policy, model, nameplate and air spaces of
   * then.
   *
   * @throws InputError where the state is broken or of another version: nothing of it is used then
   */
  restore(parts: readonly Uint8Array[]): void {
    if (this.modules.size > 0) throw new Error('restore comes before the first frame');
    const { racks, modules, gasOrigins } = this;
    try {
      const join = (moduleId: string, rackId: string | null): WatchedModule => this.join(moduleId, rackId);
      const clock = restoreDetector(parts, join, modules, racks, this.instants);
      this.clockS = clock.clockS;
      this.checkedS = clock.checkedS;
    } catch (error) {
      modules.clear();
      racks.clear();
      gasOrigins.clear();
      this.instants.clear();
      throw error;
    }
  }

  /** Ends the run: closes open sensor faults. */
  finish(): void {
    for (const module of this.modules.values()) module.faults.expire(module.lastTimeS, 0, true);
  }
}
