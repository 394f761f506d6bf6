/** Temperatures of one module: hottest believable surface, how fast it heats, spread. */
import { CHANNEL_INDEX, CHANNELS, type Frame } from '../telemetry/index.ts';
import type { Electrical } from './electrical.ts';
import type { SensorFaults } from './faults.ts';
import { FEATURE_INDEX } from './features.ts';
import { THERMAL_FEATURES } from './features-thermal.ts';
import { HeatFeatures } from './heat.ts';
import { FAULTY, type LeapSigns, LeapTracker, STEADY } from './leap.ts';
import { ListLength, padded } from './list-length.ts';
import type { Load } from './load.ts';
import { PROBE_LEAPT, PROBE_LOOSE, PROBE_OK, ProbeTemperatures } from './probes.ts';
import type { Rack } from './siblings.ts';
import { resolutionOf, Signal } from './signal.ts';
import { StillTemperatures } from './stillness.ts';
import { HOT_READING_DEG_C } from './verdict.ts';

const MAX = CHANNEL_INDEX.surface_temperature_max_degc;
const MEAN = CHANNEL_INDEX.surface_temperature_mean_degc;
const MIN = CHANNEL_INDEX.surface_temperature_min_degc;
const CURRENT = CHANNEL_INDEX.current_a;
const AMBIENT = CHANNEL_INDEX.ambient_temperature_degc;
const SURFACES = [MAX, MEAN, MIN] as const;
/** Of this module's own temperatures; what a leap is, and the rack, are told elsewhere. */
const THERMAL_FEATURE_INDICES = THERMAL_FEATURES.map(({ id }) => FEATURE_INDEX[id]).filter(
  (index) => index !== FEATURE_INDEX.unconfirmedDegC && index !== FEATURE_INDEX.aboveSiblingsK,
);

/**
 * After a step of the load to C-rate C the probes of a pack near tabs rise as ΔT ≈ g·C² with a time constant of
 * about 100 s (fitted to fast charges of a 114 Ah vehicle pack at 1.4C to 2.1C: g = 2.8 to 3.3 K, τ = 90 to
 * 120 s, rms 0.21 K in 30 s). The allowance follows the step and fades with it.
 */
const LOAD_HEATING_K_PER_MIN_PER_C2 = 2.5;
/** What a load keeps heating once it is steady: single 18650 cells reach 0.4 to 1 K/min at 1C (NASA, ARTS). */
const STEADY_HEATING_K_PER_MIN_PER_C2 = 0.8;
const STEADY_MAX_C2 = 9;
const LOAD_FADE_S = 120;
const LOAD_FOLLOW_S = 30;
const MAX_C_RATE = 10;

const MEAN_ABOVE_MAX_K = 4;
const MEAN_ABOVE_MAX_HOLD_S = 60;
/** A fine sensor that stands quite still so long while the cell voltage travels is stuck. */
const STUCK_S = 1200;
const STUCK_FRAMES = 60;
const STUCK_FINE_STEP_K = 0.2;
const STUCK_TRAVEL_V = 0.1;
/** One that has never moved, for so long. */
const STUCK_UNSEEN_S = 3600;
/** From here on two frames that agree are enough. */
const BURNING_DEG_C = 100;
/** A coldest channel that has stood at the lower rail since the start. */
const FROST_DEG_C = -30;
const FROST_BELOW_K = 40;
/** Where the coldest place is as hot as this, no load explains it. */
const HOT_COLDEST_DEG_C = 60;
/** Resolution where the digits do not say. */
const COARSE_STEP_K = 1;
/** The hottest channel only repeats a probe that is not believed. */
const ECHO_K = 1;
/** As long as a fault stays open after it was last seen. */
const CONTESTED_S = 60;
const CONTESTED_INTERVALS = 3;
const CONTAMINATED_K = 20;

/** Of two numbers; of one where the other is missing. */
const lower = (a: number, b: number): number => (a < b || Number.isNaN(b) ? a : b);
const higher = (a: number, b: number): number => (a > b || Number.isNaN(b) ? a : b);

