/** What a person plans of a site, its racks and its modules, with every default filled in. */

/** Points (time in s, value), rising in time, straight between them, constant beyond; repeated every `repeatS`. */
export interface Profile {
  readonly points: readonly (readonly [number, number])[];
  readonly repeatS?: number;
}

export interface ModulePlan {
  readonly cell: string;
  /** Size as a multiple of the type: 0.1 of a 25 Ah cell has 2.5 Ah. */
  readonly cellScale: number;
  /** Each cell in layers across its thickness, cooled evenly and joined to the next; a short or a heater acts on one. */
  readonly slices: number;
  /** Conduction from face to face of one cell, where it has layers. */
  readonly throughCellWPerK: number;
  /** Differences between makers: heat of reactions, shift of all reactions and of the separator, opening pressure, gas. */
  readonly reactionHeatFactor: number;
  readonly onsetShiftK: number;
  readonly separatorShiftK: number;
  readonly ventPressureFactor: number;
  readonly gasFactor: number;
  /** Ageing during the run, in shares of the fresh value a day. */
  readonly capacityLossPerDay: number;
  readonly resistanceGainPerDay: number;
  readonly series: number;
  readonly parallel: number;
  /** One cell that stands for all: its temperature is the core, that of the case the surface. */
  readonly lumped: boolean;
  readonly cellToCellWPerK: number;
  /** Of each modelled cell. */
  readonly cellToCaseWPerK: number;
  readonly caseHeatCapacityJPerK: number;
  readonly caseToAirWPerK: number;
  readonly coolantWPerK: number;
  readonly coolantDegC: number;
  /** Where on the way from cell to case the surface sensors sit: 0 at the cell, 1 at the case. */
  readonly surfaceShare: number;
  /** Standard deviations between cells, as shares; drawn from the seed and the name of the module. */
  readonly capacitySpread: number;
  readonly resistanceSpread: number;
  readonly startCharge: number;
  readonly startChargeSpread: number;
  readonly capacityFactor: number;
  readonly resistanceFactor: number;
  /** The management also ends charge and discharge where its count says full or empty; a tester goes by voltage. */
  readonly endsByEstimate: boolean;
  /** Passive balancing: bleed current of cells that stand above the lowest one. */
  readonly balancingA: number;
  /** Share of the ejected heat that stays in the case; the rest goes into the air of the rack. */
  readonly ejectaToCase: number;
}

/** Cells that are modelled in a module; a cell in layers counts as many. */
export const cellsOf = ({ lumped, series, parallel, slices }: ModulePlan): number =>
  lumped ? 1 : series * parallel * slices;

export interface RackPlan {
  readonly id: string;
  readonly modules: number;
}

export interface SitePlan {
  readonly racks: readonly RackPlan[];
  readonly rackAirM3: number;
  readonly rackAirFlowM3PerS: number;
  readonly moduleToModuleWPerK: number;
  readonly roomAirM3: number;
  readonly roomAirChangesPerH: number;
  /** Heating and cooling of the room towards the ambient profile. */
  readonly roomCoolingWPerK: number;
}

export interface ThresholdPlan {
  readonly temperatureDegC: number;
  readonly rateKPerS: number;
  readonly rateAboveDegC: number;
  /** Runaway: this rate while above `rateAboveDegC`. */
  readonly runawayRateKPerS: number;
  /** Full cooling of an intervention, as a multiple of the sound cooling. */
  readonly fullCoolingFactor: number;
}

export interface LabelPlan {
  readonly windowS: number;
  readonly guardS: number;
}
