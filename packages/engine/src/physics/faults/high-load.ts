import { DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

/** The load of the whole site is multiplied by `factor`. */
export const highLoad: FaultKind = {
  kind: 'highLoad',
  about: 'high load',
  hazard: false,
  target: 'room',
  onCell: false,
  parameters: [
    START,
    RAMP,
    DURATION,
    { name: 'factor', low: 0, high: 10, fallback: 1.5, about: 'multiplies the load' },
  ],
  breakpointsS: edges,
  onRoom: (timeS, values, controls) => {
    controls.loadFactor *= 1 + (values['factor']! - 1) * strengthAt(timeS, values);
  },
};
