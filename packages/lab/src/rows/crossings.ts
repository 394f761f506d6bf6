/**
 * One score of one module against every threshold of a grid at once, in constant memory: when each was first
 * crossed, and how many alarm episodes each would have given. Any threshold or budget can be read off afterwards.
 */
import { S_PER_MIN } from '@emberwatch/engine/units';

/** A score counts where 3 of 5 looks reach it: the third largest of five reaches the same thresholds. */
const LOOKS = 5;
const NEEDED = 3;
/** A look at most so often: between faster ones a reading has no time to change, s. */
const LOOK_S = 2;
/** After so long without one, what was before says nothing, s. */
const FORGET_S = 10 * S_PER_MIN;
/** Alarms that come back within this are one, s: the same as in watching. */
export const EPISODE_MERGE_S = 10 * S_PER_MIN;

/** Whether this frame is looked at. One for all scores of a module. */
export class Samples {
  private lastS = Number.NEGATIVE_INFINITY;
  /** True for the first look after a long pause. */
  isRestart = false;

  take(timeS: number): boolean {
    // Half a millisecond: stamps of a clock that ticks every 2 s are not exact in binary.
    if (timeS - this.lastS < LOOK_S - 5e-4) return false;
    this.isRestart = timeS - this.lastS > FORGET_S;
    this.lastS = timeS;
    return true;
  }
}

/** The value that 3 of the last 5 looks reach; NaN until there are three. A missing look neither holds nor clears. */
export class DebouncedScore {
  private readonly ring = new Float64Array(LOOKS).fill(Number.NaN);
  private readonly sorted = new Float64Array(LOOKS);
  private seen = 0;

  restart(): void {
    this.seen = 0;
  }

  add(value: number): number {
    if (Number.isNaN(value)) return Number.NaN;
    this.ring[this.seen++ % LOOKS] = value;
    if (this.seen < NEEDED) return Number.NaN;
    const count = Math.min(this.seen, LOOKS);
    const { ring, sorted } = this;
    for (let i = 0; i < count; i++) {
      const next = ring[i]!;
      let k = i;
      for (; k > 0 && sorted[k - 1]! < next; k--) sorted[k] = sorted[k - 1]!;
      sorted[k] = next;
    }
    return sorted[NEEDED - 1]!;
  }
}

/** How many levels of a rising grid a value reaches. */
export function levelsReached(grid: Float64Array, value: number): number {
  let [low, high] = [0, grid.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (grid[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** When each level of a grid was first reached, s; NaN where never. */
export class FirstCrossings {
  readonly atS: Float64Array;
  private reached = 0;

  constructor(levels: number) {
    this.atS = new Float64Array(levels).fill(Number.NaN);
  }

  add(timeS: number, reached: number): void {
    if (reached <= this.reached) return;
    this.atS.fill(timeS, this.reached, reached);
    this.reached = reached;
  }
}

/**
 * Alarm episodes at each level of a grid. Lower levels were reached last at the same time as higher ones or later,
 * so the last times are a stack of stretches, each look pops what it outlasts: constant time per look on average.
 */
export class EpisodeCounts {
  /** By how much the count changes from one level to the next; `counts` sums it up. */
  private readonly steps: Int32Array;
  /** Levels below `upTo` and above the next entry were last reached at `timeS`; the last entry is the lowest. */
  private readonly upTo: number[];
  private readonly timeS: number[];

  constructor(levels: number) {
    this.steps = new Int32Array(levels + 1);
    this.upTo = [levels];
    this.timeS = [Number.NEGATIVE_INFINITY];
  }

  add(timeS: number, reached: number): void {
    if (reached === 0) return;
    const { upTo, timeS: times } = this;
    let from = 0;
    for (;;) {
      const top = upTo.length - 1;
      const to = Math.min(upTo[top]!, reached);
      if (to > from && timeS - times[top]! > EPISODE_MERGE_S) {
        this.steps[from]!++;
        this.steps[to]!--;
      }
      from = Math.max(from, to);
      if (upTo[top]! > reached || top === 0) break;
      upTo.pop();
      times.pop();
    }
    if (upTo.at(-1)! === reached) times[upTo.length - 1] = timeS;
    else {
      upTo.push(reached);
      times.push(timeS);
    }
  }

  /** Episodes at each level are added to `counts`. */
  addTo(counts: Float64Array): void {
    let sum = 0;
    for (let level = 0; level < counts.length; level++) {
      sum += this.steps[level]!;
      counts[level]! += sum;
    }
  }
}
