import { exponential } from '../exponential.ts';
import { contactAt } from './contact.ts';
import { CELL, type FaultKind, RAMP, SHORT_C, START, shortOhm } from './fault.ts';

/** A contact begins at this multiple of its resistance. */
const FIRST_TOUCH = 1000;

/**
 * A nail or an indenter: metal touches within seconds, holds, and its contact burns free or stays. While it holds the
 * resistance may jump in steps, as it does while foils tear and melt. Whether the cell smoulders, cools or runs away
 * is left to its energy and its cooling.
 */
export const mechanicalShort: FaultKind = {
  kind: 'mechanicalShort',
  about: 'short by a nail or an indentation, within seconds',
  hazard: true,
  target: 'module',
  onCell: true,
  parameters: [
    START,
    { ...RAMP, fallback: 1 },
    CELL,
    { name: 'resistanceOhm', low: 1e-5, high: 1e6, about: 'resistance while it holds, ohm' },
    SHORT_C,
    { name: 'holdS', low: 0, high: 1e9, fallback: 1e9, about: 'how long the full contact holds, s' },
    { name: 'healS', low: 0.01, high: 1e9, fallback: 20, about: 'time in which the contact gives way, s' },
    {
      name: 'healedOhm',
      low: 1e-4,
      high: 1e9,
      fallback: 1e6,
      about: 'resistance after it has given way, ohm',
    },
    {
      name: 'changes',
      low: 0,
      high: 1000,
      fallback: 0,
      about: 'number of jumps of the contact while it holds',
    },
    { name: 'changeFactor', low: 1, high: 100, fallback: 3, about: 'largest factor of a jump' },
    { name: 'pattern', low: 0, high: 1e6, fallback: 1, about: 'number that draws the jumps' },
  ],
  strength: { parameter: 'resistanceOhm', strongerWhen: 'less', or: 'shortC' },
  breakpointsS: (values) => {
    const fullS = values['startS']! + values['rampS']!;
    const endS = fullS + values['holdS']!;
    const jumpsS = Array.from(
      { length: jumps(values) },
      (_, k) => fullS + ((k + 1) * span(values)) / jumps(values),
    );
    return [values['startS']!, fullS, ...jumpsS, endS, endS + values['healS']!];
  },
  onModule: (timeS, values, controls) => {
    const sinceS = timeS - values['startS']!;
    if (sinceS < 0) return;
    const i = values['cell']!;
    controls.shortSiemens[i] =
      controls.shortSiemens[i]! + 1 / ohmAt(sinceS, values, shortOhm(values, controls));
  },
};

const jumps = (values: Readonly<Record<string, number>>): number => Math.floor(values['changes']!);

/** Jumps are spread over the time that it holds, at most over this. */
const LONGEST_JUMPING_S = 3600;
const span = (values: Readonly<Record<string, number>>): number =>
  Math.min(values['holdS']!, LONGEST_JUMPING_S);

function ohmAt(sinceS: number, values: Readonly<Record<string, number>>, fullOhm: number): number {
  if (fullOhm === Number.POSITIVE_INFINITY) return fullOhm;
  const rampS = values['rampS']!;
  if (sinceS < rampS) return fullOhm * exponential((1 - sinceS / rampS) * Math.log(FIRST_TOUCH));
  const heldS = sinceS - rampS;
  const count = jumps(values);
  // The first contact is the full one; jumps go up and down from it.
  const step = count > 0 ? Math.min(Math.floor((heldS * count) / span(values)), count) : 0;
  const factor =
    step > 0 ? exponential(contactAt(step, values['pattern']!) * Math.log(values['changeFactor']!)) : 1;
  const heldOhm = fullOhm * factor;
  const healedOhm = Math.max(values['healedOhm']!, heldOhm);
  const givingS = heldS - values['holdS']!;
  if (givingS <= 0) return heldOhm;
  const done = Math.min(givingS / values['healS']!, 1);
  return heldOhm * exponential(done * Math.log(healedOhm / heldOhm));
}
