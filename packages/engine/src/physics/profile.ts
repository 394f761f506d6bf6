/** Piecewise straight profiles of load and ambient temperature. */
import type { Profile } from './plan.ts';
import { check, checkKeys, isRecord, numberAt } from './validate.ts';

/** The value at `timeS`; at a jump, the value after it. Takes log₂ of the number of points. */
export function profileAt(profile: Profile, timeS: number): number {
  const { points, repeatS } = profile;
  const t = repeatS === undefined ? timeS : timeS - Math.floor(timeS / repeatS) * repeatS;
  const first = points[0]!;
  if (t < first[0]) return first[1];
  let low = 0;
  let high = points.length;
  // points[low] is not after t, points[high] is.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle]![0] > t) high = middle;
    else low = middle;
  }
  const before = points[low]!;
  const point = points[high];
  if (!point) return before[1];
  return before[1] + ((point[1] - before[1]) * (t - before[0])) / (point[0] - before[0]);
}

/** Times in (0, endS) at which the profile is not straight. */
export function profileBreaksS(profile: Profile, endS: number): number[] {
  const times: number[] = [];
  const periodS = profile.repeatS ?? Number.POSITIVE_INFINITY;
  for (let offsetS = 0; offsetS < endS; offsetS += periodS) {
    if (offsetS > 0) times.push(offsetS);
    for (const [pointS] of profile.points) times.push(offsetS + pointS);
  }
  return times.filter((timeS) => timeS > 0 && timeS < endS);
}

/** Checks points and fills in what is missing; a number is a profile of one point. */
export function profileOf(
  value: unknown,
  path: string,
  low: number,
  high: number,
  fallback: number,
): Profile {
  if (value === undefined) return { points: [[0, fallback]] };
  if (typeof value === 'number') value = { points: [[0, value]] };
  check(isRecord(value), path, 'a number or an object with points', value);
  checkKeys(value, path, 'points repeatS');
  const points = value['points'];
  check(
    Array.isArray(points) && points.length > 0,
    `${path}.points`,
    'a list of pairs (time in s, value)',
    points,
  );
  let before = -1;
  points.forEach((point: unknown, i) => {
    const at = `${path}.points[${i}]`;
    check(Array.isArray(point) && point.length === 2, at, 'a pair (time in s, value)', point);
    check(
      typeof point[0] === 'number' && point[0] >= 0 && point[0] >= before,
      `${at}[0]`,
      'a time not before the last',
      point[0],
    );
    check(
      typeof point[1] === 'number' && point[1] >= low && point[1] <= high,
      `${at}[1]`,
      `a number between ${low} and ${high}`,
      point[1],
    );
    before = point[0];
  });
  const pairs = points as [number, number][];
  if (value['repeatS'] === undefined) return { points: pairs };
  return {
    points: pairs,
    repeatS: numberAt(value, 'repeatS', `${path}.repeatS`, Math.max(before, 1), 1e9, 0),
  };
}
