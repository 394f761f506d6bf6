/** Values that are taken in turn: each is as old as its last turn, and what had no turn yet is nothing. */
import type { Scan } from './plan.ts';
import type { Rows } from './rows.ts';

/**
 * The row whose reading place `k` of `count` delivers in each row, or -1 where it had no turn since a start. Shape
 * [rows]; null where all are taken at once.
 */
export function turnsOf({ scanS }: Scan, k: number, count: number, rows: Rows): Int32Array | null {
  if (scanS === 0) return null;
  const { truthS, startsS } = rows;
  const from = new Int32Array(truthS.length);
  const phaseS = (k / count) * scanS;
  let start = -1;
  let turn = Number.NEGATIVE_INFINITY;
  let held = -1;
  for (let i = 0; i < truthS.length; i++) {
    const timeS = truthS[i]!;
    let isNew = false;
    while (start + 1 < startsS.length && startsS[start + 1]! <= timeS) {
      start++;
      isNew = true;
    }
    const sinceS = timeS - (start < 0 ? 0 : startsS[start]!) - phaseS;
    if (isNew) {
      held = -1;
      turn = -1;
    }
    const now = Math.floor(sinceS / scanS);
    if (now !== turn && (now >= 0 || start < 0)) held = i;
    turn = now;
    from[i] = held;
  }
  return from;
}

/** Holds each reading until the next turn. */
export function hold(out: Float64Array, turns: Int32Array, unscanned: number | null): void {
  // Backwards: a row only takes from rows before it, which are still as they were.
  for (let i = out.length - 1; i >= 0; i--) {
    const from = turns[i]!;
    out[i] = from < 0 ? (unscanned ?? Number.NaN) : out[from]!;
  }
}
