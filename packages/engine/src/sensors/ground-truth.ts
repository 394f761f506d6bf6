/** Where the truth of a channel stands in a trajectory, and the truth at places that it has no column for. */
import type { ColumnName, Trajectory } from '../physics/index.ts';
import type { ChannelId } from '../telemetry/index.ts';
import { degCOfKelvin } from '../units.ts';
import type { SensorPlan } from './plan.ts';
import type { Truth } from './reading.ts';

const DEG_C = { scale: 1, offset: degCOfKelvin(0) };
const AS_IS = { scale: 1, offset: 0 };
const PERCENT = { scale: 100, offset: 0 };

const COLUMN_OF: Readonly<Partial<Record<ChannelId, [ColumnName, { scale: number; offset: number }]>>> = {
  surface_temperature_mean_degc: ['surfaceTemperatureMeanK', DEG_C],
  surface_temperature_max_degc: ['surfaceTemperatureMaxK', DEG_C],
  surface_temperature_min_degc: ['surfaceTemperatureMinK', DEG_C],
  voltage_v: ['voltageV', AS_IS],
  current_a: ['currentA', AS_IS],
  soc_percent: ['chargeEstimateShare', PERCENT],
  cell_voltage_min_v: ['cellVoltageMinV', AS_IS],
  cell_voltage_max_v: ['cellVoltageMaxV', AS_IS],
  cell_voltage_mean_v: ['cellVoltageMeanV', AS_IS],
  co_ppm: ['coPpm', AS_IS],
  h2_ppm: ['h2Ppm', AS_IS],
  voc_ppm: ['vocPpm', AS_IS],
  ambient_temperature_degc: ['airTemperatureK', DEG_C],
  insulation_kohm: ['insulationKohm', AS_IS],
};

export function truthOf(channel: ChannelId, trajectory: Trajectory, module: number, plan: SensorPlan): Truth {
  if (channel === 'humidity_percent') return humidity(trajectory, module, plan.humidityPercent);
  if (channel === 'coolant_flow_lpm')
    return { values: trajectory.column('coolantFlowShare', module), scale: plan.coolantLpm, offset: 0 };
  const [column, unit] = COLUMN_OF[channel]!;
  return { values: trajectory.column(column, module), ...unit };
}

/** Saturation pressure of water over a plane surface, Pa (Magnus formula, WMO-No. 8, annex 4.B). */
const saturationPa = (airDegC: number): number => 611.2 * Math.exp((17.62 * airDegC) / (243.12 + airDegC));

/** The water that the air held at the start, at the temperature it has now. */
function humidity(trajectory: Trajectory, module: number, startPercent: number): Truth {
  const airK = trajectory.column('airTemperatureK', module);
  const waterPa = startPercent * saturationPa(degCOfKelvin(airK[0] ?? 0));
  const values = new Float64Array(airK.length);
  for (let row = 0; row < values.length; row++)
    values[row] = Math.min(100, waterPa / saturationPa(degCOfKelvin(airK[row]!)));
  return { values, scale: 1, offset: 0 };
}

/** A place between a cell (0) and the case of its module (1). */
export function betweenCellAndCase(
  trajectory: Trajectory,
  module: number,
  cell: number,
  shareToCase: number,
): Truth {
  const caseK = trajectory.column('caseTemperatureK', module);
  const cellK = cellTemperature(trajectory, module, cell);
  const values = new Float64Array(caseK.length);
  for (let row = 0; row < values.length; row++)
    values[row] = cellK[row]! + shareToCase * (caseK[row]! - cellK[row]!);
  return { values, ...DEG_C };
}

/**
 * The cell itself where it is recorded. Else the cells are taken to be spread evenly from the coldest to the hottest,
 * with the hottest where the trajectory says it is.
 */
function cellTemperature(trajectory: Trajectory, module: number, cell: number): ArrayLike<number> {
  const { modules, recordCellsOf, cellsPerModule } = trajectory.header;
  const moduleId = modules[module]!;
  if (recordCellsOf.includes(moduleId)) return trajectory.cellColumn('cellTemperatureK', moduleId, cell);
  const lowK = trajectory.column('cellTemperatureMinK', module);
  const highK = trajectory.column('cellTemperatureMaxK', module);
  const hottest = trajectory.column('hottestCell', module);
  const farthest = Math.max(1, cellsPerModule - 1);
  const cellK = new Float64Array(lowK.length);
  for (let row = 0; row < cellK.length; row++) {
    const nearness = 1 - Math.abs(cell - hottest[row]!) / farthest;
    cellK[row] = lowK[row]! + nearness * (highK[row]! - lowK[row]!);
  }
  return cellK;
}
