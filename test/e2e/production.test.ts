/** A checkout that was built, then left with what it needs to run: no translator, no builder. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT, temporaryFolder } from './command.ts';

const PACKAGES = ['engine', 'lab', 'service', 'cli'];
const folder = temporaryFolder();
const program = join(folder, 'packages/cli/bin/emberwatch.js');

/** As `npm ci` links them, or `npm ci --omit=dev`, by the lock file. */
function link(hasDev: boolean): void {
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  for (const [path, { dev, link: isOwn }] of Object.entries<{ dev?: boolean; link?: boolean }>(
    lock.packages,
  )) {
    if (!/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) || isOwn || (dev && !hasDev)) continue;
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(folder, path));
  }
  mkdirSync(join(folder, 'node_modules/@emberwatch'));
  for (const name of PACKAGES)
    symlinkSync(join(folder, 'packages', name), join(folder, 'node_modules/@emberwatch', name));
}

beforeAll(() => {
  cpSync(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  for (const name of PACKAGES)
    for (const file of readdirSync(join(ROOT, 'packages', name)))
      if (!['node_modules', 'dist', 'test'].includes(file))
        cpSync(join(ROOT, 'packages', name, file), join(folder, 'packages', name, file), { recursive: true });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('without a build says what to do', () => {
  link(false);
  const { status, stderr } = spawnSync(process.execPath, [program, '--version'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('Run "npm ci" and "npm run build"');
});

it('with all packages and without a build runs its source', () => {
  link(true);
  const { status, stdout } = spawnSync(process.execPath, [program, '--version'], { encoding: 'utf8' });
  expect([status, stdout.trim()]).toEqual([0, '0.1.0']);
});

it('built, and left without the packages of development, takes readings and ends when it is asked to', async () => {
  link(true);
  const built = spawnSync(process.execPath, [join(folder, 'packages/cli/build.mjs')], { encoding: 'utf8' });
  expect([built.status, built.stderr]).toEqual([0, '']);
  link(false);
  // The mapping of the bundle names the sources: nothing of them may be needed.
  for (const name of ['engine', 'lab', 'service'])
    rmSync(join(folder, 'packages', name, 'src'), { recursive: true });
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--data', join(folder, 'data')]);
  const [url, token] = await new Promise<[string, string]>((done, fail) => {
    let said = '';
    const listen = (text: Buffer): void => {
      said += text;
      const found = /listens on (http:\S+)[\s\S]*?(ew_[\w-]+)/.exec(said);
      if (found) done([found[1]!, found[2]!]);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('close', () => fail(new Error(`ended early: ${said}`)));
  });
  const answer = await fetch(`${url}/api/v1/frames`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      time: new Date().toISOString(),
      module_id: 'M1',
      surface_temperature_max_degc: 25,
    }),
  });
  expect(await answer.json()).toMatchObject({ accepted: 1, rejected: 0 });
  const ended = new Promise((done) => child.on('close', done));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});
