import { CELL, DURATION, edges, type FaultKind, START } from './fault.ts';

/**
 * A short given by its heat: `baseHeatW` at once, rising evenly to `maxHeatW` over `timeToMaxHeatS`. The heat is
 * taken from the charge of the cell and ends with it.
 */
export const internalShortHeat: FaultKind = {
  kind: 'internalShortHeat',
  about: 'internal short given by its heat',
  hazard: true,
  target: 'module',
  onCell: true,
  parameters: [
    START,
    DURATION,
    CELL,
    { name: 'baseHeatW', low: 0, high: 1e6, about: 'heat at onset, W' },
    { name: 'maxHeatW', low: 0, high: 1e6, about: 'heat after the ramp, W' },
    { name: 'timeToMaxHeatS', low: 0, high: 1e9, about: 'duration of the ramp, s' },
  ],
  strength: { parameter: 'maxHeatW', strongerWhen: 'more' },
  breakpointsS: (values) => [...edges(values), values['startS']! + values['timeToMaxHeatS']!],
  onModule: (timeS, values, controls) => {
    const sinceS = timeS - values['startS']!;
    if (sinceS < 0 || sinceS >= values['durationS']!) return;
    const rampS = values['timeToMaxHeatS']!;
    const done = sinceS >= rampS ? 1 : sinceS / rampS;
    const i = values['cell']!;
    const heatW = values['baseHeatW']! + (values['maxHeatW']! - values['baseHeatW']!) * done;
    controls.shortHeatW[i] = controls.shortHeatW[i]! + heatW;
  },
};
