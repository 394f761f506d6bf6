/**
 * Decomposition reactions of one cell: how a kinetics set is written down, and the kernel that evaluates it.
 *
 * Concentrations are integrated as logarithms (first order: ln c; autocatalytic: ln(α/(1−α))). A rate constant
 * of 1e7 1/s then only drives a spent reactant further down a straight line, so that the equations stay
 * non-stiff and an explicit integrator with error control is enough through a full runaway.
 */
import type { ChemistryLabel } from '../../chemistry.ts';
import { exponential } from '../exponential.ts';

/** Mass of reactant per volume or per mass of cell, as the paper gives it. */
export type Content = { readonly kgPerM3: number } | { readonly kgPerKg: number };

interface Arrhenius {
  readonly name: string;
  readonly frequencyPerS: number;
  readonly activationJPerMol: number;
  /** Heat released per kilogram of reactant, positive when exothermic. */
  readonly heatJPerKg: number;
  readonly content: Content;
  /** The reaction is absent below this temperature (some papers switch it on). */
  readonly onsetK?: number;
  /** Another frequency factor from this temperature on. */
  readonly above?: { readonly temperatureK: number; readonly frequencyPerS: number };
}

/** dc/dt = −A exp(−E/RT) c, with c = `start` at first. */
export interface FirstOrderReaction extends Arrhenius {
  readonly form: 'firstOrder';
  readonly start: number;
  /** Regrowth per unit of the anode reaction; the rate constant is then held at or below `rateCapPerS`. */
  readonly regrowth?: { readonly perAnodeUnit: number; readonly rateCapPerS: number };
}

/** dα/dt = A exp(−E/RT) α (1−α), with α = `start` at first. */
export interface AutocatalyticReaction extends Arrhenius {
  readonly form: 'autocatalytic';
  readonly start: number;
}

/**
 * Lithium in the anode with the solvent: dx/dt = −A exp(−E/RT) x · inhibition, x = fullLithium × charge state.
 * The lithium is the same that the cell can deliver as charge, so that no heat is counted twice.
 */
export interface AnodeReaction extends Arrhenius {
  readonly form: 'anode';
  readonly fullLithium: number;
  readonly inhibition:
    | { readonly by: 'film'; readonly start: number; readonly scale: number }
    | { readonly by: 'sei'; readonly scale: number };
}

export type Reaction = FirstOrderReaction | AutocatalyticReaction | AnodeReaction;

export interface KineticsSet {
  readonly id: string;
  readonly chemistry: ChemistryLabel;
  readonly source: string;
  /** True where the numbers were found in two independent sources. */
  readonly verified: boolean;
  readonly notes: string;
  /** The gas constant that the paper's numbers go with. */
  readonly gasConstantJPerMolK: number;
  readonly reactions: readonly Reaction[];
}

/** Boiling of the solvent after the vent has opened; a sink of heat and the source of vapour. */
export interface Evaporation {
  readonly solventKg: number;
  readonly latentHeatJPerKg: number;
  /** Rate constant per atmosphere of vapour pressure above one, and its upper limit. */
  readonly ratePerSPerAtm: number;
  readonly rateCapPerS: number;
  /** ln(p/atm) = intercept − slopeK / T. */
  readonly intercept: number;
  readonly slopeK: number;
}

/** Slots of the state of one cell before those of its reactions. */
export const SLOT_CHARGE = 1;
export const SLOT_RELAXATION = 2;
export const FIRST_REACTION = 3;

const FIRST_ORDER = 0;
const AUTOCATALYTIC = 1;
const ANODE_FILM = 2;
const ANODE_SEI = 3;
const EVAPORATION = 4;
/** First order with regrowth: held as its amount, because it comes to rest where a logarithm would be stiff. */
const REGROWN = 5;

/** A set for one cell of known mass and volume, in arrays. */
export interface CompiledKinetics {
  readonly set: KineticsSet | undefined;
  readonly count: number;
  readonly form: Uint8Array;
  readonly frequencyPerS: Float64Array;
  readonly hotFrequencyPerS: Float64Array;
  readonly hotFromK: Float64Array;
  readonly onsetK: Float64Array;
  readonly activationK: Float64Array;
  /** Heat of one unit of c, α or x in the whole cell. */
  readonly heatJ: Float64Array;
  readonly start: Float64Array;
  readonly scale: Float64Array;
  readonly fullLithium: number;
  readonly regrowth: number;
  readonly rateCapPerS: Float64Array;
  readonly evaporationIntercept: number;
  readonly dormantBelowK: number;
}

/**
 * Prepares `set` for a cell of `massKg` and `volumeM3`. Below `dormantBelowK` no reaction is evaluated.
 * Without a set only evaporation remains.
 */
