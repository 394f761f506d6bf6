/** One run of a dataset: physics, sensors, labels, one file, and the record of what happened. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  labelModule,
  type ModuleEvents,
  type Scenario,
  type Simulation,
  simulate,
  solveFaultStrength,
} from '@emberwatch/engine/physics';
import { measureModule } from '@emberwatch/engine/sensors';
import { MS_PER_S } from '@emberwatch/engine/units';
import { writeColumns } from '../recording/columns.ts';
import type { DrawnRun } from './draw.ts';
import type { FailedRun, Outcome, RunRecord } from './manifest.ts';
import { type LabelledModule, runTable, seedTable } from './rows.ts';

export interface RunTask {
  readonly drawn: DrawnRun;
  /** Of the dataset. */
  readonly folder: string;
  /** Also the thirteen columns of the seed schema, as CSV. */
  readonly seedCsv: boolean;
}

export type RunResult =
  | { readonly kind: 'made'; readonly record: RunRecord }
  | { readonly kind: 'failed'; readonly failed: FailedRun };

/** Folder of the frames of a run; its name and that of the folder below are columns to who reads Hive partitions. */
export const runFolder = (run: string): string => `frames/run=${run}`;
export const seedCsvFile = (run: string): string => `seed-csv/${run}.csv`;

/**
 * Makes a run and writes it. The same task gives the same bytes. A run that physics cannot make is a result with its
 * reason; what the disk refuses is an error.
 */
export async function makeRun({ drawn, folder, seedCsv }: RunTask): Promise<RunResult> {
  const { run, recipe, seed } = drawn;
  let simulated: { readonly scenario: Scenario; readonly simulation: Simulation };
  try {
    const scenario = sized(drawn);
    simulated = { scenario, simulation: simulate(scenario, { intervention: drawn.intervention }) };
  } catch (error) {
    return { kind: 'failed', failed: { run, recipe, seed, reason: (error as Error).message } };
  }
  const { scenario, simulation } = simulated;
  const modules = simulation.events.map((event, m): LabelledModule => {
    const measured = measureModule(simulation.trajectory, m, drawn.sensors, {
      seed,
      startMs: drawn.startMs,
    });
    return { measured, labels: labelModule(event, scenario.label, measured.truthS) };
  });
  await rm(join(folder, runFolder(run)), { recursive: true, force: true });
  const file = `${runFolder(run)}/site=${drawn.site}/part.parquet`;
  await mkdir(join(folder, `${runFolder(run)}/site=${drawn.site}`), { recursive: true });
  const table = runTable(modules);
  const written = await writeColumns(join(folder, file), 'parquet', table.columns, table.read());
  if (seedCsv) {
    const seedColumns = seedTable(modules);
    await mkdir(join(folder, 'seed-csv'), { recursive: true });
    await writeColumns(join(folder, seedCsvFile(run)), 'csv', seedColumns.columns, seedColumns.read());
  }
  return { kind: 'made', record: { ...recordOf(drawn, scenario, simulation, modules), file, ...written } };
}

/** The scenario with the strength that reaches the point of no return in the wanted time. */
function sized({ scenario, solve }: DrawnRun): Scenario {
  if (!solve) return scenario;
  const { found, parameter, strength } = solveFaultStrength(scenario, solve.module, solve.timeToPnrS);
  if (!found || strength === null) {
    if (solve.otherwise === 'asDrawn') return scenario;
    throw new Error(
      `no ${parameter} brings ${solve.module} to its point of no return in ${solve.timeToPnrS} s`,
    );
  }
  const faults = scenario.faults.map((entry, f) =>
    f === solve.fault ? { ...entry, [parameter]: strength } : entry,
  );
  return { ...scenario, faults };
}

function recordOf(
  drawn: DrawnRun,
  { durationS, module, pnr, label }: Scenario,
  { events }: Simulation,
  modules: readonly LabelledModule[],
): Omit<RunRecord, 'file' | 'rows' | 'bytes' | 'sha256'> {
  const measured = modules.map((one) => one.measured);
  const { run, recipe, seed, split, site, chemistry, family, kinds, nameplate, startMs } = drawn;
  return {
    run,
    recipe,
    seed,
    split,
    outcome: outcomeOf(events),
    expected: drawn.expect,
    site,
    chemistry,
    cell: module.cell,
    family,
    kinds,
    nameplate,
    startMs,
    durationS,
    pnr,
    label,
    intervalS: medianIntervalS(measured[0]!.timeMs),
    moduleCount: modules.length,
    channels: [...new Set(measured.flatMap(({ channels }) => [...channels.keys()]))],
    cellVoltages: Math.max(0, ...measured.map(({ cellVoltagesV }) => cellVoltagesV?.length ?? 0)),
    probes: Math.max(0, ...measured.map(({ cellTemperaturesDegC }) => cellTemperaturesDegC?.length ?? 0)),
    hazardRows: modules.reduce(
      (sum, { labels }) => sum + labels.hazard.reduce((max, one) => max + one, 0),
      0,
    ),
    modules: events.flatMap((event, m) =>
      isQuiet(event) ? [] : [{ ...event, severity: modules[m]!.labels.severity }],
    ),
    sensorFaults: measured.flatMap(({ moduleId, sensorFaults }) =>
      sensorFaults.map((fault) => ({ module: moduleId, ...fault })),
    ),
  };
}

/** Nothing happened to the module. */
const isQuiet = ({ faultKinds, disturbanceKinds, ventS, pnrThresholdS, runawayS }: ModuleEvents): boolean =>
  faultKinds.length + disturbanceKinds.length === 0 &&
  ventS === null &&
  pnrThresholdS === null &&
  runawayS === null;

/** Told from what happened in the run, not from what the plan wanted: a vent without a planned fault is a fault, too. */
function outcomeOf(events: readonly ModuleEvents[]): Outcome {
  if (events.some(({ pnrThresholdS }) => pnrThresholdS !== null)) return 'pnr';
  if (events.some(({ faultKinds, ventS }) => faultKinds.length > 0 || ventS !== null))
    return 'fault-without-pnr';
  return events.some(({ disturbanceKinds }) => disturbanceKinds.length > 0) ? 'disturbance' : 'calm';
}

/** Of the first module: all of a site are sampled alike. */
function medianIntervalS(timeMs: Float64Array): number {
  const steps = timeMs
    .subarray(1)
    .map((time, i) => time - timeMs[i]!)
    .sort();
  return steps.length === 0 ? 0 : steps[steps.length >> 1]! / MS_PER_S;
}
