/** Runs a scenario and finds both points of no return. */
import type { EnergyBalance, ModuleEvents } from './events.ts';
import { InterventionSearch } from './intervention.ts';
import { cellsOf } from './plan.ts';
import { moduleIds, type Scenario } from './scenario.ts';
import { type RunEffort, SiteRun } from './site.ts';
import { COLUMNS, type Trajectory } from './trajectory.ts';

export interface SimulateOptions {
  /** Also finds the last moment at which intervening averts each runaway, by re-runs. */
  readonly intervention?: boolean;
  /** Called now and then with the share of the run that is done. */
  readonly progress?: (share: number) => void;
  /** Called with the run as soon as it is over, before points of no return by intervention are searched. */
  readonly ran?: (run: Simulation) => void;
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
  const run = { trajectory, events: result.events, energy, effort };
  options.ran?.(run);
  if (!options.intervention) return run;
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

const BYTES_PER_NUMBER = 4;

/** Size of the truth of a run as `simulate` keeps it. */
export function trajectoryBytes(scenario: Scenario): number {
  const { durationS, outputIntervalS, module } = scenario;
  const cells = cellsOf(module);
  const perRow = COLUMNS.length * moduleIds(scenario).length + 2 * cells * scenario.recordCellsOf.length;
  return (durationS / outputIntervalS + 1) * perRow * BYTES_PER_NUMBER;
}
