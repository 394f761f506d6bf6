/** Chance without a state: the same number for the same step and pattern, for contacts that change in steps. */

/** A number in [−1, 1) for step `k` of a pattern. */
export function contactAt(k: number, pattern: number): number {
  let x = (Math.imul(k + 1, 0x9e3779b1) ^ Math.imul(Math.floor(pattern * 1009) + 1, 0x85ebca6b)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 0) / 0x80000000 - 1;
}
