import type { CellType } from './cell-type.ts';

/** The 25 Ah prismatic NMC111 cell of Feng and co-workers. */
export const nmc25: CellType = {
  id: 'nmc111-25ah',
  chemistry: 'NMC',
  source:
    'Feng et al., Applied Energy 154 (2015) 74 (mass, heat capacity, 25 Ah, 4.6 mΩ); gas: Koch et al., J. Power Sources 398 (2018) 106; ' +
    'hydrogen and CO over charge after the NCA rows of Golubkov et al., RSC Adv. 5 (2015) 57171',
  assumed:
    'Volume, open-circuit and entropy curves, relaxation, separator, vent and 1.5 L/Ah of gas at full charge are assumptions; ejected mass 40 % lies in ' +
    'the 26–80 % of small cells.',
  kinetics: 'nmc111-feng-2015',
  capacityAh: 25,
  nominalV: 3.7,
  lowestV: 2.8,
  highestV: 4.25,
  massKg: 0.72,
  volumeM3: 0.148 * 0.0265 * 0.0915,
  heatCapacityJPerKgK: 1100,
  openCircuitV: [
    [0, 3],
    [0.05, 3.35],
    [0.1, 3.45],
    [0.2, 3.56],
    [0.3, 3.62],
    [0.4, 3.66],
    [0.5, 3.73],
    [0.6, 3.83],
    [0.7, 3.93],
    [0.8, 4.03],
    [0.9, 4.12],
    [1, 4.2],
    [1.1, 4.5],
    [1.2, 4.9],
  ],
  entropyVPerK: [
    [0, -4e-4],
    [0.3, -1e-4],
    [0.6, 5e-5],
    [1, -1e-4],
  ],
  resistanceOhm: [
    [0, 7e-3],
    [0.2, 4.8e-3],
    [0.5, 4.6e-3],
    [1, 4.6e-3],
  ],
  resistanceActivationJPerMol: 20e3,
  relaxationOhm: 2e-3,
  relaxationS: 40,
  separator: { collapseDegC: 205, emptyRiseK: 35, widthK: 4, resistanceOhm: 8e-3 },
  vent: { openingAtm: 5.5, headspaceM3: 1.5e-5, solventKg: 0.05 },
  gas: {
    litresPerAh: [
      [0, 0.3],
      [0.5, 0.75],
      [1, 1.5],
    ],
    hydrogen: [
      [0, 0.006],
      [0.5, 0.137],
      [1, 0.223],
    ],
    carbonMonoxide: [
      [0, 0.007],
      [0.5, 0.273],
      [1, 0.284],
    ],
    methane: [
      [0, 0.012],
      [0.5, 0.046],
      [1, 0.053],
    ],
    ethylene: [
      [0, 0.013],
      [0.5, 0.05],
      [1, 0.056],
    ],
    ejectedShare: [
      [0, 0.15],
      [1, 0.4],
    ],
    ejectedHeatShare: 0.3,
  },
};
