/**
 * Clocks that are set: that of the service while it runs, and those of the devices. On a virtual clock, one second after
 * the other; what is told here of outcomes is what `docs/service.md` and `docs/reliability.md` promise.
 */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { describe, expect, it } from 'vitest';
import type { IngestResult } from '../../src/monitor/intake.ts';
import { Monitor } from '../../src/monitor/monitor.ts';
import { verifyAudit } from '../../src/store/audit-chain.ts';
import { Disk, VirtualStore } from '../simulation/disk.ts';
import { moduleOf, recordOf, type Story, timeOf } from './story.ts';

const STORY: Story = { gatewayId: 'north', modules: 8, instants: 0, heatings: [] };
const LAST = moduleOf('north', 7);
const ADA = { tokenId: 't', name: 'Ada', role: 'operator', modules: null } as const;

class Rig {
  readonly disk = new Disk();
  monitor!: Monitor;
  /** Added to the wall clock of the service. */
  setByMs = 0;
  /** Added to the stamps of a module. */
  readonly deviceMs = new Map<string, number>();
  readonly stopped = new Set<string>();
  readonly taken = { accepted: 0, late: 0, repeated: 0, rejected: 0 };
  private instant = 0;

  static async start(): Promise<Rig> {
    const rig = new Rig();
    await rig.restart();
    return rig;
  }

  async restart(): Promise<void> {
    const store = new VirtualStore(this.disk, {
      delayMs: () => 0,
      mood: () => 'well',
      after: (_delayMs, call) => call(),
    });
    this.monitor = await Monitor.open({
      store: store.asStore(),
      now: () => this.wallMs,
      monotonicMs: () => timeOf(this.instant),
      site: { name: 'clocks' },
      detector: { intervalMs: 1000 },
      modelSha256: null,
      fingerprint: 'one',
    });
  }

  get wallMs(): number {
    return timeOf(this.instant) + this.setByMs;
  }

  async run(spanS: number): Promise<void> {
    for (let s = 0; s < spanS; s++) {
      this.instant++;
      const records = Array.from({ length: STORY.modules }, (_, n) => recordOf(STORY, n, this.instant))
        .filter(({ module_id }) => !this.stopped.has(module_id))
        .map((record) => ({ ...record, time: record.time + (this.deviceMs.get(record.module_id) ?? 0) }));
      if (records.length > 0) this.count(await this.deliver(records));
      this.monitor.tick();
    }
  }

  /** Kind and source of what holds, and is not hidden. */
  reported(): string[] {
    return this.monitor.alarms
      .open()
      .filter(({ state, suppression }) => /acknowledged$/.test(state) && suppression === null)
      .map(({ kind, source }) => `${kind} ${source}`)
      .sort();
  }

  /** Everything ever raised, also what is over. */
  raised(): string[] {
    return [...this.disk.alarms.values()].map(({ kind, source }) => `${kind} ${source}`).sort();
  }

  levelOf(moduleId: string): string {
    return this.monitor.fleet.state(moduleId)!.level;
  }

  private deliver(records: readonly Record<string, unknown>[]): Promise<IngestResult> {
    const delivery = { gatewayId: 'north', door: 'http', sequence: null, modules: null } as const;
    return this.monitor.pipeline.takeRecords(delivery, records);
  }

  private count(result: IngestResult): void {
    for (const what of ['accepted', 'late', 'repeated', 'rejected'] as const)
      this.taken[what] += result[what];
  }
}

function checkKept({ disk, taken, monitor }: Rig): void {
  expect(disk.frames.size).toBe(taken.accepted + taken.late);
  expect([...disk.frames.values()].every((times) => times === 1)).toBe(true);
  expect(verifyAudit(disk.audit)).toMatchObject({ isRight: true });
  expect(monitor.commitQueue.isBehind).toBe(false);
}

const LEAPS = { '+1 h': MS_PER_H, '-1 h': -MS_PER_H, '+1 d': MS_PER_DAY, '-1 d': -MS_PER_DAY };

