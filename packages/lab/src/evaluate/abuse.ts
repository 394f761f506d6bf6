/** Real cells that were abused until some of them ran away, judged as they are: how soon each is critical, and what else is. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createModel, type Level, levelRank, type ModelDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import { loadMapping } from '../mapping.ts';
import { watchRecording } from '../watch/watch.ts';
import type { TextTable } from './text.ts';

/** Under the folder of recordings: one packed CSV and one mapping a set, and `truth.csv`. */
const FOLDER = 'abuse/ornl-indentation';
const SOURCE = 'Oak Ridge and Sandia laboratories, 10.17632/sn2kv34r4h.1';
const TRUTH_HEAD = 'set,module,runaway_s,peak_degc';
/** Times of the recordings are this and the second of the test. */
const ORIGIN_S = 1_600_000_000;
/** Soon enough, s. */
const SOON_S = 15;
/** A cell that stays below this was never in danger. */
const COOL_DEG_C = 60;

interface Test {
  readonly set: string;
  readonly moduleId: string;
  /** Second of the test at which it heats at 10 K/s or more; NaN: never. */
  readonly runawayS: number;
  readonly peakDegC: number;
}

export interface AbuseRow extends Test {
  /** Gravest level, the first second of warning or above and of critical, and the level at the end. */
  readonly worst: Level;
  readonly warningS: number;
  readonly criticalS: number;
  readonly last: Level;
}

/** Null where the folder has none of it. */
export async function evaluateAbuse(
  folder: string,
  model: ModelDocument | null,
): Promise<readonly AbuseRow[] | null> {
  const path = join(folder, FOLDER);
  if (!existsSync(join(path, 'truth.csv'))) return null;
  const tests = testsOf(await readFile(join(path, 'truth.csv'), 'utf8'));
  const rows: AbuseRow[] = [];
  for (const set of new Set(tests.map((test) => test.set))) {
    const found = new Map<string, Omit<AbuseRow, keyof Test>>();
    await watchRecording(join(path, `${set}.csv.gz`), {
      mapping: await loadMapping(join(path, `${set}.yaml`)),
      ...(model && { model: createModel(model) }),
      onChange: ({ moduleId, to, timeMs }) => {
        const before = found.get(moduleId) ?? UNSEEN;
        const timeS = timeMs / 1000 - ORIGIN_S;
        const rank = levelRank(to);
        found.set(moduleId, {
          worst: rank > levelRank(before.worst) ? to : before.worst,
          warningS: rank >= levelRank('warning') ? Math.min(before.warningS, timeS) : before.warningS,
          criticalS: to === 'critical' ? Math.min(before.criticalS, timeS) : before.criticalS,
          last: to,
        });
      },
    });
    for (const test of tests)
      if (test.set === set) rows.push({ ...test, ...(found.get(test.moduleId) ?? UNSEEN) });
  }
  return rows;
}

const UNSEEN = { worst: 'unknown', warningS: Infinity, criticalS: Infinity, last: 'unknown' } as const;

function testsOf(text: string): Test[] {
  const [head, ...lines] = text.trim().split(/\r?\n/);
  if (head !== TRUTH_HEAD) throw new InputError(`${FOLDER}/truth.csv: expected the columns ${TRUTH_HEAD}`);
  return lines.map((line) => {
    const [set = '', moduleId = '', runaway, peak] = line.split(',');
    return { set, moduleId, runawayS: runaway ? Number(runaway) : Number.NaN, peakDegC: Number(peak) };
  });
}

export interface AbuseSummary {
  readonly tests: number;
  readonly runaways: number;
  /** Of them critical at all, and within 15 s. */
  readonly caught: number;
  readonly soon: number;
  /** Tests that stay below 60 °C, and how many of them are critical. */
  readonly cool: number;
  readonly coolCritical: number;
  /** All others without a runaway. */
  readonly hot: number;
  readonly hotCritical: number;
}

export function abuseSummary(rows: readonly AbuseRow[]): AbuseSummary {
  const runaways = rows.filter(({ runawayS }) => !Number.isNaN(runawayS));
  const others = rows.filter(({ runawayS }) => Number.isNaN(runawayS));
  const cool = others.filter(({ peakDegC }) => peakDegC < COOL_DEG_C);
  const hot = others.filter(({ peakDegC }) => peakDegC >= COOL_DEG_C);
  const critical = (of: readonly AbuseRow[]): number => of.filter(({ worst }) => worst === 'critical').length;
  return {
    tests: rows.length,
    runaways: runaways.length,
    caught: critical(runaways),
    soon: runaways.filter(({ criticalS, runawayS }) => criticalS - runawayS <= SOON_S).length,
    cool: cool.length,
    coolCritical: critical(cool),
    hot: hot.length,
    hotCritical: critical(hot),
  };
}

export function abuseTable(rows: readonly AbuseRow[]): TextTable {
  const { tests, runaways, caught, soon, cool, coolCritical, hot, hotCritical } = abuseSummary(rows);
  const after = (timeS: number, row: AbuseRow): string =>
    Number.isFinite(timeS) ? `${(timeS - row.runawayS).toFixed(0)} s` : '–';
  return {
    title: 'Abuse of single cells',
    note: `${tests} indentation tests (${SOURCE}), voltage and one thermocouple, 1 s. Of ${runaways} runaways ${caught} are critical, ${soon} within ${SOON_S} s of heating at 10 K/s. Critical of the others: ${coolCritical} of ${cool} that stay below ${COOL_DEG_C} °C, ${hotCritical} of ${hot} that do not.`,
    head: ['runaway', 'peak', 'warning after', 'critical after', 'level at the end'],
    rows: rows
      .filter(({ runawayS }) => !Number.isNaN(runawayS))
      .map((row) => [
        row.moduleId,
        `${row.peakDegC} °C`,
        after(row.warningS, row),
        after(row.criticalS, row),
        row.last,
      ]),
  };
}
