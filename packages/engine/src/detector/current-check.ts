/**
 * Whether the current is what it says: charge against the state of charge and steps against the voltage tell a sign that
 * is turned, charge against the capacity a unit of time or of current that is wrong. A turned sign puts the heat of a
 * fault down to the load, so it is told after the first hour.
 */
import { CHANNEL_INDEX, CHANNELS, type Frame } from '../telemetry/index.ts';
import type { SensorFaults } from './faults.ts';

const VOLTAGE = CHANNEL_INDEX.voltage_v;
const CURRENT = CHANNEL_INDEX.current_a;
const SOC = CHANNEL_INDEX.soc_percent;

const FIRST_HOUR_S = 3600;
/** A stretch is compared once the state of charge has moved so far; more at once is a correction of the counter. */
const MOVED_PERCENT = 2;
const JUMP_PERCENT = 10;
const STRETCH_MIN_S = 60;
const STRETCH_MAX_S = 7200;
/** Current, or state of charge, went one way: of its size, or of its steps, so much is its sum. Noise goes no way. */
const ONE_WAY_SHARE = 0.8;
const SOC_ONE_WAY_SHARE = 0.6;
/** A state of charge that moves is moved by charge: by so much of what it would take. */
const MOVED_BY_SHARE = 0.2;
/** State of charge that has to have moved against the current, %, and how clear it must be. */
const AGAINST_PERCENT = 6;
const AGAINST_STEPS = 30;
const CLEAR_SHARE = 0.85;
/** Older evidence counts for less, or a sign that was set right would be called turned for ever. */
const MAX_EVIDENCE = 60;
const STEP_OF_PEAK = 0.1;
/** No battery takes or gives so many times its capacity in one direction at such a rate. */
const MAX_CAPACITIES = 20;
const MIN_C_RATE = 0.1;

/** How much speaks for the sign, and against it. */
class Evidence {
  private pro = 0;
  private contra = 0;

  add(agrees: boolean, weight: number): void {
    if (agrees) this.pro += weight;
    else this.contra += weight;
    if (this.pro + this.contra <= MAX_EVIDENCE) return;
    this.pro /= 2;
    this.contra /= 2;
  }

  isAgainst(min: number): boolean {
    return this.contra >= min && this.contra >= CLEAR_SHARE * (this.pro + this.contra);
  }

  isFor(min: number): boolean {
    return this.pro >= min && this.pro >= CLEAR_SHARE * (this.pro + this.contra);
  }
}

export class CurrentCheck {
  private readonly capacityAh: number;
  private readonly bySoc = new Evidence();
  private readonly byVoltage = new Evidence();
  private watchedS = 0;
  private fromPercent = Number.NaN;
  private lastPercent = Number.NaN;
  /** Size of all its steps in the stretch. */
  private steppedPercent = 0;
  private stretchS = 0;
  private stretchAh = 0;
  private stretchSizeAh = 0;
  private peakA = 0;
  private beforeA = Number.NaN;
  private beforeV = Number.NaN;
  private framesSinceGap = 0;
  /** Since the current last changed its direction. */
  private oneWayAh = 0;

  /** @param capacityAh NaN where unknown */
  constructor(capacityAh: number) {
    this.capacityAh = capacityAh;
  }

  /** After a gap nobody knows what has flown. Where every step is one, the unit of time may be what is wrong. */
  restart(): void {
    this.fromPercent = Number.NaN;
    this.beforeA = Number.NaN;
    if (this.framesSinceGap > 1) this.oneWayAh = 0;
    this.framesSinceGap = 0;
  }

