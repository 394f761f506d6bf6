import { S_PER_H } from '../../units.ts';
import { CELL, DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

const G_PER_KG = 1000;

/** The vent of a cell opens without heat: solvent evaporates into the rack, and nothing runs away. */
export const ventLeak: FaultKind = {
  kind: 'ventLeak',
  about: 'vent that opens without runaway',
  hazard: true,
  target: 'module',
  onCell: true,
  parameters: [
    START,
    RAMP,
    DURATION,
    CELL,
    { name: 'solventGPerH', low: 0, high: 1e5, fallback: 20, about: 'solvent that evaporates, g/h' },
  ],
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    if (timeS < values['startS']!) return;
    controls.ventOpen[values['cell']!] = 1;
    controls.leakKgPerS += (values['solventGPerH']! * strengthAt(timeS, values)) / G_PER_KG / S_PER_H;
  },
};
