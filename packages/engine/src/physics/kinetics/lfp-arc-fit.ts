import type { KineticsSet } from './reaction.ts';

/**
 * LFP/graphite: the forms of Kim (2007) with frequency factors fitted to accelerating-rate calorimetry of large
 * prismatic cells. No source was found that verifies a published LFP cathode step, hence the fit.
 */
export const lfpArcFit: KineticsSet = {
  id: 'lfp-arc-fit',
  chemistry: 'LFP',
  source:
    'Fitted here to ARC of 280–314 Ah cells: T1 109–145, T2 166–234, T3 445–822 °C (doi 10.1016/j.enconman.2025.120133, ' +
    '10.1016/j.est.2024.114196, 10.1016/j.est.2025.119376); activation energies and heats of Kim 2007, cathode of Peng and Jiang 2016 (recollection)',
  verified: false,
  notes:
    'Fitted: three frequency factors. Assumed: mass shares of graphite 0.16, LFP 0.33 and electrolyte 0.12 of the cell. ' +
    'One set cannot stand for all LFP cells: the onset alone spreads over 40 K between makers.',
  gasConstantJPerMolK: 8.314,
  reactions: [
    {
      name: 'sei',
      form: 'firstOrder',
      frequencyPerS: 5e13,
      activationJPerMol: 1.3508e5,
      heatJPerKg: 257e3,
      content: { kgPerKg: 0.16 },
      start: 0.15,
    },
    {
      name: 'anode',
      form: 'anode',
      frequencyPerS: 2.5e12,
      activationJPerMol: 1.3508e5,
      heatJPerKg: 1714e3,
      content: { kgPerKg: 0.16 },
      fullLithium: 0.75,
      inhibition: { by: 'film', start: 0.033, scale: 0.033 },
    },
    {
      name: 'cathode',
      form: 'autocatalytic',
      frequencyPerS: 2e8,
      activationJPerMol: 1.03e5,
      heatJPerKg: 194e3,
      content: { kgPerKg: 0.33 },
      start: 0.04,
    },
    {
      name: 'electrolyte',
      form: 'firstOrder',
      frequencyPerS: 5.14e25,
      activationJPerMol: 2.74e5,
      heatJPerKg: 155e3,
      content: { kgPerKg: 0.12 },
      start: 1,
    },
  ],
};
