import { CELL, edges, type FaultKind, SHORT_C, START, shortOhm } from './fault.ts';

/** A short that burns itself free: it is there for `durationS` and then gone. */
export const healingShort: FaultKind = {
  kind: 'healingShort',
  about: 'internal short that heals by itself',
  hazard: true,
  target: 'module',
  onCell: true,
  parameters: [
    START,
    CELL,
    { name: 'durationS', low: 1, high: 1e9, fallback: 600, about: 'how long it lasts, s' },
    { name: 'resistanceOhm', low: 1e-4, high: 1e6, about: 'resistance while it lasts, ohm' },
    SHORT_C,
  ],
  strength: { parameter: 'resistanceOhm', strongerWhen: 'less', or: 'shortC' },
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    const sinceS = timeS - values['startS']!;
    if (sinceS < 0 || sinceS >= values['durationS']!) return;
    const i = values['cell']!;
    controls.shortSiemens[i] = controls.shortSiemens[i]! + 1 / shortOhm(values, controls);
  },
};
