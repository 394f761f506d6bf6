/** One module under watch: its figures, its alarm state, its sensors. */
import { CHANNEL_INDEX, type Frame, type Nameplate } from '../telemetry/index.ts';
import { AlarmState } from './alarm.ts';
import type { CellDeviation } from './cells.ts';
import { copyState } from './copy-state.ts';
import { CurrentCheck } from './current-check.ts';
import { Delivery } from './delivery.ts';
import { Electrical } from './electrical.ts';
import { SensorFaults } from './faults.ts';
import { FEATURE_COUNT, FEATURE_INDEX } from './features.ts';
import { Gas } from './gas.ts';
import type { GasOrigin } from './gas-origin.ts';
import { Hazard } from './hazard.ts';
import { Load } from './load.ts';
import type { Policy, ThresholdRow } from './policy.ts';
import type { Model } from './scoring/model.ts';
import type { Rack, Sibling } from './siblings.ts';
import { medianOf } from './signal.ts';
import { Thermal } from './thermal.ts';
import {
  type DetectorSink,
  HOT_READING_DEG_C,
  LEVELS,
  type Level,
  type LevelChange,
  levelRank,
  type Reason,
  type Verdict,
} from './verdict.ts';

const INTERVALS_KEPT = 9;
const INTERVALS_NEEDED = 3;
/** The longest interval and the silence that are believed of a module of which nothing is known. */
const FIRST_SILENCE_S = 3600;
/** So many pauses in so long make them usual. */
const PAUSES_KEPT = 3;
const PAUSES_WITHIN_S = 1800;
const LONGEST_USUAL_PAUSE_S = 450;
/** A pause as long as this: what was before says little of now. */
const RESTART_S = 600;
/** A faulty sensor leaves its physics unjudged after so long. */
const FAULTY_S = 5;
/** Until two frames have been seen. */
const DEFAULT_INTERVAL_S = 1;
const SIBLING_SMOOTHING_S = 60;
/** A frame or two without any figure is a lost message, more is a module that cannot be judged. */
const UNEVALUATED_INTERVALS = 2.5;
/** Heating and loss of voltage that weigh alike: the alarm limit of the rate, and what no relaxation loses. */
const HEATING_K_PER_MIN = 2;
const LOSS_PERCENT = 5;
const NORMAL_RANK = levelRank('normal');
const VOLTAGE = CHANNEL_INDEX.voltage_v;

