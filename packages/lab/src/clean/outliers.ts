/**
 * Outliers that are no signal. A value far outside the scatter of those before it is only suspected; it is signal
 * after all if the next value lies there too, if another sensor left its scatter at the same instant, or if the channel
 * does so all the time. What is alone is removed. Nothing is ever clipped: a value is given as it was, or not at all.
 */
import {
  CHANNEL_COUNT,
  CHANNELS,
  type ChannelId,
  copyOfFrame,
  type Frame,
} from '@emberwatch/engine/telemetry';
import { Window } from './window.ts';

/** Standard deviations of the scatter that a single value may lie off. */
const SUSPECT_SDS = 5.5;
/** A value that returns by half of the way has not confirmed the one before. */
const CONFIRMING_SHARE = 0.5;
/** Rows that wait for a word on one of them; after that it is believed, because nothing contradicts it. */
const MAX_WAITING_ROWS = 3;

/** What happens more often than this is no outlier but the way of the channel, such as the current of a vehicle. */
const LIVELY_RATE = 0.01;
const RATE_ROWS = 500;

/** Channels that are figures of the same sensors cannot confirm each other. */
const SENSORS: readonly string[] = CHANNELS.map(({ id }) => sensorsOf(id));

function sensorsOf(id: ChannelId): string {
  if (id.startsWith('surface_temperature')) return 'probes';
  return id.startsWith('cell_voltage') ? 'cells' : id;
}

/** `removed`: bit i, the value of channel i was an outlier and is NaN in the frame. */
export type TreatedSink = (frame: Frame, removed: number) => void;

interface Suspect {
  readonly channel: number;
  readonly value: number;
  readonly median: number;
}

interface Waiting {
  readonly frame: Frame;
  removed: number;
  suspects: Suspect[];
}

/** For the frames of one module, in time order. */
export class OutlierFilter {
  private readonly sink: TreatedSink;
  private readonly windows = Array.from({ length: CHANNEL_COUNT }, () => new Window());
  /** Share of the last rows in which a channel was off. */
  private readonly rates = new Float64Array(CHANNEL_COUNT);
  private waiting: Waiting[] = [];

  constructor(sink: TreatedSink) {
    this.sink = sink;
  }

  /** The frame may be given at once or wait for the next. */
  take(frame: Frame): void {
    for (const waiting of this.waiting) this.decide(waiting, frame);
    const suspects = this.suspectsOf(frame);
    if (isAgreed(suspects)) for (const { channel } of suspects.splice(0)) this.windows[channel]!.clear();
    for (let i = 0; i < CHANNEL_COUNT; i++) this.learn(i, frame.values[i]!, suspects);
    if (this.waiting.length > 0) this.giveDecided();
    if (this.waiting.length === 0 && suspects.length === 0) {
      this.sink(frame, 0);
      return;
    }
    this.waiting.push({ frame: copyOfFrame(frame), removed: 0, suspects });
    if (this.waiting.length <= MAX_WAITING_ROWS) return;
    this.believe(this.waiting[0]!);
    this.giveDecided();
  }

  /** No more frames: what waits is believed. */
  finish(): void {
    for (const waiting of this.waiting) this.believe(waiting);
    this.giveDecided();
  }

  private suspectsOf({ values }: Frame): Suspect[] {
    const found: Suspect[] = [];
    for (let channel = 0; channel < CHANNEL_COUNT; channel++) {
      const value = values[channel]!;
      const window = this.windows[channel]!;
      if (Number.isNaN(value) || !window.isSure) continue;
      const { median } = window;
      const step = Math.max(CHANNELS[channel]!.resolution, window.step || 0);
      const isOff = Math.abs(value - median) > SUSPECT_SDS * Math.max(window.scale(), step);
      const rate = (this.rates[channel]! += (Number(isOff) - this.rates[channel]!) / RATE_ROWS);
      if (isOff && rate <= LIVELY_RATE) found.push({ channel, value, median });
    }
    return found;
  }

  private learn(channel: number, value: number, suspects: readonly Suspect[]): void {
    if (Number.isNaN(value)) return;
    if (suspects.length > 0 && suspects.some((suspect) => suspect.channel === channel)) return;
    this.windows[channel]!.add(value);
  }

  /** What the next value of the channel says of the suspected one. */
  private decide(waiting: Waiting, { values }: Frame): void {
    if (waiting.suspects.length === 0) return;
    const open: Suspect[] = [];
    for (const suspect of waiting.suspects) {
      const { channel, value, median } = suspect;
      const now = values[channel]!;
      if (Number.isNaN(now)) open.push(suspect);
      else if ((now - median) / (value - median) >= CONFIRMING_SHARE) this.follow([suspect]);
      else {
        waiting.frame.values[channel] = Number.NaN;
        waiting.removed |= 1 << channel;
      }
    }
    waiting.suspects = open;
  }

  private believe(waiting: Waiting): void {
    this.follow(waiting.suspects.splice(0));
  }

  /** The signal has left for good: scatter is learnt anew from there. */
  private follow(suspects: readonly Suspect[]): void {
    for (const { channel, value } of suspects) {
      this.windows[channel]!.clear();
      this.windows[channel]!.add(value);
    }
  }

  private giveDecided(): void {
    while (this.waiting.length > 0 && this.waiting[0]!.suspects.length === 0) {
      const { frame, removed } = this.waiting.shift()!;
      this.sink(frame, removed);
    }
  }
}

/** Two sensors that know nothing of each other. */
const isAgreed = (suspects: readonly Suspect[]): boolean =>
  suspects.some(({ channel }) => SENSORS[channel] !== SENSORS[suspects[0]!.channel]);
