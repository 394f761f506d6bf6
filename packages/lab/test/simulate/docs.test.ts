import { readFileSync, writeFileSync } from 'node:fs';
import {
  CELL_TYPES,
  FAULT_KINDS,
  type FaultKind,
  KINETICS,
  runCell,
  validateCellCase,
  validateScenario,
} from '@emberwatch/engine/physics';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TRUTH_HEADER } from '../../src/simulate/index.ts';

const path = new URL('../../../../docs/simulator.md', import.meta.url).pathname;
const page = readFileSync(path, 'utf8');

/** Parameters that many kinds have are told once. */
const COMMON = new Set(['startS cell', 'startS', 'cell', 'durationS 1000000000', 'rampS 0', 'cell 0']);

function faultRow({ kind, about, hazard, onCell, target, parameters, strength }: FaultKind): string {
  const own = parameters.filter(({ name, fallback }) => !COMMON.has(`${name} ${fallback ?? ''}`.trim()));
  const texts = own.map(({ name, about: what, fallback }) => {
    const given = fallback === undefined ? 'required' : fallback === 4096 ? 'all' : String(fallback);
    return `\`${name}\` ${what} (${given})`;
  });
  const stronger = strength ? `\`${strength.parameter}\`` : '';
  const cells = [`\`${kind}\``, `${hazard ? 'fault' : 'disturbance'}: ${about}`, onCell ? 'cell' : target];
  return `| ${[...cells, texts.join('; '), stronger].join(' | ')} |`;
}

const FAULTS = [
  '| kind | | acts on | own parameters (default) | strength |',
  '| --- | --- | --- | --- | --- |',
  ...FAULT_KINDS.map(faultRow),
].join('\n');

describe('docs/simulator.md', () => {
  it('has the table of faults of the code (UPDATE_DOCS=1 writes it)', () => {
    const renewed = page.replace(
      /(<!-- faults: [^\n]*-->\n)[\s\S]*?(<!-- end -->)/,
      (_, begin: string, end: string) => `${begin}${FAULTS}\n${end}`,
    );
    if (process.env['UPDATE_DOCS']) writeFileSync(path, renewed);
    else expect(page).toBe(renewed);
    expect(renewed).toContain(FAULTS);
  });

  it('names every key of a scenario with its default', () => {
    const documented = new Map<string, string>();
    const section = page.slice(page.indexOf('### Keys'), page.indexOf('### Faults'));
    for (const [, keys, defaults] of section.matchAll(/^\| (`[^|]+) \|\s*([^|]*?)\s*\|/gm)) {
      const names = [...keys!.matchAll(/`([\w.]+)`/g)].map(([, name]) => name!);
      const values = defaults!.split(', ');
      for (const [k, name] of names.entries()) documented.set(name, values[k] ?? '');
    }
    const { site, module, pnr, label, ...top } = validateScenario({ name: 'defaults' });
    for (const [room, record] of Object.entries({ site, module, pnr, label })) {
      for (const [key, value] of Object.entries(record)) {
        const name = `${room}.${key}`;
        expect(documented.has(name), name).toBe(true);
        if (typeof value !== 'object')
          expect(documented.get(name)!.replaceAll('`', ''), name).toBe(String(value));
      }
    }
    for (const key of Object.keys(top)) expect(documented.has(key), key).toBe(true);
    expect(documented.get('durationS')).toBe(String(top.durationS));
    expect(documented.get('outputIntervalS')).toBe(String(top.outputIntervalS));
  });

  it('names every cell type, kinetics set and column of the table', () => {
    for (const { id } of [...CELL_TYPES, ...KINETICS]) expect(page).toContain(`\`${id}\``);
    const reported = TRUTH_HEADER.filter((name) =>
      /^true_|label|pnr|fault|severity|source|_id$|time_s/.test(name),
    );
    for (const name of reported) expect(page).toContain(`\`${name}\``);
  });

  it('has examples that run', () => {
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => parse(yaml!) as object);
    const [cell, scenario, bench] = examples;
    expect(examples).toHaveLength(3);
    expect(validateScenario(bench).load.points.length).toBeGreaterThan(10);
    expect(runCell(validateCellCase(cell)).runaway).toBe(true);
    expect(validateScenario(scenario).faults).toHaveLength(2);
  });
});
