/**
 * A well-mixed volume over one step: y' = added/step − perS (y − outside), solved exactly. With x = perS·step it ends at
 * y + φ(x) (x (outside − y) + added), φ(x) = (1 − e^−x)/x.
 */
import { exponential } from './exponential.ts';

/** Below it the difference from the far end value has no digits left, and the series of φ has them all. */
const SERIES_BELOW = 1e-4;

/** Value at the end of the step. `added` is what comes in evenly during the step. */
export function mixed(value: number, outside: number, added: number, perS: number, stepS: number): number {
  const x = perS * stepS;
  if (x < SERIES_BELOW) return value + (1 - x * (1 / 2 - x / 6)) * (x * (outside - value) + added);
  const final = outside + added / x;
  return final + (value - final) * exponential(-x);
}

/** Mean of the same value over the step. */
export function mixedMean(
  value: number,
  outside: number,
  added: number,
  perS: number,
  stepS: number,
): number {
  const x = perS * stepS;
  if (x < SERIES_BELOW) return value + (1 / 2 - x * (1 / 6 - x / 24)) * (x * (outside - value) + added);
  return meanTowards(value, outside + added / x, x);
}

/** Mean over a step that leads from `value` towards `final` with x time constants. */
export function meanTowards(value: number, final: number, x: number): number {
  if (x < SERIES_BELOW) return value + (final - value) * x * (1 / 2 - x * (1 / 6 - x / 24));
  return final + ((value - final) * (1 - exponential(-x))) / x;
}