describe.each(Object.entries(LEAPS))('the clock of the service is set by %s', (_name, leapMs) => {
  it('loses nothing, calls nobody silent, and misses no silence', async () => {
    const rig = await Rig.start();
    await rig.run(90);
    rig.setByMs = leapMs;
    await rig.run(60);
    expect(rig.taken).toEqual({ accepted: 150 * STORY.modules, late: 0, repeated: 0, rejected: 0 });
    // The gateway did not follow: the clock of the service is the one to be doubted, until somebody has looked.
    const ofClock = ['host-clock site'];
    expect(rig.raised()).toEqual(ofClock);
    for (const { level } of rig.monitor.fleet.states()) expect(level).toBe('normal');
    rig.stopped.add(LAST);
    await rig.run(90);
    expect(rig.reported()).toEqual([...ofClock, `silence ${LAST}`]);
    for (let n = 0; n < STORY.modules; n++) rig.stopped.add(moduleOf('north', n));
    await rig.run(60);
    expect(rig.reported()).toContain('site-silence site');
    checkKept(rig);
  });

  it('at the moment of a leap and of a silence together, the silence is told', async () => {
    const rig = await Rig.start();
    await rig.run(90);
    rig.stopped.add(LAST);
    await rig.run(20);
    rig.setByMs = leapMs;
    await rig.run(70);
    expect(rig.reported()).toContain(`silence ${LAST}`);
  });

  it('while it stands still: after the start silence is told as ever', async () => {
    const rig = await Rig.start();
    await rig.run(90);
    rig.setByMs = leapMs;
    await rig.restart();
    await rig.run(45);
    rig.stopped.add(LAST);
    await rig.run(90);
    expect(rig.reported()).toContain(`silence ${LAST}`);
    expect(rig.taken.accepted).toBe(90 * 8 + 45 * 8 + 90 * 7);
    checkKept(rig);
  });

  it('hides no alarm for longer than was granted', async () => {
    const rig = await Rig.start();
    await rig.run(60);
    rig.stopped.add(LAST);
    await rig.run(90);
    const [alarm] = rig.monitor.alarms.open();
    const untilMs = rig.wallMs + 10 * MS_PER_MIN;
    await rig.monitor.alarms.act(
      { kind: 'shelve', id: alarm!.id, untilMs, reason: 'a sensor is changed' },
      ADA,
    );
    expect(rig.reported()).toEqual([]);
    await rig.run(5);
    rig.setByMs = leapMs;
    await rig.run(60);
    // Set forward it ends too early, and asks for a look again.
    expect(rig.reported().includes(`silence ${LAST}`)).toBe(leapMs > 0);
    await rig.run(10 * 60 - 60);
    expect(rig.reported()).toContain(`silence ${LAST}`);
    expect(rig.monitor.alarms.open().find(({ id }) => id === alarm!.id)).toMatchObject({
      state: 'unacknowledged',
    });
  });
});

