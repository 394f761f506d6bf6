import type { ModulePlan, Profile } from '../plan.ts';

/** What a load may depend on: it is laid down before the run, as a tester lays down a programme. */
export interface LoadContext {
  readonly module: ModulePlan;
  readonly ambientDegC: Profile;
  readonly seed: number;
  readonly durationS: number;
}
