/** Truth on files: scenarios read, run, written as tables and drawn. */
import { type CellCase, type CellResult, runCell } from '@emberwatch/engine/physics';

export type {
  CellCase,
  CellResult,
  ModuleEvents,
  RunawayMap,
  StrengthTrial,
} from '@emberwatch/engine/physics';
export { type Axis, parseAxis } from './axis.ts';
export { mapCsv, mapScenario, type TruthMap } from './map.ts';
export { mapSvg } from './mapPicture.ts';
export { runHtml, runSvg } from './page.ts';
export { hasEvent, runScenario, summaryOf, type TruthRun, worstFirst } from './run.ts';
export { chosenModule, loadCellCase, loadScenario, type ScenarioFile } from './scenarioFile.ts';
export { type SolvedScenario, solveScenario } from './solve.ts';
export { TRUTH_HEADER, writeTruthCsv } from './table.ts';

/** One lumped cell; see `loadCellCase`. */
export const runCellCase = (input: CellCase): CellResult => runCell(input);
