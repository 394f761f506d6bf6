/** What a module delivers: channels that stop, values that cannot be, frames that are all zero or frozen. */
import {
  CELL_TEMPERATURES_BIT,
  CELL_VOLTAGES_BIT,
  CHANNEL_COUNT,
  CHANNEL_INDEX,
  CHANNELS,
  type Frame,
} from '../telemetry/index.ts';
import type { SensorFaults } from './faults.ts';
import { type Load, StillUnderLoad } from './load.ts';
import { writtenStep } from './signal.ts';

/** A channel that came so often and is gone has dropped out; less often it is merely rare. */
const DROPOUT_MIN_COUNT = 10;
/** A channel of its own slow pace is missed after so many of its longest gaps, which are forgotten within weeks. */
const OWN_GAPS = 5;
const GAP_FADE_S = 7 * 86_400;
/** Of the wait for it: a longer gap counts as one so long, so that one outage is no pace. */
const LONGEST_LEARNT = 2;
/** Sensors have noise: a module whose every value repeats for so long, under load, is a stored picture. */
const FROZEN_S = 600;
const FROZEN_FRAMES = 60;
const LOOK_EVERY_FRAMES = 4;
/** So many of its frames, or of its siblings', differed; the first still ones already count against it. */
const LIVELY_SHARE = 0.25;
const LIVELY_GAIN = 0.01;
/** At rest many fine values stand still for hours, but not for as long as this. */
const FROZEN_AT_REST_S = 12 * 3600;
const FINE_VALUES = 8;
const FINE_STEP_K = 0.1;
const FINE_STEP_V = 0.002;
const CURRENT = CHANNEL_INDEX.current_a;
const SOC = CHANNEL_INDEX.soc_percent;
const VOLTAGE = CHANNEL_INDEX.voltage_v;
const TEMPERATURES = [
  CHANNEL_INDEX.surface_temperature_max_degc,
  CHANNEL_INDEX.surface_temperature_mean_degc,
  CHANNEL_INDEX.surface_temperature_min_degc,
] as const;
/** Any cell has about so much, V. */
const TYPICAL_CELL_V = 3.7;

/** Name under which faults of whole frames are kept. */
const ALL = 'all channels';
const LISTS = [
  { id: 'cell_voltages_v', bit: CELL_VOLTAGES_BIT, of: (frame: Frame) => frame.cellVoltagesV },
  {
    id: 'cell_temperatures_degc',
    bit: CELL_TEMPERATURES_BIT,
    of: (frame: Frame) => frame.cellTemperaturesDegC,
  },
] as const;

export class Delivery {
  isFrozen = false;
  /** Share of the frames that differ from the one before. */
  livelyShare = 0;
  /** Channels and lists that were ever delivered. */
  channelsSeen = 0;
  private readonly seenCount = new Float64Array(CHANNEL_COUNT + LISTS.length);
  private readonly lastSeenS = new Float64Array(CHANNEL_COUNT + LISTS.length).fill(Number.NaN);
  private readonly longestGapS = new Float64Array(CHANNEL_COUNT + LISTS.length);
  private readonly last = new Float64Array(CHANNEL_COUNT).fill(Number.NaN);
  private readonly lastLists: (Float64Array | null)[] = [null, null];
  /** All values but the current; and all. */
  private readonly still = new StillUnderLoad();
  private wholeSinceS = Number.NaN;
  private wholeFrames = 0;

  private readonly load: Load;

  constructor(load: Load) {
    this.load = load;
  }

  /** After a gap nothing has dropped out yet. */
  restart(timeS: number): void {
    for (let i = 0; i < this.seenCount.length; i++) if (this.seenCount[i]! > 0) this.lastSeenS[i] = timeS;
    this.still.add(timeS, false, this.load);
    this.wholeFrames = 0;
    this.wholeSinceS = timeS;
    this.isFrozen = false;
  }

