/** Physics: the truth of a site. It does not know that it is watched. */
export { type CellCase, type CellResult, runCell, validateCellCase } from './cell.ts';
export type { CellType } from './cells/cell-type.ts';
export { CELL_TYPES, cellTypeById } from './cells/index.ts';
export { cellTypeOf } from './cells/variant.ts';
export { type CellEvent, type EnergyBalance, hasEvent, type ModuleEvents, worstFirst } from './events.ts';
export { type FaultEntry, type FaultKind, type Parameter, strengthOf } from './faults/fault.ts';
export { FAULT_KINDS } from './faults/index.ts';
export { KINETICS, kineticsById } from './kinetics/index.ts';
export type { KineticsSet } from './kinetics/reaction.ts';
export { label, labelModule, type ModuleLabels, SEVERITIES, type Severity } from './label.ts';
export { axisValues, type MapAxis, mapRunaway, type RunawayMap, withDefault } from './map.ts';
export { conductanceToSurroundings } from './network.ts';
export {
  cellsOf,
  type LabelPlan,
  type ModulePlan,
  type Profile,
  type SitePlan,
  type ThresholdPlan,
} from './plan.ts';
export {
  DEFAULT_MODULE,
  DEFAULT_SITE,
  defaultScenario,
  moduleIds,
  type Scenario,
  validateScenario,
} from './scenario.ts';
export { type CriticalPoint, criticalCooling, criticalPower, frozenHeat, type HeatOf } from './semenov.ts';
export { type SimulateOptions, type Simulation, simulate, trajectoryBytes } from './simulate.ts';
export type { RunEffort } from './site.ts';
export { type SizedFault, sizeFault, strengthFaultOf } from './sizing.ts';
export { type StrengthSolution, type StrengthTrial, solveFaultStrength } from './solve.ts';
export { type RunSummary, runSummary } from './summary.ts';
export {
  type CellColumnName,
  COLUMNS,
  type ColumnName,
  decodeTrajectory,
  Trajectory,
  type TrajectoryHeader,
} from './trajectory.ts';
export { nearestName, ScenarioError } from './validate.ts';
