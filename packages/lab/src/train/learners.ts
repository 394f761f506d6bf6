/** Learners as the command line calls them. */
import { InputError } from '@emberwatch/engine/telemetry';
import { LEARNERS, type Learner } from '../learn/index.ts';

/** Short names, for who types. */
const SHORT: Readonly<Record<string, string>> = {
  gbt: 'boosted-trees',
  forest: 'random-forest',
  logistic: 'logistic-regression',
  isolation: 'isolation-forest',
};

/** Errors: `InputError` listing what there is. */
export function learnerOf(name: string): Learner {
  const learner = LEARNERS[SHORT[name] ?? name];
  if (learner) return learner;
  const names = [...Object.keys(SHORT), ...Object.keys(LEARNERS)].join(', ');
  throw new InputError(`--learner ${name}: there is no such learner; there are ${names}`);
}
