/** Truth on files: scenarios read, run, written as tables and drawn. */
export { type CellResult, type ModuleEvents, worstFirst } from '@emberwatch/engine/physics';
export { type Axis, parseAxis } from './axis.ts';
export { mapCsv, mapScenario, type TruthMap } from './map.ts';
export { mapSvg } from './map-picture.ts';
export { runHtml, runSvg } from './page.ts';
export { energyIn, interventionText, runScenario, summaryOf, type TruthRun } from './run.ts';
export { chosenModule, loadScenario, runCellFile, type ScenarioFile } from './scenario-file.ts';
export { type SolvedScenario, solveScenario } from './solve.ts';
export { TRUTH_HEADER, writeTruthCsv } from './table.ts';
export { clock } from './view.ts';
