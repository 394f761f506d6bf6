import { DURATION, type FaultKind, START } from './fault.ts';

/** The contactor of a module opens: no current, and no voltage where it is measured behind the contactor. */
export const contactorOpen: FaultKind = {
  kind: 'contactorOpen',
  about: 'contactor that opens: voltage gone without heat',
  hazard: false,
  target: 'module',
  onCell: false,
  parameters: [
    START,
    DURATION,
    { name: 'tapsLost', low: 0, high: 1, fallback: 0, about: '1 where the wires of the cells are lost too' },
  ],
  breakpointsS: (values) => [values['startS']!, values['startS']! + values['durationS']!],
  onModule: (timeS, values, controls) => {
    const sinceS = timeS - values['startS']!;
    if (sinceS < 0 || sinceS >= values['durationS']!) return;
    controls.contactorOpen = true;
    if (values['tapsLost']! >= 0.5) controls.tapsLost = true;
  },
};
