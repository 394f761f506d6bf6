/**
 * Criticality of a body that heats itself and is cooled in proportion to its excess temperature (Semenov 1928). For
 * one reaction of zero order the answers are exact. For a set of reactions with frozen composition they are a
 * one-sided bound: depletion only helps, so the true critical heat is never lower.
 */
import type { CellType } from './cells/cell-type.ts';
import { kineticsById } from './kinetics/index.ts';
import { compileKinetics, FIRST_REACTION, react, SLOT_CHARGE, startReactions } from './kinetics/reaction.ts';

/** Heat in W that a body gives off by itself at a temperature in K. */
export type HeatOf = (temperatureK: number) => number;

export interface CriticalPoint {
  /** Temperature at which heat and cooling just touch. */
  readonly temperatureK: number;
  readonly coolingWPerK: number;
  /** Constant heat beside the reaction at the critical point. */
  readonly powerW: number;
}

/** Relative step of the central difference for dq/dT; its error is of order 1e-10 for Arrhenius heat. */
const SLOPE_STEP = 1e-5;

const slope = (heat: HeatOf, temperatureK: number): number => {
  const step = temperatureK * SLOPE_STEP;
  return (heat(temperatureK + step) - heat(temperatureK - step)) / (2 * step);
};

/**
 * The weakest cooling that holds a body at surroundings of `surroundingsK`: q(T) = hA (T − T0) and q′(T) = hA.
 * Searches up to `highestK`; null where the heat never outgrows its tangent there.
 */
export function criticalCooling(heat: HeatOf, surroundingsK: number, highestK: number): CriticalPoint | null {
  const excess = (temperatureK: number) =>
    slope(heat, temperatureK) * (temperatureK - surroundingsK) - heat(temperatureK);
  const temperatureK = firstRoot(excess, surroundingsK, highestK);
  if (temperatureK === null) return null;
  return { temperatureK, coolingWPerK: heat(temperatureK) / (temperatureK - surroundingsK), powerW: 0 };
}

/** The largest constant heat that cooling of `coolingWPerK` holds: q′(T) = hA, P = hA (T − T0) − q(T). */
export function criticalPower(
  heat: HeatOf,
  surroundingsK: number,
  coolingWPerK: number,
  highestK: number,
): CriticalPoint | null {
  const temperatureK = firstRoot((t) => slope(heat, t) - coolingWPerK, surroundingsK, highestK);
  if (temperatureK === null) return null;
  const powerW = coolingWPerK * (temperatureK - surroundingsK) - heat(temperatureK);
  return { temperatureK, coolingWPerK, powerW };
}

/** Where `f` first turns from negative to positive, by a walk of 0.1 K and bisection. */
function firstRoot(f: (x: number) => number, fromK: number, toK: number): number | null {
  let low = fromK;
  for (let high = fromK + 0.1; high <= toK; high += 0.1) {
    if (f(high) > 0) {
      for (let i = 0; i < 60; i++) {
        const middle = 0.5 * (low + high);
        if (f(middle) > 0) high = middle;
        else low = middle;
      }
      return 0.5 * (low + high);
    }
    low = high;
  }
  return null;
}

/** Heat of all reactions of a fresh cell of the type at its initial composition. */
export function frozenHeat(type: CellType, charge: number, set = kineticsById(type.kinetics)): HeatOf {
  const kinetics = compileKinetics(set, type.massKg, type.volumeM3);
  const state = new Float64Array(FIRST_REACTION + kinetics.count);
  const rates = new Float64Array(state.length);
  state[SLOT_CHARGE] = charge;
  startReactions(kinetics, state, FIRST_REACTION, 1);
  return (temperatureK) => react(kinetics, temperatureK, false, state, rates, SLOT_CHARGE, FIRST_REACTION, 1);
}
