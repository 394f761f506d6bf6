/** One module under watch: its figures, its alarm state, its sensors. */
import {
  CELL_TEMPERATURES_BIT,
  CELL_VOLTAGES_BIT,
  CHANNEL_COUNT,
  CHANNEL_INDEX,
  CHANNELS,
  type Frame,
  type Nameplate,
} from '../telemetry/index.ts';
import { AlarmState } from './alarm.ts';
import type { CellDeviation } from './cells.ts';
import { Electrical } from './electrical.ts';
import { SensorFaults } from './faults.ts';
import { FEATURE_COUNT, FEATURE_INDEX } from './features.ts';
import { Gas } from './gas.ts';
import type { GasOrigin } from './gas-origin.ts';
import type { Policy, ThresholdRow } from './policy.ts';
import type { Rack, Sibling } from './siblings.ts';
import { medianOf } from './signal.ts';
import { Thermal } from './thermal.ts';
import {
  type DetectorSink,
  LEVELS,
  type Level,
  type LevelChange,
  levelRank,
  type Reason,
  type Verdict,
} from './verdict.ts';

const INTERVALS_KEPT = 9;
/** Until two frames have been seen. */
const DEFAULT_INTERVAL_S = 1;
/** A channel that came so often and is gone has dropped out; less often it is merely rare. */
const DROPOUT_MIN_COUNT = 10;
const SIBLING_SMOOTHING_S = 60;
/** A frame or two without any figure is a lost message, more is a module that cannot be judged. */
const UNJUDGED_INTERVALS = 2.5;
const VOLTAGE = CHANNEL_INDEX.voltage_v;

/** Channels whose loss leaves a kind of physics unjudged. */
const THERMAL_CHANNELS = [
  CHANNEL_INDEX.surface_temperature_max_degc,
  CHANNEL_INDEX.surface_temperature_mean_degc,
];

export interface ModuleOptions {
  readonly policy: Policy;
  readonly nameplate: Nameplate;
  /** 0: found out from the frames. */
  readonly intervalS: number;
  readonly sink: DetectorSink;
}

export class WatchedModule implements Sibling {
  readonly moduleId: string;
  readonly rackId: string | null;
  readonly features = new Float64Array(FEATURE_COUNT).fill(Number.NaN);
  readonly faults: SensorFaults;
  level: Level = 'unknown';
  sinceMs = Number.NaN;
  lastTimeS = Number.NaN;
  hottestDegC = Number.NaN;
  voltageV = Number.NaN;
  /** Usual time between frames, s. */
  intervalS = DEFAULT_INTERVAL_S;
  /** Without a frame for longer than this the module is silent, s. */
  silenceS: number;
  /** Frames judged, and the time they stand for, s. */
  frames = 0;
  judgedS = 0;
  private readonly options: ModuleOptions;
  private readonly rack: Rack;
  private readonly gasOrigin: GasOrigin;
  private readonly thermal = new Thermal();
  private readonly electrical: Electrical;
  private readonly gas = new Gas();
  private readonly alarm: AlarmState;
  private readonly recentIntervalsS = new Float64Array(INTERVALS_KEPT).fill(Number.NaN);
  private readonly seenCount = new Float64Array(CHANNEL_COUNT);
  private readonly lastSeenS = new Float64Array(CHANNEL_COUNT).fill(Number.NaN);
  private framesSinceGap = 0;
  private hadThermal = false;
  private lastElectricalS = Number.NEGATIVE_INFINITY;
  private isSilent = false;
  private hadGas = false;

  constructor(
    moduleId: string,
    rackId: string | null,
    rack: Rack,
    gasOrigin: GasOrigin,
    options: ModuleOptions,
  ) {
    this.moduleId = moduleId;
    this.rackId = rackId;
    this.rack = rack;
    this.gasOrigin = gasOrigin;
    this.options = options;
    this.intervalS = options.intervalS || DEFAULT_INTERVAL_S;
    this.silenceS = Math.max(options.policy.silenceMinS, options.policy.silenceIntervals * this.intervalS);
    this.electrical = new Electrical(options.nameplate);
    this.alarm = new AlarmState(options.policy);
    this.faults = new SensorFaults(moduleId, options.sink);
  }

  private learnInterval(sinceLastS: number): void {
    const { intervalS: givenS, policy } = this.options;
    const slot = this.frames % INTERVALS_KEPT;
    if (this.recentIntervalsS[slot] === sinceLastS) return;
    this.recentIntervalsS[slot] = sinceLastS;
    this.intervalS = givenS || medianOf(this.recentIntervalsS, INTERVALS_KEPT) || DEFAULT_INTERVAL_S;
    this.silenceS = Math.max(policy.silenceMinS, policy.silenceIntervals * this.intervalS);
  }

