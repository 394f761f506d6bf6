import { DURATION, edges, type FaultKind, type Parameter, RAMP, START, strengthAt } from './fault.ts';

const CELLS: Parameter[] = [
  { name: 'firstCell', low: 0, high: 4095, fallback: 0, about: 'first heated cell, from 0' },
  { name: 'cells', low: 1, high: 4096, fallback: 4096, about: 'number of heated cells; all unless given' },
];

/** Heat from outside, spread evenly over the given cells: a fire beside the module, or a heater in a test. */
export const externalHeating: FaultKind = {
  kind: 'externalHeating',
  about: 'heat from outside',
  hazard: true,
  target: 'module',
  onCell: false,
  parameters: [
    START,
    RAMP,
    DURATION,
    ...CELLS,
    { name: 'powerW', low: 0, high: 1e6, about: 'heat in total, W' },
    {
      name: 'powerWPerKg',
      low: 0,
      high: 1e5,
      fallback: 0,
      about: 'instead: heat in total over the mass of one cell, W/kg',
    },
    {
      name: 'endsOnTrip',
      low: 0,
      high: 1,
      fallback: 0,
      about: '1 where the heater is switched off when the rack trips on a runaway',
    },
  ],
  strength: { parameter: 'powerW', strongerWhen: 'more', or: 'powerWPerKg' },
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    const fullW = values['powerW']! + values['powerWPerKg']! * controls.cellKg;
    const powerW = fullW * strengthAt(timeS, values);
    if (powerW === 0) return;
    if (values['endsOnTrip']! >= 0.5) controls.heaterEndsOnTrip = true;
    const count = controls.heaterW.length;
    const first = Math.min(values['firstCell']!, count - 1);
    const end = Math.min(first + values['cells']!, count);
    for (let i = first; i < end; i++) controls.heaterW[i] = controls.heaterW[i]! + powerW / (end - first);
  },
};
