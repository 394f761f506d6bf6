import { contactAt } from './contact.ts';
import { CELL, type FaultKind, SHORT_C, START, shortOhm } from './fault.ts';

/** Short contacts that come and go: a particle or a dendrite that burns away and forms anew. */
export const microShorts: FaultKind = {
  kind: 'microShorts',
  about: 'short contacts that come and go',
  hazard: true,
  target: 'module',
  onCell: true,
  parameters: [
    START,
    CELL,
    { name: 'durationS', low: 1, high: 1e9, fallback: 7200, about: 'how long they go on, s' },
    { name: 'resistanceOhm', low: 1e-5, high: 1e6, about: 'resistance of a contact, ohm' },
    SHORT_C,
    { name: 'everyS', low: 1, high: 1e9, fallback: 300, about: 'mean time between contacts, s' },
    { name: 'contactS', low: 0.01, high: 1e9, fallback: 5, about: 'how long a contact lasts, s' },
    { name: 'pattern', low: 0, high: 1e6, fallback: 1, about: 'number that draws when they come' },
  ],
  strength: { parameter: 'resistanceOhm', strongerWhen: 'less', or: 'shortC' },
  breakpointsS: (values) =>
    Array.from(
      { length: Math.min(Math.ceil(values['durationS']! / values['everyS']!), MAX_CONTACTS) },
      (_, k) => {
        const beginS = values['startS']! + contactBeginS(k, values);
        return [beginS, beginS + lengthS(values)];
      },
    ).flat(),
  onModule: (timeS, values, controls) => {
    const sinceS = timeS - values['startS']!;
    if (sinceS < 0 || sinceS >= values['durationS']!) return;
    const k = Math.floor(sinceS / values['everyS']!);
    const intoS = sinceS - contactBeginS(k, values);
    if (k >= MAX_CONTACTS || intoS < 0 || intoS >= lengthS(values)) return;
    const i = values['cell']!;
    controls.shortSiemens[i] = controls.shortSiemens[i]! + 1 / shortOhm(values, controls);
  },
};

/** More are not looked at: the run would consist of their edges. */
const MAX_CONTACTS = 20_000;

const lengthS = (values: Readonly<Record<string, number>>): number =>
  Math.min(values['contactS']!, 0.5 * values['everyS']!);

/** One contact in each span of `everyS`, somewhere in its first half. */
const contactBeginS = (k: number, values: Readonly<Record<string, number>>): number =>
  values['everyS']! * (k + 0.25 * (1 + contactAt(k, values['pattern']!)));
