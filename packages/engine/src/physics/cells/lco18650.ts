import type { CellType } from './cell-type.ts';

/** The LCO 18650 cell of Kim, Pesaran and Spotnitz. */
export const lco18650: CellType = {
  id: 'lco-18650',
  chemistry: 'LCO',
  source:
    'Kim et al., J. Power Sources 170 (2007) 476 (size, density 2580, cp 830); gas: Somandepalli et al. 2014, LCO pouch of 2.1 Ah: 0.38 and 1.22 L/Ah at half and full charge',
  assumed:
    'Capacity 2.1 Ah, 60 mΩ, open-circuit and entropy curves, separator, vent and ejected mass 45 % (small cells: 26–80 %) are assumptions; ' +
    'gas shares over charge follow the NCA rows of Golubkov 2015.',
  kinetics: 'lco-kim-2007',
  capacityAh: 2.1,
  nominalV: 3.7,
  lowestV: 2.8,
  highestV: 4.25,
  massKg: Math.PI * 0.009 * 0.009 * 0.065 * 2580,
  volumeM3: Math.PI * 0.009 * 0.009 * 0.065,
  heatCapacityJPerKgK: 830,
  openCircuitV: [
    [0, 3],
    [0.05, 3.5],
    [0.1, 3.63],
    [0.2, 3.74],
    [0.3, 3.79],
    [0.4, 3.82],
    [0.5, 3.86],
    [0.6, 3.92],
    [0.7, 3.99],
    [0.8, 4.05],
    [0.9, 4.11],
    [1, 4.2],
    [1.1, 4.5],
    [1.2, 4.9],
  ],
  entropyVPerK: [
    [0, -5e-4],
    [0.5, -3e-4],
    [1, -1e-4],
  ],
  resistanceOhm: [
    [0, 0.09],
    [0.2, 0.062],
    [1, 0.06],
  ],
  resistanceActivationJPerMol: 20e3,
  relaxationOhm: 0.02,
  relaxationS: 30,
  separator: { collapseDegC: 190, emptyRiseK: 35, widthK: 4, resistanceOhm: 0.08 },
  vent: { openingAtm: 9, headspaceM3: 1.2e-6, solventKg: 0.002 },
  gas: {
    litresPerAh: [
      [0, 0.15],
      [0.5, 0.4],
      [1, 1.255],
    ],
    hydrogen: [
      [0, 0.008],
      [0.5, 0.166],
      [1, 0.271],
    ],
    carbonMonoxide: [
      [0, 0.01],
      [0.5, 0.214],
      [1, 0.223],
    ],
    methane: [
      [0, 0.013],
      [0.5, 0.055],
      [1, 0.063],
    ],
    ethylene: [
      [0, 0.003],
      [0.5, 0.03],
      [1, 0.022],
    ],
    ejectedShare: [
      [0, 0.2],
      [1, 0.45],
    ],
    ejectedHeatShare: 0.65,
  },
};
