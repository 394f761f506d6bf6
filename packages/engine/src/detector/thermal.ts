/** Temperatures of one module: hottest believable surface, how fast it heats, spread. */
import { CHANNEL_INDEX, CHANNELS, type Frame } from '../telemetry/index.ts';
import type { Electrical } from './electrical.ts';
import type { SensorFaults } from './faults.ts';
import { FEATURE_INDEX } from './features.ts';
import { PROBE_JUMPED, PROBE_LOOSE, PROBE_OK, ProbeTemperatures } from './probes.ts';
import { Signal } from './signal.ts';
import { SlopeWindow } from './slope.ts';

const MAX = CHANNEL_INDEX.surface_temperature_max_degc;
const MEAN = CHANNEL_INDEX.surface_temperature_mean_degc;
const MIN = CHANNEL_INDEX.surface_temperature_min_degc;
const CURRENT = CHANNEL_INDEX.current_a;
const SURFACES = [MEAN, MAX, MIN] as const;

/**
 * After a step of the load to C-rate C the probes of a pack near tabs rise as ΔT ≈ g·C² with a time constant of
 * about 100 s (fitted to fast charges of a 114 Ah vehicle pack at 1.4C to 2.1C: g = 2.8 to 3.3 K, τ = 90 to
 * 120 s, rms 0.21 K in 30 s). The allowance follows the step and fades with it.
 */
const LOAD_HEATING_K_PER_MIN_PER_C2 = 2.5;
const LOAD_FADE_S = 120;
const LOAD_FOLLOW_S = 30;
const MAX_C_RATE = 10;

/** A single surface sensor that leaps by more than this without any forewarning or sag of the voltage is at fault. */
const JUMP_MIN_K = 20;
const JUMP_K_PER_S = 20;
const FOREWARNED_DEG_C = 60;
const FOREWARNED_K_PER_MIN = 1;
const MEAN_ABOVE_MAX_K = 4;
const MEAN_ABOVE_MAX_HOLD_S = 60;
/** A fine sensor that stands quite still so long while the cell voltage travels is stuck. */
const STUCK_S = 1200;
const STUCK_FRAMES = 60;
const STUCK_FINE_STEP_K = 0.2;

export class Thermal {
  private readonly signals = SURFACES.map((channel) => new Signal(CHANNELS[channel]!.resolution, 1));
  private readonly hottest = new Signal(0.1, 1);
  private readonly slopes = {
    tenSeconds: new SlopeWindow(10),
    minute: new SlopeWindow(60),
    three: new SlopeWindow(180),
  };
  private readonly jumped = [false, false, false];
  private readonly jumpedFromDegC = [Number.NaN, Number.NaN, Number.NaN];
  private probes: ProbeTemperatures | null = null;
  private meanAboveMaxSinceS = Number.NaN;
  private loadSquared = Number.NaN;
  private allowanceC2 = 0;
  private spreadSmoothed = Number.NaN;
  /** A frame carried at least one surface temperature that can be believed. */
  isJudged = false;

  get hottestProbe(): number {
    return this.probes?.hottestProbe ?? 0;
  }

  /** A temperature that can be believed came not long ago. */
  isCurrent(timeS: number, intervalS: number): boolean {
    return this.hottest.isRecent(timeS, intervalS);
  }

  /** Resolution of the hottest surface temperature, K. */
  get stepK(): number {
    return this.hottest.stepSize;
  }

  restart(): void {
    for (const signal of this.signals) signal.restart();
    this.hottest.restart();
    this.probes?.restart();
    this.slopes.tenSeconds.reset();
    this.slopes.minute.reset();
    this.slopes.three.reset();
    this.jumped.fill(false);
    this.spreadSmoothed = Number.NaN;
    this.meanAboveMaxSinceS = Number.NaN;
  }

  /**
   * @param capacityAh NaN where unknown: then no heating is put down to the load
   * @param electrical this frame's voltages, already judged
   */
  add(
    frame: Frame,
    timeS: number,
    elapsedS: number,
    intervalS: number,
    capacityAh: number,
    electrical: Electrical,
    faults: SensorFaults,
    features: Float64Array,
  ): void {
    const hottest = this.believedHottest(frame, timeS, elapsedS, electrical, faults);
    this.followLoad(frame.values[CURRENT]!, capacityAh, elapsedS);
    this.isJudged = !Number.isNaN(hottest);
    if (!this.isJudged) {
      if (this.hottest.isRecent(timeS, intervalS)) return;
      features[FEATURE_INDEX.hottestDegC] = Number.NaN;
      features[FEATURE_INDEX.heatingKPerMin] = Number.NaN;
      features[FEATURE_INDEX.heatingFastKPerMin] = Number.NaN;
      features[FEATURE_INDEX.spreadK] = Number.NaN;
      return;
    }
    this.hottest.add(timeS, hottest);
    const { tenSeconds, minute, three } = this.slopes;
    const value = this.hottest.value;
    const everyS = Math.max(intervalS, this.hottest.intervalS || 0);
    tenSeconds.add(timeS, value, everyS, this.stepK);
    minute.add(timeS, value, everyS, this.stepK);
    three.add(timeS, value, everyS, this.stepK);
    const allowance = LOAD_HEATING_K_PER_MIN_PER_C2 * this.allowanceC2;
    const rising = Math.max(sure(minute), sure(three)) * 60 - allowance;
    features[FEATURE_INDEX.hottestDegC] = value;
    features[FEATURE_INDEX.heatingKPerMin] =
      Number.isNaN(minute.slopePerS) && Number.isNaN(three.slopePerS) ? Number.NaN : Math.max(0, rising);
    features[FEATURE_INDEX.heatingFastKPerMin] = tenSeconds.surelyRisingPerS * 60;
    features[FEATURE_INDEX.spreadK] = this.spread(elapsedS, frame.values[MIN]!);
  }

