/** A run as one plain object, as `emberwatch simulate --json` prints it and the page hands it out. */
import type { EnergyBalance, ModuleEvents } from './events.ts';
import { type Severity, severityOf } from './label.ts';
import type { Scenario } from './scenario.ts';
import type { Simulation } from './simulate.ts';
import type { RunEffort } from './site.ts';

export interface RunSummary {
  readonly scenario: string;
  readonly seed: number;
  readonly durationS: number;
  readonly outputIntervalS: number;
  readonly modules: number;
  readonly rows: number;
  /** A key for every module of the site. */
  readonly events: Readonly<Record<string, Omit<ModuleEvents, 'module'> & { readonly severity: Severity }>>;
  readonly energy: EnergyBalance;
  readonly energyResidual: number;
  readonly effort: RunEffort;
}

export function runSummary(scenario: Scenario, run: Simulation): RunSummary {
  const { trajectory, events, energy, effort } = run;
  return {
    scenario: scenario.name,
    seed: scenario.seed,
    durationS: scenario.durationS,
    outputIntervalS: scenario.outputIntervalS,
    modules: events.length,
    rows: trajectory.rows,
    events: Object.fromEntries(
      events.map(({ module, ...event }) => [
        module,
        { ...event, severity: severityOf({ module, ...event }) },
      ]),
    ),
    energy,
    energyResidual: energy.residual,
    effort,
  };
}
