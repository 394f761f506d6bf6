/** Outputs as lines that are compared with recorded ones: data apart from texts, which may change for their language. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';

/** Of numbers that are no integers: versions of Node differ in the last digits of powers and logarithms. */
const DIGITS = 6;

export const hashOf = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** A value without its texts (whatever has a space in it), which are collected with their numbers left out. */
export function withoutTexts(value: unknown, texts: Set<string>): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
  if (typeof value === 'string') {
    if (!/\s/.test(value)) return value;
    texts.add(value.replace(/\d[\d.,:TZ-]*/g, '#'));
    return '…';
  }
  if (Array.isArray(value)) return value.map((one) => withoutTexts(one, texts));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutTexts(one, texts)]));
}

export function linesOf(values: readonly unknown[], texts: Set<string>): string[] {
  return values.map((value) => JSON.stringify(withoutTexts(value, texts)));
}

/** Compares with the recorded file; with `-u` behind the command of the tests it is written anew. */
export const expectRecorded = (lines: Iterable<string>, file: URL): Promise<void> =>
  expect(
    `${[...lines].join('\n')}\n`,
    'what was recorded (CONTRIBUTING.md: recorded outputs)',
  ).toMatchFileSnapshot(file.pathname);
