import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { searchParameters } from '@emberwatch/lab/learn';
import { afterAll, describe, expect, it } from 'vitest';
import { imbalanced } from './problems.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberwatch-search-'));
afterAll(() => rmSync(folder, { recursive: true }));

const table = imbalanced({ rows: 3000, seed: 1, offset: -4 });
const trials = [{ maxLeaves: 2 }, { maxLeaves: 4 }, { maxLeaves: 8 }, { maxLeaves: 16 }].map((one) => ({
  ...one,
  trees: 10,
}));
const options = { learner: 'boosted-trees', trials, seed: 3, folds: 3, keptShare: 0.5 };

describe('search for parameters', () => {
  it('chooses the same alone, on two threads, and after a kill', async () => {
    const alone = await searchParameters(table, options);
    expect(alone.trials.map(({ scores }) => scores.length).sort()).toEqual([1, 1, 3, 3]);
    expect(alone.chosen.scores).toHaveLength(3);
    expect(alone.chosen.mean).toBe(
      Math.max(...alone.trials.filter((t) => t.scores.length === 3).map((t) => t.mean)),
    );

    const journal = join(folder, 'killed.ndjson');
    expect(await searchParameters(table, { ...options, threads: 2, journal })).toEqual(alone);

    // Killed in the middle of a line.
    const lines = readFileSync(journal, 'utf8').split('\n');
    expect(lines).toHaveLength(1 + 4 + 4 + 1);
    writeFileSync(journal, `${lines.slice(0, 4).join('\n')}\n${lines[4]!.slice(0, 9)}`);
    expect(await searchParameters(table, { ...options, journal })).toEqual(alone);
    const again = readFileSync(journal, 'utf8').split('\n');
    expect(again.slice(0, 4)).toEqual(lines.slice(0, 4));
    expect([...again].sort()).toEqual([...lines].sort());
  });

  it('refuses the journal of other rows', async () => {
    const journal = join(folder, 'other.ndjson');
    const one = { ...options, trials: trials.slice(0, 1), journal };
    await searchParameters(table, one);
    await expect(searchParameters(imbalanced({ rows: 3000, seed: 2, offset: -4 }), one)).rejects.toThrow(
      'the journal of a search with other rows or settings; name a new file',
    );
  });

  it('says what it lacks', async () => {
    await expect(searchParameters(table, { ...options, learner: 'oracle' })).rejects.toThrow(
      'learner oracle: there are boosted-trees, random-forest,',
    );
    await expect(searchParameters(table, { ...options, folds: 31 })).rejects.toThrow(
      '31 folds need as many runs with hazardous rows: there are 30',
    );
  });
});
