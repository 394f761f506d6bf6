/** The audit log of a store, checked on the command line. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditRow } from '../../src/records.ts';
import { AuditChain, type AuditHead } from '../../src/store/audit-chain.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { START_MS } from './made.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const ROWS = 2500;

let folder: string;
let data: string;
let store: Store;
let rows: AuditRow[];
let head: AuditHead;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emberwatch-audit-'));
  data = join(folder, 'data');
  store = await openStore(data, { now: () => START_MS, minFreeBytes: 0 });
  const chain = new AuditChain(await store.lastAudit());
  rows = Array.from({ length: ROWS }, (_, i) =>
    chain.append({
      atMs: START_MS + i,
      actor: 'Ada\n',
      action: 'alarm.raised',
      subject: `A${i}`,
      detail: { i },
    }),
  );
  await store.commit({ audit: rows });
  head = chain.head;
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const emberwatch = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((done) => {
    const command = [join(ROOT, 'packages/cli/src/main.ts'), 'audit', ...args];
    execFile('node', ['--import', 'tsx', ...command], { cwd: ROOT }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

describe('emberwatch audit', () => {
  // Each command is a process of its own, translated as it starts.
  it('finds a log right while the service has it open, and a copy of it', { timeout: 180_000 }, async () => {
    const found = await emberwatch('verify', '--data', data, '--json');
    expect(JSON.parse(found.stdout)).toEqual({ isRight: true, rows: ROWS, head });
    const file = join(folder, 'audit.ndjson');
    const made = await emberwatch('export', '--data', data, '-o', file);
    expect(made.stderr).toBe(`2,500 rows; head ${head.seq}:${head.hash}\n`);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.slice(0, -1).map((line) => JSON.parse(line))).toEqual(rows);
    expect(JSON.parse(lines.at(-1)!)).toEqual({
      end: {
        rows: ROWS,
        head: `${head.seq}:${head.hash}`,
        covers: ['seq', 'atMs', 'actor', 'action', 'subject', 'detail'],
      },
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const copied = await emberwatch('verify', '--file', file, '--head', `${head.seq}:${head.hash}`);
    expect(copied).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Audit log intact: 2,500 rows.'),
    });
    await writeFile(file, `${lines.slice(0, 1700).join('\n')}\n`);
    expect(await emberwatch('verify', '--file', file)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('the file ends with row 1700'),
    });
    const at1700 = `1700:${rows[1699]!.hash}`;
    expect(await emberwatch('verify', '--file', file, '--head', at1700)).toMatchObject({ code: 0 });
    const cut = await emberwatch('verify', '--file', file, '--head', `${head.seq}:${head.hash}`);
    expect(cut).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('Audit log altered: the log ends with row 1700'),
    });
  });

  it('names the first row that is wrong', async () => {
    const copy = join(folder, 'forged');
    await store.backup(copy);
    const db = new Database(join(copy, 'emberwatch.db'));
    // Whoever may write the file gets past what keeps programs from it.
    const guards = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
      .all();
    for (const { name } of guards as { name: string }[]) db.exec(`DROP TRIGGER ${name}`);
    db.prepare("UPDATE audit SET body = replace(body, 'A1234', 'A4321') WHERE seq = 1235").run();
    db.close();
    const found = await emberwatch('verify', '--data', copy);
    expect(found).toMatchObject({ code: 1, stdout: expect.stringContaining('Audit log altered: row 1235') });
  });

  it.each([
    [['verify'], 'name either --data or --file'],
    [['verify', '--data', '/nowhere'], '/nowhere holds no emberwatch.db'],
    [['verify', '--file', '/nowhere'], '--file /nowhere: ENOENT'],
    [['verify', '--data', '/nowhere', '--head', '7'], '--head 7: expected NUMBER:HASH'],
    [['verify', '--file', 'package.json'], 'package.json, line 1: not JSON'],
  ])('%j is refused with place and value', async (args, why) => {
    const { code, stderr } = await emberwatch(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});