  observe(frame: Frame): void {
    const timeS = frame.timeMs / 1000;
    const sinceLastS = timeS - this.lastTimeS;
    if (sinceLastS > this.silenceS) this.afterGap(timeS);
    const isFirst = Number.isNaN(sinceLastS);
    if (!isFirst && sinceLastS <= this.silenceS) this.learnInterval(sinceLastS);
    const { intervalS } = this;
    const elapsedS = isFirst ? intervalS : Math.min(sinceLastS, this.silenceS);
    const heldS = Math.min(elapsedS, 3 * intervalS);
    this.lastTimeS = timeS;
    this.isSilent = false;
    this.frames++;
    this.framesSinceGap++;

    const { features, faults } = this;
    const isSuspicious = this.alarm.rank > levelRank('normal');
    this.electrical.add(frame, timeS, elapsedS, intervalS, faults, features);
    const capacityAh = this.options.nameplate.capacityAh ?? Number.NaN;
    this.thermal.add(frame, timeS, elapsedS, intervalS, capacityAh, this.electrical, faults, features);
    this.gas.add(frame, timeS, elapsedS, intervalS, isSuspicious, features);
    this.compareWithSiblings(frame, timeS, elapsedS, intervalS);
    const gasIsOwn = this.gasOrigin.isOwn(this.rackId ?? '', this.gas.strength(features), timeS);
    this.judgeDelivery(frame, timeS);
    faults.expire(timeS, intervalS);
    this.hadThermal ||= this.thermal.isJudged;
    if (this.electrical.isJudged) this.lastElectricalS = timeS;
    this.hadGas ||= this.gas.isJudged;
    this.alarm.update(features, heldS, gasIsOwn);
    this.settle(timeS);
    if (this.level !== 'unknown' && this.framesSinceGap > 1) this.judgedS += elapsedS;
  }

  /** No frame until `timeS`: says so once it is silent. */
  notice(timeS: number): void {
    if (this.isSilent || !(timeS - this.lastTimeS > this.silenceS)) return;
    this.isSilent = true;
    this.settle(this.lastTimeS + this.silenceS);
  }

  private afterGap(timeS: number): void {
    this.notice(timeS);
    this.thermal.restart();
    this.electrical.restart(timeS, this.intervalS);
    this.gas.restart();
    this.alarm.restart();
    this.features.fill(Number.NaN);
    this.framesSinceGap = 0;
    for (let i = 0; i < CHANNEL_COUNT; i++) if (this.seenCount[i]! > 0) this.lastSeenS[i] = timeS;
  }

  private compareWithSiblings(frame: Frame, timeS: number, elapsedS: number, intervalS: number): void {
    const { features, rack } = this;
    // First the others as they were, so that the order of modules within one instant does not matter.
    rack.refresh(timeS, this.silenceS);
    this.hottestDegC = features[FEATURE_INDEX.hottestDegC]!;
    this.voltageV = frame.values[VOLTAGE]!;
    const gain = 1 - Math.exp(-elapsedS / Math.max(SIBLING_SMOOTHING_S, 5 * intervalS));
    this.smooth(FEATURE_INDEX.aboveSiblingsK, this.hottestDegC - rack.hottestMedianDegC, gain);
    const missing = (rack.voltageMedianV - this.voltageV) / Math.abs(rack.voltageMedianV);
    this.smooth(FEATURE_INDEX.belowSiblingsPercent, missing * 100, gain);
  }

  private smooth(feature: number, value: number, gain: number): void {
    const before = this.features[feature]!;
    this.features[feature] = Number.isNaN(before) ? value : before + gain * (value - before);
  }

