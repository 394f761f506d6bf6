import { S_PER_H } from '../../units.ts';
import { DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

const G_PER_KG = 1000;

/** Carbon monoxide or solvent that does not come from a cell: a fork lift, a painter, a cleaner. */
export const gasInRoom: FaultKind = {
  kind: 'gasInRoom',
  about: 'carbon monoxide or solvent in the room',
  hazard: false,
  target: 'room',
  onCell: false,
  parameters: [
    START,
    RAMP,
    DURATION,
    { name: 'coGPerH', low: 0, high: 1e6, fallback: 0, about: 'carbon monoxide, g/h' },
    { name: 'vocGPerH', low: 0, high: 1e6, fallback: 0, about: 'solvent vapour, g/h' },
  ],
  breakpointsS: edges,
  onRoom: (timeS, values, controls) => {
    const kgPerSPerGPerH = strengthAt(timeS, values) / G_PER_KG / S_PER_H;
    controls.coKgPerS += values['coGPerH']! * kgPerSPerGPerH;
    controls.vocKgPerS += values['vocGPerH']! * kgPerSPerGPerH;
  },
};
