/** What the commands answer for the examples, as it was recorded: levels, codes, times, values and stored bytes. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { emberwatch, temporaryFolder } from '../e2e/command.ts';
import { expectRecorded, linesOf } from './lines.ts';

const recorded = (name: string): URL => new URL(`recorded/${name}`, import.meta.url);
const texts = new Set<string>();
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function json(...args: string[]) {
  const { code, json: lines, err } = await emberwatch(args);
  expect(code, err).toBe(0);
  return lines;
}

it('watch: the warehouse with the model of the package', { timeout: 120_000 }, async () => {
  const recording = 'examples/recordings/warehouse';
  const lines = await json('watch', `${recording}.parquet`, '--map', `${recording}.yaml`, '--json');
  await expectRecorded(linesOf(lines, texts), recorded('watch.ndjson'));
});

it.each(['seed-internal-short', 'harmless-faults'])('simulate: %s', async (name) => {
  const [line] = await json('simulate', `scenarios/${name}.yaml`, '--no-intervention', '--json');
  // Times of this computer.
  const { events, wallMs: _wallMs, interventionWallMs: _searchMs, ...run } = line!;
  await expectRecorded(linesOf([run, ...Object.entries(events)], texts), recorded(`simulate-${name}.ndjson`));
});

it('cell: one cell in an oven', async () => {
  const [line] = await json('cell', 'scenarios/oven-lco-155.yaml', '--json');
  await expectRecorded(linesOf([line], texts), recorded('cell.ndjson'));
});

describe('dataset', () => {
  it('build: runs of the smallest plan', { timeout: 120_000 }, async () => {
    const data = join(folder, 'tiny');
    await json('dataset', 'build', 'plans/tiny.yaml', '-o', data, '--workers', '2', '--json');
    const { runs, sha256 } = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8'));
    const bytes = runs.map(({ run, sha256 }: Record<string, string>) => `${run} ${sha256}`);
    const rows = runs.map(({ sha256: _, ...run }: Record<string, unknown>) => run);
    await expectRecorded(linesOf(rows, texts), recorded('dataset.ndjson'));
    // Other versions of Node differ in the last digits of powers and logarithms.
    if (process.versions.v8.startsWith('11.3.'))
      await expectRecorded([`dataset ${sha256}`, ...bytes], recorded('dataset-bytes.txt'));
  });
});

it('texts', async () => {
  await expectRecorded([...texts].sort(), recorded('texts.txt'));
});