  /** Refused values and channels that have stopped coming. */
  private judgeDelivery(frame: Frame, timeS: number): void {
    const { impossible, values } = frame;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      if (!Number.isNaN(values[i]!)) {
        this.seenCount[i]!++;
        this.lastSeenS[i] = timeS;
        continue;
      }
      if (impossible & (1 << i)) this.faults.see('impossible', CHANNELS[i]!.id, timeS);
      else if (this.seenCount[i]! >= DROPOUT_MIN_COUNT && timeS - this.lastSeenS[i]! > this.silenceS)
        this.faults.see('dropout', CHANNELS[i]!.id, timeS);
    }
    if (impossible & CELL_VOLTAGES_BIT) this.faults.see('impossible', 'cell_voltages_v', timeS);
    if (impossible & CELL_TEMPERATURES_BIT) this.faults.see('impossible', 'cell_temperatures_degc', timeS);
  }

  /** What keeps the module from being judged, in words; null where it can be. */
  private doubt(): string | null {
    if (this.isSilent) return `no frame for more than ${Math.round(this.silenceS)} s`;
    const { lastTimeS, intervalS } = this;
    const hasThermal = this.thermal.isCurrent(lastTimeS, intervalS);
    const hasElectrical = lastTimeS - this.lastElectricalS <= UNJUDGED_INTERVALS * intervalS;
    if (!hasThermal && !hasElectrical) return 'neither a temperature nor a voltage that can be believed';
    if (this.framesSinceGap < this.options.policy.warmUpFrames)
      return 'too few frames since the start or a gap';
    if (this.faults.count === 0) return null;
    if (!hasThermal && this.hadThermal && this.isLost(THERMAL_CHANNELS))
      return 'its temperatures have failed: heat cannot be judged';
    if (!hasElectrical && this.hadElectrical && this.isLost([VOLTAGE]))
      return 'its voltages have failed: charge cannot be judged';
    return null;
  }

  private get hadElectrical(): boolean {
    return Number.isFinite(this.lastElectricalS);
  }

  /** A single missing value is not a loss: the channel must be faulty or gone. */
  private isLost(channels: readonly number[]): boolean {
    return channels.some((i) => {
      const { id } = CHANNELS[i]!;
      return (
        this.faults.has(id, 'dropout') ||
        this.faults.has(id, 'stuck') ||
        this.faults.has(id, 'disagrees') ||
        this.faults.has(id, 'impossible')
      );
    });
  }

  private settle(timeS: number): void {
    const alarmRank = this.alarm.rank;
    const isAlarm = alarmRank > levelRank('normal');
    // An alarm is never cleared by silence or doubt, only by data.
    const level: Level = isAlarm ? LEVELS[alarmRank]! : this.doubt() === null ? 'normal' : 'unknown';
    if (Number.isNaN(this.sinceMs)) this.sinceMs = timeS * 1000;
    if (level === this.level) return;
    const from = this.level;
    this.level = level;
    this.sinceMs = Math.round(timeS * 1000);
    const { moduleId, rackId, sinceMs } = this;
    const change: LevelChange = {
      timeMs: sinceMs,
      moduleId,
      rackId,
      from,
      to: level,
      reasons: this.reasons(),
    };
    this.options.sink.change?.(change);
  }

  reasons(): Reason[] {
    const reasons = this.alarm.reasons((row) => this.placeOf(row));
    const doubt = this.doubt();
    if (doubt !== null) reasons.push(plainReason(this.isSilent ? 'silence' : 'doubt', doubt));
    if (reasons.length === 0)
      reasons.push(plainReason('normal', 'every rule that can be judged is within its limit'));
    return reasons;
  }

  private placeOf(row: ThresholdRow): string {
    if (row.feature === 'cellLowMv' && this.electrical.lowCell > 0)
      return `, cell ${this.electrical.lowCell}`;
    const isHot = row.feature === 'hottestDegC' || row.feature === 'spreadK';
    return isHot && this.thermal.hottestProbe > 0 ? `, probe ${this.thermal.hottestProbe}` : '';
  }

  mostDeviatingCell(): CellDeviation | null {
    return this.electrical.mostDeviating();
  }

  verdict(): Verdict {
    const missing: string[] = [];
    if (!this.hadThermal) missing.push('no surface temperature: heat cannot be judged');
    if (!this.hadElectrical) missing.push('no voltage: charge and collapse cannot be judged');
    else if (Number.isNaN(this.features[FEATURE_INDEX.cellLowMv]!))
      missing.push('no cell voltages: imbalance inside the module cannot be judged');
    if (!this.hadGas) missing.push('no gas sensor: venting cannot be smelt');
    if (this.options.nameplate.capacityAh === undefined)
      missing.push('no capacity: heat of the load cannot be allowed for');
    for (const fault of this.faults.list()) missing.push(fault.text);
    return {
      moduleId: this.moduleId,
      rackId: this.rackId,
      timeMs: Math.round(this.lastTimeS * 1000),
      level: this.level,
      sinceMs: this.sinceMs,
      reasons: this.reasons(),
      missing,
    };
  }
}

const plainReason = (rule: string, text: string): Reason => ({
  rule,
  physics: null,
  text,
  value: null,
  limit: null,
  unit: null,
});
