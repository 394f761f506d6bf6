import { DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

/** Cooling of a module, or of all modules of a rack, falls to the share `remaining`, to air and coolant alike. */
export const coolingFailure: FaultKind = {
  kind: 'coolingFailure',
  about: 'loss of cooling',
  hazard: true,
  target: 'module',
  onCell: false,
  parameters: [
    START,
    RAMP,
    DURATION,
    { name: 'remaining', low: 0, high: 1, fallback: 0.1, about: 'share of the cooling that remains' },
  ],
  strength: { parameter: 'remaining', strongerWhen: 'less' },
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    const factor = 1 - (1 - values['remaining']!) * strengthAt(timeS, values);
    controls.coolingFactor *= factor;
    controls.coolantFactor *= factor;
  },
};