  /** Two values or more, and all of them zero: what a logger writes that has lost its bus. */
  isBlank(frame: Frame): boolean {
    let delivered = 0;
    const { values } = frame;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      const value = values[i]!;
      if (Number.isNaN(value)) continue;
      if (value !== 0) return false;
      delivered++;
    }
    for (const { of } of LISTS) {
      for (const value of of(frame) ?? []) {
        if (Number.isNaN(value)) continue;
        if (value !== 0) return false;
        delivered++;
      }
    }
    return delivered >= 2;
  }

  /** @param siblingsLively share of frames that differ, of the rack; NaN where there are too few */
  evaluate(
    frame: Frame,
    timeS: number,
    silenceS: number,
    siblingsLively: number,
    faults: SensorFaults,
  ): void {
    const { impossible, values } = frame;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      if (!Number.isNaN(values[i]!)) this.noteThere(i, timeS, silenceS);
      else if (impossible !== 0 || this.seenCount[i]! >= DROPOUT_MIN_COUNT)
        this.noteAbsent(i, (impossible & (1 << i)) !== 0, CHANNELS[i]!.id, timeS, silenceS, faults);
    }
    for (let k = 0; k < LISTS.length; k++) {
      const { id, bit, of } = LISTS[k]!;
      const isRejected = (impossible & bit) !== 0;
      if (isRejected) faults.see('impossible', id, timeS);
      if (hasValue(of(frame))) this.noteThere(CHANNEL_COUNT + k, timeS, silenceS);
      else this.noteAbsent(CHANNEL_COUNT + k, isRejected, id, timeS, silenceS, faults);
    }
    this.followLife(frame, timeS, siblingsLively);
    if (this.isFrozen)
      faults.see(
        'stuck',
        ALL,
        timeS,
        this.wholeFrames > 0 ? 'not one value changes' : 'nothing but the current changes',
      );
  }

  private noteThere(i: number, timeS: number, silenceS: number): void {
    if (this.seenCount[i]!++ === 0) this.channelsSeen++;
    else {
      const gapS = Math.min(timeS - this.lastSeenS[i]!, LONGEST_LEARNT * this.waitS(i, silenceS));
      const longestS = this.longestGapS[i]!;
      this.longestGapS[i] = gapS > longestS ? gapS : longestS * (1 - gapS / GAP_FADE_S);
    }
    this.lastSeenS[i] = timeS;
  }

  private waitS(i: number, silenceS: number): number {
    return Math.max(silenceS, OWN_GAPS * this.longestGapS[i]!);
  }

  private noteAbsent(
    i: number,
    isRejected: boolean,
    id: string,
    timeS: number,
    silenceS: number,
    faults: SensorFaults,
  ): void {
    if (isRejected) faults.see('impossible', id, timeS);
    else if (this.seenCount[i]! >= DROPOUT_MIN_COUNT && timeS - this.lastSeenS[i]! > this.waitS(i, silenceS))
      faults.see('dropout', id, timeS, '', Number.NaN, this.lastSeenS[i]);
  }

  private followLife(frame: Frame, timeS: number, siblingsLively: number): void {
    const { still, load } = this;
    const isSame = this.isSameAsLast(frame);
    still.add(timeS, isSame, load);
    if (!isSame || !Object.is(frame.values[CURRENT], this.last[CURRENT])) {
      this.livelyShare += LIVELY_GAIN * (1 - this.livelyShare);
      this.last[CURRENT] = frame.values[CURRENT]!;
      this.wholeFrames = 0;
      this.wholeSinceS = timeS;
    } else if (++this.wholeFrames < FROZEN_FRAMES) this.livelyShare -= LIVELY_GAIN * this.livelyShare;
    if (!isSame) {
      this.isFrozen = false;
      this.remember(frame);
      return;
    }
    if (this.isFrozen || still.frames <= FROZEN_FRAMES || timeS - still.sinceS < FROZEN_S) return;
    // What stands still for long is looked at now and then.
    if (still.frames % LOOK_EVERY_FRAMES === 0)
      this.isFrozen = this.cannotStand(frame, timeS, siblingsLively);
  }

  /** All stands still: what had no noise before may well do so, unless the load or its siblings say otherwise. */
  private cannotStand(frame: Frame, timeS: number, siblingsLively: number): boolean {
    const { still, load } = this;
    const { values } = frame;
    const wasLively = this.livelyShare > LIVELY_SHARE || siblingsLively > LIVELY_SHARE;
    const isWhole = this.wholeFrames >= FROZEN_FRAMES && timeS - this.wholeSinceS >= FROZEN_S;
    if (isWhole && wasLively && !load.isAtRest) return true;
    const soc = values[SOC]!;
    if (still.contradictsSoc(timeS, load, soc, writtenStep(soc))) return true;
    const voltage = values[VOLTAGE]!;
    const cells = Math.max(1, Math.round(voltage / TYPICAL_CELL_V));
    const cellStepV = finestStep(frame.cellVoltagesV);
    if (still.contradictsVoltage(timeS, load, cells, writtenStep(voltage))) return true;
    if (still.contradictsVoltage(timeS, load, 1, cellStepV)) return true;
    if (timeS - still.sinceS < FROZEN_AT_REST_S || this.valuesOf(frame) < FINE_VALUES) return false;
    const isFine =
      Math.min(cellStepV || Number.POSITIVE_INFINITY, writtenStep(voltage) / cells) <= FINE_STEP_V;
    return isFine && this.temperatureStep(frame) <= FINE_STEP_K;
  }

  private temperatureStep({ values, cellTemperaturesDegC }: Frame): number {
    let finest = finestStep(cellTemperaturesDegC);
    for (const channel of TEMPERATURES) {
      const step = writtenStep(values[channel]!);
      if (step < finest || Number.isNaN(finest)) finest = step;
    }
    return finest;
  }

  private valuesOf({ values, cellVoltagesV, cellTemperaturesDegC }: Frame): number {
    let count = (cellVoltagesV?.length ?? 0) + (cellTemperaturesDegC?.length ?? 0);
    for (const value of values) if (!Number.isNaN(value)) count++;
    return count;
  }

  /** But for the current. */
  private isSameAsLast(frame: Frame): boolean {
    for (let i = 0; i < CHANNEL_COUNT; i++)
      if (i !== CURRENT && !Object.is(frame.values[i], this.last[i])) return false;
    for (let k = 0; k < LISTS.length; k++) {
      const now = LISTS[k]!.of(frame);
      const last = this.lastLists[k] ?? null;
      if ((now?.length ?? 0) !== (last?.length ?? 0)) return false;
      if (now && last) for (let i = 0; i < now.length; i++) if (!Object.is(now[i], last[i])) return false;
    }
    return true;
  }

  private remember(frame: Frame): void {
    this.last.set(frame.values);
    for (let k = 0; k < LISTS.length; k++) {
      const now = LISTS[k]!.of(frame);
      const kept = this.lastLists[k];
      if (!now) this.lastLists[k] = null;
      else if (kept?.length === now.length) kept.set(now);
      else this.lastLists[k] = Float64Array.from(now);
    }
  }
}

/** Finest step that a list is written with; NaN where its digits do not say. */
function finestStep(values: Float64Array | null): number {
  let finest = Number.NaN;
  if (values)
    for (const value of values) {
      const step = writtenStep(value);
      if (step < finest || Number.isNaN(finest)) finest = step;
    }
  return finest;
}

function hasValue(values: Float64Array | null): boolean {
  if (values) for (const value of values) if (!Number.isNaN(value)) return true;
  return false;
}