export function compileKinetics(
  set: KineticsSet | undefined,
  massKg: number,
  volumeM3: number,
  evaporation?: Evaporation,
  dormantBelowK = 0,
): CompiledKinetics {
  const reactions = set?.reactions ?? [];
  const count = reactions.length + (evaporation ? 1 : 0);
  const column = (fill: (reaction: Reaction) => number, last: number): Float64Array => {
    const values = Float64Array.from(reactions, fill);
    if (!evaporation) return values;
    const extended = new Float64Array(count);
    extended.set(values);
    extended[count - 1] = last;
    return extended;
  };
  const gasConstant = set?.gasConstantJPerMolK ?? 1;
  const anode = reactions.find((reaction) => reaction.form === 'anode');
  const regrown = reactions.find((reaction) => reaction.form === 'firstOrder' && reaction.regrowth);
  return {
    set,
    count,
    form: Uint8Array.from(column(formOf, EVAPORATION)),
    frequencyPerS: column((reaction) => reaction.frequencyPerS, evaporation?.ratePerSPerAtm ?? 0),
    hotFrequencyPerS: column((reaction) => reaction.above?.frequencyPerS ?? reaction.frequencyPerS, 0),
    hotFromK: column((reaction) => reaction.above?.temperatureK ?? Number.POSITIVE_INFINITY, 0),
    onsetK: column((reaction) => reaction.onsetK ?? 0, 0),
    activationK: column((reaction) => reaction.activationJPerMol / gasConstant, evaporation?.slopeK ?? 0),
    heatJ: column(
      (reaction) => reaction.heatJPerKg * contentKg(reaction.content, massKg, volumeM3),
      evaporation ? -evaporation.latentHeatJPerKg * evaporation.solventKg : 0,
    ),
    start: column(startOf, 1),
    scale: column((reaction) => (reaction.form === 'anode' ? reaction.inhibition.scale : 1), 1),
    fullLithium: anode?.form === 'anode' ? anode.fullLithium : 0,
    regrowth: regrown?.form === 'firstOrder' ? (regrown.regrowth?.perAnodeUnit ?? 0) : 0,
    rateCapPerS: column(rateCapOf, evaporation?.rateCapPerS ?? 0),
    evaporationIntercept: evaporation?.intercept ?? 0,
    dormantBelowK,
  };
}

function formOf(reaction: Reaction): number {
  if (reaction.form === 'firstOrder') return reaction.regrowth ? REGROWN : FIRST_ORDER;
  if (reaction.form === 'autocatalytic') return AUTOCATALYTIC;
  return reaction.inhibition.by === 'film' ? ANODE_FILM : ANODE_SEI;
}

function startOf(reaction: Reaction): number {
  if (reaction.form !== 'anode') return reaction.start;
  return reaction.inhibition.by === 'film' ? reaction.inhibition.start : 0;
}

function rateCapOf(reaction: Reaction): number {
  const regrowth = reaction.form === 'firstOrder' ? reaction.regrowth : undefined;
  return regrowth?.rateCapPerS ?? Number.POSITIVE_INFINITY;
}

function contentKg(content: Content, massKg: number, volumeM3: number): number {
  return 'kgPerM3' in content ? content.kgPerM3 * volumeM3 : content.kgPerKg * massKg;
}

/** Writes the reaction slots of a fresh cell into `state`: that of reaction k lies at `first + k * stride`. */
export function startReactions(
  kinetics: CompiledKinetics,
  state: Float64Array,
  first: number,
  stride: number,
): void {
  for (let k = 0; k < kinetics.count; k++) {
    const start = kinetics.start[k]!;
    let slot = start;
    if (kinetics.form[k] === FIRST_ORDER || kinetics.form[k] === EVAPORATION) slot = Math.log(start);
    else if (kinetics.form[k] === AUTOCATALYTIC) slot = Math.log(start / (1 - start));
    state[first + k * stride] = slot;
  }
}

/** Charge below which the anode is spent: 0.01 K of heat in a full cell. */
const SPENT_CHARGE = 2e-5;

/**
 * Rates of one cell at `temperatureK`: writes the derivatives of the reaction slots, which lie at
 * `first + k * stride`, sets the derivative of the charge at `chargeAt` to the chemical consumption of lithium (1/s, ≤ 0), and returns the heat released in W.
 */
