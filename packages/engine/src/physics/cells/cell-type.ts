/** What a cell of one make is: electrical, thermal and chemical data with their sources. */
import type { ChemistryLabel } from '../../chemistry.ts';

/** A curve over the share of charge: pairs (share, value), rising in share, straight between. */
export type Curve = readonly (readonly [number, number])[];

export interface CellType {
  readonly id: string;
  readonly chemistry: ChemistryLabel;
  readonly source: string;
  /** What is assumed rather than sourced. */
  readonly assumed: string;
  readonly kinetics: string;
  readonly capacityAh: number;
  readonly nominalV: number;
  /** Voltages at which the battery management ends discharge and charge. */
  readonly lowestV: number;
  readonly highestV: number;
  readonly massKg: number;
  readonly volumeM3: number;
  readonly heatCapacityJPerKgK: number;
  readonly openCircuitV: Curve;
  /** dU/dT of the open-circuit voltage. */
  readonly entropyVPerK: Curve;
  /** Resistance at 25 °C and its activation energy. */
  readonly resistanceOhm: Curve;
  readonly resistanceActivationJPerMol: number;
  readonly relaxationOhm: number;
  readonly relaxationS: number;
  readonly separator: SeparatorData;
  readonly vent: VentData;
  readonly gas: GasData;
}

/** Collapse of the separator: conductance `1/resistanceOhm` once the temperature is above the middle of the collapse. */
export interface SeparatorData {
  /** Middle of the collapse of a full cell, and how much later an empty one collapses. */
  readonly collapseDegC: number;
  readonly emptyRiseK: number;
  readonly widthK: number;
  readonly resistanceOhm: number;
}

export interface VentData {
  /** Gauge pressure at which the vent opens, gas volume of the closed cell, and the solvent that can boil off. */
  readonly openingAtm: number;
  readonly headspaceM3: number;
  readonly solventKg: number;
}

/** Gas of a complete decomposition over the share of charge, at 25 °C and 1 atm, and what it consists of. */
export interface GasData {
  readonly litresPerAh: Curve;
  /** Volume shares over the share of charge at venting. */
  readonly hydrogen: Curve;
  readonly carbonMonoxide: Curve;
  readonly methane: Curve;
  readonly ethylene: Curve;
  /** Mass thrown out by a complete decomposition, as a share of the cell. */
  readonly ejectedShare: Curve;
  /** Share of the heat of an open, collapsing cell that leaves with what it throws out. */
  readonly ejectedHeatShare: number;
}
