/**
 * Tells frames that are old by their stamps, yet arrive as they are measured, from a backlog: stamps of a live sender with
 * a wrong clock move as time does, those of a backlog faster.
 */
import { MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';

/** A series is live from so many arrivals over so long on. */
const MIN_ARRIVALS = 3;
const MIN_SPAN_MS = 10 * MS_PER_S;
/** Its stamps keep their distance from this clock to within so much, and half of the time that has passed at first. */
const JITTER_MS = 5 * MS_PER_S;
const PACE_SHARE = 0.5;
const MAX_DRIFT_MS = 20 * MS_PER_S;
/** A series without a frame for so long is over. */
const ENDS_AFTER_MS = 10 * MS_PER_MIN;
const MAX_SERIES = 1000;
/** Several senders under one name, each with a clock of its own. */
const MAX_OF_SENDER = 4;

interface Series {
  readonly fromMs: number;
  /** By how much its stamps were behind this clock at its first frame. */
  readonly behindMs: number;
  lastArrivalMs: number;
  arrivals: number;
}

export type LiveSeriesState = readonly (readonly [key: string, series: readonly Series[]])[];

export class LiveSeries {
  private readonly byKey = new Map<string, Series[]>();

  /** @returns whether the frame belongs to a series that arrives as it is measured */
  take(key: string, timeMs: number, wallMs: number): boolean {
    let own = this.byKey.get(key);
    if (!own) {
      if (this.byKey.size >= MAX_SERIES) return false;
      this.byKey.set(key, (own = []));
    }
    const behindMs = wallMs - timeMs;
    const series = own.find((one) => isWithin(one, behindMs, wallMs));
    if (!series) {
      if (own.length >= MAX_OF_SENDER) own.splice(shortestOf(own), 1);
      own.push({ fromMs: wallMs, behindMs, lastArrivalMs: wallMs, arrivals: 1 });
      return false;
    }
    // A delivery of many frames is one arrival.
    if (series.lastArrivalMs !== wallMs) series.arrivals++;
    series.lastArrivalMs = wallMs;
    return series.arrivals >= MIN_ARRIVALS && wallMs - series.fromMs >= MIN_SPAN_MS;
  }

  expire(wallMs: number): void {
    for (const [key, own] of this.byKey) {
      const left = own.filter(({ lastArrivalMs }) => wallMs - lastArrivalMs <= ENDS_AFTER_MS);
      if (left.length === 0) this.byKey.delete(key);
      else if (left.length < own.length) this.byKey.set(key, left);
    }
  }

  end(isOver: (key: string) => boolean): void {
    for (const key of [...this.byKey.keys()]) if (isOver(key)) this.byKey.delete(key);
  }

  clockSet(byMs: number): void {
    for (const [key, own] of this.byKey) {
      const moved = own.map((one) => ({
        ...one,
        fromMs: one.fromMs + byMs,
        behindMs: one.behindMs + byMs,
        lastArrivalMs: one.lastArrivalMs + byMs,
      }));
      this.byKey.set(key, moved);
    }
  }

  state(): LiveSeriesState {
    return Array.from(this.byKey, ([key, own]) => [key, own.map((one) => ({ ...one }))] as const);
  }

  restoreState(state: LiveSeriesState): void {
    for (const [key, own] of state)
      this.byKey.set(
        key,
        own.map((one) => ({ ...one })),
      );
  }
}

function isWithin({ behindMs: firstMs, fromMs }: Series, behindMs: number, wallMs: number): boolean {
  const allowedMs = Math.min(MAX_DRIFT_MS, JITTER_MS + PACE_SHARE * (wallMs - fromMs));
  return Math.abs(behindMs - firstMs) <= allowedMs;
}

const shortestOf = (own: readonly Series[]): number =>
  own.reduce((at, { arrivals }, i) => (arrivals < own[at]!.arrivals ? i : at), 0);
