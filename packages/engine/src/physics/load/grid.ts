/**
 * The work of a battery that steadies the frequency of a grid: a random signal with a dead band. Fitted to one day of a
 * 7.8 MWh battery at 1 s (M5BAT, RWTH Aachen, doi:10.18154/RWTH-2024-04895; taken as 250 Ah, from charge and state of
 * charge): at rest for 62 % of the time, root mean square 0.61 C, 1 % of the time beyond ±2.1 C, autocorrelation 0.78, 0.59,
 * 0.46, 0.32 after 10, 30, 60, 120 s.
 */
import { createRandom } from '../../random.ts';
import { S_PER_H } from '../../units.ts';
import { exponential } from '../exponential.ts';
import type { Profile } from '../plan.ts';
import { checkKeys, numberAt } from '../validate.ts';
import type { LoadContext } from './context.ts';

/** Two Ornstein–Uhlenbeck processes: share of the variance and correlation time. */
const FAST_SHARE = 0.45;
const FAST_S = 20;
const SLOW_S = 180;
/** Dead band in standard deviations, and the root mean square of what lies beyond it. */
const DEAD_BAND = 0.88;
const BEYOND_RMS = 0.442;
/** Beyond the band around the wanted charge a trader brings it back at this rate. */
const RETURN_C = 0.15;

export function gridProfile(given: Record<string, unknown>, context: LoadContext): Profile {
  checkKeys(given, 'load.grid', 'rmsC everyS targetCharge bandCharge highestC');
  const at = (key: string, low: number, high: number, fallback: number) =>
    numberAt(given, key, `load.grid.${key}`, low, high, fallback);
  const everyS = at('everyS', 1, 3600, 30);
  const scaleC = at('rmsC', 0, 10, 0.3) / BEYOND_RMS;
  const target = at('targetCharge', 0.1, 0.9, 0.5);
  const band = at('bandCharge', 0.02, 0.5, 0.2);
  const highestC = at('highestC', 0.01, 20, 2);
  const random = createRandom(context.seed, 'load/grid');
  const fastKept = exponential(-everyS / FAST_S);
  const slowKept = exponential(-everyS / SLOW_S);
  const points: [number, number][] = [];
  let fast = random.normal();
  let slow = random.normal();
  let charge = context.module.startCharge;
  let before = 0;
  let returning = 0;
  for (let timeS = 0; timeS <= context.durationS + everyS; timeS += everyS) {
    fast = fast * fastKept + Math.sqrt(1 - fastKept * fastKept) * random.normal();
    slow = slow * slowKept + Math.sqrt(1 - slowKept * slowKept) * random.normal();
    const signal = Math.sqrt(FAST_SHARE) * fast + Math.sqrt(1 - FAST_SHARE) * slow;
    const beyond = Math.max(Math.abs(signal) - DEAD_BAND, 0);
    const off = charge - target;
    if (Math.abs(off) > band) returning = off > 0 ? -RETURN_C : RETURN_C;
    else if (returning * off >= 0) returning = 0;
    let loadC = (signal > 0 ? 1 : -1) * beyond * scaleC + returning;
    loadC = Math.max(-highestC, Math.min(highestC, loadC));
    // Near its ends the battery takes part in one direction only.
    if ((charge > 0.93 && loadC > 0) || (charge < 0.07 && loadC < 0)) loadC = 0;
    if (points.length > 0) charge += (0.5 * (before + loadC) * everyS) / S_PER_H;
    points.push([timeS, loadC]);
    before = loadC;
  }
  return { points };
}
