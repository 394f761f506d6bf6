import type { KineticsSet } from './reaction.ts';

/** LCO/graphite: the four-reaction set of Kim, Pesaran and Spotnitz for an 18650 cell. */
export const lcoKim2007: KineticsSet = {
  id: 'lco-kim-2007',
  chemistry: 'LCO',
  source:
    'Kim, Pesaran, Spotnitz, J. Power Sources 170 (2007) 476, Table 1; form of Hatchard et al., J. Electrochem. Soc. 148 (2001) A755',
  verified: true,
  notes: 'Four independent codes carry the same numbers.',
  gasConstantJPerMolK: 8.314,
  reactions: [
    {
      name: 'sei',
      form: 'firstOrder',
      frequencyPerS: 1.667e15,
      activationJPerMol: 1.3508e5,
      heatJPerKg: 257e3,
      content: { kgPerM3: 610.4 },
      start: 0.15,
    },
    {
      name: 'anode',
      form: 'anode',
      frequencyPerS: 2.5e13,
      activationJPerMol: 1.3508e5,
      heatJPerKg: 1714e3,
      content: { kgPerM3: 610.4 },
      fullLithium: 0.75,
      inhibition: { by: 'film', start: 0.033, scale: 0.033 },
    },
    {
      name: 'cathode',
      form: 'autocatalytic',
      frequencyPerS: 6.667e13,
      activationJPerMol: 1.396e5,
      heatJPerKg: 314e3,
      content: { kgPerM3: 1221 },
      start: 0.04,
    },
    {
      name: 'electrolyte',
      form: 'firstOrder',
      frequencyPerS: 5.14e25,
      activationJPerMol: 2.74e5,
      heatJPerKg: 155e3,
      content: { kgPerM3: 406.9 },
      start: 1,
    },
  ],
};
