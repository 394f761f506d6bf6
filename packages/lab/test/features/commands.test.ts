import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDuckDb, sqlText } from '../../src/recording/parquet.ts';
import { emberwatch, folderWith } from '../simulate/command.ts';

let folder = '';
beforeAll(async () => {
  folder = await folderWith({});
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (line: string) => emberwatch(folder, ...line.split(' '));

it('a file is generated, made into features, cleaned and judged', async () => {
  const made = await run(
    'generate direct --modules 12 --hours 2 --hazard-rows 150 --start 30min --seed 3 -o data/raw/dummy.parquet',
  );
  expect(made.stdout).toMatch(/^data\/raw\/dummy\.parquet: 8,640 rows, 150 labelled, /);
  const [features, cleaned] = await Promise.all([
    run('features data/raw/dummy.parquet -o out --every 1min --seed-features'),
    run('clean data/raw/dummy.parquet -o clean/clean.csv --every 30s'),
  ]);
  expect(features).toMatchObject({ code: 0, stderr: '' });
  expect(features.stdout).toMatch(/^out\/features\.parquet: 1,440 rows/);
  expect(cleaned).toMatchObject({ code: 0, stderr: '' });
  expect(cleaned.stdout).toMatch(/^clean\/clean\.csv: 2,8\d\d rows of 8,640, 0 pauses left open/);
  // The labels go with the rows: of 150 rows every sixth and every third, at their own instants and on the grid.
  const { connection } = await openDuckDb();
  const labelled = async (file: string): Promise<number> => {
    const query = `SELECT sum(hazard_label)::INTEGER FROM ${sqlText(join(folder, file))}`;
    return (await connection.runAndReadAll(query)).getRowsJS()[0]![0] as number;
  };
  expect(await labelled('out/features.parquet')).toBe(25);
  expect(await labelled('clean/clean.csv')).toBe(50);
  connection.closeSync();
  const evaluated = await run('watch clean/clean.csv');
  expect(evaluated.stdout).toMatch(/RackA2_Module01 .*critical/);
});

it.each([
  ['generate direct --interval 10 -o x.csv', '--interval 10: expected a duration such as 10s, 90min or 1h'],
  ['features . -o out2', 'no dataset'],
  ['features x.csv --every soon -o out2', '--every soon: expected a duration'],
  ['clean nothing.csv -o x.xlsx', 'x.xlsx: the name must end in .csv or .parquet'],
  ['clean nothing.csv -o x.csv --max-age 0s', '--max-age 0s: expected a duration'],
])('%s: one line, exit code 2, no file', async (line, message) => {
  const { code, stderr } = await run(line);
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
  for (const name of ['x.txt', 'x.csv', 'x.xlsx', 'out2/features.parquet'])
    expect(existsSync(join(folder, name))).toBe(false);
});