  private believedHottest(
    frame: Frame,
    timeS: number,
    elapsedS: number,
    electrical: Electrical,
    faults: SensorFaults,
  ): number {
    let hottest = Number.NaN;
    for (let k = 0; k < SURFACES.length; k++) {
      const raw = frame.values[SURFACES[k]!]!;
      if (Number.isNaN(raw)) continue;
      const signal = this.signals[k]!;
      this.judgeJump(k, raw, elapsedS, electrical);
      const channel = CHANNELS[SURFACES[k]!]!.id;
      signal.add(timeS, raw);
      if (this.jumped[k]) {
        faults.see('disagrees', channel, timeS, `leapt to ${raw.toFixed(1)} °C from one frame to the next`);
        continue;
      }
      if (this.isStuck(signal, timeS, electrical.travelledV)) {
        faults.see('stuck', channel, timeS, `at ${raw.toFixed(2)} °C`);
        continue;
      }
      if (SURFACES[k] !== MIN && !(raw <= hottest)) hottest = raw;
    }
    this.judgeMeanAboveMax(timeS, faults);
    const probes = this.addProbes(frame, timeS, elapsedS, electrical.sags, faults);
    return probes > hottest || Number.isNaN(hottest) ? probes : hottest;
  }

  private judgeJump(k: number, raw: number, elapsedS: number, electrical: Electrical): void {
    const before = this.signals[k]!.raw;
    if (this.jumped[k]) {
      if (electrical.sags || Math.abs(raw - this.jumpedFromDegC[k]!) < JUMP_MIN_K) this.jumped[k] = false;
      return;
    }
    if (!(Math.abs(raw - before) > Math.max(JUMP_MIN_K, JUMP_K_PER_S * elapsedS)) || electrical.sags) return;
    // Where no voltage could show a collapse, a hot surface that was already rising may well leap.
    const isForewarned = before >= FOREWARNED_DEG_C && sure(this.slopes.minute) * 60 > FOREWARNED_K_PER_MIN;
    if (isForewarned && !electrical.isJudged) return;
    this.jumped[k] = true;
    this.jumpedFromDegC[k] = before;
  }

  private isStuck(signal: Signal, timeS: number, travelledV: number): boolean {
    return (
      signal.unchangedCount > STUCK_FRAMES &&
      timeS - signal.unchangedSinceS > STUCK_S &&
      signal.stepSeen &&
      signal.stepSize < STUCK_FINE_STEP_K &&
      travelledV > 0.1
    );
  }

  private judgeMeanAboveMax(timeS: number, faults: SensorFaults): void {
    const [mean, max] = [this.signals[0]!.value, this.signals[1]!.value];
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
    voltageSags: boolean,
    faults: SensorFaults,
  ): number {
    const temperatures = frame.cellTemperaturesDegC;
    if (!temperatures) return Number.NaN;
    if (this.probes?.probeCount !== temperatures.length)
      this.probes = new ProbeTemperatures(temperatures.length);
    const { probes } = this;
    probes.add(timeS, elapsedS, temperatures);
    let hottest = probes.hottestDegC;
    for (let i = 0; i < probes.probeCount; i++) {
      const state = probes.states[i];
      if (state === PROBE_OK) continue;
      const channel = `cell_temperatures_degc[${i + 1}]`;
      const raw = temperatures[i]!;
      if (state === PROBE_JUMPED) {
        faults.see(
          'disagrees',
          channel,
          timeS,
          `leapt to ${raw.toFixed(1)} °C while its siblings stood still`,
        );
        // With a sagging voltage the leap is an event, not a loose wire.
        if (voltageSags && raw > hottest) hottest = raw;
      } else if (state === PROBE_LOOSE)
        faults.see('disagrees', channel, timeS, 'far colder than all its siblings');
      else faults.see('stuck', channel, timeS, `at ${raw.toFixed(2)} °C`);
    }
    return hottest;
  }

  private followLoad(currentA: number, capacityAh: number, elapsedS: number): void {
    const cRate = Math.min(MAX_C_RATE, Math.abs(currentA) / capacityAh);
    if (Number.isNaN(cRate)) return;
    const squared = cRate * cRate;
    if (Number.isNaN(this.loadSquared)) this.loadSquared = squared;
    const beyond = Math.max(0, squared - this.loadSquared);
    this.allowanceC2 += (1 - Math.exp(-elapsedS / LOAD_FOLLOW_S)) * (beyond - this.allowanceC2);
    this.loadSquared += (1 - Math.exp(-elapsedS / LOAD_FADE_S)) * (squared - this.loadSquared);
  }

  private spread(elapsedS: number, channelMinDegC: number): number {
    const coldest = this.probes && this.probes.probeCount > 1 ? this.probes.coldestDegC : channelMinDegC;
    const spread = this.hottest.value - coldest;
    if (Number.isNaN(spread)) return Number.NaN;
    const gain = Number.isNaN(this.spreadSmoothed) ? 1 : 1 - Math.exp(-elapsedS / 30);
    this.spreadSmoothed = gain === 1 ? spread : this.spreadSmoothed + gain * (spread - this.spreadSmoothed);
    return this.spreadSmoothed;
  }
}

const sure = (slope: SlopeWindow): number => slope.surelyRisingPerS || 0;
