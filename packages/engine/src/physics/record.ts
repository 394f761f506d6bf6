/** Writes the rows of a trajectory from the steps of the modules. */
import { between } from './integrate.ts';
import { remainingShare, SLOT_CHARGE } from './kinetics/reaction.ts';
import { type ModuleModel, TAIL_CASE, TAIL_ESTIMATE } from './module.ts';
import { COLUMNS, type ColumnName } from './trajectory.ts';

const COLUMN: Readonly<Record<ColumnName, number>> = Object.fromEntries(
  COLUMNS.map((name, index) => [name, index]),
) as Record<ColumnName, number>;

const SPENT_COLUMNS: readonly [ColumnName, string][] = [
  ['seiSpentShare', 'sei'],
  ['anodeSpentShare', 'anode'],
  ['cathodeSpentShare', 'cathode'],
  ['electrolyteSpentShare', 'electrolyte'],
];

/** Where the rows of one run go. */
export interface RecordPlan {
  readonly values: Float32Array;
  readonly rows: number;
  readonly moduleCount: number;
  readonly intervalS: number;
}

/** The first row after `timeS`. */
function rowAfter(timeS: number, intervalS: number): number {
  return Math.floor(timeS / intervalS + 1e-9) + 1;
}

export class ModuleRecorder {
  private readonly plan: RecordPlan;
  private readonly model: ModuleModel;
  private readonly module: number;
  private readonly trial: Float64Array;
  private readonly scratch: Float64Array;
  private readonly groupV: Float64Array;
  /** Where the block of the cells of this module starts, or -1. */
  private readonly cellBlock: number;
  private readonly spentSlots: readonly [number, number][];
  /** Furthest progress so far, by spent slot. */
  private readonly spent = new Float64Array(SPENT_COLUMNS.length);

  constructor(plan: RecordPlan, model: ModuleModel, module: number, cellBlock: number) {
    this.plan = plan;
    this.model = model;
    this.module = module;
    this.cellBlock = cellBlock;
    this.trial = new Float64Array(model.fullSize);
    this.scratch = new Float64Array(model.fullSize);
    this.groupV = new Float64Array(model.series);
    const names = model.kinetics.set?.reactions.map((reaction) => reaction.name) ?? [];
    this.spentSlots = SPENT_COLUMNS.map(([column, name]): [number, number] => [
      COLUMN[column],
      names.indexOf(name),
    ]).filter(([, k]) => k >= 0);
  }

  /** The row at time 0. */
  first(state: Float64Array): void {
    this.model.act(0);
    this.write(0, 0, state);
  }

  /** Rows with times in (fromS, toS], between two states and their rates. */
  rows(
    fromS: number,
    toS: number,
    before: Float64Array,
    ratesBefore: Float64Array,
    after: Float64Array,
    ratesAfter: Float64Array,
  ): void {
    const { intervalS, rows } = this.plan;
    const { model, trial } = this;
    const stepS = toS - fromS;
    for (
      let row = rowAfter(fromS, intervalS);
      row < rows && row * intervalS <= toS + 1e-9 * intervalS;
      row++
    ) {
      const timeS = row * intervalS;
      const share = Math.min(Math.max((timeS - fromS) / stepS, 0), 1);
      if (share === 1) {
        this.write(row, timeS, after);
        continue;
      }
      for (let at = 0; at < model.size; at++) {
        trial[at] = between(before[at]!, ratesBefore[at]!, after[at]!, ratesAfter[at]!, stepS, share);
      }
      model.act(timeS);
      this.write(row, timeS, trial);
    }
  }

  private set(column: number, row: number, value: number): void {
    const { values, rows, moduleCount } = this.plan;
    values[(column * moduleCount + this.module) * rows + row] = value;
  }

