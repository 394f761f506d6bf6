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

/** A channel that came so often and is gone has dropped out; less often it is merely rare. */
const DROPOUT_MIN_COUNT = 10;
/** Sensors have noise: a module whose every value repeats for so long, under load, is a stored picture. */
const FROZEN_S = 600;
const FROZEN_FRAMES = 60;
/** So many of its frames differed before; the first still ones already count against it. */
const LIVELY_SHARE = 0.25;
const LIVELY_GAIN = 0.01;
const REST_C_RATE = 0.02;
const CURRENT = CHANNEL_INDEX.current_a;

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
  /** Channels and lists that were ever delivered. */
  channelsSeen = 0;
  private readonly seenCount = new Float64Array(CHANNEL_COUNT + LISTS.length);
  private readonly lastSeenS = new Float64Array(CHANNEL_COUNT + LISTS.length).fill(Number.NaN);
  private readonly last = new Float64Array(CHANNEL_COUNT).fill(Number.NaN);
  private readonly lastLists: (Float64Array | null)[] = [null, null];
  private livelyShare = 0;
  private sameSinceS = Number.NaN;
  private sameFrames = 0;

  /** After a gap nothing has dropped out yet. */
  restart(timeS: number): void {
    for (let i = 0; i < this.seenCount.length; i++) if (this.seenCount[i]! > 0) this.lastSeenS[i] = timeS;
    this.sameFrames = 0;
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

  judge(frame: Frame, timeS: number, silenceS: number, capacityAh: number, faults: SensorFaults): void {
    const { impossible, values } = frame;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      if (!Number.isNaN(values[i]!)) this.noteThere(i, timeS);
      else if (impossible !== 0 || this.seenCount[i]! >= DROPOUT_MIN_COUNT)
        this.noteAbsent(i, (impossible & (1 << i)) !== 0, CHANNELS[i]!.id, timeS, silenceS, faults);
    }
    for (let k = 0; k < LISTS.length; k++) {
      const { id, bit, of } = LISTS[k]!;
      const isRefused = (impossible & bit) !== 0;
      if (isRefused) faults.see('impossible', id, timeS);
      if (hasValue(of(frame))) this.noteThere(CHANNEL_COUNT + k, timeS);
      else this.noteAbsent(CHANNEL_COUNT + k, isRefused, id, timeS, silenceS, faults);
    }
    this.followLife(frame, timeS, capacityAh);
    if (this.isFrozen) faults.see('stuck', ALL, timeS, 'not one value has changed for ten minutes');
  }

  private noteThere(i: number, timeS: number): void {
    if (this.seenCount[i]!++ === 0) this.channelsSeen++;
    this.lastSeenS[i] = timeS;
  }

  private noteAbsent(
    i: number,
    isRefused: boolean,
    id: string,
    timeS: number,
    silenceS: number,
    faults: SensorFaults,
  ): void {
    if (isRefused) faults.see('impossible', id, timeS);
    else if (this.seenCount[i]! >= DROPOUT_MIN_COUNT && timeS - this.lastSeenS[i]! > silenceS)
      faults.see('dropout', id, timeS);
  }

  private followLife(frame: Frame, timeS: number, capacityAh: number): void {
    if (!this.isSameAsLast(frame)) {
      this.livelyShare += LIVELY_GAIN * (1 - this.livelyShare);
      this.sameFrames = 0;
      this.sameSinceS = timeS;
      this.isFrozen = false;
      this.remember(frame);
      return;
    }
    if (++this.sameFrames < FROZEN_FRAMES) {
      this.livelyShare -= LIVELY_GAIN * this.livelyShare;
      return;
    }
    const currentA = frame.values[CURRENT]!;
    const isAtRest = currentA === 0 || Math.abs(currentA) < REST_C_RATE * capacityAh;
    // What had no noise before may well stand still now.
    if (timeS - this.sameSinceS >= FROZEN_S && !isAtRest && this.livelyShare > LIVELY_SHARE)
      this.isFrozen = true;
  }

  private isSameAsLast(frame: Frame): boolean {
    for (let i = 0; i < CHANNEL_COUNT; i++) if (!Object.is(frame.values[i], this.last[i])) return false;
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

function hasValue(values: Float64Array | null): boolean {
  if (values) for (const value of values) if (!Number.isNaN(value)) return true;
  return false;
}