describe('the clock of a device', () => {
  it('ten minutes ahead: evaluated as it arrives, told, and the others go on', async () => {
    const rig = await Rig.start();
    await rig.run(60);
    rig.deviceMs.set(LAST, 10 * MS_PER_MIN);
    await rig.run(90);
    expect(rig.taken).toMatchObject({ accepted: 150 * 8, late: 0, rejected: 0 });
    expect(rig.reported()).toEqual(['clock north']);
    expect(rig.levelOf(LAST)).toBe('unknown');
    expect(rig.levelOf(moduleOf('north', 0))).toBe('normal');
  });

  it.each([
    ['ten minutes', 10 * MS_PER_MIN],
    ['an hour', MS_PER_H],
  ])('set back by %s: after seconds it is evaluated as it arrives, and told', async (_, backMs) => {
    const rig = await Rig.start();
    await rig.run(90);
    // Half a second beside its former stamps: none of them is one that was there before.
    rig.deviceMs.set(LAST, 500 - backMs);
    await rig.run(90);
    expect(rig.taken).toEqual({ accepted: 180 * 8 - 5, late: 5, repeated: 0, rejected: 0 });
    expect(rig.levelOf(LAST)).toBe('unknown');
    expect(rig.reported()).toEqual(['clock north', 'late-frames north']);
    expect(rig.monitor.fleet.state(LAST)!.clockErrorMs).toBeCloseTo(500 - backMs, -3);
    // It is set right again.
    rig.deviceMs.delete(LAST);
    await rig.run(130);
    expect(rig.levelOf(LAST)).toBe('normal');
    expect(rig.reported()).not.toContain('clock north');
    checkKept(rig);
  });

  it('ten minutes behind from the beginning: unknown, and that is told', async () => {
    const rig = await Rig.start();
    rig.deviceMs.set(LAST, -10 * MS_PER_MIN);
    await rig.run(150);
    expect(rig.taken).toMatchObject({ accepted: 150 * 8 });
    expect(rig.levelOf(LAST)).toBe('unknown');
    expect(rig.reported()).toEqual(['clock north']);
    // It does not flicker with every frame.
    expect(rig.disk.changes.filter(({ moduleId }) => moduleId === LAST).length).toBeLessThan(5);
    rig.deviceMs.delete(LAST);
    await rig.run(130);
    expect(rig.levelOf(LAST)).toBe('normal');
    expect(rig.reported()).toEqual([]);
  });

  it('local time at the end of summer: while an hour comes twice all is evaluated as it arrives, and unknown', async () => {
    const rig = await Rig.start();
    await rig.run(MS_PER_H / MS_PER_S);
    for (let n = 0; n < STORY.modules; n++) rig.deviceMs.set(moduleOf('north', n), 500 - MS_PER_H);
    await rig.run(60);
    expect(rig.taken.accepted).toBeGreaterThanOrEqual(3654 * 8);
    // Of one gateway nobody can say which of the two clocks it is.
    expect(rig.reported()).toEqual(['host-clock site', 'late-frames north']);
    for (const { level } of rig.monitor.fleet.states()) expect(level).toBe('unknown');
  });

  it('what waited in a gateway is judged without a flood of changes, and is not taken for the present', async () => {
    const rig = await Rig.start();
    await rig.run(90);
    const backlog = Array.from({ length: 120 }, (_, k) => recordOf(STORY, 7, 91 + k));
    rig.stopped.add(LAST);
    await rig.run(120);
    rig.stopped.delete(LAST);
    const delivery = { gatewayId: 'north', door: 'http', sequence: null, modules: null } as const;
    for (const [k, record] of backlog.entries()) {
      await rig.monitor.pipeline.takeRecords(delivery, [record]);
      if (k < 50) expect(rig.levelOf(LAST), `${120 - k} s behind`).toBe('unknown');
    }
    await rig.run(130);
    expect(rig.levelOf(LAST)).toBe('normal');
    expect(rig.reported()).toEqual([]);
    expect(rig.disk.changes.filter(({ moduleId }) => moduleId === LAST).length).toBeLessThan(5);
    expect(rig.disk.frames.size).toBe((90 + 120 + 130) * 8);
  });

  it('a single stamp far ahead is evaluated as it arrives, and the next one is believed', async () => {
    const rig = await Rig.start();
    await rig.run(60);
    rig.deviceMs.set(LAST, 3 * MS_PER_H);
    await rig.run(1);
    rig.deviceMs.delete(LAST);
    await rig.run(1);
    expect(rig.monitor.fleet.state(LAST)).toMatchObject({ level: 'normal', clockErrorMs: null });
    await rig.run(29);
    expect(rig.taken).toEqual({ accepted: 91 * 8, late: 0, repeated: 0, rejected: 0 });
    expect(rig.levelOf(LAST)).toBe('normal');
  });
});
