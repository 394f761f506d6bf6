/** Truth that a test writes down: columns as functions of time, and plans that measure nothing but what they name. */
import { COLUMNS, type ColumnName, Trajectory, type TrajectoryHeader } from '../../src/physics/index.ts';
import { type MeasuredModule, measureModule, validateSensorPlan } from '../../src/sensors/index.ts';

export type Course = (timeS: number, module: number) => number;

export interface Written {
  readonly rows?: number;
  readonly intervalS?: number;
  readonly modules?: readonly string[];
  /** For each module the index of its rack; all in the first where it is not given. */
  readonly rackOf?: readonly number[];
  readonly columns?: Partial<Record<ColumnName, Course>>;
  /** Temperature (K) and voltage of cells, of all modules. */
  readonly cells?: {
    readonly count: number;
    readonly temperatureK: Course;
    readonly voltageV: Course;
    readonly nodesPerTap?: number;
    readonly layersPerCell?: number;
  };
}

const CALM: Partial<Record<ColumnName, number>> = {
  surfaceTemperatureMeanK: 300,
  surfaceTemperatureMaxK: 300,
  surfaceTemperatureMinK: 300,
  cellTemperatureMeanK: 300,
  cellTemperatureMaxK: 300,
  cellTemperatureMinK: 300,
  caseTemperatureK: 300,
  airTemperatureK: 295,
  voltageV: 50,
  chargeShare: 0.5,
  chargeEstimateShare: 0.5,
  cellVoltageMinV: 3.3,
  cellVoltageMaxV: 3.3,
  cellVoltageMeanV: 3.3,
  insulationKohm: 2000,
  coolantFlowShare: 1,
};

export function written(given: Written = {}): Trajectory {
  const { rows = 101, intervalS = 1, modules = ['M1'], columns = {}, cells } = given;
  const rackOf = given.rackOf ?? modules.map(() => 0);
  const cellCount = cells?.count ?? 1;
  const recordCellsOf = cells ? modules : [];
  const values = new Float32Array((COLUMNS.length + (cells ? 2 * cellCount : 0)) * modules.length * rows);
  let at = 0;
  const write = (course: (timeS: number) => number): void => {
    for (let row = 0; row < rows; row++) values[at++] = course(row * intervalS);
  };
  for (const name of COLUMNS)
    for (let m = 0; m < modules.length; m++) write((timeS) => columns[name]?.(timeS, m) ?? CALM[name] ?? 0);
  if (cells)
    for (const _ of modules) {
      for (let k = 0; k < cellCount; k++) write((timeS) => cells.temperatureK(timeS, k));
      for (let k = 0; k < cellCount; k++) write((timeS) => cells.voltageV(timeS, k));
    }
  const racks = Array.from({ length: Math.max(...rackOf) + 1 }, (_, r) => `Rack${r + 1}`);
  const header: TrajectoryHeader = {
    format: 'emberwatch-trajectory',
    name: 'written',
    seed: 1,
    intervalS,
    rows,
    columns: COLUMNS,
    modules,
    racks,
    rackOf,
    cellsPerModule: cellCount,
    nodesPerTap: cells?.nodesPerTap ?? 1,
    layersPerCell: cells?.layersPerCell ?? 1,
    recordCellsOf,
    events: [],
    energy: {
      releasedByReactionsJ: 0,
      electricHeatJ: 0,
      heaterJ: 0,
      storedInSolidsJ: 0,
      toAirJ: 0,
      toCoolantJ: 0,
      ejectedJ: 0,
      residual: 0,
    },
  };
  return new Trajectory(header, values);
}

/** One module as `plan` measures it; a plan without channels delivers the voltage, without errors of its own. */
export function measured(
  truth: Written,
  plan: Record<string, unknown>,
  { seed = 1, module = 0, startMs = 0 } = {},
): MeasuredModule {
  return measureModule(written(truth), module, validateSensorPlan({ deliver: ['voltage_v'], ...plan }), {
    seed,
    startMs,
  });
}

export const voltages = (of: MeasuredModule): Float64Array => of.channels.get('voltage_v')!;

export const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

export const sdOf = (values: ArrayLike<number>): number => {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(Array.from(values, (value) => (value - mean) ** 2)));
};

/** Settings of a sensor without errors. */
export const EXACT = { noiseSd: 0, resolution: 0, offset: 0 };
