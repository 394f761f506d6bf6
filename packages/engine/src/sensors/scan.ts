/** Values that are taken in turn: each is as old as its last turn, and what had no turn yet is nothing. */
import type { SensorFaultTruth } from './measured.ts';
import type { Scan } from './plan.ts';
import { placesOf, type Rows } from './rows.ts';

/** The turns of one place. */
export interface Turns {
  /** The rows with the instants at which the place was read instead of their own. */
  readonly rows: Rows;
  /** The row with the last reading, for each row, or -1 where there was none since a start. Shape [rows]. */
  readonly last: Int32Array;
}

/** Turns of place `k` of `count`; null where all are read at once, with the row. */
export function turnsOf(
  { scanS }: Scan,
  k: number,
  count: number,
  rows: Rows,
  intervalS: number,
): Turns | null {
  if (scanS === 0) return null;
  const { truthS, starts } = rows;
  const last = new Int32Array(truthS.length);
  const readS = new Float64Array(truthS.length);
  let next = 0;
  // Switched on long before the run, unless it starts with it.
  let phase = k / count;
  let beganS = 0;
  let held = 0;
  let heldS = 0;
  let scan = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < truthS.length; i++) {
    while (next < starts.length && starts[next]!.timeS <= truthS[i]!) {
      const { timeS, doneShare, firstShare } = starts[next++]!;
      phase = (k / count - firstShare + 1) % 1;
      beganS = timeS - doneShare * scanS;
      held = -1;
      scan = -1;
    }
    // A turn that falls on a row is of that row, whatever the last bits say.
    const now = Math.floor((truthS[i]! - beganS) / scanS - phase + 1e-9);
    if (now !== scan) {
      held = i;
      heldS = Math.max(heldS, Math.min(beganS + (now + phase) * scanS, truthS[i]!));
    }
    scan = now;
    last[i] = held;
    readS[i] = heldS;
  }
  return { rows: { ...rows, truthS: readS, ...placesOf(readS, intervalS) }, last };
}

/** Holds each reading until the next turn; tells `faults` from when to when there was none. */
export function hold(
  out: Float64Array,
  { last }: Turns,
  unscanned: number | null,
  truthS: Float64Array,
  channel: string,
  faults: SensorFaultTruth[],
): void {
  // Backwards: a row takes only from rows before it, which are still as they were read.
  for (let i = out.length - 1; i >= 0; i--) {
    const from = last[i]!;
    out[i] = from < 0 ? (unscanned ?? Number.NaN) : out[from]!;
  }
  for (let i = 0; i < out.length; i++) {
    if (last[i]! >= 0 || last[i - 1]! < 0) continue;
    const end = last.findIndex((from, row) => row > i && from >= 0);
    faults.push({ channel, kind: 'unscanned', fromS: truthS[i]!, toS: end < 0 ? null : truthS[end]! });
  }
}
