/** Ambient temperature as a person writes it: a number, points, an oven's ramp, or the swing of a day. */
import { S_PER_H, S_PER_MIN } from '../../units.ts';
import type { Profile } from '../plan.ts';
import { profileOf } from '../profile.ts';
import { check, checkKeys, isRecord, numberAt } from '../validate.ts';

const LOWEST_DEG_C = -60;
/** Ovens of abuse tests end at 250 to 300 °C. */
const HIGHEST_DEG_C = 350;

/** A day at a mid-latitude site: coldest at six, warmest at three; hour and share of half the swing. */
const DAY: readonly (readonly [number, number])[] = [
  [0, -0.7],
  [3, -0.93],
  [6, -1],
  [9, -0.2],
  [12, 0.7],
  [15, 1],
  [18, 0.45],
  [21, -0.3],
  [24, -0.7],
];

/** `ScenarioError` naming path and value where it cannot be read. */
export function ambientOf(value: unknown): Profile {
  if (isRecord(value) && value['ramp'] !== undefined) return ramp(value);
  if (isRecord(value) && value['daily'] !== undefined) return daily(value);
  return profileOf(value, 'ambientDegC', LOWEST_DEG_C, HIGHEST_DEG_C, 25);
}

/** From one temperature to another, held there, and back. */
function ramp(value: Record<string, unknown>): Profile {
  checkKeys(value, 'ambientDegC', 'ramp');
  const path = 'ambientDegC.ramp';
  const keys = value['ramp'];
  check(isRecord(keys), path, 'an object', keys);
  checkKeys(keys, path, 'fromDegC toDegC kPerMin startS holdS');
  const at = (key: string, low: number, high: number, fallback: number) =>
    numberAt(keys, key, `${path}.${key}`, low, high, fallback);
  const fromDegC = at('fromDegC', LOWEST_DEG_C, HIGHEST_DEG_C, 25);
  const toDegC = at('toDegC', LOWEST_DEG_C, HIGHEST_DEG_C, 150);
  const startS = at('startS', 0, 1e9, 0);
  const rampS = (Math.abs(toDegC - fromDegC) / at('kPerMin', 0.01, 1000, 5)) * S_PER_MIN;
  const holdS = at('holdS', 0, 1e9, 1e9);
  const topS = startS + rampS;
  return {
    points: [
      [startS, fromDegC],
      [topS, toDegC],
      [topS + holdS, toDegC],
      [topS + holdS + rampS, fromDegC],
    ],
  };
}

function daily(value: Record<string, unknown>): Profile {
  checkKeys(value, 'ambientDegC', 'daily');
  const path = 'ambientDegC.daily';
  const keys = value['daily'];
  check(isRecord(keys), path, 'an object', keys);
  checkKeys(keys, path, 'meanDegC swingK startH');
  const meanDegC = numberAt(keys, 'meanDegC', `${path}.meanDegC`, LOWEST_DEG_C, 80, 20);
  const halfK = 0.5 * numberAt(keys, 'swingK', `${path}.swingK`, 0, 60, 8);
  const startH = numberAt(keys, 'startH', `${path}.startH`, 0, 24, 0);
  const at = (hour: number): number => {
    const i = Math.max(
      DAY.findIndex(([later]) => later > hour),
      1,
    );
    const [x0, y0] = DAY[i - 1]!;
    const [x1, y1] = DAY[i]!;
    return meanDegC + halfK * (y0 + ((y1 - y0) * (hour - x0)) / (x1 - x0));
  };
  // The day as it goes on from `startH`.
  const hours = DAY.map(([hour]) => (hour - startH + 24) % 24).filter((hour) => hour > 0 && hour < 24);
  const points = [0, ...hours.sort((a, b) => a - b), 24].map((hour): [number, number] => [
    hour * S_PER_H,
    at((hour + startH) % 24),
  ]);
  return { points, repeatS: 24 * S_PER_H };
}
