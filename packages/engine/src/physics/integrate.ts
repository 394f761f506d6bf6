/**
 * Bogacki–Shampine 3(2) with error control (Appl. Math. Lett. 2 (1989) 321): four evaluations, the last of which
 * is the first of the next step, and a cubic through the ends for what lies between. Explicit is enough because
 * the reactions are integrated as logarithms; see kinetics/reaction.ts.
 */

/** A system of equations; `weigh` turns the error estimate of a step into multiples of its tolerance. */
export interface System {
  readonly size: number;
  derive(timeS: number, state: Float64Array, rates: Float64Array): void;
  weigh(state: Float64Array, error: Float64Array): number;
}

const SMALLEST_FACTOR = 0.2;
const LARGEST_FACTOR = 5;
const SAFETY = 0.9;

/** Work arrays of a step for systems up to `capacity` equations; one stepper serves many systems in turn. */
export class Stepper {
  /** The state at the end of the last tried step and the rates there. */
  readonly next: Float64Array;
  readonly nextRates: Float64Array;
  private readonly second: Float64Array;
  private readonly third: Float64Array;
  private readonly trial: Float64Array;
  /** Evaluations of right-hand sides so far. */
  evaluations = 0;

  constructor(capacity: number) {
    this.next = new Float64Array(capacity);
    this.nextRates = new Float64Array(capacity);
    this.second = new Float64Array(capacity);
    this.third = new Float64Array(capacity);
    this.trial = new Float64Array(capacity);
  }

  /**
   * Tries a step of `stepS` from `state` with `rates` there; fills `next` and `nextRates` and returns the error in
   * multiples of the tolerance: the step may be taken when it is at most 1.
   */
  tryStep(system: System, timeS: number, stepS: number, state: Float64Array, rates: Float64Array): number {
    const n = system.size;
    const { next, nextRates, second, third, trial } = this;
    const half = 0.5 * stepS;
    for (let i = 0; i < n; i++) trial[i] = state[i]! + half * rates[i]!;
    system.derive(timeS + half, trial, second);
    const threeQuarters = 0.75 * stepS;
    for (let i = 0; i < n; i++) trial[i] = state[i]! + threeQuarters * second[i]!;
    system.derive(timeS + threeQuarters, trial, third);
    const ninth = stepS / 9;
    for (let i = 0; i < n; i++)
      next[i] = state[i]! + ninth * (2 * rates[i]! + 3 * second[i]! + 4 * third[i]!);
    system.derive(timeS + stepS, next, nextRates);
    this.evaluations += 3;
    const part = stepS / 72;
    for (let i = 0; i < n; i++) {
      trial[i] = part * (-5 * rates[i]! + 6 * second[i]! + 8 * third[i]! - 9 * nextRates[i]!);
    }
    return system.weigh(next, trial);
  }
}

/** How much longer or shorter the next step should be after an error of `error` tolerances. */
export function stepFactor(error: number): number {
  if (!(error < 1e6)) return SMALLEST_FACTOR;
  if (error < 1e-3) return LARGEST_FACTOR;
  const factor = SAFETY / cubeRoot(error);
  return factor < SMALLEST_FACTOR ? SMALLEST_FACTOR : factor > LARGEST_FACTOR ? LARGEST_FACTOR : factor;
}

/** Newton's iteration, so that steps do not depend on an engine's Math.cbrt; for 1e-3 … 1e6. */
function cubeRoot(x: number): number {
  let y = x > 1 ? x / 3 + 2 / 3 : 1;
  for (let i = 0; i < 40; i++) {
    const better = (2 * y + x / (y * y)) / 3;
    if (better === y) return y;
    y = better;
  }
  return y;
}

/** The cubic with values `y0`, `y1` and slopes `r0`, `r1` at the ends of a step, at the share `s` of the step. */
export function between(y0: number, r0: number, y1: number, r1: number, stepS: number, s: number): number {
  const t = 1 - s;
  return y0 * t * t * (1 + 2 * s) + y1 * s * s * (3 - 2 * s) + stepS * s * t * (r0 * t - r1 * s);
}

/** The slope of that cubic. */
export function slopeBetween(
  y0: number,
  r0: number,
  y1: number,
  r1: number,
  stepS: number,
  s: number,
): number {
  const t = 1 - s;
  return (6 * s * t * (y1 - y0)) / stepS + r0 * t * (1 - 3 * s) + r1 * s * (3 * s - 2);
}

/** The share of [0, 1] at which `f` changes sign, by bisection to 2^-50; f(0) and f(1) differ in sign. */
export function shareOfSignChange(f: (share: number) => number): number {
  let low = 0;
  let high = 1;
  const rising = f(1) > 0;
  for (let i = 0; i < 50; i++) {
    const middle = 0.5 * (low + high);
    if (f(middle) > 0 === rising) high = middle;
    else low = middle;
  }
  return high;
}
