/** Piecewise straight profiles of load and ambient temperature. */
import type { Profile } from './scenario.ts';

/** The value at `timeS`; at a jump, the value after it. */
export function profileAt(profile: Profile, timeS: number): number {
  const { points, repeatS } = profile;
  const t = repeatS === undefined ? timeS : timeS - Math.floor(timeS / repeatS) * repeatS;
  let before = points[0]!;
  if (t < before[0]) return before[1];
  for (let i = 1; i < points.length; i++) {
    const point = points[i]!;
    if (t < point[0]) {
      return before[1] + ((point[1] - before[1]) * (t - before[0])) / (point[0] - before[0]);
    }
    before = point;
  }
  return before[1];
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