  private write(row: number, timeS: number, state: Float64Array): void {
    const { model } = this;
    const n = model.cellCount;
    const currentA = model.currentAt(timeS);
    model.stack.voltages(state, this.scratch, currentA, this.groupV);
    const caseK = state[model.tail + TAIL_CASE]!;
    const surfaceShare = model.plan.surfaceShare;
    let sumK = 0;
    let highK = 0;
    let lowK = 1e9;
    let hottest = 0;
    let charge = 0;
    for (let i = 0; i < n; i++) {
      const temperatureK = state[i]!;
      sumK += temperatureK;
      charge += state[SLOT_CHARGE * n + i]!;
      if (temperatureK > highK) {
        highK = temperatureK;
        hottest = i;
      }
      if (temperatureK < lowK) lowK = temperatureK;
    }
    const meanK = sumK / n;
    this.set(COLUMN.cellTemperatureMeanK, row, meanK);
    this.set(COLUMN.cellTemperatureMaxK, row, highK);
    this.set(COLUMN.cellTemperatureMinK, row, lowK);
    this.set(COLUMN.hottestCell, row, hottest);
    this.set(COLUMN.surfaceTemperatureMeanK, row, meanK - surfaceShare * (meanK - caseK));
    this.set(COLUMN.surfaceTemperatureMaxK, row, highK - surfaceShare * (highK - caseK));
    this.set(COLUMN.surfaceTemperatureMinK, row, lowK - surfaceShare * (lowK - caseK));
    this.set(COLUMN.caseTemperatureK, row, caseK);
    this.set(COLUMN.currentA, row, currentA);
    this.set(COLUMN.chargeShare, row, charge / n);
    this.set(COLUMN.chargeEstimateShare, row, state[model.tail + TAIL_ESTIMATE]!);
    this.set(COLUMN.insulationKohm, row, model.controls.insulationKohm);
    this.set(COLUMN.coolantFlowShare, row, model.plan.coolantWPerK > 0 ? model.controls.coolantFactor : 0);
    this.writeVoltages(row, currentA);
    this.writeSpent(row, state, hottest);
    if (this.cellBlock >= 0) this.writeCells(row, state);
  }

  private writeVoltages(row: number, currentA: number): void {
    const { model } = this;
    const groups = this.groupV;
    let sumV = 0;
    let highV = -1e9;
    let lowV = 1e9;
    let jointV = 0;
    for (let g = 0; g < groups.length; g++) {
      const voltage = groups[g]!;
      sumV += voltage;
      if (voltage > highV) highV = voltage;
      if (voltage < lowV) lowV = voltage;
      jointV += model.controls.jointOhm[g * model.parallel]! * currentA;
    }
    const { contactorOpen, tapsLost } = model.controls;
    const perCell = tapsLost ? 0 : 1 / model.voltagePerCell;
    this.set(COLUMN.voltageV, row, contactorOpen ? 0 : sumV + jointV);
    this.set(COLUMN.cellVoltageMinV, row, lowV * perCell);
    this.set(COLUMN.cellVoltageMaxV, row, highV * perCell);
    this.set(COLUMN.cellVoltageMeanV, row, (sumV / groups.length) * perCell);
  }

  /** What is spent stays so: also once the module has cooled down and its reactions are left out. */
  private writeSpent(row: number, state: Float64Array, cell: number): void {
    const { model, spent } = this;
    for (const [i, [column, k]] of this.spentSlots.entries()) {
      if (model.awake) {
        const left = remainingShare(model.kinetics, k, state[model.reactions + k * model.cellCount + cell]!);
        if (1 - left > spent[i]!) spent[i] = 1 - left;
      }
      this.set(column, row, spent[i]!);
    }
  }

  private writeCells(row: number, state: Float64Array): void {
    const { model, plan } = this;
    const n = model.cellCount;
    for (let i = 0; i < n; i++) {
      plan.values[(this.cellBlock + i) * plan.rows + row] = state[i]!;
      const group = (i / model.parallel) | 0;
      const cellV = model.controls.tapsLost ? 0 : this.groupV[group]! / model.voltagePerCell;
      plan.values[(this.cellBlock + n + i) * plan.rows + row] = cellV;
    }
  }
}

/** Air of a rack at the ends of a step; its rows are straight in between. */
export interface AirState {
  temperatureK: number;
  coPpm: number;
  h2Ppm: number;
  vocPpm: number;
}

/** Writes the air of a rack into the rows of its modules with times in (fromS, toS]. */
export function recordAir(
  plan: RecordPlan,
  modules: readonly number[],
  fromS: number,
  toS: number,
  before: AirState,
  after: AirState,
): void {
  const firstRow = fromS === 0 && toS === 0 ? 0 : rowAfter(fromS, plan.intervalS);
  for (let row = firstRow; row < plan.rows && row * plan.intervalS <= toS + 1e-9 * plan.intervalS; row++) {
    const share = toS > fromS ? Math.min((row * plan.intervalS - fromS) / (toS - fromS), 1) : 1;
    const rest = 1 - share;
    for (const module of modules) {
      const at = module * plan.rows + row;
      const column = plan.moduleCount * plan.rows;
      plan.values[COLUMN.airTemperatureK * column + at] =
        before.temperatureK * rest + after.temperatureK * share;
      plan.values[COLUMN.coPpm * column + at] = before.coPpm * rest + after.coPpm * share;
      plan.values[COLUMN.h2Ppm * column + at] = before.h2Ppm * rest + after.h2Ppm * share;
      plan.values[COLUMN.vocPpm * column + at] = before.vocPpm * rest + after.vocPpm * share;
    }
  }
}
