import { createRandom } from '@emberwatch/engine/random';
import { LEARNERS } from '@emberwatch/lab/learn';
import { describe, expect, it } from 'vitest';
import { binTable } from '../../src/learn/trees/bins.ts';
import { SharedBuffers } from '../../src/learn/trees/histograms.ts';
import { WorkerPool } from '../../src/learn/trees/worker-pool.ts';
import { imbalanced } from './problems.ts';

const table = imbalanced({ rows: 20_000, seed: 4, offset: -4, features: 14 });

describe('threads', () => {
  it.each(['boosted-trees', 'random-forest'])('grow the same trees of %s, one or three', (id) => {
    const fit = (threads: number) =>
      LEARNERS[id]!.fit(table, { seed: 2, threads, parameters: { trees: 25, maxLeaves: 12 } });
    expect(fit(3)).toEqual(fit(1));
  });

  it('share the features of a node, and find what one finds alone', async () => {
    const bins = binTable(table, new Float64Array(table.rows).fill(1), 255);
    const buffersOf = (threads: number): SharedBuffers => {
      const buffers = new SharedBuffers({
        threads,
        rows: table.rows,
        features: 14,
        slots: 1,
        lambda: 1,
        minChildWeight: 1,
        minGain: 0,
        isConstrained: false,
      });
      const random = createRandom(1, 'gradients');
      let gradient = 0;
      for (let row = 0; row < table.rows; row++) {
        buffers.order[row] = row;
        buffers.pairs[2 * row] = Math.round(100 * random.normal()) / 128;
        buffers.pairs[2 * row + 1] = 1;
        gradient += buffers.pairs[2 * row]!;
      }
      for (const [k, group] of bins.groups.entries()) buffers.groups[k]!.set(group);
      buffers.binCounts.set(bins.cuts.map(({ length }) => length + 1));
      buffers.allowed.fill(1);
      buffers.task.set([0, 0, table.rows, -1, 0, -1]);
      buffers.nodes.set([gradient, table.rows, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
      return buffers;
    };
    const [alone, together] = [buffersOf(1), buffersOf(3)];
    new WorkerPool(alone).run(table.rows);
    const pool = new WorkerPool(together);
    const [ticket, done, ready] = [0, 1, 2];
    while (Atomics.load(together.control, ready) < 2) await new Promise((next) => setTimeout(next, 5));
    for (let round = 1; round <= 50; round++) {
      together.slots.fill(0);
      pool.run(table.rows);
      expect(Atomics.load(together.control, ticket)).toBe(round);
      expect(Atomics.load(together.control, done)).toBe(2);
    }
    pool.end();
    expect(together.slots).toEqual(alone.slots);
    const gains = Array.from({ length: 3 }, (_, thread) => together.splits[12 * thread]!);
    expect(gains.every((gain) => gain > 0)).toBe(true);
    expect(Math.max(...gains)).toBe(alone.splits[0]);
  });
});
