/** The load of a site as a person writes it: a number, points, cycles of a test bench, or the work of a grid battery. */
import { profileOf } from '../profile.ts';
import type { ModulePlan, Profile } from '../scenario.ts';
import { check, checkKeys, isRecord } from '../validate.ts';
import { cycleProfile } from './cycle.ts';
import { gridProfile } from './grid.ts';

/** Largest load in capacities per hour. */
const HIGHEST_C = 20;

/** What a load may depend on: it is laid down before the run, as a tester lays down a programme. */
export interface LoadContext {
  readonly module: ModulePlan;
  readonly ambientDegC: Profile;
  readonly seed: number;
  readonly durationS: number;
}

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
