import { ScenarioError } from '../validate.ts';
import type { CellType } from './cell-type.ts';
import { lco18650 } from './lco18650.ts';
import { lfp22 } from './lfp22.ts';
import { lfp280 } from './lfp280.ts';
import { nmc25 } from './nmc25.ts';

export const CELL_TYPES: readonly CellType[] = [lfp280, lfp22, nmc25, lco18650];

/** The cell type with this id; `ScenarioError` at `path` where there is none. */
export function cellTypeById(id: unknown, path = 'module.cell'): CellType {
  const found = CELL_TYPES.find((candidate) => candidate.id === id);
  if (!found) throw new ScenarioError(path, `one of ${CELL_TYPES.map((known) => known.id).join(', ')}`, id);
  return found;
}
