import { DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

/** A charging current into one module beside that of its rack, with no limit by the battery management. */
export const overcharge: FaultKind = {
  kind: 'overcharge',
  about: 'charging past full',
  hazard: true,
  target: 'module',
  onCell: false,
  parameters: [
    START,
    RAMP,
    DURATION,
    { name: 'currentA', low: 0, high: 1e5, about: 'charging current, A' },
    { name: 'chargeC', low: 0, high: 50, fallback: 0, about: 'instead: in capacities per hour, 1/h' },
    {
      name: 'endV',
      low: 0,
      high: 1e6,
      fallback: 1e6,
      about: 'voltage of a cell at which the charger stops, V',
    },
  ],
  strength: { parameter: 'currentA', strongerWhen: 'more', or: 'chargeC' },
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    const share = strengthAt(timeS, values);
    if (share === 0) return;
    controls.extraCurrentA += values['currentA']! * share;
    controls.extraLoadC += values['chargeC']! * share;
    controls.extraEndsAtV = Math.min(controls.extraEndsAtV, values['endV']!);
  },
};
