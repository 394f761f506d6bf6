/** The service as it is started by hand. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, temporaryFolder } from './command.ts';

/** What it says until it waits for frames. */
async function greeting(...args: string[]): Promise<string> {
  const command = [
    join(ROOT, 'packages/cli/bin/emberwatch.js'),
    'serve',
    '--port',
    '0',
    '--data',
    join(temporaryFolder(), 'data'),
    ...args,
  ];
  const child = spawn(process.execPath, command, { cwd: ROOT });
  let out = '';
  for await (const text of child.stdout) {
    out += text;
    if (out.includes('Send frames to')) child.kill('SIGTERM');
  }
  return out;
}

it('says what it takes of a mapping: nameplate and interval, no columns', async () => {
  const path = join(temporaryFolder(), 'rack.yaml');
  const start =
    'name: rack\ntime: { column: t }\nmodule: { id: M }\nchannels: { voltage_v: { column: u } }\n';
  writeFileSync(path, `${start}nameplate: { capacityAh: 100 }\nsampling: { interval: 10s }\n`);
  expect(await greeting('--map', path)).toContain(`Of ${path} this is used: capacityAh 100, interval 10 s.`);
  writeFileSync(path, start);
  expect(await greeting('--map', path)).toContain(`Nothing of ${path} is used`);
});
