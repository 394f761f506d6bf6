import { ScenarioError } from '../validate.ts';
import { lcoKim2007 } from './lco-kim2007.ts';
import { lfpArcFit } from './lfp-arc-fit.ts';
import { nmc111Feng2015 } from './nmc111-feng2015.ts';
import type { KineticsSet } from './reaction.ts';

/** Every published set, by id. */
export const KINETICS: readonly KineticsSet[] = [lcoKim2007, nmc111Feng2015, lfpArcFit];

/** The set with this id; `ScenarioError` at `path` where there is none. */
export function kineticsById(id: string, path = 'kinetics'): KineticsSet {
  const set = KINETICS.find((candidate) => candidate.id === id);
  if (!set) throw new ScenarioError(path, `one of ${KINETICS.map((known) => known.id).join(', ')}`, id);
  return set;
}