export class Thermal {
  private readonly signals = SURFACES.map((channel) => new Signal(CHANNELS[channel]!.resolution, 1));
  private readonly hottest = new Signal(0.1, 1);
  private readonly ambient = new Signal(0.1, 1);
  private readonly heat: HeatFeatures;
  private readonly capacityAh: number;
  private readonly leaps = SURFACES.map(() => new LeapTracker());
  private readonly standsStill = [false, false, false];
  private readonly signs: LeapSigns = {
    voltageSags: false,
    voltageIsLost: false,
    cellsKeepVoltage: false,
    isSuspicious: false,
    isMadeOfDoubted: false,
  };
  private readonly still = new StillTemperatures();
  private readonly probeLists = new ListLength();
  private probes: ProbeTemperatures | null = null;
  private meanAboveMaxSinceS = Number.NaN;
  private loadSquared = Number.NaN;
  private allowanceC2 = 0;
  /** The gains for frames of this length: most are alike. */
  private gainsForS = Number.NaN;
  private followGain = 0;
  private fadeGain = 0;
  private spreadSmoothed = Number.NaN;
  /** The frame carried at least one surface temperature that can be believed. */
  isEvaluated = false;
  /** Position, from 1, of the hottest probe; 0 where a channel says what is hottest. */
  hottestProbe = 0;
  /** Highest reading of a sensor that is believed or being checked; NaN where there is none. */
  readDegC = Number.NaN;
  /** Highest reading of a sensor that was believed before and is not now; NaN where there is none. */
  private contestedDegC = Number.NaN;
  private contestedUntilS = Number.NEGATIVE_INFINITY;
  /** Highest reading of a sensor that has leapt up and is being checked. */
  private unconfirmedDegC = Number.NaN;
  /** Highest believed reading of this frame, and of the one before, as they came. */
  private believedDegC = Number.NaN;
  private believedBeforeDegC = Number.NaN;
  /** A leap to where things burn was confirmed in this frame. */
  private isConfirmed = false;
  /** What a channel read that burnt and was lost. */
  private heldDegC = Number.NaN;
  private isMinBelieved = true;

  /** @param capacityAh NaN where unknown: then no heating is put down to the load */
  constructor(capacityAh: number) {
    this.capacityAh = capacityAh;
    this.heat = new HeatFeatures(capacityAh);
  }

  /** A temperature that can be believed came not long ago. */
  isCurrent(timeS: number, intervalS: number): boolean {
    return this.hottest.isRecent(timeS, intervalS);
  }

  restart(): void {
    for (const signal of this.signals) signal.restart();
    for (const leap of this.leaps) leap.restart();
    this.hottest.restart();
    this.probes?.restart();
    this.ambient.restart();
    this.heat.restart();
    this.spreadSmoothed = Number.NaN;
    this.meanAboveMaxSinceS = Number.NaN;
    this.believedBeforeDegC = Number.NaN;
  }

