import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { abuseSummary, abuseTable, evaluateAbuse } from '../../src/evaluate/abuse.ts';
import { markdownOf } from '../../src/evaluate/text.ts';
import { modelNamed } from '../../src/registry/index.ts';

const DATA =
  process.env['EMBERWATCH_DATA'] ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
const hasData = existsSync(join(DATA, 'abuse/ornl-indentation/truth.csv'));

describe('real abuse', () => {
  it.skipIf(!hasData).each(['rules', 'shipped'])(
    'every runaway is critical within 15 s, and stays so (needs ../shared/data): %s',
    { timeout: 60_000 },
    async (name) => {
      const rows = (await evaluateAbuse(DATA, await modelNamed(name)))!;
      expect(abuseSummary(rows)).toMatchObject({ tests: 99, runaways: 8, caught: 8, soon: 8, cool: 24 });
      for (const row of rows) if (row.runawayS > 0) expect(row.last).toBe('critical');
      // The rules alone call three short-circuited cells of 49 to 54 °C critical: voltage and heat agree.
      expect(abuseSummary(rows).coolCritical).toBe(name === 'rules' ? 3 : 0);
      expect(markdownOf(abuseTable(rows))).toContain('Of 8 runaways 8 are critical');
    },
  );

  it('is no part of a folder without it', async () => {
    expect(await evaluateAbuse(tmpdir(), null)).toBeNull();
  });
});
