/** The truth as a table: every module and row in field units, with its labels. It is no sensor data. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ColumnName, ModuleLabels, Trajectory } from '@emberwatch/engine/physics';
import { degCOfKelvin } from '@emberwatch/engine/units';
import type { TruthRun } from './run.ts';

interface TruthColumn {
  readonly id: string;
  readonly from: ColumnName;
  readonly convert?: (value: number) => number;
  readonly digits: number;
}

const toPercent = (share: number): number => share * 100;
const degC = { convert: degCOfKelvin, digits: 3 };
const percent = { convert: toPercent, digits: 3 };

/** First what a sensor would see if it were perfect, under the names of the channels; then what none sees. */
const COLUMNS: readonly TruthColumn[] = [
  { id: 'surface_temperature_mean_degc', from: 'surfaceTemperatureMeanK', ...degC },
  { id: 'surface_temperature_max_degc', from: 'surfaceTemperatureMaxK', ...degC },
  { id: 'surface_temperature_min_degc', from: 'surfaceTemperatureMinK', ...degC },
  { id: 'voltage_v', from: 'voltageV', digits: 4 },
  { id: 'current_a', from: 'currentA', digits: 3 },
  { id: 'soc_percent', from: 'chargeEstimateShare', ...percent },
  { id: 'cell_voltage_min_v', from: 'cellVoltageMinV', digits: 4 },
  { id: 'cell_voltage_max_v', from: 'cellVoltageMaxV', digits: 4 },
  { id: 'cell_voltage_mean_v', from: 'cellVoltageMeanV', digits: 4 },
  { id: 'co_ppm', from: 'coPpm', digits: 3 },
  { id: 'h2_ppm', from: 'h2Ppm', digits: 3 },
  { id: 'voc_ppm', from: 'vocPpm', digits: 3 },
  { id: 'ambient_temperature_degc', from: 'airTemperatureK', ...degC },
  { id: 'insulation_kohm', from: 'insulationKohm', digits: 3 },
  { id: 'true_coolant_flow_percent', from: 'coolantFlowShare', ...percent },
  { id: 'true_soc_percent', from: 'chargeShare', ...percent },
  { id: 'true_cell_temperature_mean_degc', from: 'cellTemperatureMeanK', ...degC },
  { id: 'true_cell_temperature_max_degc', from: 'cellTemperatureMaxK', ...degC },
  { id: 'true_cell_temperature_min_degc', from: 'cellTemperatureMinK', ...degC },
  { id: 'true_case_temperature_degc', from: 'caseTemperatureK', ...degC },
  { id: 'true_hottest_cell', from: 'hottestCell', digits: 0 },
  { id: 'true_sei_spent_percent', from: 'seiSpentShare', ...percent },
  { id: 'true_anode_spent_percent', from: 'anodeSpentShare', ...percent },
  { id: 'true_cathode_spent_percent', from: 'cathodeSpentShare', ...percent },
  { id: 'true_electrolyte_spent_percent', from: 'electrolyteSpentShare', ...percent },
];

const LABELS = [
  'hazard_label_threshold',
  'hazard_label_intervention',
  'time_to_pnr_s',
  'time_to_pnr_intervention_s',
  'fault_active',
  'fault_kind',
  'severity',
] as const;

/** `source` is `truth` in every row, so that rows of sensors and of truth stay apart where tables are joined. */
export const TRUTH_HEADER: readonly string[] = [
  'time_s',
  'module_id',
  'rack_id',
  'source',
  ...COLUMNS.map(({ id }) => id),
  ...LABELS,
];

const BLOCK_ROWS = 500;

/** Row by row in time, module by module within a row. Shape: one line per module and row, and the header. */
export async function writeTruthCsv(run: TruthRun, path: string): Promise<void> {
  await pipeline(Readable.from(csvBlocks(run)), createWriteStream(path));
}

function* csvBlocks({ trajectory, labels }: TruthRun): Generator<string> {
  const { modules, racks, rackOf } = trajectory.header;
  const writers = modules.map((module, m) => {
    const start = `${module},${racks[rackOf[m]!]},truth`;
    const columns = COLUMNS.map(({ from, ...column }) => ({ ...column, values: trajectory.column(from, m) }));
    return (row: number): string => {
      let line = start;
      for (const { values, convert, digits } of columns) {
        const value = values[row]!;
        line += `,${rounded(convert ? convert(value) : value, digits)}`;
      }
      return line + labelText(labels[m]!, row);
    };
  });
  let block = `${TRUTH_HEADER.join(',')}\n`;
  for (let row = 0; row < trajectory.rows; row++) {
    const time = rounded(timeOf(trajectory, row), 3);
    for (const write of writers) block += `${time},${write(row)}\n`;
    if (row % Math.max(1, Math.floor(BLOCK_ROWS / modules.length)) === 0) {
      yield block;
      block = '';
    }
  }
  if (block !== '') yield block;
}

const timeOf = (trajectory: Trajectory, row: number): number => trajectory.timeS(row);

function labelText(labels: ModuleLabels, row: number): string {
  const times = `${optional(labels.timeToPnrS[row]!)},${optional(labels.timeToPnrInterventionS[row]!)}`;
  const hazards = `${labels.hazard[row]},${labels.hazardIntervention[row]}`;
  return `,${hazards},${times},${labels.faultActive[row]},${labels.faultKind ?? ''},${labels.severity}`;
}

/** Empty where there is no point of no return. */
const optional = (value: number): string => (Number.isNaN(value) ? '' : rounded(value, 1));

const SCALES = [1, 10, 100, 1000, 10_000];

/** A third of the time of `toFixed`, and no trailing zeros. */
function rounded(value: number, digits: number): string {
  const scale = SCALES[digits]!;
  return String(Math.round(value * scale) / scale);
}