  /**
   * @param rack the siblings as they were before this instant
   * @param electrical this frame's voltages, already judged
   * @param isSuspicious a row of heat or voltage is active: a leap upwards needs less to be believed
   */
  add(
    frame: Frame,
    timeS: number,
    elapsedS: number,
    intervalS: number,
    rack: Rack,
    load: Load,
    electrical: Electrical,
    isSuspicious: boolean,
    faults: SensorFaults,
    features: Float64Array,
  ): void {
    const { signs } = this;
    signs.voltageSags = electrical.sags;
    signs.voltageIsLost = electrical.isLost;
    signs.cellsKeepVoltage = electrical.cellsKeepVoltage;
    signs.isSuspicious = isSuspicious;
    signs.isMadeOfDoubted = false;
    this.unconfirmedDegC = Number.NaN;
    this.believedDegC = Number.NaN;
    this.isConfirmed = false;
    const ambientDegC = this.followAmbient(frame.values[AMBIENT]!, timeS, intervalS);
    const probes = this.addProbes(frame, timeS, elapsedS, rack.hottestMedianDegC);
    const surfaces = this.addSurfaces(frame, timeS, elapsedS, rack.hottestMedianDegC, faults);
    const isDelivered = this.evaluateStillness(
      frame,
      timeS,
      rack,
      ambientDegC,
      load,
      electrical.travelledV,
      faults,
    );
    if (this.probes && frame.cellTemperaturesDegC)
      this.nameProbes(frame.cellTemperaturesDegC, timeS, intervalS, faults);
    this.noteContested(timeS, intervalS);
    const hottest = this.hottestOf(surfaces, probes, isDelivered);
    features[FEATURE_INDEX.unconfirmedDegC] = this.unconfirmedDegC || 0;
    this.followLoad(frame.values[CURRENT]!, elapsedS);
    this.isEvaluated = !Number.isNaN(hottest);
    if (!this.isEvaluated) {
      // Before its neighbours were known it may have been believed for a frame.
      if (this.leaps.some(({ isRefuted }) => isRefuted)) this.hottest.restart();
      if (this.hottest.isRecent(timeS, intervalS)) return;
      for (const feature of THERMAL_FEATURE_INDICES) features[feature] = Number.NaN;
      return;
    }
    // What was held back for proof counts from its first frame on.
    if (this.isConfirmed) this.hottest.restart();
    this.hottest.add(timeS, hottest);
    const { stepSize } = this.hottest;
    const everyS = Math.max(intervalS, this.hottest.intervalS || 0);
    const allowance =
      LOAD_HEATING_K_PER_MIN_PER_C2 * this.allowanceC2 +
      STEADY_HEATING_K_PER_MIN_PER_C2 * Math.min(STEADY_MAX_C2, this.loadSquared || 0);
    const value = this.burning(this.hottest.value);
    this.heat.add(timeS, elapsedS, everyS, value, stepSize, allowance, ambientDegC, features);
    features[FEATURE_INDEX.hottestAloneK] = this.hottestProbe > 0 ? this.probes!.hottestAloneK : Number.NaN;
    features[FEATURE_INDEX.spreadK] = this.spread(
      elapsedS,
      this.isMinBelieved ? frame.values[MIN]! : Number.NaN,
    );
  }

  /**
   * Where a sensor that was believed reads so hot that the module may burn, the others do not speak for it. One that jumps
   * reads it now and then.
   */
  isContested(timeS: number): boolean {
    return timeS <= this.contestedUntilS;
  }

  private noteContested(timeS: number, intervalS: number): void {
    const contestedDegC = higher(this.contestedDegC, this.probes?.contestedDegC ?? Number.NaN);
    if (contestedDegC >= HOT_READING_DEG_C)
      this.contestedUntilS = timeS + Math.max(CONTESTED_S, CONTESTED_INTERVALS * intervalS);
  }

  /** Two frames in a row that read as hot as this are no outlier: they need not wait for a third. */
  private burning(medianDegC: number): number {
    const twice = Math.min(this.believedDegC, this.believedBeforeDegC);
    this.believedBeforeDegC = this.believedDegC;
    return twice >= BURNING_DEG_C && twice > medianDegC ? twice : medianDegC;
  }

  /** @returns highest believed reading of the channels that are no list; NaN where there is none */
  private addSurfaces(
    frame: Frame,
    timeS: number,
    elapsedS: number,
    rackDegC: number,
    faults: SensorFaults,
  ): number {
    const { values } = frame;
    const coldestDegC = lower(values[MIN]!, lower(this.probes?.medianDegC ?? Number.NaN, rackDegC));
    let hottest = Number.NaN;
    this.heldDegC = Number.NaN;
    this.contestedDegC = Number.NaN;
    this.isMinBelieved = true;
    for (let k = 0; k < SURFACES.length; k++) {
      const surface = SURFACES[k]!;
      const raw = values[surface]!;
      const leap = this.leaps[k]!;
      const signal = this.signals[k]!;
      let isBelieved = false;
      if (!Number.isNaN(raw)) {
        const wasChecked = leap.state !== STEADY;
        const neighboursDegC = surface === MIN ? Number.NaN : coldestDegC;
        this.signs.isMadeOfDoubted = surface === MEAN && this.leaps[0]!.state !== STEADY;
        isBelieved = leap.evaluate(timeS, elapsedS, signal.raw, raw, this.signs, neighboursDegC);
        signal.add(timeS, raw);
        if (!isBelieved) this.noteLeap(leap, CHANNELS[surface]!.id, raw, timeS, faults);
        else if (wasChecked && leap.isHot) this.isConfirmed = true;
      }
      if (surface === MIN) {
        this.isMinBelieved = isBelieved && !this.isFrost(leap, raw, timeS, faults);
        hottest = this.withColdest(hottest, k, raw, timeS, faults);
      } else if (!isBelieved) {
        this.heldDegC = higher(this.heldDegC, leap.heldDegC(timeS));
        this.contestedDegC = higher(this.contestedDegC, leap.contestedDegC(timeS));
        if (Number.isNaN(raw)) this.unconfirmedDegC = higher(this.unconfirmedDegC, leap.lostDegC(timeS));
      } else if (!this.repeatsABrokenOne(k, raw) && !this.standsStill[k] && !(raw <= hottest)) hottest = raw;
    }
    this.evaluateMeanAboveMax(timeS, faults);
    return hottest;
  }

