/** The point of no return by intervention: the last moment at which stopping the cause still averts runaway. */
import { kelvinOfDegC } from '../units.ts';
import type { ModuleEvents } from './events.ts';
import type { ModuleRun } from './module-run.ts';
import { planFaults, type Scenario } from './scenario.ts';
import { SiteRun } from './site.ts';

/** The moment is known to this. */
const WITHIN_S = 1;
/** An averted run is over once the module is this cold. */
const SAFE_K = kelvinOfDegC(60);
/** The last moment often lies shortly before the runaway: it is looked for there first, then ever further back. */
const FIRST_BACK_S = 32;
const FURTHER_BACK = 4;

const rackOf = (moduleId: string): string => moduleId.slice(0, moduleId.lastIndexOf('_'));

/** What one run with an intervention showed of the modules of its rack. */
interface Trial {
  readonly ranAway: ReadonlySet<string>;
  /** The run went on until all were cold or the scenario was over: the others do not run away. */
  readonly complete: boolean;
}

/** At `timeS` all faults of modules end and the rack is cooled fully; runs until it is known of `moduleId`. */
function intervene(scenario: Scenario, moduleId: string, timeS: number, roomK: readonly number[]): Trial {
  const own = (runs: readonly ModuleRun[]) => runs.find((run) => run.model.id === moduleId);
  const run = new SiteRun(scenario, {
    silent: true,
    racks: [rackOf(moduleId)],
    roomK,
    intervention: { timeS, coolingFactor: scenario.pnr.fullCoolingFactor },
    until: (runs, nowS) => {
      const module = own(runs);
      return !module || module.watch.runawayS !== null || isOver(runs, nowS, timeS);
    },
  });
  const { events, endS } = run.run();
  const ranAway = events.filter(({ runawayS }) => runawayS !== null).map(({ module }) => module);
  return {
    ranAway: new Set(ranAway),
    complete: endS >= scenario.durationS || isOver(run.runs, endS, timeS),
  };
}

const isOver = (runs: readonly ModuleRun[], nowS: number, interventionS: number): boolean =>
  nowS > interventionS && runs.every(({ hottestK }) => hottestK < SAFE_K);

/** Does the module run away although at `timeS` all faults end and its rack is cooled fully? */
export const runsAwayDespite = (
  scenario: Scenario,
  moduleId: string,
  timeS: number,
  roomK: readonly number[],
): boolean => intervene(scenario, moduleId, timeS, roomK).ranAway.has(moduleId);

/** What is known of a module: the latest moment that averts its runaway, the earliest that does not. */
interface Bracket {
  avertedS: number | null;
  lostS: number;
}

/**
 * Searches the last moments of the modules of a site that ran away. One run shows all modules of a rack, so that
 * racks whose modules run away together are searched once and not once for each. Takes it that a later intervention
 * never helps where an earlier one does not.
 */
export class InterventionSearch {
  private readonly scenario: Scenario;
  private readonly roomK: readonly number[];
  private readonly brackets = new Map<string, Bracket>();

  /** `roomK`: temperature of the room at each exchange of the run that the events are of. */
  constructor(scenario: Scenario, events: readonly ModuleEvents[], roomK: readonly number[]) {
    this.scenario = scenario;
    this.roomK = roomK;
    for (const { module, runawayS } of events)
      if (runawayS !== null) this.brackets.set(module, { avertedS: null, lostS: runawayS });
  }

  /** To 1 s; null for a module that did not run away or where even the earliest intervention does not avert it. */
  pnrS(moduleId: string): number | null {
    const bracket = this.brackets.get(moduleId);
    if (!bracket) return null;
    const { lostS: fromS } = bracket;
    const onsetS = Math.min(this.onsetS(rackOf(moduleId)), fromS);
    for (let backS = FIRST_BACK_S; bracket.avertedS === null && bracket.lostS > 0; backS *= FURTHER_BACK) {
      const atS = fromS - backS;
      // Before the onset nothing has happened that could be stopped, but cooling may begin.
      this.look(moduleId, atS > onsetS ? atS : bracket.lostS > onsetS ? onsetS : 0);
    }
    while (bracket.avertedS !== null && bracket.lostS - bracket.avertedS > WITHIN_S)
      this.look(moduleId, 0.5 * (bracket.avertedS + bracket.lostS));
    return bracket.avertedS;
  }

  /** Of the first fault that acts on modules of the rack; 0 without any. */
  private onsetS(rack: string): number {
    const onsetsS = planFaults(this.scenario)
      .filter(({ kind, modules }) =>
        kind.target === 'room' ? kind.hazard : modules.some((id) => rackOf(id) === rack),
      )
      .map(({ values }) => values['startS'] ?? 0);
    return onsetsS.length > 0 ? Math.min(...onsetsS) : 0;
  }

  private look(moduleId: string, timeS: number): void {
    const trial = intervene(this.scenario, moduleId, timeS, this.roomK);
    const rack = rackOf(moduleId);
    for (const [id, bracket] of this.brackets) {
      if (rackOf(id) !== rack) continue;
      if (trial.ranAway.has(id)) bracket.lostS = Math.min(bracket.lostS, timeS);
      else if ((id === moduleId || trial.complete) && timeS < bracket.lostS)
        bracket.avertedS = Math.max(bracket.avertedS ?? 0, timeS);
    }
  }
}
