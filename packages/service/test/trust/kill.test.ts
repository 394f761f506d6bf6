/**
 * The service under load from two gateways over HTTP and one over MQTT, killed again and again on the same data. `KILLS=200`
 * in front kills it more often, `SEED=7` otherwise; both stand in the message of what fails.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@emberwatch/engine/random';
import { expect, it } from 'vitest';
import { withTokens } from '../../src/auth/offline.ts';
import type { ServiceOptions } from '../../src/index.ts';
import { deliverByHttp, deliverByMqtt, Progress, type Target } from './gateway.ts';
import { checkAlarms, type Kept, readKept } from './kept.ts';
import { bundleService, Program, pathOf, report } from './program.ts';
import { moduleOf, type Story, timeOf } from './story.ts';

const KILLS = Number(process.env['KILLS'] ?? 15);
const SEED = Number(process.env['SEED'] ?? 1);
const SAID = `SEED=${SEED} KILLS=${KILLS}`;

const MODULES = 64;
const INSTANTS = Math.max(440, 20 * KILLS);
const HOT = moduleOf('north', 6);
const WARM = moduleOf('east', 11);
const STORIES: readonly Story[] = ['north', 'south', 'east'].map((gatewayId) => ({
  gatewayId,
  modules: MODULES,
  instants: INSTANTS,
  heatings: [
    { moduleId: HOT, fromInstant: INSTANTS - 220, perInstantK: 0.6 },
    // A warning that comes, goes and comes back.
    { moduleId: WARM, fromInstant: 100, perInstantK: 1, untilInstant: 140, coolsPerInstantK: 1 },
    { moduleId: WARM, fromInstant: 230, perInstantK: 1, untilInstant: 270, coolsPerInstantK: 1 },
  ],
}));
const [NORTH, SOUTH, EAST] = STORIES as [Story, Story, Story];

bundleService();

/** The ends that a life may come to. */
const ENDS = ['killed', 'killed', 'killed', 'killed while it starts', 'killed while it stops'] as const;

class ApiContext {
  readonly progress = new Progress(STORIES.map(({ gatewayId }) => gatewayId));
  readonly lives: string[] = [];
  /** Comments of a person that were answered as kept. */
  readonly comments: string[] = [];
  private readonly data: string;
  private readonly options: ServiceOptions;
  private readonly token: string;
  private program: Program | null = null;

  private constructor(data: string, token: string) {
    this.data = data;
    // A machine that is busy with other tests is no silence.
    this.options = {
      dataDirectory: data,
      mqtt: { embedded: { port: 0 } },
      isPlayback: true,
      silentAfterMs: 600_000,
    };
    this.token = token;
  }

  static async make(data: string): Promise<ApiContext> {
    const { token } = await withTokens(data, Date.now, (access, actor) =>
      access.create({ name: EAST.gatewayId, role: 'gateway', modules: ['*'] }, actor),
    );
    return new ApiContext(data, token);
  }

  async start(): Promise<void> {
    this.program = await Program.start(this.options);
  }

  /** All gateways at once, until everything is acknowledged. */
  async deliver(): Promise<void> {
    const { progress, token } = this;
    const target: Target = () => this.program?.service ?? null;
    const parts = { target, progress };
    await Promise.all([
      deliverByHttp({ ...parts, story: NORTH, random: createRandom(SEED, 'north') }),
      deliverByHttp({ ...parts, story: SOUTH, random: createRandom(SEED, 'south') }),
      deliverByMqtt({ ...parts, story: EAST, site: 'site', token }),
    ]);
  }

  /** Once so many batches are acknowledged, one of the ends; then another life. */
  async endAt(acknowledged: number, how: (typeof ENDS)[number], delayMs: number): Promise<void> {
    while (this.progress.acknowledged < acknowledged) await sleep(2);
    const program = this.program!;
    await this.comment();
    this.lives.push(`${how} at ${this.progress.acknowledged} batches, ${delayMs} ms`);
    if (how === 'killed while it stops') program.signal('SIGTERM');
    await sleep(delayMs);
    this.program = null;
    await program.kill();
    if (how === 'killed while it starts') {
      const stillborn = Program.launch(this.options);
      await sleep(20 * delayMs);
      await stillborn.kill();
    }
    await this.start();
  }

  /** Whoever was told that a comment is kept finds it again. */
  private async comment(): Promise<void> {
    const [alarm] = (await this.program!.get('/alarms?open=true')).alarms;
    if (!alarm || this.comments.length >= 90) return;
    const text = `comment ${this.lives.length}`;
    const response = await this.program!.post(`/alarms/${alarm.id}/comment`, { text });
    if (response.ok) this.comments.push(text);
  }

  async finish(): Promise<{ states: object[]; kept: Kept }> {
    const states = await this.program!.verdicts();
    await this.program!.stop();
    return { states, kept: await readKept(this.data) };
  }
}

const changesOf = ({ changes }: Kept): string[] =>
  changes.map(({ moduleId, timeMs, from, to }) => `${moduleId} ${timeMs} ${from} ${to}`).sort();

it(`${SAID}: nothing acknowledged is lost, nothing is there twice`, { timeout: 600_000 }, async () => {
  const random = createRandom(SEED, 'kills');
  const site = await ApiContext.make(pathOf('killed'));
  await site.start();
  const delivering = site.deliver();
  // A failure of the gateways must end the test, and not only the gateways.
  delivering.catch(() => {});
  const batches = STORIES.length * INSTANTS;
  for (let kill = 0; kill < KILLS; kill++) {
    const share = (kill + random.uniform()) / (KILLS + 1);
    const end = ENDS[Math.floor(random.uniform() * ENDS.length)]!;
    const delayMs = Math.floor(30 * random.uniform());
    await Promise.race([site.endAt(Math.floor(share * batches), end, delayMs), delivering]);
  }
  await delivering;
  const { states, kept } = await site.finish();
  const said = `${SAID}: ${site.lives.join('; ')}`;

  const expected = Array.from({ length: INSTANTS }, (_, instant) => timeOf(instant));
  expect(kept.times.size, said).toBe(STORIES.length * MODULES);
  for (const [moduleId, times] of kept.times) expect(times, `${said}: ${moduleId}`).toEqual(expected);
  expect(kept.frames, `${said}: written once`).toBe(batches * MODULES);
  expect(kept.late, `${said}: judged in order`).toBe(0);
  checkAlarms(kept, said);
  const hazards = kept.alarms.filter(({ kind }) => kind === 'hazard');
  expect(hazards.map(({ source, highestLevel }) => [source, highestLevel]).sort(), said).toEqual([
    [WARM, 'warning'],
    [HOT, 'critical'],
  ]);
  const comments = kept.alarms.flatMap(({ comments }) => comments.map(({ text }) => text));
  expect(new Set(comments).size, `${said}: comments are there once`).toBe(comments.length);
  expect(comments, said).toEqual(expect.arrayContaining(site.comments));

  report(`${SAID}: ${site.lives.length} ends, ${kept.frames} frames, ${kept.alarms.length} alarms`);

  const peaceful = await ApiContext.make(pathOf('peaceful'));
  await peaceful.start();
  await peaceful.deliver();
  const peace = await peaceful.finish();
  expect(states, `${said}: verdicts of a site to which nothing happened`).toEqual(peace.states);
  expect(changesOf(kept), `${said}: changes`).toEqual(changesOf(peace.kept));
});
