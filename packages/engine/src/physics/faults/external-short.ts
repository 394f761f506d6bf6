import { DURATION, edges, type FaultKind, RAMP, SHORT_C, START, strengthAt } from './fault.ts';

/** Terminal to terminal through a resistor outside: the cells heat by their own resistance until they are empty. */
export const externalShort: FaultKind = {
  kind: 'externalShort',
  about: 'short from terminal to terminal outside',
  hazard: true,
  target: 'module',
  onCell: false,
  parameters: [
    START,
    RAMP,
    DURATION,
    { name: 'resistanceOhm', low: 1e-5, high: 1e6, about: 'resistance from terminal to terminal, ohm' },
    SHORT_C,
  ],
  strength: { parameter: 'resistanceOhm', strongerWhen: 'less', or: 'shortC' },
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    const { outsideSiemens, series } = controls;
    const ohm = values['resistanceOhm']!;
    const fullSiemens = ohm > 0 ? series / ohm : values['shortC']! / controls.oneCOhm;
    const groupSiemens = strengthAt(timeS, values) * fullSiemens;
    const each = (groupSiemens * series) / outsideSiemens.length;
    for (let i = 0; i < outsideSiemens.length; i++) outsideSiemens[i] = outsideSiemens[i]! + each;
  },
};
