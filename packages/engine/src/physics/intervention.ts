/** The point of no return by intervention: the last moment at which stopping the cause still averts runaway. */
import { kelvinOfDegC } from '../units.ts';
import type { ModuleEvents } from './events.ts';
import type { ModuleRun } from './moduleRun.ts';
import type { Scenario } from './scenario.ts';
import { SiteRun } from './site.ts';

/** The moment is known to this. */
const WITHIN_S = 1;
/** An averted run is over once the module is this cold. */
const SAFE_K = kelvinOfDegC(60);

/** Does the module run away although at `timeS` all faults end and its rack is cooled fully? */
export function runsAwayDespite(
  scenario: Scenario,
  moduleId: string,
  timeS: number,
  roomK: readonly number[],
): boolean {
  const rack = moduleId.slice(0, moduleId.lastIndexOf('_'));
  const own = (runs: readonly ModuleRun[]) => runs.find((run) => run.model.id === moduleId);
  const run = new SiteRun(scenario, {
    silent: true,
    racks: [rack],
    roomK,
    intervention: { timeS, coolingFactor: scenario.pnr.fullCoolingFactor },
    until: (runs, nowS) => {
      const module = own(runs);
      if (!module || module.watch.runawayS !== null) return true;
      return nowS > timeS && runs.every((other) => other.hottestK < SAFE_K);
    },
  });
  return run.run().events.some((event) => event.module === moduleId && event.runawayS !== null);
}

/**
 * Bisects between the onset of the first fault of the site and the runaway, to 1 s; null where even the earliest
 * intervention does not avert it. Takes it that a later intervention never helps where an earlier one does not.
 */
export function interventionPnrS(
  scenario: Scenario,
  event: ModuleEvents,
  roomK: readonly number[],
): number | null {
  if (event.runawayS === null) return null;
  let averted = 0;
  let lost = event.runawayS;
  if (runsAwayDespite(scenario, event.module, averted, roomK)) return null;
  while (lost - averted > WITHIN_S) {
    const middleS = 0.5 * (averted + lost);
    if (runsAwayDespite(scenario, event.module, middleS, roomK)) lost = middleS;
    else averted = middleS;
  }
  return averted;
}