export function react(
  kinetics: CompiledKinetics,
  temperatureK: number,
  vented: boolean,
  state: Float64Array,
  rates: Float64Array,
  chargeAt: number,
  first: number,
  stride: number,
): number {
  const count = kinetics.count;
  rates[chargeAt] = 0;
  if (temperatureK < kinetics.dormantBelowK) {
    for (let k = 0; k < count; k++) rates[first + k * stride] = 0;
    return 0;
  }
  const inverseK = 1 / temperatureK;
  let heatW = 0;
  let sei = 0;
  for (let k = 0; k < count; k++) {
    const slot = first + k * stride;
    rates[slot] = 0;
    const form = kinetics.form[k]!;
    if (temperatureK < kinetics.onsetK[k]!) {
      if (k === 0) sei = seiAmount(form, state[slot]!);
      continue;
    }
    if (form === EVAPORATION) {
      if (vented) heatW += evaporate(kinetics, k, inverseK, slot, state, rates);
      continue;
    }
    const frequency =
      temperatureK < kinetics.hotFromK[k]! ? kinetics.frequencyPerS[k]! : kinetics.hotFrequencyPerS[k]!;
    let constant = frequency * exponential(-kinetics.activationK[k]! * inverseK);
    if (form === FIRST_ORDER) {
      const amount = exponential(state[slot]!);
      if (k === 0) sei = amount;
      rates[slot] = -constant;
      heatW += kinetics.heatJ[k]! * constant * amount;
    } else if (form === REGROWN) {
      if (constant > kinetics.rateCapPerS[k]!) constant = kinetics.rateCapPerS[k]!;
      // A step may end a rounding error of the integration below nothing.
      const amount = state[slot]! > 0 ? state[slot]! : 0;
      sei = amount;
      rates[slot] = -constant * amount;
      heatW += kinetics.heatJ[k]! * constant * amount;
    } else if (form === AUTOCATALYTIC) {
      const spread = exponential(-Math.abs(state[slot]!));
      rates[slot] = constant;
      heatW += (kinetics.heatJ[k]! * constant * spread) / ((1 + spread) * (1 + spread));
    } else {
      const charge = state[chargeAt]!;
      if (charge <= SPENT_CHARGE) continue;
      const inhibitor = form === ANODE_FILM ? state[slot]! : sei;
      const rate = constant * exponential(-inhibitor / kinetics.scale[k]!) * charge * kinetics.fullLithium;
      rates[slot] = rate;
      rates[chargeAt] = -rate / kinetics.fullLithium;
      heatW += kinetics.heatJ[k]! * rate;
      if (kinetics.regrowth > 0) rates[first] = rates[first]! + kinetics.regrowth * rate;
    }
  }
  return heatW;
}

/** Amount of the film that inhibits the anode while its own reaction is not on. */
const seiAmount = (form: number, slot: number): number => (form === REGROWN ? slot : exponential(slot));

function evaporate(
  kinetics: CompiledKinetics,
  k: number,
  inverseK: number,
  slot: number,
  state: Float64Array,
  rates: Float64Array,
): number {
  const pressureAtm = exponential(kinetics.evaporationIntercept - kinetics.activationK[k]! * inverseK);
  if (pressureAtm <= 1) return 0;
  const constant = Math.min(kinetics.frequencyPerS[k]! * (pressureAtm - 1), kinetics.rateCapPerS[k]!);
  rates[slot] = -constant;
  return kinetics.heatJ[k]! * constant * exponential(state[slot]!);
}

/** What is left of reaction k, from 1 (untouched) to 0; for the anode the share of full lithium not yet reacted. */
export function remainingShare(kinetics: CompiledKinetics, k: number, slotValue: number): number {
  const start = kinetics.start[k]!;
  const form = kinetics.form[k]!;
  if (form === FIRST_ORDER || form === EVAPORATION) return exponential(slotValue) / start;
  if (form === AUTOCATALYTIC) return 1 / (1 + exponential(slotValue)) / (1 - start);
  if (form === REGROWN) return slotValue > 0 ? slotValue / start : 0;
  return 1 - (slotValue - start) / kinetics.fullLithium;
}

/** Heat released so far by reaction k of a cell in J, from its slot alone; exact but for regrowth. */
export function releasedHeatJ(kinetics: CompiledKinetics, k: number, slotValue: number): number {
  const form = kinetics.form[k]!;
  const spent = 1 - remainingShare(kinetics, k, slotValue);
  if (form === ANODE_FILM || form === ANODE_SEI) return spent * kinetics.fullLithium * kinetics.heatJ[k]!;
  const range = form === AUTOCATALYTIC ? 1 - kinetics.start[k]! : kinetics.start[k]!;
  return spent * range * kinetics.heatJ[k]!;
}

/** How strongly an error of slot k counts, in J per unit of the slot. */
export function slotWeightJ(kinetics: CompiledKinetics, k: number, slotValue: number): number {
  const heatJ = Math.abs(kinetics.heatJ[k]!);
  const form = kinetics.form[k]!;
  if (form === FIRST_ORDER || form === EVAPORATION) return heatJ * exponential(Math.min(slotValue, 1));
  if (form === AUTOCATALYTIC) {
    const spread = exponential(-Math.abs(slotValue));
    return (heatJ * spread) / ((1 + spread) * (1 + spread));
  }
  return heatJ;
}
