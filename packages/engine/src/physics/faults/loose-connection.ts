import { CELL, DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

/** A bad joint at the terminal of a cell: its heat goes into the cell, its voltage is lost to the module. */
export const looseConnection: FaultKind = {
  kind: 'looseConnection',
  about: 'bad joint that heats a cell under load',
  hazard: true,
  target: 'module',
  onCell: true,
  parameters: [
    START,
    RAMP,
    DURATION,
    CELL,
    { name: 'resistanceOhm', low: 0, high: 10, about: 'resistance of the joint, ohm' },
  ],
  strength: { parameter: 'resistanceOhm', strongerWhen: 'more' },
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    const i = values['cell']!;
    controls.jointOhm[i] = controls.jointOhm[i]! + values['resistanceOhm']! * strengthAt(timeS, values);
  },
};
