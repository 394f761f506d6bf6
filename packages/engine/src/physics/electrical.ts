/** Curves over charge in even steps, and what current, heat and voltage follow from them. */
import { kelvinOfDegC } from '../units.ts';
import type { CellType, Curve } from './cells/cell-type.ts';
import { exponential } from './exponential.ts';

/** Even grid of charge shares from LOWEST to HIGHEST; between points the curve is straight. */
const LOWEST = -0.01;
const HIGHEST = 1.2;
const PER_UNIT = 100;
const POINTS = Math.round((HIGHEST - LOWEST) * PER_UNIT) + 1;
const LAST_GRID = POINTS - 1 - 1e-9;

/** Molar gas constant (CODATA 2018, exact). */
export const GAS_CONSTANT_J_PER_MOL_K = 8.31446261815324;
/** The temperature that resistances are given for, 25 °C in kelvin. */
export const REFERENCE_K = kelvinOfDegC(25);

/** Resistances fall with temperature up to here; hotter cells are kept at it, for their electrolyte is leaving. */
export const LEAST_RESISTANCE_K = kelvinOfDegC(80);

/** A curve on the even grid; values outside the given points are those of the nearest one. */
function tabulate(curve: Curve): Float64Array {
  const table = new Float64Array(POINTS);
  for (let i = 0; i < POINTS; i++) table[i] = interpolate(curve, LOWEST + i / PER_UNIT);
  return table;
}

/** The value of `curve` at `share`, held constant beyond its ends. */
export function interpolate(curve: Curve, share: number): number {
  const first = curve[0]!;
  if (share <= first[0]) return first[1];
  for (let i = 1; i < curve.length; i++) {
    const [x1, y1] = curve[i]!;
    if (share > x1) continue;
    const [x0, y0] = curve[i - 1]!;
    return y0 + ((y1 - y0) * (share - x0)) / (x1 - x0);
  }
  return curve[curve.length - 1]![1];
}

/** Where `share` lies on the grid, within [0, POINTS − 1): its whole part is the point before it. */
export function gridOf(share: number): number {
  const x = (share - LOWEST) * PER_UNIT;
  return !(x > 0) ? 0 : x >= POINTS - 1 ? LAST_GRID : x;
}

/** The value of a tabulated curve at `share`. */
export function lookUp(table: Float64Array, share: number): number {
  const x = (share - LOWEST) * PER_UNIT;
  if (!(x > 0)) return table[0]!;
  if (x >= POINTS - 1) return table[POINTS - 1]!;
  const i = x | 0;
  const low = table[i]!;
  return low + (table[i + 1]! - low) * (x - i);
}

/** Electrical data of a cell type with tables; a lumped module is one cell of S times the voltage. */
export interface ElectricalTables {
  readonly openCircuitV: Float64Array;
  readonly entropyVPerK: Float64Array;
  readonly resistanceOhm: Float64Array;
  readonly relaxationOhm: number;
  readonly relaxationS: number;
  readonly activationK: number;
}

/** Tables for `seriesInOne` × `parallelInOne` cells of `type` taken as one. */
export function compileElectrical(
  type: CellType,
  seriesInOne: number,
  parallelInOne: number,
): ElectricalTables {
  const ohmic = seriesInOne / parallelInOne;
  const openCircuitV = tabulate(type.openCircuitV).map((value) => value * seriesInOne);
  // An empty cell has no voltage: straight to zero over the first grid step below empty.
  openCircuitV[0] = 0;
  return {
    openCircuitV,
    entropyVPerK: tabulate(type.entropyVPerK).map((value) => value * seriesInOne),
    resistanceOhm: tabulate(type.resistanceOhm).map((value) => value * ohmic),
    relaxationOhm: type.relaxationOhm * ohmic,
    relaxationS: type.relaxationS,
    activationK: type.resistanceActivationJPerMol / GAS_CONSTANT_J_PER_MOL_K,
  };
}

/** Share of the current that is stored at this charge: all up to full, nothing at `HIGHEST`; the rest is heat. */
export function storedShare(share: number): number {
  return share <= 1 ? 1 : share >= HIGHEST ? 0 : (HIGHEST - share) / (HIGHEST - 1);
}

/** x^p for x > 0. `Math.pow` differs between engines in the last digits. */
export const powerOf = (x: number, p: number): number => exponential(p * Math.log(x));

/** Energy in J that a cell of `capacityCoulomb` gives from `share` down to empty at open-circuit voltage. */
export function storedEnergyJ(openCircuitV: Float64Array, capacityCoulomb: number, share: number): number {
  const steps = 400;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += lookUp(openCircuitV, ((i + 0.5) / steps) * share);
  return (sum / steps) * share * capacityCoulomb;
}
