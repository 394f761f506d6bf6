/** Opening of the vent, what has left a cell, and which gases it consists of. */
import type { CellType, Curve } from './cells/cell-type.ts';
import { GAS_CONSTANT_J_PER_MOL_K, interpolate, REFERENCE_K } from './electrical.ts';
import { exponential } from './exponential.ts';
import { type CompiledKinetics, type Evaporation, remainingShare } from './kinetics/reaction.ts';

/** Pascals in one atmosphere (exact). */
const PA_PER_ATM = 101325;
/** Litres of one mole at 25 °C and 1 atm. */
const LITRE_PER_MOL = (GAS_CONSTANT_J_PER_MOL_K * REFERENCE_K * 1000) / PA_PER_ATM;
/** Dimethyl carbonate: molar mass in kg/mol; it stands for the solvent mixture. */
export const SOLVENT_KG_PER_MOL = 0.09008;
/** Clausius–Clapeyron for dimethyl carbonate: boils at 90 °C, 37.7 kJ/mol (NIST Chemistry WebBook, recollection). */
const BOILING_K = 363.5;
const EVAPORATION_J_PER_MOL = 37.7e3;
const SLOPE_K = EVAPORATION_J_PER_MOL / GAS_CONSTANT_J_PER_MOL_K;
const INTERCEPT = SLOPE_K / BOILING_K;
/** Assumed speed of boiling through an open vent: 1e-4 per second and atmosphere, at most 1/30 per second. */
const RATE_PER_S_PER_ATM = 1e-4;
const RATE_CAP_PER_S = 1 / 30;

/** Evaporation of `solventKg` of solvent, as the kinetics kernel takes it. */
export function solventEvaporation(solventKg: number): Evaporation {
  return {
    solventKg,
    latentHeatJPerKg: EVAPORATION_J_PER_MOL / SOLVENT_KG_PER_MOL,
    ratePerSPerAtm: RATE_PER_S_PER_ATM,
    rateCapPerS: RATE_CAP_PER_S,
    intercept: INTERCEPT,
    slopeK: SLOPE_K,
  };
}

/** Part of the gas, and of the ejected mass, that belongs to each reaction. Assumed; the anode's is its lithium. */
const GAS_SHARE: Readonly<Record<string, number>> = {
  sei: 0.003,
  anode: 0.05,
  cathode: 0.2,
  cathode2: 0.1,
  electrolyte: 0.7,
};

/** Gas shares per reaction, normalised to 1 over the set. */
export function gasShares(kinetics: CompiledKinetics): Float64Array {
  const names = kinetics.set?.reactions.map((reaction) => reaction.name) ?? [];
  const shares = new Float64Array(kinetics.count);
  names.forEach((name, k) => {
    shares[k] = GAS_SHARE[name] ?? 0;
  });
  const sum = shares.reduce((total, share) => total + share, 0);
  return sum > 0 ? shares.map((share) => share / sum) : shares;
}

/**
 * How far the decomposition of a cell has gone, 0 to 1: what gas and ejected mass are proportional to. The slot of
 * reaction k lies at `first + k * stride`.
 */
export function decomposedShare(
  kinetics: CompiledKinetics,
  shares: Float64Array,
  state: Float64Array,
  first: number,
  stride: number,
): number {
  let sum = 0;
  for (let k = 0; k < kinetics.count; k++) {
    const share = shares[k]!;
    if (share > 0) sum += share * (1 - remainingShare(kinetics, k, state[first + k * stride]!));
  }
  return sum < 0 ? 0 : sum > 1 ? 1 : sum;
}

/** Pressure inside a closed cell above that outside, in atm: solvent vapour and gas of the decomposition. */
export function pressureAtm(type: CellType, temperatureK: number, gasMol: number): number {
  const vapour = exponential(INTERCEPT - SLOPE_K / temperatureK);
  const gas = (gasMol * GAS_CONSTANT_J_PER_MOL_K * temperatureK) / type.vent.headspaceM3 / PA_PER_ATM;
  return vapour + gas;
}

/** Moles of gas of a complete decomposition of one cell of the type, by its charge. */
export const fullGasMol = (type: CellType, charge: number): number =>
  (interpolate(type.gas.litresPerAh, charge) * type.capacityAh) / LITRE_PER_MOL;

/** Shares of hydrogen, carbon monoxide and the organic gases that a VOC sensor sees, by charge at venting. */
export function gasComposition(type: CellType, charge: number): { h2: number; co: number; voc: number } {
  const at = (curve: Curve) => interpolate(curve, charge);
  return { h2: at(type.gas.hydrogen), co: at(type.gas.carbonMonoxide), voc: at(type.gas.ethylene) };
}
