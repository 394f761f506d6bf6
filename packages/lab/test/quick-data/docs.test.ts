import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OUTLIER_SDS, SIGNALS, type Signal } from '../../src/quick-data/signal.ts';

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const HEAD = ['column', 'level', 'drift', 'noise', 'outlier', 'hazard adds'];

function levelOf({ level, above }: Signal): string {
  if (level === null) return `that of the mean + ${above}`;
  return level[0] === level[1] ? String(level[0]) : `${level[0]} … ${level[1]}`;
}

function hazardOf({ hazard }: Signal): string {
  if (!hazard) return 'nothing';
  const { offset, gain, power, noiseSd, followsColumnBefore } = hazard;
  const rise = gain === 0 ? '' : ` ${gain < 0 ? '−' : '+'} ${Math.abs(gain)} p${power === 2 ? '²' : ''}`;
  const text = `${offset < 0 ? '−' : ''}${Math.abs(offset)}${rise} (± ${noiseSd})`;
  return followsColumnBefore ? `what the mean gets + ${text}` : text;
}

const table = [
  row(...HEAD),
  row(...HEAD.map(() => '---')),
  ...SIGNALS.map((signal) =>
    row(
      signal.column,
      levelOf(signal),
      signal.drift,
      signal.noiseSd,
      `± ${Number((OUTLIER_SDS * signal.outlierSd).toFixed(2))}`,
      hazardOf(signal),
    ),
  ),
].join('\n');

it('docs/direct.md has the table of the code (UPDATE_DOCS=1 writes it)', () => {
  const path = new URL('../../../../docs/direct.md', import.meta.url);
  const page = readFileSync(path, 'utf8');
  const renewed = page.replace(
    /(<!-- signals: written by .*? -->\n)[\s\S]*?(<!-- end -->)/,
    (_, begin: string, end: string) => `${begin}${table}\n${end}`,
  );
  if (process.env['UPDATE_DOCS']) writeFileSync(path, renewed);
  else expect(page).toBe(renewed);
  expect(renewed).toContain(table);
});
