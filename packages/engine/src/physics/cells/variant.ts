/** The cell that a plan asks for: one of the known types at another size, with another heat, onset or vent. */
import { kelvinOfDegC } from '../../units.ts';
import { GAS_CONSTANT_J_PER_MOL_K } from '../electrical.ts';
import { exponential } from '../exponential.ts';
import { kineticsById } from '../kinetics/index.ts';
import type { KineticsSet, Reaction } from '../kinetics/reaction.ts';
import type { ModulePlan } from '../plan.ts';
import type { CellType, Curve } from './cell-type.ts';
import { cellTypeById } from './index.ts';

/** Reactions are shifted so that they are as fast as before at this temperature plus the shift. */
const SHIFT_AT_K = kelvinOfDegC(120);

/** What makes a variant of a cell; the rest of a plan is about the module. */
export type CellPlan = Pick<
  ModulePlan,
  | 'cell'
  | 'cellScale'
  | 'reactionHeatFactor'
  | 'onsetShiftK'
  | 'separatorShiftK'
  | 'ventPressureFactor'
  | 'gasFactor'
>;

/**
 * The type of the cells of a plan. A cell of `cellScale` s is s cells of the type welded side by side: capacity, mass,
 * volume, gas and solvent times s, resistances over s. How it is cooled is the matter of the plan.
 */
export function cellTypeOf(plan: CellPlan): CellType {
  const type = cellTypeById(plan.cell);
  const { cellScale: s, separatorShiftK, ventPressureFactor, gasFactor } = plan;
  if (s === 1 && separatorShiftK === 0 && ventPressureFactor === 1 && gasFactor === 1) return type;
  const scaled = (curve: Curve, factor: number): Curve => curve.map(([x, y]) => [x, y * factor]);
  return {
    ...type,
    capacityAh: type.capacityAh * s,
    massKg: type.massKg * s,
    volumeM3: type.volumeM3 * s,
    resistanceOhm: scaled(type.resistanceOhm, 1 / s),
    relaxationOhm: type.relaxationOhm / s,
    separator: {
      ...type.separator,
      collapseDegC: type.separator.collapseDegC + separatorShiftK,
      resistanceOhm: type.separator.resistanceOhm / s,
    },
    vent: {
      openingAtm: type.vent.openingAtm * ventPressureFactor,
      headspaceM3: type.vent.headspaceM3 * s,
      solventKg: type.vent.solventKg * s,
    },
    gas: { ...type.gas, litresPerAh: scaled(type.gas.litresPerAh, gasFactor) },
  };
}

/** The kinetics of the cells of a plan: heats of what releases heat times a factor, all onsets shifted. */
export function kineticsOf(plan: CellPlan): KineticsSet {
  const set = kineticsById(cellTypeById(plan.cell).kinetics);
  const { reactionHeatFactor, onsetShiftK } = plan;
  if (reactionHeatFactor === 1 && onsetShiftK === 0) return set;
  return { ...set, reactions: set.reactions.map((one) => varied(one, reactionHeatFactor, onsetShiftK)) };
}

/** The plan whose cells are the layers: a cell of N slices is N cells of 1/N in parallel, with conduction between them. */
export function nodesOf(plan: ModulePlan): ModulePlan {
  const { slices } = plan;
  if (slices === 1) return plan;
  return {
    ...plan,
    parallel: plan.parallel * slices,
    cellScale: plan.cellScale / slices,
    cellToCaseWPerK: plan.cellToCaseWPerK / slices,
    slices,
  };
}

function varied(reaction: Reaction, heatFactor: number, shiftK: number): Reaction {
  const perK = reaction.activationJPerMol / GAS_CONSTANT_J_PER_MOL_K;
  const slower = exponential(perK * (1 / (SHIFT_AT_K + shiftK) - 1 / SHIFT_AT_K));
  const { onsetK, above } = reaction;
  return {
    ...reaction,
    heatJPerKg: reaction.heatJPerKg * (reaction.heatJPerKg > 0 ? heatFactor : 1),
    frequencyPerS: reaction.frequencyPerS * slower,
    ...(onsetK === undefined ? {} : { onsetK: onsetK + shiftK }),
    ...(above === undefined
      ? {}
      : {
          above: {
            temperatureK: above.temperatureK + shiftK,
            frequencyPerS: above.frequencyPerS * slower,
          },
        }),
  };
}
