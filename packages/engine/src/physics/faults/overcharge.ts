import { DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

/** A charging current into one module beside that of its rack, with no limit by the battery management. */
export const overcharge: FaultKind = {
  kind: 'overcharge',
  about: 'charging past full',
  hazard: true,
  target: 'module',
  onCell: false,
  parameters: [START, RAMP, DURATION, { name: 'currentA', low: 0, high: 1e5, about: 'charging current, A' }],
  strength: { parameter: 'currentA', strongerWhen: 'more' },
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    controls.extraCurrentA += values['currentA']! * strengthAt(timeS, values);
  },
};
