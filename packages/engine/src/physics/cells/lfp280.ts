import type { CellType } from './cellType.ts';

/** A large prismatic LFP cell of the 71173 format, as most stationary storage uses. */
export const lfp280: CellType = {
  id: 'lfp-280ah',
  chemistry: 'LFP',
  source:
    'Size and mass class: SGS UL 9540A report CQES230800035701 (300 Ah, 71.7 × 174.6 × 207.1 mm, 5.7 kg); gas composition: median of 11 papers ' +
    'at full charge with the charge dependence of Golubkov et al., RSC Adv. 5 (2015) 57171; ejected mass: 10.1016/j.psep.2022.12.082',
  assumed:
    'Mass 5.42 kg, 0.25 mΩ and the open-circuit curve are typical values from recollection; cp 1100 J/(kg K) is a prior (sources span ' +
    '1000–1400); entropy, relaxation, separator resistance, vent pressure, headspace and 0.6 L/Ah of gas are assumptions.',
  kinetics: 'lfp-arc-fit',
  capacityAh: 280,
  nominalV: 3.2,
  massKg: 5.42,
  volumeM3: 0.174 * 0.072 * 0.207,
  heatCapacityJPerKgK: 1100,
  openCircuitV: [
    [0, 2.5],
    [0.02, 2.85],
    [0.05, 3.05],
    [0.1, 3.2],
    [0.2, 3.25],
    [0.3, 3.275],
    [0.4, 3.29],
    [0.5, 3.295],
    [0.6, 3.305],
    [0.7, 3.325],
    [0.8, 3.33],
    [0.95, 3.34],
    [0.98, 3.37],
    [1, 3.45],
    [1.05, 4.2],
    [1.2, 4.8],
  ],
  entropyVPerK: [
    [0, -3e-4],
    [0.2, -1e-4],
    [0.4, 5e-5],
    [0.6, 1e-4],
    [0.8, 0],
    [1, -1e-4],
  ],
  resistanceOhm: [
    [0, 4.5e-4],
    [0.1, 3e-4],
    [0.3, 2.5e-4],
    [0.9, 2.5e-4],
    [1, 2.8e-4],
  ],
  resistanceActivationJPerMol: 20e3,
  relaxationOhm: 2.5e-4,
  relaxationS: 45,
  separator: { collapseDegC: 195, widthK: 4, resistanceOhm: 6e-4 },
  vent: { openingAtm: 5.5, headspaceM3: 1.5e-4, solventKg: 0.3 },
  gas: {
    litresPerAh: 0.6,
    hydrogen: [
      [0, 0.04],
      [0.25, 0.106],
      [0.5, 0.311],
      [0.75, 0.326],
      [1, 0.439],
    ],
    carbonMonoxide: [
      [0, 0.014],
      [0.25, 0.025],
      [0.5, 0.038],
      [0.75, 0.051],
      [1, 0.072],
    ],
    methane: [
      [0, 0.008],
      [0.25, 0.014],
      [0.5, 0.018],
      [0.75, 0.022],
      [1, 0.062],
    ],
    ethylene: [
      [0, 0.006],
      [0.25, 0.026],
      [0.5, 0.055],
      [0.75, 0.053],
      [1, 0.06],
    ],
    ejectedShare: [
      [0, 0.12],
      [0.4, 0.169],
      [0.8, 0.199],
      [1, 0.218],
    ],
  },
};
