import { DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

/** The fans of a rack: its air flow falls to the share `remaining`; the modules stay sound. */
export const fanFailure: FaultKind = {
  kind: 'fanFailure',
  about: 'failed fans of a rack',
  hazard: false,
  target: 'rack',
  onCell: false,
  parameters: [
    START,
    RAMP,
    DURATION,
    { name: 'remaining', low: 0, high: 1, fallback: 0.2, about: 'share of the air flow that remains' },
  ],
  breakpointsS: edges,
  onRack: (timeS, values, controls) => {
    controls.airFlowFactor *= 1 - (1 - values['remaining']!) * strengthAt(timeS, values);
  },
};
