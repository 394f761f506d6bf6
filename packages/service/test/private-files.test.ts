/** What the service and its commands write is for its owner alone. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildService } from '../src/compose.ts';
import { backupStore, restoreStore } from '../src/store/backup.ts';
import { openStore } from '../src/store/open.ts';
import { standInSite } from './api/stand-in-site.ts';
import { ROOT } from './trust/program.ts';
import { until } from './trust/receiver.ts';

let folder: string;
let data: string;
let maskBefore: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberwatch-private-'));
  data = join(folder, 'data');
  // The widest there is: nothing may rest on it.
  maskBefore = process.umask(0);
});
afterEach(() => {
  process.umask(maskBefore);
  rmSync(folder, { recursive: true, force: true });
});

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const modesIn = (directory: string): string[] =>
  readdirSync(directory).map((name) => `${name} ${modeOf(join(directory, name))}`);
const open = async (): ReturnType<typeof openStore> => openStore(data, { now: () => 0, minFreeBytes: 0 });

describe('a data directory', () => {
  it('and everything in it is made for its owner only, also its copies', async () => {
    const store = await open();
    await store.commit({ settings: [{ key: 'a', value: '1' }] });
    expect(modeOf(data)).toBe('700');
    const names = readdirSync(data);
    expect(names).toEqual(expect.arrayContaining(['emberwatch.db', 'emberwatch.db-wal', 'lock.db', 'owner']));
    expect(modesIn(data)).toEqual(names.map((name) => `${name} 600`));
    const backup = join(folder, 'backup');
    await store.backup(backup);
    await store.close();
    const restored = join(folder, 'restored');
    restoreStore(backup, restored);
    backupStore(restored, join(folder, 'again'));
    for (const copy of [backup, restored, join(folder, 'again')]) {
      expect(modeOf(copy)).toBe('700');
      expect(modesIn(copy)).toEqual(readdirSync(copy).map((name) => `${name} 600`));
    }
  });

  it('that others could read is closed to them at the start, which is said', async () => {
    await (await open()).close();
    chmodSync(data, 0o755);
    for (const name of readdirSync(data)) chmodSync(join(data, name), 0o644);
    writeFileSync(join(data, 'emberwatch.db.before-2'), '', { mode: 0o664 });
    const store = await open();
    const { tightened } = await store.opening();
    await store.commit({ settings: [{ key: 'a', value: '1' }] });
    expect(modeOf(data)).toBe('700');
    expect(modesIn(data)).toEqual(readdirSync(data).map((name) => `${name} 600`));
    await store.close();
    expect(tightened).toEqual(
      expect.arrayContaining([
        `${data} had mode 755`,
        `${join(data, 'emberwatch.db')} had mode 644`,
        `${join(data, 'emberwatch.db.before-2')} had mode 664`,
      ]),
    );
    const again = await open();
    expect((await again.opening()).tightened).toEqual([]);
    await again.close();
  });
});

describe('the token of the first admin', () => {
  const build = () => buildService({ dataDirectory: data, logLevel: 'silent' });
  const file = (): string => join(data, 'first-admin-token');

  it('stands in a file of its owner, which is named as long as it is there and opens the service', async () => {
    const first = await build();
    expect(first.firstTokenFile).toBe(file());
    expect(modeOf(file())).toBe('600');
    expect(readFileSync(file(), 'utf8')).toBe(`${first.firstToken}\n`);
    await first.close();
    const second = await build();
    expect(second).toMatchObject({ firstToken: null, firstTokenFile: file() });
    await second.site.access.create({ name: 'Ada', role: 'admin' }, 'root');
    const { id } = second.site.access.list().find(({ name }) => name === 'first admin')!;
    await second.site.access.revoke(id, 'Ada');
    await second.close();
    const third = await build();
    expect(third).toMatchObject({ firstToken: null, firstTokenFile: null });
    expect(existsSync(file())).toBe(false);
    await third.close();
  });

  it('is not valid where it could not be written down', async () => {
    mkdirSync(data);
    mkdirSync(file());
    await expect(build()).rejects.toThrow();
    rmSync(file(), { recursive: true });
    const service = await build();
    expect(service.firstToken).not.toBeNull();
    await service.close();
  });

  it.each([
    ['a file', false, [], true],
    ['the journal', true, [], false],
    ['the journal, and is asked for', true, ['--print-token'], true],
    ['a file, and is not wanted', false, ['--no-print-token'], false],
  ])(
    'is printed where standard output is %s: %s %j → %s',
    async (_, isJournal, options, isPrinted) => {
      const path = join(folder, 'out');
      const out = openSync(path, 'w');
      const { dev, ino } = fstatSync(out);
      const env = { ...process.env, ...(isJournal && { JOURNAL_STREAM: `${dev}:${ino}` }) };
      const command = [join(ROOT, 'packages/cli/bin/emberwatch.js'), 'serve', '--port', '0', '--data', data];
      const child = spawn(process.execPath, [...command, '--model', 'none', ...options], {
        cwd: ROOT,
        env,
        stdio: ['ignore', out, 'inherit'],
      });
      closeSync(out);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      try {
        await until(() => readFileSync(path, 'utf8').includes('Send frames to'), 'it listens');
        const text = readFileSync(path, 'utf8');
        const token = readFileSync(file(), 'utf8').trim();
        expect(text).toContain(file());
        expect(text.includes(token)).toBe(isPrinted);
        expect(modesIn(data)).toEqual(readdirSync(data).map((name) => `${name} 600`));
      } finally {
        child.kill('SIGTERM');
        await ended;
      }
    },
    60_000,
  );
});

describe('the cookie of a session', () => {
  const signIn = async (proto: string) => {
    const site = await standInSite({ server: { trustedProxies: ['127.0.0.1'] } });
    const headers = { host: 'localhost', 'x-forwarded-proto': proto };
    const answer = await site.app.inject({
      method: 'POST',
      url: '/api/v1/session',
      headers,
      payload: { token: site.firstToken },
    });
    return { site, headers, cookie: String(answer.headers['set-cookie']) };
  };

  it('is bound to this host over TLS, and no other is taken there', async () => {
    const { site, headers, cookie } = await signIn('https');
    expect(cookie).toMatch(/^__Host-emberwatch_session=[^;]+; /);
    expect(cookie).toContain('; Path=/');
    expect(cookie).toContain('; Secure');
    expect(cookie).toContain('; HttpOnly');
    expect(cookie).not.toContain('Domain');
    const ask = async (name: string) => {
      const value = /=([^;]+)/.exec(cookie)![1]!;
      const answer = await site.app.inject({
        url: '/api/v1/tokens',
        headers: { ...headers, cookie: `${name}=${value}` },
      });
      return answer.statusCode;
    };
    expect(await ask('__Host-emberwatch_session')).toBe(200);
    expect(await ask('emberwatch_session')).toBe(401);
    const out = await site.app.inject({
      method: 'DELETE',
      url: '/api/v1/session',
      headers: { ...headers, cookie: cookie.split(';')[0]!, 'sec-fetch-site': 'same-origin' },
    });
    expect(String(out.headers['set-cookie'])).toMatch(/^__Host-emberwatch_session=; .*Secure/);
    await site.app.close();
  });

  it('has its plain name without TLS, where a browser takes no other', async () => {
    const { site, cookie } = await signIn('http');
    expect(cookie).toMatch(/^emberwatch_session=/);
    expect(cookie).not.toContain('Secure');
    await site.app.close();
  });
});
