import type { KineticsSet } from './reaction.ts';

/** Mass of the 25 Ah cell that the reactant masses of the paper go with. */
const CELL_MASS_KG = 0.72;

/** NMC111/graphite: the set of Feng and co-workers for a 25 Ah prismatic cell. */
export const nmc111Feng2015: KineticsSet = {
  id: 'nmc111-feng-2015',
  chemistry: 'NMC',
  source:
    'Feng et al., Applied Energy 154 (2015) 74 and J. Power Sources 294 (2015), as re-used by Bilyaz (2020) and Hu (2020)',
  verified: true,
  notes:
    'Codes disagree on the electrolyte (800 J/g here, 140 J/g in one) and on the first cathode step (one carries 1.75e12 and 149.5 kJ/mol, ' +
    'a copying error). The regrowing film is held at or below 20 1/s, where its inhibition is already below 2 %.',
  gasConstantJPerMolK: 8.314,
  reactions: [
    {
      name: 'sei',
      form: 'firstOrder',
      frequencyPerS: 1.667e15,
      activationJPerMol: 1.3508e5,
      heatJPerKg: 257e3,
      content: { kgPerKg: 0.10058 / CELL_MASS_KG },
      start: 0.15,
      onsetK: 323.15,
      regrowth: { perAnodeUnit: 5, rateCapPerS: 20 },
    },
    {
      name: 'anode',
      form: 'anode',
      frequencyPerS: 0.035,
      activationJPerMol: 3.3e4,
      heatJPerKg: 1714e3,
      content: { kgPerKg: 0.10058 / CELL_MASS_KG },
      fullLithium: 1,
      inhibition: { by: 'sei', scale: 1 },
      onsetK: 323.15,
      above: { temperatureK: 533.15, frequencyPerS: 5 },
    },
    {
      name: 'separator',
      form: 'firstOrder',
      frequencyPerS: 1.5e50,
      activationJPerMol: 4.2e5,
      heatJPerKg: -233.2e3,
      content: { kgPerKg: 0.0176 / CELL_MASS_KG },
      start: 1,
      onsetK: 393.15,
    },
    {
      name: 'electrolyte',
      form: 'firstOrder',
      frequencyPerS: 3e15,
      activationJPerMol: 1.7e5,
      heatJPerKg: 800e3,
      content: { kgPerKg: 0.108 / CELL_MASS_KG },
      start: 1,
      onsetK: 413.15,
    },
    {
      name: 'cathode',
      form: 'autocatalytic',
      frequencyPerS: 1.75e9,
      activationJPerMol: 1.1495e5,
      heatJPerKg: 77e3,
      content: { kgPerKg: 0.17912 / CELL_MASS_KG },
      start: 0.001,
      onsetK: 453.15,
    },
    {
      name: 'cathode2',
      form: 'autocatalytic',
      frequencyPerS: 1.077e12,
      activationJPerMol: 1.5888e5,
      heatJPerKg: 84e3,
      content: { kgPerKg: 0.17912 / CELL_MASS_KG },
      start: 0.001,
      onsetK: 493.15,
    },
  ],
};
