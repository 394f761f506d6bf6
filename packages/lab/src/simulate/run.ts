/** One run of a scenario with what a person or a program wants to know of it. */
import {
  type EnergyBalance,
  label,
  type ModuleEvents,
  type ModuleLabels,
  type RunEffort,
  runSummary,
  type Scenario,
  simulate,
  type Trajectory,
} from '@emberwatch/engine/physics';
import { J_PER_WH } from '@emberwatch/engine/units';

export interface TruthRun {
  readonly scenario: Scenario;
  readonly trajectory: Trajectory;
  /** One entry per module, in the order of the trajectory; labels likewise. */
  readonly events: readonly ModuleEvents[];
  readonly labels: readonly ModuleLabels[];
  readonly energy: EnergyBalance;
  readonly effort: RunEffort;
  readonly wallMs: number;
  /** False: `pnrInterventionS` is null because nobody asked. */
  readonly interventionSearched: boolean;
  /** Part of `wallMs` that went into the points of no return by intervention. */
  readonly interventionWallMs: number;
}

export interface RunOptions {
  /** Also find the last moment at which intervening averts each runaway; true unless given. */
  readonly intervention?: boolean;
  readonly onProgress?: (share: number) => void;
  /** Before and after each search of a last moment to intervene. */
  readonly onSearch?: (searched: number, toSearch: number) => void;
}

export function runScenario(scenario: Scenario, options: RunOptions = {}): TruthRun {
  const startedMs = performance.now();
  const interventionSearched = options.intervention ?? true;
  let simulatedMs = startedMs;
  const { trajectory, events, energy, effort } = simulate(scenario, {
    intervention: interventionSearched,
    progress: (share) => {
      if (share >= 1) simulatedMs = performance.now();
      options.onProgress?.(share);
    },
    ...(options.onSearch && { interventionProgress: options.onSearch }),
  });
  const interventionWallMs = performance.now() - simulatedMs;
  const labels = label(trajectory, scenario.label);
  const wallMs = performance.now() - startedMs;
  return {
    scenario,
    trajectory,
    events,
    labels,
    energy,
    effort,
    wallMs,
    interventionSearched,
    interventionWallMs,
  };
}

/** How energies of this balance are written: `12.30 Wh` for a few cells, `4.10 kWh` for a site. */
export function energyIn(energy: EnergyBalance): (energyJ: number) => string {
  const largestJ = Math.max(energy.releasedByReactionsJ, energy.electricHeatJ, energy.heaterJ);
  const isLarge = largestJ > 500 * J_PER_WH;
  const unit = isLarge ? 'kWh' : 'Wh';
  return (energyJ) => `${(energyJ / (isLarge ? 1000 * J_PER_WH : J_PER_WH)).toFixed(2)} ${unit}`;
}

/**
 * What stands for the last moment to intervene: a time, or why there is none. `timeText` writes a time and, for
 * null, that there is none.
 */
export function interventionText(
  run: Pick<TruthRun, 'interventionSearched'>,
  event: ModuleEvents,
  timeText: (timeS: number | null) => string,
): string {
  const isOpen = !run.interventionSearched && event.runawayS !== null;
  return isOpen ? 'not searched' : timeText(event.pnrInterventionS);
}

/** The run as one JSON object: `events` has a key for every module of the site. */
export function summaryOf(run: TruthRun): Record<string, unknown> {
  return {
    ...runSummary(run.scenario, run),
    wallMs: tenths(run.wallMs),
    interventionSearched: run.interventionSearched,
    interventionWallMs: tenths(run.interventionWallMs),
  };
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
