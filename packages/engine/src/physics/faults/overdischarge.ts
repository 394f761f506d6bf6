import { DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

/** A discharging current that the battery management does not end: the voltage collapses and little heat follows. */
export const overdischarge: FaultKind = {
  kind: 'overdischarge',
  about: 'discharging past empty',
  hazard: true,
  target: 'module',
  onCell: false,
  parameters: [
    START,
    RAMP,
    DURATION,
    { name: 'dischargeC', low: 0, high: 50, about: 'discharging current in capacities per hour, 1/h' },
  ],
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    controls.extraLoadC -= values['dischargeC']! * strengthAt(timeS, values);
  },
};
