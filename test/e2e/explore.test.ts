/** A look at data and a shelf of models, as their users run them. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artefactOf } from '@emberwatch/lab/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeModel } from '../../packages/lab/test/registry/made.ts';
import { emberwatch, temporaryFolder } from './command.ts';

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('explore', () => {
  it('tells what is in the bundled recording, as a report and as JSON', async () => {
    const report = join(folder, 'report.html');
    const recording = 'examples/recordings/warehouse.parquet';
    const { code, json } = await emberwatch(['explore', recording, '--json', '-o', report]);
    expect(code).toBe(0);
    expect(json[0]).toMatchObject({ format: 'emberwatch-exploration', frames: 46_144, modules: 64 });
    const page = readFileSync(report, 'utf8');
    expect(page).toContain('What is in these data');
    for (const { text } of json[0]!['findings'].slice(0, 3)) expect(page).toContain(text.slice(0, 30));
  });

  it('ends with 2 and one line where it cannot', async () => {
    for (const [args, said] of [
      [['explore', folder], /no dataset/],
      [['explore', 'nothing.csv', '-o', '/nowhere/x.html'], /folder \/nowhere does not exist/],
    ] as const) {
      const run = await emberwatch(args);
      expect(run.code).toBe(2);
      expect(run.err.trim().split('\n')).toHaveLength(1);
      expect(run.err).toMatch(said);
    }
  });
});

describe('models', () => {
  it('are promoted, listed, and not taken back beyond the first', async () => {
    const models = join(folder, 'models');
    const on = (...args: string[]) => emberwatch(['models', ...args, '--models', models, '--store', folder]);
    const path = join(folder, 'h-1.model');
    writeFileSync(path, artefactOf(makeModel('h-1')));
    expect((await on('promote', path)).out).toContain('h-1 is champion now');
    expect((await on('list')).out).toMatch(/h-1 {2}\(champion\)/);
    const back = await on('rollback');
    expect(back.code).toBe(2);
    expect(back.err).toMatch(/h-1 is the first champion/);
  });
});
