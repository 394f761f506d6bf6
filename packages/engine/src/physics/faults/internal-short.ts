import { exponential } from '../exponential.ts';
import { CELL, DURATION, edges, type FaultKind, RAMP, SHORT_C, START, shortOhm } from './fault.ts';

/**
 * A short inside a cell whose resistance falls evenly in its logarithm from `startOhm` to `resistanceOhm`. The
 * current comes out of the charge of the cell, so that its heat ends with its energy.
 */
export const internalShort: FaultKind = {
  kind: 'internalShort',
  about: 'internal short: resistance that falls over time',
  hazard: true,
  target: 'module',
  onCell: true,
  parameters: [
    START,
    { ...RAMP, fallback: 1800 },
    DURATION,
    CELL,
    { name: 'startOhm', low: 1e-4, high: 1e6, fallback: 100, about: 'resistance at onset, ohm' },
    { name: 'resistanceOhm', low: 1e-4, high: 1e6, about: 'resistance after the ramp, ohm' },
    SHORT_C,
  ],
  strength: { parameter: 'resistanceOhm', strongerWhen: 'less', or: 'shortC' },
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    const sinceS = timeS - values['startS']!;
    if (sinceS < 0 || sinceS >= values['durationS']!) return;
    const rampS = values['rampS']!;
    const done = sinceS >= rampS ? 1 : sinceS / rampS;
    const endOhm = shortOhm(values, controls);
    if (endOhm === Number.POSITIVE_INFINITY) return;
    const startOhm = Math.max(values['startOhm']!, endOhm);
    const i = values['cell']!;
    controls.shortSiemens[i] =
      controls.shortSiemens[i]! + exponential(-(1 - done) * Math.log(startOhm / endOhm)) / endOhm;
  },
};
