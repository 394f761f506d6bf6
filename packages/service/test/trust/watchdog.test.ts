/** What notices that nobody watches: the test hazard inside, and the sign of life that somebody outside waits for. */
import { POLICY } from '@emberwatch/engine/detector';
import { expect, it } from 'vitest';
import { bundleService, Program, pathOf } from './program.ts';
import { Receiver, until } from './receiver.ts';

const BEAT_MS = 1000;

bundleService();

const beating = (name: string, watchdog: Receiver) => ({
  dataDirectory: pathOf(name),
  outbound: { hosts: [watchdog.host], networks: ['loopback' as const] },
  heartbeat: { everyS: BEAT_MS / 1000, webhook: { url: watchdog.url } },
});

it('judgement that cannot find a fire: an alarm, not ready, and no sign of life', async () => {
  const watchdog = await Receiver.start();
  const policy = {
    ...POLICY,
    thresholds: POLICY.thresholds.filter(({ level }) => level !== 'critical'),
    agreements: [],
  };
  const program = await Program.start({ ...beating('blind', watchdog), detector: { policy } });
  await until(async () => {
    const { alarms } = await program.get('/alarms?open=true');
    return alarms.some(({ kind }: { kind: string }) => kind === 'canary');
  }, 'the alarm of the test hazard');
  expect(await program.get('/ready')).toEqual({ isReady: false, obstacles: ['canary'] });
  await until(() => watchdog.reported.length >= 2, 'two beats');
  for (const { path, body } of watchdog.reported) {
    expect(path).toBe('/fail');
    expect(body).toMatchObject({ watching: false, why: 'canary' });
  }
  await program.stop();
});

it('a process that stands still gives no sign of life, and gives it again when it goes on', async () => {
  const watchdog = await Receiver.start();
  const program = await Program.start(beating('standing', watchdog));
  await until(() => watchdog.reported.length >= 2, 'two beats');
  program.signal('SIGSTOP');
  // What was under way when it was stopped may still arrive.
  await new Promise((resolve) => setTimeout(resolve, BEAT_MS / 2));
  const before = watchdog.reported.length;
  await new Promise((resolve) => setTimeout(resolve, 2.5 * BEAT_MS));
  expect(watchdog.reported.length, 'beats of a process that stands still').toBe(before);
  program.signal('SIGCONT');
  await until(() => watchdog.reported.length > before, 'a beat again');
  await until(() => watchdog.reported.at(-1)!.path === '/', 'a good one');
  await program.stop();
});
