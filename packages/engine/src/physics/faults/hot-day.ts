import { DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

/** The surroundings are warmer by `riseK`. */
export const hotDay: FaultKind = {
  kind: 'hotDay',
  about: 'hot day',
  hazard: false,
  target: 'room',
  onCell: false,
  parameters: [
    START,
    { ...RAMP, fallback: 3600 },
    DURATION,
    { name: 'riseK', low: -60, high: 60, about: 'added to the ambient temperature, K' },
  ],
  breakpointsS: edges,
  onRoom: (timeS, values, controls) => {
    controls.ambientOffsetK += values['riseK']! * strengthAt(timeS, values);
  },
};
