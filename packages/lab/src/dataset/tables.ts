/** What a manifest says of runs and modules, as plain tables: for those who would rather join than dig in JSON. */
import { degCOfKelvin } from '@emberwatch/engine/units';
import type { Manifest, ModuleRecord, RunRecord } from './manifest.ts';

type Cell = string | number | null | undefined;

const CELSIUS_DIGITS = 5;

const OF_RUN: Readonly<Record<string, (run: RunRecord) => Cell>> = {
  run: (run) => run.run,
  recipe: (run) => run.recipe,
  split: (run) => run.split,
  outcome: (run) => run.outcome,
  site: (run) => run.site,
  chemistry: (run) => run.chemistry,
  cell: (run) => run.cell,
  family: (run) => run.family,
  kinds: (run) => run.kinds.join(' '),
  seed: (run) => run.seed,
  start: (run) => new Date(run.startMs).toISOString(),
  duration_s: (run) => run.durationS,
  interval_s: (run) => run.intervalS,
  modules: (run) => run.moduleCount,
  rows: (run) => run.rows,
  hazard_rows: (run) => run.hazardRows,
  told_capacity_ah: (run) => run.nameplate.capacityAh,
  told_cells_in_series: (run) => run.nameplate.cellsInSeries,
  told_chemistry: (run) => run.nameplate.chemistry,
  file: (run) => run.file,
  bytes: (run) => run.bytes,
  sha256: (run) => run.sha256,
};

/** Times in s from the start of the run. */
const OF_MODULE: Readonly<Record<string, (module: ModuleRecord & { readonly run: string }) => Cell>> = {
  run: ({ run }) => run,
  module_id: ({ module }) => module,
  severity: ({ severity }) => severity,
  fault_kinds: ({ faultKinds }) => faultKinds.join(' '),
  disturbance_kinds: ({ disturbanceKinds }) => disturbanceKinds.join(' '),
  fault_onset_s: ({ faultOnsetS }) => faultOnsetS,
  vent_s: ({ ventS }) => ventS,
  pnr_threshold_s: ({ pnrThresholdS }) => pnrThresholdS,
  pnr_intervention_s: ({ pnrInterventionS }) => pnrInterventionS,
  runaway_s: ({ runawayS }) => runawayS,
  hottest_cell_degc: ({ peakK }) => Number(degCOfKelvin(peakK).toPrecision(CELSIUS_DIGITS)),
  hottest_at_s: ({ peakS }) => peakS,
};

/** One row for each run. */
export const runsCsv = ({ runs }: Manifest): string => csv(runs, OF_RUN);

/** One row for each module to which something happened. */
export const eventsCsv = ({ runs }: Manifest): string =>
  csv(
    runs.flatMap(({ run, modules }) => modules.map((module) => ({ run, ...module }))),
    OF_MODULE,
  );

/** Values need no quotes: names have neither commas nor quotes. */
function csv<T>(rows: readonly T[], columns: Readonly<Record<string, (row: T) => Cell>>): string {
  const lines = rows.map((row) => Object.values(columns).map((of) => of(row) ?? ''));
  return `${[Object.keys(columns), ...lines].map((cells) => cells.join(',')).join('\n')}\n`;
}