  add({ values }: Frame, timeS: number, elapsedS: number, faults: SensorFaults): void {
    const currentA = values[CURRENT]!;
    if (Number.isNaN(currentA)) return;
    this.watchedS += elapsedS;
    this.framesSinceGap++;
    this.followCharge(currentA, values[SOC]!, elapsedS);
    this.followSteps(currentA, values[VOLTAGE]!);
    this.followOneWay(currentA, elapsedS);
    if (this.watchedS >= FIRST_HOUR_S) this.reportSign(timeS, faults);
    const capacities = Math.abs(this.oneWayAh) / this.capacityAh;
    if (capacities >= MAX_CAPACITIES)
      faults.see(
        'disagrees',
        'time',
        timeS,
        `${Math.round(capacities)} times the capacity has flown one way: elapsed seconds may be milliseconds, or the unit of the current or the capacity is another`,
      );
  }

  private reportSign(timeS: number, faults: SensorFaults): void {
    const socIsAgainst = this.bySoc.isAgainst(AGAINST_PERCENT);
    const voltageIsAgainst = this.byVoltage.isAgainst(AGAINST_STEPS);
    if (socIsAgainst && this.byVoltage.isFor(AGAINST_STEPS))
      faults.see(
        'disagrees',
        CHANNELS[SOC]!.id,
        timeS,
        'it falls while the current charges, and voltage and current agree',
      );
    else if (socIsAgainst || (voltageIsAgainst && !this.bySoc.isFor(AGAINST_PERCENT)))
      faults.see(
        'disagrees',
        CHANNELS[CURRENT]!.id,
        timeS,
        `${socIsAgainst ? 'the state of charge falls while it charges' : 'the voltage falls when it rises'}: the sign of the current looks turned; here positive must charge (positive: discharging in the mapping)`,
      );
  }

  private followCharge(currentA: number, socPercent: number, elapsedS: number): void {
    const flownAh = (currentA * elapsedS) / 3600;
    this.stretchS += elapsedS;
    this.stretchAh += flownAh;
    this.stretchSizeAh += Math.abs(flownAh);
    if (Number.isNaN(socPercent)) return;
    if (!Number.isNaN(this.lastPercent)) this.steppedPercent += Math.abs(socPercent - this.lastPercent);
    this.lastPercent = socPercent;
    const movedPercent = socPercent - this.fromPercent;
    const size = Math.abs(movedPercent);
    if (size < MOVED_PERCENT && this.stretchS <= STRETCH_MAX_S) return;
    const isStretch = this.stretchS >= STRETCH_MIN_S && size >= MOVED_PERCENT && size <= JUMP_PERCENT;
    if (isStretch && this.isOneWay(size)) this.bySoc.add(movedPercent > 0 === this.stretchAh > 0, size);
    this.steppedPercent = 0;
    this.fromPercent = socPercent;
    this.stretchS = 0;
    this.stretchAh = 0;
    this.stretchSizeAh = 0;
  }

  private isOneWay(movedPercent: number): boolean {
    const flownAh = Math.abs(this.stretchAh);
    const neededAh = ((MOVED_BY_SHARE * movedPercent) / 100) * (this.capacityAh || 0);
    return (
      flownAh > neededAh &&
      flownAh >= ONE_WAY_SHARE * this.stretchSizeAh &&
      movedPercent >= SOC_ONE_WAY_SHARE * this.steppedPercent
    );
  }

  private followSteps(currentA: number, voltageV: number): void {
    this.peakA = Math.max(this.peakA, Math.abs(currentA));
    const stepA = currentA - this.beforeA;
    const stepV = voltageV - this.beforeV;
    this.beforeA = currentA;
    this.beforeV = voltageV;
    if (Math.abs(stepA) > STEP_OF_PEAK * this.peakA && Math.abs(stepV) > 0)
      this.byVoltage.add(stepA > 0 === stepV > 0, 1);
  }

  private followOneWay(currentA: number, elapsedS: number): void {
    if (currentA * this.oneWayAh < 0) this.oneWayAh = 0;
    if (Math.abs(currentA) >= MIN_C_RATE * this.capacityAh) this.oneWayAh += (currentA * elapsedS) / 3600;
  }
}