  /**
   * The hottest is no colder than the coldest: where nothing else is believed, a hot one speaks for the module. That it is
   * cool says nothing of the rest.
   */
  private withColdest(hottest: number, k: number, raw: number, timeS: number, faults: SensorFaults): number {
    const leap = this.leaps[k]!;
    const believedDegC = higher(hottest, this.probes?.readDegC ?? Number.NaN);
    if (Number.isNaN(believedDegC)) {
      if (this.isMinBelieved && !this.standsStill[k] && raw >= HOT_COLDEST_DEG_C) return raw;
      this.heldDegC = higher(this.heldDegC, leap.heldDegC(timeS));
      return hottest;
    }
    if (raw > believedDegC + MEAN_ABOVE_MAX_K && raw >= HOT_READING_DEG_C) {
      this.contestedDegC = higher(this.contestedDegC, raw);
      faults.see(
        'disagrees',
        CHANNELS[MIN]!.id,
        timeS,
        `above the hottest (${raw.toFixed(1)} > ${believedDegC.toFixed(1)} °C)`,
        raw,
      );
    }
    return hottest;
  }

  private hottestOf(surfaces: number, probes: number, isDelivered: boolean): number {
    this.believedDegC = higher(surfaces, this.probes?.readDegC ?? Number.NaN);
    let hottest = surfaces;
    if (probes > surfaces || Number.isNaN(surfaces)) {
      hottest = probes;
      this.hottestProbe = this.probes?.hottestProbe ?? 0;
    } else this.hottestProbe = 0;
    if (this.still.isContradicted && !this.isHot) {
      hottest = Number.NaN;
      this.believedDegC = Number.NaN;
    }
    const readDegC = higher(this.believedDegC, this.unconfirmedDegC);
    // What was hot and delivers nothing now has not cooled.
    if (isDelivered || !Number.isNaN(readDegC)) this.readDegC = readDegC;
    if (!(this.heldDegC > hottest)) return hottest;
    this.hottestProbe = 0;
    return this.heldDegC;
  }

  private get isHot(): boolean {
    return this.leaps.some(({ isHot }) => isHot) || (this.probes?.isHot ?? false);
  }

  private noteLeap(
    leap: LeapTracker,
    channel: string,
    raw: number,
    timeS: number,
    faults: SensorFaults,
  ): void {
    if (leap.state === FAULTY) faults.see('disagrees', channel, timeS, leap.why(raw), raw);
    else if (leap.isUpward && !(raw <= this.unconfirmedDegC)) this.unconfirmedDegC = raw;
  }

  /** The hottest and the mean are made of the probes: what is wrong with one of them is wrong with these, too. */
  private repeatsABrokenOne(k: number, raw: number): boolean {
    const doubtedDegC = this.probes?.doubtedDegC ?? Number.NaN;
    const believedDegC = this.probes?.readDegC ?? Number.NaN;
    if (SURFACES[k] === MAX)
      return Math.abs(raw - doubtedDegC) <= ECHO_K && raw > believedDegC + CONTAMINATED_K;
    return (this.leaps[0]!.isRefuted || !Number.isNaN(doubtedDegC)) && !(raw <= believedDegC);
  }

