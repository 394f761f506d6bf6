import { readFileSync, writeFileSync } from 'node:fs';
import { CELL_ARRAYS, CHANNELS, type Channel, REJECTION_REASONS } from '@emberwatch/engine/telemetry';
import { describe, expect, it } from 'vitest';
import { parseMapping } from '../../src/mapping.ts';

const docs = new URL('../../../../docs/', import.meta.url).pathname;
const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows].join('\n');
const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``);
const range = ({ plausibleMin, plausibleMax }: { plausibleMin: number; plausibleMax: number }): string =>
  `${plausibleMin} … ${plausibleMax}`;

const tables: Record<string, string> = {
  channels: table(
    ['channel', 'what', 'unit', 'plausible', 'usual step', 'seed column', 'SunSpec'],
    CHANNELS.map((channel: Channel) =>
      row(
        code(channel.id),
        channel.label,
        channel.unit,
        range(channel),
        channel.resolution,
        code(channel.seedColumn),
        code(channel.sunspecPoint),
      ),
    ),
  ),
  cells: table(
    ['list', 'what', 'unit', 'plausible'],
    CELL_ARRAYS.map((array) => row(code(array.id), array.label, array.unit, range(array))),
  ),
  rejections: table(
    ['reason', 'meaning'],
    Object.entries(REJECTION_REASONS).map(([reason, meaning]) => row(code(reason), meaning)),
  ),
};

describe('docs/telemetry.md', () => {
  it('has the tables of the code (UPDATE_DOCS=1 writes them)', () => {
    const path = `${docs}telemetry.md`;
    const page = readFileSync(path, 'utf8');
    const renewed = page.replace(
      /(<!-- (\w+): written by .*? -->\n)[\s\S]*?(<!-- end -->)/g,
      (_, begin: string, name: string, end: string) => `${begin}${tables[name]}\n${end}`,
    );
    if (process.env['UPDATE_DOCS']) writeFileSync(path, renewed);
    else expect(page).toBe(renewed);
    for (const text of Object.values(tables)) expect(renewed).toContain(text);
  });
});

describe('docs/mapping.md', () => {
  const page = readFileSync(`${docs}mapping.md`, 'utf8');

  it.each(Array.from(page.matchAll(/```yaml\n([\s\S]*?)```/g), ([, yaml]) => yaml!))(
    'has an example that loads: %#',
    (yaml) => {
      expect(parseMapping(yaml, 'example').name).toBeTruthy();
    },
  );
});
