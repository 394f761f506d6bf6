/** The end that somebody asked for, and what comes after it. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createRandom } from '@emberwatch/engine/random';
import { chooseModel, feedRecording } from '@emberwatch/lab';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { withTokens } from '../../src/auth/offline.ts';
import { deliverByHttp, deliverByMqtt, Progress } from './gateway.ts';
import { checkAlarms, type Kept, readKept } from './kept.ts';
import { bundleService, Program, pathOf, ROOT, report } from './program.ts';
import { until } from './receiver.ts';
import type { Story } from './story.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const RECORDING = join(ROOT, 'examples/recordings/warehouse.parquet');
/** Of 46,144. */
const MIDDLE_FRAMES = 23_000;
const MAPPING = join(ROOT, 'examples/recordings/warehouse.yaml');

/** Seconds on a free machine. */
const LONG = { timeout: 240_000 };

bundleService();

it(
  `SEED=${SEED}: SIGTERM under load keeps what was acknowledged, and the start after it judges nothing again`,
  LONG,
  async () => {
    const data = pathOf('stopped');
    const { token } = await withTokens(data, Date.now, (access, actor) =>
      access.create({ name: 'east', role: 'gateway', modules: ['*'] }, actor),
    );
    const options = { dataDirectory: data, silentAfterMs: 600_000, mqtt: { embedded: { port: 0 } } };
    const program = await Program.start(options);
    const stories = ['north', 'south', 'east'].map(
      (gatewayId): Story => ({ gatewayId, modules: 64, instants: 10_000, heatings: [] }),
    );
    const progress = new Progress(stories.map(({ gatewayId }) => gatewayId));
    const enough = new AbortController();
    const parts = { target: () => program.service, progress, signal: enough.signal };
    const delivering = stories.map((story) =>
      story.gatewayId === 'east'
        ? deliverByMqtt({ ...parts, story, site: 'site', token })
        : deliverByHttp({ ...parts, story, random: createRandom(SEED, story.gatewayId) }),
    );
    const batches = 100 + Math.floor(100 * createRandom(SEED, 'stop').uniform());
    await until(() => progress.acknowledged >= batches, `${batches} acknowledgements`);
    const tookMs = await program.stop();
    report(`stopped under load in ${tookMs} ms`);
    enough.abort();
    await Promise.allSettled(delivering);

    const kept = await readKept(data);
    for (const { gatewayId } of stories) {
      const acknowledged = progress.of(gatewayId);
      const times = kept.times.get(`${gatewayId}_M01`)!;
      // One more may be stored whose answer was cut off; by MQTT as many as were under way.
      expect(times.length, `${gatewayId}, stopped in ${tookMs} ms`).toBeGreaterThanOrEqual(acknowledged);
    }
    const again = await Program.start(options);
    expect(again.service.recovery).toMatchObject({ from: 'snapshot', rejectedWhy: null, frames: 0 });
    expect((await again.get('/modules')).modules).toHaveLength(3 * 64);
    await again.stop();
  },
);

/** One address for a service that comes and goes: who calls meanwhile waits until it is there again. */
async function frontOf(program: () => Promise<Program>): Promise<string> {
  const front = createServer(async (caller) => {
    caller.on('error', () => caller.destroy());
    const service = connect(Number(new URL((await program()).url).port), '127.0.0.1');
    service.on('error', () => caller.destroy());
    service.on('close', () => caller.destroy());
    caller.on('close', () => service.destroy());
    caller.pipe(service).pipe(caller);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void front.close());
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}

/** Plays the warehouse of the demo into a service, which ends in the middle if `how` says so. */
async function played(
  name: string,
  serve: (data: string) => Promise<Program>,
  how: 'SIGTERM' | 'SIGKILL' | null,
): Promise<{ verdicts: object[]; kept: Kept }> {
  const data = pathOf(name);
  let serving = serve(data);
  let isRestarted = false;
  const restart = async (): Promise<Program> => {
    const program = await serving;
    await (how === 'SIGTERM' ? program.stop() : program.kill());
    return serve(data);
  };
  const { frames, accepted, repeated, rejected } = await feedRecording(RECORDING, {
    to: await frontOf(() => serving),
    speed: Number.POSITIVE_INFINITY,
    onProgress: ({ accepted }) => {
      if (how === null || isRestarted || accepted < MIDDLE_FRAMES) return;
      isRestarted = true;
      serving = restart();
    },
  });
  expect(isRestarted, `${name}: restarted`).toBe(how !== null);
  const program = await serving;
  // The answer to a batch that was stored may be lost with the process: then it was there before.
  expect(frames - accepted, `${name}: ${repeated} repeated`).toBeLessThanOrEqual(1000);
  expect(rejected).toBe(0);
  const verdicts = await program.verdicts();
  await program.stop();
  const kept = await readKept(data);
  expect(kept.frames, name).toBe(frames);
  checkAlarms(kept, name);
  return { verdicts, kept };
}

const changesOf = ({ changes }: Kept): string[] =>
  changes.map(
    ({ moduleId, timeMs, from, to, reasons }) =>
      `${moduleId} ${timeMs} ${from} ${to} ${reasons.map(({ text }) => text)}`,
  );

it('the warehouse of the demo: with a stop or a kill in the middle judged as without', LONG, async () => {
  // The whole of it by the command of the users, the others by the launcher, which starts fast.
  const command = (data: string): Promise<Program> =>
    Program.serve('--playback', '--data', data, '--map', MAPPING, '--model', 'champion');
  const whole = await played('whole', command, null);
  expect(whole.kept.alarms.some(({ highestLevel }) => highestLevel === 'critical')).toBe(true);

  const modelFile = (await chooseModel('champion'))!.path;
  const { nameplate } = parse(readFileSync(MAPPING, 'utf8'));
  const launch = (dataDirectory: string): Promise<Program> =>
    Program.start({ dataDirectory, modelFile, isPlayback: true, detector: { nameplate } });
  for (const how of ['SIGTERM', 'SIGKILL'] as const) {
    const cut = await played(how, launch, how);
    expect(cut.verdicts, `${how}: verdicts`).toEqual(whole.verdicts);
    expect(changesOf(cut.kept), `${how}: changes`).toEqual(changesOf(whole.kept));
  }
});
