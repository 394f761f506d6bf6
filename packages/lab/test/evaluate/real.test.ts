import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evaluateReal, realTable } from '../../src/evaluate/real.ts';
import { markdownOf } from '../../src/evaluate/text.ts';

const DATA =
  process.env['EMBERWATCH_DATA'] ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
const B0018 = 'normal/nasa-b0018-discharge.csv.gz';

describe('real recordings', () => {
  it.skipIf(!existsSync(join(DATA, B0018)))(
    'a healthy cell over its life gives no alarm, and the table says what that shows (needs ../shared/data)',
    { timeout: 30_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'emberwatch-real-'));
      try {
        await mkdir(join(folder, 'normal'));
        await symlink(join(DATA, B0018), join(folder, B0018));
        const stats = await evaluateReal(folder, null);
        expect(stats).toHaveLength(1);
        expect(stats[0]!.episodes).toEqual([0, 0, 0]);
        expect(stats[0]!.moduleHours).toBeGreaterThan(100);
        expect(markdownOf(realTable(stats))).toMatch(/0 critical \(at most \d+ per module-month\)/);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );

  it('a folder without any of them is said to be one', async () => {
    await expect(evaluateReal(tmpdir(), null)).rejects.toThrow('none of the real recordings is here');
  });
});
