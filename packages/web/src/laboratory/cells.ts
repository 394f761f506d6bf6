/** Temperatures of the cells of a module over a run, in °C. */
import type { Trajectory } from '@emberwatch/engine/physics';
import { degCOfKelvin } from '@emberwatch/engine/units';

export interface CellTemperatures {
  /** One column per cell: kelvin, row by row. */
  readonly columnsK: readonly Float32Array[];
  /** False: the cells were not recorded, and there is one column, the hottest of them. */
  readonly isWhole: boolean;
}

export function cellsOf(trajectory: Trajectory, module: string): CellTemperatures {
  const { recordCellsOf, cellsPerModule } = trajectory.header;
  if (!recordCellsOf.includes(module))
    return { columnsK: [trajectory.column('cellTemperatureMaxK', module)], isWhole: false };
  return {
    columnsK: Array.from({ length: cellsPerModule }, (_, cell) =>
      trajectory.cellColumn('cellTemperatureK', module, cell),
    ),
    isWhole: true,
  };
}

/** The row at or before an instant. */
export const rowAt = ({ header, rows }: Trajectory, timeS: number): number =>
  Math.min(rows - 1, Math.max(0, Math.floor(timeS / header.intervalS + 1e-9)));

export const degCAt = (columnK: Float32Array, row: number): number =>
  degCOfKelvin(columnK[row] ?? Number.NaN);
