/** What somebody with the right to write the database may try, and what it is found by. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildService } from '../../src/compose.ts';
import { AUDIT_HEAD_FILE, readHeadFile } from '../../src/store/audit-head.ts';
import { backupStore, restoreStore } from '../../src/store/backup.ts';
import { STORE_FILE } from '../../src/store/disk.ts';
import { openStore } from '../../src/store/open.ts';
import { MIGRATIONS } from '../../src/store/schema.ts';
import { verifyStoredAudit } from '../../src/store/stored-audit.ts';
import { recordOf, START_MS, StandInDetector } from '../stand-in.ts';

const ADA = { tokenId: 't1', name: 'Ada', role: 'admin', modules: null } as const;
let folder: string;
let data: string;
let copies = 0;

/** A store as a site leaves it: a shelved and an acknowledged alarm, maintenance, tokens, a retired module. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'emberwatch-altered-'));
  data = join(folder, 'data');
  let nowMs = START_MS;
  const built = await buildService(
    { dataDirectory: data, now: () => nowMs, logLevel: 'silent' },
    (sink) => new StandInDetector(sink),
  );
  const { monitor, site } = built;
  const delivery = { gatewayId: 'g', door: 'http', sequence: null, modules: null } as const;
  await monitor.pipeline.takeRecords(delivery, [
    recordOf('A', 0, { surface_temperature_max_degc: 85 }),
    recordOf('B', 0, { surface_temperature_max_degc: 65 }),
    recordOf('C', 0),
  ]);
  const untilMs = START_MS + 3_600_000;
  await monitor.alarms.act({ kind: 'acknowledge', id: 'A000001' }, ADA);
  await monitor.alarms.act({ kind: 'out-of-service', id: 'A000002', untilMs, reason: 'known' }, ADA);
  await monitor.alarms.startMaintenance({ scope: { kind: 'rack', id: 'R' }, untilMs, reason: 'work' }, ADA);
  await monitor.retire('C', 'Ada', 'taken away');
  const { info } = await site.access.create({ name: 'west', role: 'gateway', modules: ['*'] }, 'Ada');
  await site.access.create({ name: 'Eve', role: 'viewer' }, 'Ada');
  await site.access.revoke(info.id, 'Ada');
  nowMs += 2000;
  await built.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function altered(change: (db: Database.Database, directory: string) => void): string {
  const copy = join(folder, `copy-${++copies}`);
  cpSync(data, copy, { recursive: true });
  const db = new Database(join(copy, STORE_FILE));
  // Whoever may write the file gets past what keeps programs from it.
  db.exec('DROP TRIGGER audit_is_fixed; DROP TRIGGER audit_is_kept');
  change(db, copy);
  db.close();
  return copy;
}

const run =
  (...sql: string[]) =>
  (db: Database.Database): void => {
    for (const one of sql) db.exec(one);
  };

it('is intact as it was left, and so are its copies and those restored', () => {
  expect(verifyStoredAudit(data)).toMatchObject({ isRight: true });
  expect(statSync(join(data, AUDIT_HEAD_FILE)).mode & 0o777).toBe(0o600);
  const verdict = verifyStoredAudit(data);
  expect(verdict).toMatchObject({ head: readHeadFile(data) });
  backupStore(data, join(folder, 'backup'));
  restoreStore(join(folder, 'backup'), join(folder, 'restored'));
  expect(verifyStoredAudit(join(folder, 'restored'))).toEqual(verdict);
});

const SHORTER = 'DELETE FROM audit WHERE seq > (SELECT max(seq) FROM audit) - 2';
const HEAD_TO_FIT =
  "UPDATE audit_head SET (seq, hash) = (SELECT seq, json_extract(body, '$.hash') FROM audit ORDER BY seq DESC LIMIT 1)";
const withoutFile =
  (...sql: string[]) =>
  (db: Database.Database, directory: string): void => {
    run(...sql)(db);
    rmSync(join(directory, AUDIT_HEAD_FILE));
  };

describe('is found:', () => {
  it.each<[string, (db: Database.Database, directory: string) => void, RegExp]>([
    ['all rows deleted', run('DELETE FROM audit'), /the log ends with row 0/],
    [
      'all rows deleted, and every head',
      withoutFile('DELETE FROM audit', 'DELETE FROM audit_head'),
      /alarm A000001 stands in no row of the log \(0 rows\)/,
    ],
    [
      'all rows, heads and alarms deleted',
      withoutFile('DELETE FROM audit', 'DELETE FROM audit_head', 'DELETE FROM alarm'),
      /token t\w+ \(.+\) stands in no row/,
    ],
    ['the end cut off', run(SHORTER), /the log ends with row/],
    [
      'the end cut off, and the head in the database made to fit',
      run(SHORTER, HEAD_TO_FIT),
      /the log ends with row/,
    ],
    ['the end cut off, and both heads made to fit', withoutFile(SHORTER, HEAD_TO_FIT), /token t\w+/],
    ['the beginning cut off', run('DELETE FROM audit WHERE seq < 3'), /row 1 is missing/],
    ['one row left out', run('DELETE FROM audit WHERE seq = 3'), /row 3 is missing/],
    [
      'one row changed',
      run("UPDATE audit SET body = replace(body, 'Ada', 'Eve') WHERE body LIKE '%Ada%'"),
      /was changed/,
    ],
    [
      'the column by which rows of an alarm are found',
      run("UPDATE audit SET subject = 'A000009' WHERE subject = 'A000001'"),
      /the columns by which it is found/,
    ],
    [
      'an open alarm hidden by its column',
      run('UPDATE alarm SET closed_ms = 1'),
      /alarm A000001: what it is found by/,
    ],
    [
      'an alarm of another kind or time in its columns',
      run("UPDATE alarm SET kind = 'clock' WHERE id = 'A000002'"),
      /alarm A000002: what it is found by/,
    ],
    [
      'what is shown of an alarm',
      run(`UPDATE alarm SET body = replace(body, '"acknowledgedBy":"Ada"', '"acknowledgedBy":"Eve"')`),
      /alarm A000001: what is shown of it/,
    ],
    [
      'an alarm put in',
      run(
        "INSERT INTO alarm SELECT 'A000099', kind, source, raised_ms, closed_ms, data_from_ms, data_to_ms, replace(body, 'A000001', 'A000099') FROM alarm WHERE id = 'A000001'",
      ),
      /alarm A000099 stands in no row/,
    ],
    [
      'a token of a viewer made one of an admin',
      run(`UPDATE token SET body = replace(body, '"role":"viewer"', '"role":"admin"')`),
      /token t\w+: what is kept of it/,
    ],
    [
      'a revoked token made valid',
      run("UPDATE token SET body = json_set(body, '$.revokedMs', json('null'))"),
      /token t\w+: what is kept of it/,
    ],
    [
      'a token put in',
      run("INSERT INTO token SELECT 'tx', created_ms, replace(body, id, 'tx') FROM token LIMIT 1"),
      /token tx .+ stands in no row/,
    ],
    [
      'maintenance that nobody started',
      run(
        "UPDATE setting SET value = replace(value, 'M000001', 'M000002') WHERE key = 'alarms.arrangements'",
      ),
      /maintenance M000002/,
    ],
    [
      'a module that nobody retired',
      run(
        `UPDATE setting SET value = replace(value, '"moduleId":"C"', '"moduleId":"D"') WHERE key = 'modules.retired'`,
      ),
      /the retired module D/,
    ],
    ['a row that is no JSON', run("UPDATE audit SET body = 'x' WHERE seq = 2"), /row 2 cannot be read/],
  ])('%s', (_, change, words) => {
    const verdict = verifyStoredAudit(altered(change));
    expect(verdict.isRight ? 'intact' : verdict.text).toMatch(words);
  });

  it('an older head that was kept elsewhere, after everything else was made to fit', () => {
    const verdict = verifyStoredAudit(data);
    if (!verdict.isRight) throw new Error(verdict.text);
    const copy = altered(
      withoutFile(
        'DELETE FROM audit',
        'DELETE FROM audit_head',
        'DELETE FROM alarm',
        'DELETE FROM token',
        'DELETE FROM setting',
      ),
    );
    // This is what nothing in the directory can show.
    expect(verifyStoredAudit(copy)).toMatchObject({ isRight: true, rows: 0 });
    expect(verifyStoredAudit(copy, [verdict.head])).toMatchObject({ isRight: false, problem: 'cut-off' });
  });
});

it('a start tells that the end is not as it was written', async () => {
  for (const [change, words] of [
    [run(SHORTER), /was the last that was written/],
    [run(SHORTER, HEAD_TO_FIT), /was the last that was written/],
    [withoutFile('DELETE FROM audit_head'), /head was taken away/],
  ] as const) {
    const store = await openStore(altered(change), { now: () => START_MS });
    expect((await store.opening()).auditWhy).toMatch(words);
    await store.close();
  }
  const store = await openStore(
    altered(() => {}),
    { now: () => START_MS },
  );
  expect((await store.opening()).auditWhy).toBeNull();
  await store.close();
});

it('a store of the first version is given a head when it is brought up, and verifies before and after', async () => {
  const copy = altered(run('DROP TABLE audit_head', 'PRAGMA user_version = 1'));
  rmSync(join(copy, AUDIT_HEAD_FILE));
  expect(verifyStoredAudit(copy)).toMatchObject({ isRight: true });
  const store = await openStore(copy, { now: () => START_MS });
  expect((await store.metrics()).schemaVersion).toBe(MIGRATIONS.length);
  expect((await store.opening()).auditWhy).toBeNull();
  await store.close();
  expect(verifyStoredAudit(copy)).toMatchObject({ isRight: true, head: readHeadFile(copy) });
});

it('a head file that is older than the log fits it, and one that is empty is none', () => {
  const copy = altered(() => {});
  const path = join(copy, AUDIT_HEAD_FILE);
  const db = new Database(join(copy, STORE_FILE));
  const { body } = db.prepare('SELECT body FROM audit WHERE seq = 2').get() as { body: string };
  db.close();
  writeFileSync(path, `2:${JSON.parse(body).hash}\n`);
  expect(verifyStoredAudit(copy)).toMatchObject({ isRight: true });
  writeFileSync(path, '');
  expect(readFileSync(path, 'utf8')).toBe('');
  expect(verifyStoredAudit(copy)).toMatchObject({ isRight: true });
});