export interface ModuleOptions {
  readonly policy: Policy;
  readonly nameplate: Nameplate;
  /** 0: found out from the frames. */
  readonly intervalS: number;
  readonly sink: DetectorSink;
  readonly model: Model | null;
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
  livelyShare = 0;
  usualLoadA = Number.NaN;
  /** Usual time between frames, s. */
  intervalS = DEFAULT_INTERVAL_S;
  /** Without a frame for longer than this the module is silent, s. */
  silenceS: number;
  /** Frames judged, and the time they stand for, s. */
  frames = 0;
  evaluatedS = 0;
  /** Frames that could not be judged. */
  unknownFrames = 0;
  private readonly options: ModuleOptions;
  private readonly rack: Rack;
  readonly gasOrigin: GasOrigin;
  private readonly thermal: Thermal;
  private readonly electrical: Electrical;
  private readonly gas = new Gas();
  private readonly currentCheck: CurrentCheck;
  private readonly load: Load;
  private readonly delivery: Delivery;
  private readonly alarm: AlarmState;
  private readonly hazard: Hazard | null;
  private readonly recentIntervalsS = new Float64Array(INTERVALS_KEPT).fill(Number.NaN);
  private intervalsSeen = 0;
  private readonly pauses: { timeS: number; pauseS: number }[] = [];
  private usualPauseS = 0;
  private framesSinceGap = 0;
  private lastThermalS = Number.NEGATIVE_INFINITY;
  private lastElectricalS = Number.NEGATIVE_INFINITY;
  private isSilent = false;
  private hadGas = false;
  private watchedS = 0;

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
    this.silenceS = this.silenceFor(this.intervalS);
    this.thermal = new Thermal(options.nameplate.capacityAh ?? Number.NaN);
    this.electrical = new Electrical(options.nameplate);
    this.currentCheck = new CurrentCheck(options.nameplate.capacityAh ?? Number.NaN);
    this.load = new Load(options.nameplate.capacityAh ?? Number.NaN);
    this.delivery = new Delivery(this.load);
    this.alarm = new AlarmState(options.policy);
    this.hazard = options.model && new Hazard(options.model, this.features);
    this.faults = new SensorFaults(moduleId, options.sink);
  }

  private learnInterval(sinceLastS: number): void {
    const slot = this.intervalsSeen++ % INTERVALS_KEPT;
    if (this.recentIntervalsS[slot] === sinceLastS && this.intervalsSeen > INTERVALS_KEPT) return;
    this.recentIntervalsS[slot] = sinceLastS;
    this.intervalS =
      this.options.intervalS || medianOf(this.recentIntervalsS, INTERVALS_KEPT) || DEFAULT_INTERVAL_S;
    this.silenceS = this.silenceFor(this.intervalS);
  }

  /** A module that pauses again and again is not silent in each of its pauses. */
  private learnPause(timeS: number, pauseS: number): void {
    const oldestS = this.pauses.at(-PAUSES_KEPT + 1)?.timeS ?? Number.NEGATIVE_INFINITY;
    this.pauses.push({ timeS, pauseS });
    if (this.pauses.length > PAUSES_KEPT) this.pauses.shift();
    if (timeS - oldestS > PAUSES_WITHIN_S) return;
    const longestS = Math.max(...this.pauses.map((pause) => pause.pauseS));
    this.usualPauseS = Math.min(LONGEST_USUAL_PAUSE_S, longestS);
    this.silenceS = this.silenceFor(this.intervalS);
  }

  private silenceFor(intervalS: number): number {
    const { silenceMinS, silenceIntervals } = this.options.policy;
    // Until the interval is known a slow module would look silent between its first frames.
    if (this.intervalsSeen < INTERVALS_NEEDED && this.options.intervalS === 0) return FIRST_SILENCE_S;
    return Math.max(silenceMinS, silenceIntervals * intervalS, 2 * this.usualPauseS);
  }

  /** What a snapshot only points at: given anew when the module is made again. */
  get given(): readonly (object | null)[] {
    const { options, rack, gasOrigin } = this;
    return [options, options.policy, options.nameplate, options.sink, options.model, rack, gasOrigin];
  }

  /** The state of another module of the same making. */
  copyFrom(other: WatchedModule): void {
    this.copyStateOf(other);
    this.faults.copyFrom(other.faults);
  }

  /** An instant is evaluated anew, from the state before it. What was said stays until it has been. */
  goBackTo(before: WatchedModule): void {
    const { level, sinceMs } = this;
    this.copyStateOf(before);
    this.level = level;
    this.sinceMs = sinceMs;
    this.faults.goBackTo(before.faults);
  }

  private copyStateOf(other: WatchedModule): void {
    const outside = [...this.given, this.faults, other.faults].filter((one) => one !== null);
    copyState(other, this, new Set(outside));
  }

  observe(frame: Frame): void {
    const timeS = frame.timeMs / 1000;
    const { delivery, faults } = this;
    if (delivery.isBlank(frame)) {
      faults.see('impossible', 'all channels', timeS, 'every value is zero');
      this.notice(timeS);
      return;
    }
    const sinceLastS = timeS - this.lastTimeS;
    const isFirst = Number.isNaN(sinceLastS);
    const isNewInstant = sinceLastS !== 0;
    if (sinceLastS > this.silenceS) this.afterGap(timeS, sinceLastS);
    if (!isFirst && isNewInstant) this.learnInterval(Math.min(sinceLastS, FIRST_SILENCE_S));
    const { intervalS } = this;
    const elapsedS = isFirst ? intervalS : Math.min(sinceLastS, this.silenceS);
    this.lastTimeS = timeS;
    this.isSilent = false;
    if (isNewInstant) {
      this.frames++;
      this.framesSinceGap++;
    }
    this.evaluate(frame, timeS, elapsedS, intervalS);
    this.settle(timeS);
    if (this.level === 'unknown') this.unknownFrames++;
    else if (this.framesSinceGap > 1) this.evaluatedS += elapsedS;
  }

  private evaluate(frame: Frame, timeS: number, elapsedS: number, intervalS: number): void {
    const { features, faults, electrical, thermal, alarm, load, rack } = this;
    // First the others as they were, so that the order of modules within one instant does not matter.
    rack.refresh(timeS, this.silenceS);
    load.add(frame, elapsedS);
    electrical.add(frame, timeS, elapsedS, intervalS, load, faults, features);
    this.currentCheck.add(frame, timeS, elapsedS, faults);
    thermal.add(
      frame,
      timeS,
      elapsedS,
      intervalS,
      rack,
      load,
      electrical,
      alarm.isSuspicious,
      faults,
      features,
    );
    this.gas.add(frame, timeS, elapsedS, intervalS, alarm.rank > NORMAL_RANK, features);
    this.compareWithSiblings(frame, elapsedS, intervalS);
    const gasIsOwn = this.gasOrigin.isOwn(this.rackId ?? this.moduleId, this.gas.strength(features), timeS);
    this.delivery.evaluate(frame, timeS, this.silenceS, rack.livelyShare, faults);
    this.livelyShare = this.delivery.livelyShare;
    this.usualLoadA = load.usualA;
    faults.expire(timeS, intervalS);
    this.evaluateData(elapsedS);
    if (thermal.isEvaluated) this.lastThermalS = timeS;
    if (electrical.isEvaluated) this.lastElectricalS = timeS;
    this.hadGas ||= this.gas.isEvaluated;
    this.hazard?.update(timeS, this.doubt(false) === null);
    alarm.update(features, Math.min(elapsedS, Math.max(3 * intervalS, this.usualPauseS)), gasIsOwn);
  }

  private evaluateData(elapsedS: number): void {
    const { features } = this;
    const heating = features[FEATURE_INDEX.rate3minKPerMin]! / HEATING_K_PER_MIN;
    const loss = features[FEATURE_INDEX.drop10minPercent]! / LOSS_PERCENT;
    features[FEATURE_INDEX.heatWithLoss] = Math.max(0, Math.min(heating, loss));
    this.watchedS += elapsedS;
    features[FEATURE_INDEX.watchedForMin] = this.watchedS / 60;
    const { channelsSeen } = this.delivery;
    features[FEATURE_INDEX.believedShare] = Math.max(0, 1 - this.faults.count / Math.max(1, channelsSeen));
  }

  /** Silent at `timeS`, and has not said so. */
  isDue(timeS: number): boolean {
    return !this.isSilent && timeS - this.lastTimeS > this.silenceS;
  }

  /** No frame until `timeS`: says so once it is silent. */
  notice(timeS: number): void {
    if (!this.isDue(timeS)) return;
    this.isSilent = true;
    this.settle(this.lastTimeS + this.silenceS);
  }

  private afterGap(timeS: number, gapS: number): void {
    this.notice(timeS);
    this.learnPause(timeS, gapS);
    this.electrical.settle(timeS, this.intervalS);
    this.currentCheck.restart();
    this.delivery.restart(timeS);
    this.framesSinceGap = 0;
    this.watchedS = 0;
    if (gapS < RESTART_S) return;
    this.thermal.restart();
    this.electrical.restart();
    this.gas.restart();
    this.alarm.restart();
    this.features.fill(Number.NaN);
  }

  private compareWithSiblings(frame: Frame, elapsedS: number, intervalS: number): void {
    const { features, rack } = this;
    this.hottestDegC = features[FEATURE_INDEX.hottestDegC]!;
    this.voltageV = this.electrical.isSwitchedOff ? Number.NaN : frame.values[VOLTAGE]!;
    if (rack.isAlone) return;
    const gain = 1 - Math.exp(-elapsedS / Math.max(SIBLING_SMOOTHING_S, 5 * intervalS));
    this.smooth(FEATURE_INDEX.aboveSiblingsK, this.hottestDegC - rack.hottestMedianDegC, gain);
    const missing = (rack.voltageMedianV - this.voltageV) / Math.abs(rack.voltageMedianV);
    this.smooth(FEATURE_INDEX.belowSiblingsPercent, missing * 100, gain);
  }

  private smooth(feature: number, value: number, gain: number): void {
    const before = this.features[feature]!;
    this.features[feature] = Number.isNaN(before) ? value : before + gain * (value - before);
  }

  /**
   * What keeps the module from being judged, in words; null where it can be.
   *
   * @param ofRules also what the rules have not made up their mind about
   */
  private doubt(ofRules = true): string | null {
    if (this.isSilent) return `no frame for more than ${Math.round(this.silenceS)} s`;
    const { lastTimeS, intervalS, lastThermalS, lastElectricalS } = this;
    const hasThermal = this.thermal.isCurrent(lastTimeS, intervalS);
    const hasElectrical = lastTimeS - lastElectricalS <= UNEVALUATED_INTERVALS * intervalS;
    if (!hasThermal && !hasElectrical) return 'neither a temperature nor a voltage that can be believed';
    if (this.framesSinceGap < this.options.policy.warmUpFrames)
      return 'too few frames since the start or a gap';
    if (ofRules && this.alarm.rank <= NORMAL_RANK && this.thermal.readDegC >= HOT_READING_DEG_C)
      return `a surface reads ${this.thermal.readDegC.toFixed(0)} °C: being checked`;
    if (ofRules && this.alarm.rank <= NORMAL_RANK && this.thermal.isContested(lastTimeS))
      return `a sensor that was believed reads or read ${HOT_READING_DEG_C} °C or more: heat cannot be judged until it is checked`;
    if (ofRules && this.level === 'unknown' && this.alarm.isPending)
      return 'a limit is passed, not yet for long enough';
    // Without a temperature nothing would show a fire: a model may still raise an alarm, nothing may say normal.
    if (ofRules && !this.hadTemperature && this.options.nameplate.hasTemperature !== false)
      return 'no temperature has ever been delivered that can be believed: heat cannot be judged';
    if (this.delivery.isFrozen) return 'its values stand still: this is no live telemetry';
    const lostS = this.faults.count > 0 ? FAULTY_S : this.silenceS;
    if (!hasThermal && this.hadTemperature && lastTimeS - lastThermalS > lostS)
      return 'its temperatures have failed: heat cannot be judged';
    if (!hasElectrical && this.hadElectrical && lastTimeS - lastElectricalS > lostS)
      return this.electrical.isSwitchedOff
        ? 'its voltage is switched off: charge cannot be judged'
        : 'its voltages have failed: charge cannot be judged';
    return null;
  }

  /** One came that could be believed. */
  get hadTemperature(): boolean {
    return Number.isFinite(this.lastThermalS);
  }

  private get hadElectrical(): boolean {
    return Number.isFinite(this.lastElectricalS);
  }

  private settle(timeS: number): void {
    const alarmRank = this.alarm.rank;
    const isAlarm = alarmRank > NORMAL_RANK;
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
    const reasons = this.alarm.reasons(
      (row) => this.placeOf(row),
      (row) => (row.feature === 'hazardProbability' ? (this.hazard?.inWords() ?? '') : ''),
    );
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
    if (!this.hadTemperature) missing.push('no surface temperature: heat cannot be judged');
    if (!this.hadElectrical) missing.push('no voltage: charge and collapse cannot be judged');
    else if (Number.isNaN(this.features[FEATURE_INDEX.cellLowMv]!))
      missing.push('no cell voltages: imbalance inside the module cannot be judged');
    if (!this.hadGas) missing.push('no gas sensor: venting cannot be smelt');
    if (this.options.nameplate.capacityAh === undefined)
      missing.push('no capacity: heat of the load cannot be allowed for');
    for (const fault of this.faults.list()) missing.push(fault.text);
    const hazard = this.isSilent || this.level === 'unknown' ? null : this.hazard;
    const probability = hazard?.probability ?? null;
    return {
      moduleId: this.moduleId,
      rackId: this.rackId,
      timeMs: Math.round(this.lastTimeS * 1000),
      level: this.level,
      sinceMs: this.sinceMs,
      reasons: this.reasons(),
      missing,
      hazardProbability: probability,
      timeToPnr: probability === null ? null : hazard!.timeToPnr(),
      drivers: this.hazard && (probability === null ? [] : hazard!.drivers()),
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
