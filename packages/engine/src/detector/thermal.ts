/** Temperatures of one module: hottest believable surface, how fast it heats, spread. */
import { CHANNEL_INDEX, CHANNELS, type Frame } from '../telemetry/index.ts';
import type { Electrical } from './electrical.ts';
import type { SensorFaults } from './faults.ts';
import { FEATURE_INDEX } from './features.ts';
import { THERMAL_FEATURES } from './features-thermal.ts';
import { HeatFigures } from './heat.ts';
import { FAULTY, LeapJudge, type LeapSigns } from './leap.ts';
import { PROBE_LEAPT, PROBE_LOOSE, PROBE_OK, ProbeTemperatures } from './probes.ts';
import { Signal } from './signal.ts';

const MAX = CHANNEL_INDEX.surface_temperature_max_degc;
const MEAN = CHANNEL_INDEX.surface_temperature_mean_degc;
const MIN = CHANNEL_INDEX.surface_temperature_min_degc;
const CURRENT = CHANNEL_INDEX.current_a;
const AMBIENT = CHANNEL_INDEX.ambient_temperature_degc;
const SURFACES = [MEAN, MAX, MIN] as const;
/** Of this module's own temperatures; what a leap is, and the rack, are told elsewhere. */
const THERMAL_FIGURES = THERMAL_FEATURES.map(({ id }) => FEATURE_INDEX[id]).filter(
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

export class Thermal {
  private readonly signals = SURFACES.map((channel) => new Signal(CHANNELS[channel]!.resolution, 1));
  private readonly hottest = new Signal(0.1, 1);
  private readonly ambient = new Signal(0.1, 1);
  private readonly heat: HeatFigures;
  private readonly capacityAh: number;
  private readonly leaps = SURFACES.map(() => new LeapJudge());
  private readonly standsStill = [false, false, false];
  private readonly signs: LeapSigns = { voltageSags: false, isSuspicious: false };
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
  isJudged = false;
  /** Position, from 1, of the hottest probe; 0 where a channel says what is hottest. */
  hottestProbe = 0;
  /** Highest reading of a sensor that has leapt up and is being checked. */
  private unconfirmedDegC = Number.NaN;

  /** @param capacityAh NaN where unknown: then no heating is put down to the load */
  constructor(capacityAh: number) {
    this.capacityAh = capacityAh;
    this.heat = new HeatFigures(capacityAh);
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
  }

  /**
   * @param electrical this frame's voltages, already judged
   * @param isSuspicious a row of heat or voltage is active: a leap upwards needs less to be believed
   */
  add(
    frame: Frame,
    timeS: number,
    elapsedS: number,
    intervalS: number,
    electrical: Electrical,
    isSuspicious: boolean,
    faults: SensorFaults,
    features: Float64Array,
  ): void {
    const { signs } = this;
    signs.voltageSags = electrical.sags;
    signs.isSuspicious = isSuspicious;
    this.unconfirmedDegC = Number.NaN;
    const hottest = this.believedHottest(frame, timeS, elapsedS, electrical, signs, faults);
    features[FEATURE_INDEX.unconfirmedDegC] = this.unconfirmedDegC || 0;
    this.followLoad(frame.values[CURRENT]!, elapsedS);
    const ambientDegC = this.followAmbient(frame.values[AMBIENT]!, timeS, intervalS);
    this.isJudged = !Number.isNaN(hottest);
    if (!this.isJudged) {
      if (this.hottest.isRecent(timeS, intervalS)) return;
      for (const figure of THERMAL_FIGURES) features[figure] = Number.NaN;
      return;
    }
    this.hottest.add(timeS, hottest);
    const { value, stepSize } = this.hottest;
    const everyS = Math.max(intervalS, this.hottest.intervalS || 0);
    const allowance =
      LOAD_HEATING_K_PER_MIN_PER_C2 * this.allowanceC2 +
      STEADY_HEATING_K_PER_MIN_PER_C2 * Math.min(STEADY_MAX_C2, this.loadSquared || 0);
    this.heat.add(timeS, elapsedS, everyS, value, stepSize, allowance, ambientDegC, features);
    features[FEATURE_INDEX.hottestAloneK] = this.hottestProbe > 0 ? this.probes!.hottestAloneK : Number.NaN;
    features[FEATURE_INDEX.spreadK] = this.spread(elapsedS, frame.values[MIN]!);
  }

  private believedHottest(
    frame: Frame,
    timeS: number,
    elapsedS: number,
    electrical: Electrical,
    signs: LeapSigns,
    faults: SensorFaults,
  ): number {
    let hottest = Number.NaN;
    for (let k = 0; k < SURFACES.length; k++) {
      const raw = frame.values[SURFACES[k]!]!;
      if (Number.isNaN(raw)) continue;
      const signal = this.signals[k]!;
      const leap = this.leaps[k]!;
      const isBelieved = leap.judge(timeS, elapsedS, signal.raw, raw, signs);
      const channel = CHANNELS[SURFACES[k]!]!.id;
      signal.add(timeS, raw);
      if (!isBelieved) this.noteLeap(leap, channel, raw, timeS, faults);
      else if (this.isStuck(k, signal, timeS, electrical.travelledV))
        faults.see('stuck', channel, timeS, `at ${raw.toFixed(2)} °C`);
      else if (SURFACES[k] !== MIN && !(raw <= hottest)) {
        hottest = raw;
        this.hottestProbe = 0;
      }
    }
    this.judgeMeanAboveMax(timeS, faults);
    const probes = this.addProbes(frame, timeS, elapsedS, signs, faults);
    if (!(probes > hottest) && !Number.isNaN(hottest)) return hottest;
    this.hottestProbe = this.probes?.hottestProbe ?? 0;
    return probes;
  }

  private noteLeap(leap: LeapJudge, channel: string, raw: number, timeS: number, faults: SensorFaults): void {
    if (leap.state === FAULTY)
      faults.see(
        'disagrees',
        channel,
        timeS,
        `leapt to ${raw.toFixed(1)} °C and does not behave like a hot body`,
      );
    else if (leap.isUpward && !(raw <= this.unconfirmedDegC)) this.unconfirmedDegC = raw;
  }

  /** Found while the voltage travels, and so until the value moves. */
  private isStuck(k: number, signal: Signal, timeS: number, travelledV: number): boolean {
    if (signal.unchangedCount <= 1) this.standsStill[k] = false;
    else if (
      signal.unchangedCount > STUCK_FRAMES &&
      timeS - signal.unchangedSinceS > STUCK_S &&
      signal.stepSeen &&
      signal.stepSize < STUCK_FINE_STEP_K &&
      travelledV > STUCK_TRAVEL_V
    )
      this.standsStill[k] = true;
    return this.standsStill[k]!;
  }

  private judgeMeanAboveMax(timeS: number, faults: SensorFaults): void {
    const mean = this.signals[0]!.value;
    const max = this.signals[1]!.value;
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

  private addProbes(
    frame: Frame,
    timeS: number,
    elapsedS: number,
    signs: LeapSigns,
    faults: SensorFaults,
  ): number {
    const temperatures = frame.cellTemperaturesDegC;
    if (!temperatures) return Number.NaN;
    if (this.probes?.probeCount !== temperatures.length)
      this.probes = new ProbeTemperatures(temperatures.length);
    const { probes } = this;
    probes.add(timeS, elapsedS, temperatures, signs);
    if (probes.unconfirmedDegC > this.unconfirmedDegC || Number.isNaN(this.unconfirmedDegC))
      this.unconfirmedDegC = probes.unconfirmedDegC;
    for (let i = 0; i < probes.probeCount; i++) {
      const state = probes.states[i];
      if (state === PROBE_OK || !probes.isFaulty(i)) continue;
      const channel = `cell_temperatures_degc[${i + 1}]`;
      const raw = temperatures[i]!;
      if (state === PROBE_LEAPT)
        faults.see(
          'disagrees',
          channel,
          timeS,
          `leapt to ${raw.toFixed(1)} °C and does not behave like a hot body`,
        );
      else if (state === PROBE_LOOSE)
        faults.see('disagrees', channel, timeS, 'far colder than all its siblings');
      else faults.see('stuck', channel, timeS, `at ${raw.toFixed(2)} °C`);
    }
    return probes.hottestDegC;
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