  private isFrost(leap: LeapTracker, raw: number, timeS: number, faults: SensorFaults): boolean {
    const max = this.signals[0]!.raw;
    if (!leap.isUnmoved || !(raw <= FROST_DEG_C) || !(max - raw >= FROST_BELOW_K)) return false;
    const why = `has stood at ${raw.toFixed(1)} °C since the start, far below the others`;
    faults.see('disagrees', CHANNELS[MIN]!.id, timeS, why);
    return true;
  }

  /**
   * What stands still while the voltage travels, or while the rack or the air moves, until it moves.
   *
   * @returns whether the frame has any temperature
   */
  private evaluateStillness(
    { values, cellTemperaturesDegC }: Frame,
    timeS: number,
    rack: Rack,
    ambientDegC: number,
    load: Load,
    travelledV: number,
    faults: SensorFaults,
  ): boolean {
    let isSame = cellTemperaturesDegC === null || this.probes!.isSame;
    let delivered = cellTemperaturesDegC === null || Number.isNaN(this.probes!.medianDegC) ? 0 : 1;
    for (let k = 0; k < SURFACES.length; k++) {
      if (Number.isNaN(values[SURFACES[k]!]!)) continue;
      delivered++;
      if (this.signals[k]!.unchangedCount <= 1) isSame = false;
      this.standsStill[k] = this.isStuck(k, timeS, travelledV);
      if (this.standsStill[k]) this.nameStuck(k, timeS, faults);
    }
    if (delivered === 0) return false;
    this.still.add(timeS, isSame, rack.hottestMedianDegC, ambientDegC, load, rack.loadMedianA, this);
    if (!this.still.isContradicted || this.isHot) return true;
    for (let k = 0; k < SURFACES.length; k++)
      if (!Number.isNaN(values[SURFACES[k]!]!)) this.nameStuck(k, timeS, faults);
    if (cellTemperaturesDegC)
      faults.see('stuck', 'cell_temperatures_degc', timeS, 'not one probe moves', this.probes!.readDegC);
    return true;
  }

  private nameStuck(k: number, timeS: number, faults: SensorFaults): void {
    const { raw } = this.signals[k]!;
    faults.see('stuck', CHANNELS[SURFACES[k]!]!.id, timeS, `at ${raw.toFixed(2)} °C`, raw);
  }

  /** Found while the voltage travels, and so until the value moves. What burns may stand at its rail. */
  private isStuck(k: number, timeS: number, travelledV: number): boolean {
    const signal = this.signals[k]!;
    if (signal.unchangedCount <= 1 || this.leaps[k]!.isHot) return false;
    if (this.standsStill[k]) return true;
    const forS = timeS - signal.unchangedSinceS;
    return (
      signal.unchangedCount > STUCK_FRAMES &&
      forS > (signal.stepSeen ? STUCK_S : STUCK_UNSEEN_S) &&
      travelledV > STUCK_TRAVEL_V &&
      resolutionOf(signal, COARSE_STEP_K) < STUCK_FINE_STEP_K
    );
  }

  /** Finest resolution of the readings, K. */
  get finestStepK(): number {
    let finest = this.probes?.stepK ?? Number.NaN;
    for (const signal of this.signals)
      if (!Number.isNaN(signal.raw)) finest = lower(finest, resolutionOf(signal, COARSE_STEP_K));
    return finest;
  }

  private evaluateMeanAboveMax(timeS: number, faults: SensorFaults): void {
    const max = this.signals[0]!.value;
    const mean = this.signals[1]!.value;
    if (!(mean > max + MEAN_ABOVE_MAX_K)) {
      this.meanAboveMaxSinceS = Number.NaN;
      return;
    }
    if (Number.isNaN(this.meanAboveMaxSinceS)) this.meanAboveMaxSinceS = timeS;
    if (timeS - this.meanAboveMaxSinceS >= MEAN_ABOVE_MAX_HOLD_S)
      faults.see(
        'disagrees',
        CHANNELS[MAX]!.id,
        timeS,
        `below the mean (${max.toFixed(1)} < ${mean.toFixed(1)} °C)`,
      );
  }

