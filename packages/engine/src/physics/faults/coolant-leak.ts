import { DURATION, edges, type FaultKind, RAMP, START, strengthAt } from './fault.ts';

/** Coolant is lost: its cooling falls to `remaining`, and the insulation of the module to `insulationKohm`. */
export const coolantLeak: FaultKind = {
  kind: 'coolantLeak',
  about: 'coolant leak with loss of insulation',
  hazard: true,
  target: 'module',
  onCell: false,
  parameters: [
    START,
    RAMP,
    DURATION,
    { name: 'remaining', low: 0, high: 1, fallback: 0, about: 'share of the coolant flow that remains' },
    { name: 'insulationKohm', low: 0.001, high: 1e6, fallback: 20, about: 'insulation when fully wet, kohm' },
  ],
  strength: { parameter: 'remaining', strongerWhen: 'less' },
  breakpointsS: edges,
  onModule: (timeS, values, controls) => {
    const wet = strengthAt(timeS, values);
    controls.coolantFactor *= 1 - (1 - values['remaining']!) * wet;
    // The wet path lies beside the sound insulation: conductances add.
    const soundKohm = controls.insulationKohm;
    controls.insulationKohm = 1 / (1 / soundKohm + wet / values['insulationKohm']!);
  },
};
