import type { FaultKind } from './fault.ts';

/** A module that has lost capacity and gained resistance: it is warmer and its voltage sags, and that is all. */
export const agedModule: FaultKind = {
  kind: 'agedModule',
  about: 'aged module',
  hazard: false,
  target: 'module',
  onCell: false,
  parameters: [
    { name: 'capacityFactor', low: 0.1, high: 1, fallback: 0.8, about: 'share of the capacity that is left' },
    { name: 'resistanceFactor', low: 1, high: 10, fallback: 1.6, about: 'multiplies the resistance' },
  ],
  breakpointsS: () => [],
  onPlan: (values, plan) => ({
    ...plan,
    capacityFactor: plan.capacityFactor * values['capacityFactor']!,
    resistanceFactor: plan.resistanceFactor * values['resistanceFactor']!,
  }),
};
