/**
 * A cell or a small pack on a bench: site and thermal network follow from the size of the cell, so that one set of
 * keys fits a cell of 1.5 Ah and one of 300 Ah.
 */
import { type CellPlan, cellTypeOf } from './cells/variant.ts';
import { powerOf } from './electrical.ts';
import { check, checkKeys, isRecord } from './validate.ts';

/** Keys of `laboratory` with lowest value, highest value and default. */
const KEYS = {
  /** Surface over volume^(2/3): 6.5 cylinder, 7 to 8 prismatic cell, 10 to 18 pouch (a cube has 6). */
  surfaceFactor: [5, 30, 7.5],
  /** From the skin to the air: still 6 to 12, moving 20 to 60, in sand or wool 1 to 4. */
  coolingWPerM2K: [0, 1000, 10],
  /** From the cell to its skin, holder and fixture. */
  contactWPerM2K: [1, 5000, 150],
  /** Heat capacity of skin, holder and fixture over that of the cells. */
  fixtureShare: [0.01, 50, 0.15],
  /** The box or oven around it, and the air that passes through. */
  airM3: [0.001, 1e4, 2],
  airFlowM3PerS: [0, 100, 0.05],
} as const;

/** Conductivity across the electrodes, W/(m K): 0.5 to 1 in the literature; assumed. */
const ACROSS_W_PER_MK = 0.8;
/** A flat cell has two large faces; together they are two thirds of its surface. Assumed. */
const FACE_SHARE = 1 / 3;

const BENCH = [{ id: 'Bench', modules: 1 }];

/** What a laboratory gives to `site` and `module` of a scenario where these say nothing. */
export interface LaboratoryDefaults {
  readonly site: Readonly<Record<string, unknown>>;
  readonly module: Readonly<Record<string, unknown>>;
}

/** For cells of `cell`, `cells` of them in all. Errors: `ScenarioError` naming path and value. */
export function laboratoryDefaults(value: unknown, cell: CellPlan, cells: number): LaboratoryDefaults {
  check(isRecord(value), 'laboratory', 'an object', value);
  checkKeys(value, 'laboratory', Object.keys(KEYS).join(' '));
  const at = (key: keyof typeof KEYS): number => {
    const [low, high, fallback] = KEYS[key];
    const given = value[key] ?? fallback;
    const fits = typeof given === 'number' && given >= low && given <= high;
    check(fits, `laboratory.${key}`, `a number between ${low} and ${high}`, given);
    return given;
  };
  const type = cellTypeOf(cell);
  const surfaceM2 = at('surfaceFactor') * powerOf(type.volumeM3, 2 / 3);
  const faceM2 = FACE_SHARE * surfaceM2;
  const contactWPerK = at('contactWPerM2K') * surfaceM2;
  const spread = cells > 1 ? 1 : 0;
  return {
    site: {
      racks: BENCH,
      rackAirM3: at('airM3'),
      rackAirFlowM3PerS: at('airFlowM3PerS'),
      moduleToModuleWPerK: 0,
      roomAirM3: 50,
      roomAirChangesPerH: 20,
      // The room is held: an oven is its air.
      roomCoolingWPerK: 20_000,
    },
    module: {
      series: 1,
      parallel: 1,
      throughCellWPerK: (ACROSS_W_PER_MK * faceM2 * faceM2) / type.volumeM3,
      cellToCellWPerK: FACE_SHARE * contactWPerK,
      cellToCaseWPerK: contactWPerK,
      caseHeatCapacityJPerK: at('fixtureShare') * cells * type.massKg * type.heatCapacityJPerKgK,
      caseToAirWPerK: at('coolingWPerM2K') * cells * surfaceM2,
      capacitySpread: 0.005 * spread,
      resistanceSpread: 0.03 * spread,
      startChargeSpread: 0.003 * spread,
      endsByEstimate: false,
      balancingA: 0,
      ejectaToCase: 0.1,
    },
  };
}