  private addProbes(frame: Frame, timeS: number, elapsedS: number, rackDegC: number): number {
    const temperatures = frame.cellTemperaturesDegC;
    if (!temperatures) {
      this.probes?.rest();
      return Number.NaN;
    }
    const probeCount = this.probeLists.follow(temperatures.length, timeS);
    this.probes ??= new ProbeTemperatures(probeCount);
    if (this.probes.probeCount !== probeCount) this.probes = this.probes.resized(probeCount);
    const { probes } = this;
    probes.add(timeS, elapsedS, padded(temperatures, probeCount), this.signs, rackDegC);
    this.unconfirmedDegC = probes.unconfirmedDegC;
    this.isConfirmed = probes.isConfirmed;
    return probes.hottestDegC;
  }

  private nameProbes(
    temperatures: Float64Array,
    timeS: number,
    intervalS: number,
    faults: SensorFaults,
  ): void {
    const probes = this.probes!;
    for (let i = 0; i < probes.probeCount; i++) {
      const state = probes.states[i];
      if (!(i < temperatures.length) || Number.isNaN(temperatures[i]!)) {
        if (probes.isLost(i, timeS, intervalS)) this.nameLost(i, timeS, faults);
        continue;
      }
      if (state === PROBE_OK || !probes.isFaulty(i)) continue;
      const channel = `cell_temperatures_degc[${i + 1}]`;
      const raw = temperatures[i]!;
      if (state === PROBE_LEAPT) faults.see('disagrees', channel, timeS, probes.why(i), raw);
      else if (state === PROBE_LOOSE)
        faults.see('disagrees', channel, timeS, 'far colder than all its siblings');
      else faults.see('stuck', channel, timeS, `at ${raw.toFixed(2)} °C`, raw);
    }
  }

  /** One that was hot when it was lost may stand on something that burns. */
  private nameLost(i: number, timeS: number, faults: SensorFaults): void {
    const lastDegC = this.probes!.lastDegC(i);
    const hotDegC = lastDegC >= HOT_READING_DEG_C ? lastDegC : Number.NaN;
    faults.see(
      'dropout',
      `cell_temperatures_degc[${i + 1}]`,
      timeS,
      `last at ${lastDegC.toFixed(1)} °C`,
      hotDegC,
    );
  }

  private followAmbient(ambientDegC: number, timeS: number, intervalS: number): number {
    if (!Number.isNaN(ambientDegC)) this.ambient.add(timeS, ambientDegC);
    return this.ambient.isRecent(timeS, intervalS) ? this.ambient.value : Number.NaN;
  }

  private followLoad(currentA: number, elapsedS: number): void {
    const cRate = Math.min(MAX_C_RATE, Math.abs(currentA) / this.capacityAh);
    if (Number.isNaN(cRate)) return;
    const squared = cRate * cRate;
    if (Number.isNaN(this.loadSquared)) this.loadSquared = squared;
    const beyond = Math.max(0, squared - this.loadSquared);
    if (elapsedS !== this.gainsForS) {
      this.gainsForS = elapsedS;
      this.followGain = 1 - Math.exp(-elapsedS / LOAD_FOLLOW_S);
      this.fadeGain = 1 - Math.exp(-elapsedS / LOAD_FADE_S);
    }
    this.allowanceC2 += this.followGain * (beyond - this.allowanceC2);
    this.loadSquared += this.fadeGain * (squared - this.loadSquared);
  }

  private spread(elapsedS: number, channelMinDegC: number): number {
    const reference = this.probes && this.probes.probeCount > 1 ? this.probes.referenceDegC : channelMinDegC;
    const spread = this.hottest.value - reference;
    if (Number.isNaN(spread)) return Number.NaN;
    const gain = Number.isNaN(this.spreadSmoothed) ? 1 : 1 - Math.exp(-elapsedS / 30);
    this.spreadSmoothed = gain === 1 ? spread : this.spreadSmoothed + gain * (spread - this.spreadSmoothed);
    return this.spreadSmoothed;
  }
}
