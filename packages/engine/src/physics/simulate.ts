/** Runs a scenario and finds both points of no return. */
import type { EnergyBalance, ModuleEvents } from './events.ts';
import { InterventionSearch } from './intervention.ts';
import type { Scenario } from './scenario.ts';
import { type RunEffort, SiteRun } from './site.ts';
import type { Trajectory } from './trajectory.ts';

export interface SimulateOptions {
  /** Also finds the last moment at which intervening averts each runaway, by re-runs. */
  readonly intervention?: boolean;
  /** Called now and then with the share of the run that is done. */
  readonly progress?: (share: number) => void;
  /** Called before and after each search of a point of no return by intervention. */
  readonly interventionProgress?: (searched: number, toSearch: number) => void;
}

export interface Simulation {
  readonly trajectory: Trajectory;
  /** One entry per module, in the order of the trajectory. */
  readonly events: readonly ModuleEvents[];
  readonly energy: EnergyBalance;
  readonly effort: RunEffort;
}

/**
 * Runs a checked scenario (see `validateScenario`) from start to end. The same scenario gives the same bytes.
 * Errors: `ScenarioError`; an `Error` naming module and time where a step cannot be made small enough.
 */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): Simulation {
  const result = new SiteRun(scenario, options.progress ? { progress: options.progress } : {}).run();
  const { trajectory, energy, effort } = result;
  if (!trajectory) throw new Error('simulate: a recorded run without a trajectory');
  if (!options.intervention) return { trajectory, events: result.events, energy, effort };
  const toSearch = result.events.filter(({ runawayS }) => runawayS !== null).length;
  const search = new InterventionSearch(scenario, result.events, result.roomK);
  let searched = 0;
  const events = result.events.map((event) => {
    if (event.runawayS === null) return { ...event, pnrInterventionS: null };
    options.interventionProgress?.(searched, toSearch);
    const pnrInterventionS = search.pnrS(event.module);
    options.interventionProgress?.(++searched, toSearch);
    return { ...event, pnrInterventionS };
  });
  return { trajectory: trajectory.withEvents(events), events, energy, effort };
}
