/** The thermal network of a module at rest: how strongly one cell is cooled. */
import type { ModulePlan } from './plan.ts';

/**
 * Conductance in W/K from `cell` to the surroundings through its neighbours, the case and on to air and coolant, with
 * every other cell passive. Exact for the linear network (Gaussian elimination, no pivoting: it is an M-matrix).
 */
export function conductanceToSurroundings(plan: ModulePlan, cell: number): number {
  const n = plan.lumped ? 1 : plan.series * plan.parallel;
  const size = n + 1;
  const matrix = new Float64Array(size * size);
  const add = (i: number, j: number, value: number) => {
    matrix[i * size + j] = matrix[i * size + j]! + value;
  };
  const join = (i: number, j: number, wPerK: number) => {
    add(i, i, wPerK);
    add(j, j, wPerK);
    add(i, j, -wPerK);
    add(j, i, -wPerK);
  };
  for (let i = 0; i < n; i++) {
    join(i, n, plan.cellToCaseWPerK);
    if (i + 1 < n) join(i, i + 1, plan.cellToCellWPerK);
  }
  add(n, n, plan.caseToAirWPerK + plan.coolantWPerK);
  const rise = new Float64Array(size);
  rise[cell] = 1;
  for (let k = 0; k < size; k++) {
    const pivot = matrix[k * size + k]!;
    if (pivot <= 0) return 0;
    for (let i = k + 1; i < size; i++) {
      const factor = matrix[i * size + k]! / pivot;
      if (factor === 0) continue;
      for (let j = k; j < size; j++) add(i, j, -factor * matrix[k * size + j]!);
      rise[i] = rise[i]! - factor * rise[k]!;
    }
  }
  for (let k = size - 1; k >= 0; k--) {
    let sum = rise[k]!;
    for (let j = k + 1; j < size; j++) sum -= matrix[k * size + j]! * rise[j]!;
    rise[k] = sum / matrix[k * size + k]!;
  }
  return rise[cell]! > 0 && Number.isFinite(rise[cell]!) ? 1 / rise[cell]! : 0;
}
