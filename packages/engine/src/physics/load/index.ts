/** The load of a site as a person writes it: a number, points, cycles of a test bench, or the work of a grid battery. */

import type { Profile } from '../plan.ts';
import { profileOf } from '../profile.ts';
import { check, checkKeys, isRecord } from '../validate.ts';
import type { LoadContext } from './context.ts';
import { cycleProfile } from './cycle.ts';
import { gridProfile } from './grid.ts';

/** Largest load in capacities per hour. */
const HIGHEST_C = 20;

/** Multiples of the capacity per hour over time; `ScenarioError` naming path and value where it cannot be read. */
export function loadOf(value: unknown, context: LoadContext): Profile {
  if (isRecord(value) && 'file' in value) {
    check(false, 'load.file', 'points (files are read where scenarios are read)', value['file']);
  }
  for (const [key, compile] of [
    ['cycle', cycleProfile],
    ['grid', gridProfile],
  ] as const) {
    if (!isRecord(value) || value[key] === undefined) continue;
    checkKeys(value, 'load', key);
    const programme = value[key];
    check(isRecord(programme), `load.${key}`, 'an object', programme);
    return compile(programme, context);
  }
  return profileOf(value, 'load', -HIGHEST_C, HIGHEST_C, 0);
}
