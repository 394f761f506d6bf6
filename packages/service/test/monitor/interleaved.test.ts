/**
 * Two gateways deliver at once, each in several slices, and the process ends or the disk fails in between: what was stored
 * of a delivery is a repetition when all of it comes again, and levels are those of a site that was never disturbed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Monitor } from '../../src/monitor/monitor.ts';
import { Disk, VirtualStore } from '../simulation/disk.ts';
import { START_MS } from '../stand-in.ts';

const MODULES = 40;
const INSTANTS = 60;
const ROWS = MODULES * INSTANTS;
const GATEWAYS = ['north', 'south'];
const BURNING = 'south_7';

/** A minute of every module of a gateway; one of them burns. */
const bodyOf = (gatewayId: string): Buffer =>
  Buffer.from(
    Array.from({ length: ROWS }, (_, i) => {
      const [instant, n] = [Math.floor(i / MODULES), i % MODULES];
      const moduleId = `${gatewayId}_${n}`;
      const heatK = moduleId === BURNING ? 2.5 * instant : 0;
      return JSON.stringify({
        time: START_MS - (INSTANTS - instant) * 1000,
        module_id: moduleId,
        rack_id: gatewayId,
        surface_temperature_max_degc: 25 + 0.1 * ((7 * instant + n) % 5) + heatK,
        voltage_v: 51 + 0.01 * ((3 * instant + n) % 7),
      });
    }).join('\n'),
  );

class Rig {
  readonly disk = new Disk();
  mood: 'well' | 'failing' = 'well';
  monitor!: Monitor;
  private store!: VirtualStore;

  async start(): Promise<this> {
    this.store = new VirtualStore(this.disk, {
      delayMs: () => 0,
      mood: () => this.mood,
      after: (_delayMs, call) => call(),
    });
    this.monitor = await Monitor.open({
      store: this.store.asStore(),
      now: () => START_MS,
      monotonicMs: () => START_MS,
      site: { name: 'interleaved' },
      detector: { intervalMs: 1000 },
      modelSha256: null,
      fingerprint: 'one',
    });
    return this;
  }

  deliver(isNumbered: boolean) {
    const answers = GATEWAYS.map((gatewayId) => {
      const sequence = isNumbered ? { epoch: 'e', number: 1 } : null;
      const delivery = { gatewayId, door: 'http', sequence, modules: null } as const;
      return this.monitor.pipeline.take(delivery, 'ndjson', bodyOf(gatewayId));
    });
    return Promise.allSettled(answers);
  }

  async waitForBatches(count: number): Promise<void> {
    while (this.disk.journal.length < count) await nextTurn();
  }

  end(): void {
    this.store.cut(0);
  }

  get counts() {
    const deliveries = [...this.monitor.pipeline.gateways.all()].map((gateway) => gateway.deliveries);
    return { frames: this.disk.frames.size, most: Math.max(...this.disk.frames.values()), deliveries };
  }

  levels() {
    return this.monitor.fleet.states().map(({ moduleId, level, sinceMs }) => [moduleId, level, sinceMs]);
  }
}

describe.each([true, false])('deliveries in several slices, numbered %s', (isNumbered) => {
  it.each([1, 3, 6, 9])(
    'when the process ends after %i of their parts are stored, and all comes again',
    async (parts) => {
      const calm = await new Rig().start();
      await calm.deliver(isNumbered);
      expect(calm.disk.journal.length).toBeGreaterThanOrEqual(10);
      const rig = await new Rig().start();
      void rig.deliver(isNumbered);
      await rig.waitForBatches(parts);
      rig.end();
      const stored = rig.disk.frames.size;
      expect(stored).toBeLessThan(2 * ROWS);
      await rig.start();
      const answers = await rig.deliver(isNumbered);
      const sum = { accepted: 0, repeated: 0, late: 0, rejected: 0 };
      for (const answer of answers)
        for (const what of Object.keys(sum) as (keyof typeof sum)[])
          sum[what] += answer.status === 'fulfilled' ? answer.value[what] : Number.NaN;
      expect(sum).toEqual({ accepted: 2 * ROWS - stored, repeated: stored, late: 0, rejected: 0 });
      expect(rig.counts).toEqual({ frames: 2 * ROWS, most: 1, deliveries: [1, 1] });
      expect(rig.levels()).toEqual(calm.levels());
      expect(rig.levels().find(([moduleId]) => moduleId === BURNING)![1]).toBe('critical');
      // Also where a later start evaluates all of it from the journal.
      rig.end();
      await rig.start();
      expect(rig.levels()).toEqual(calm.levels());
      expect(rig.counts.deliveries).toEqual([1, 1]);
    },
  );

  it('when the disk fails after some of their parts, and all comes again', async () => {
    const rig = await new Rig().start();
    const answers = rig.deliver(isNumbered);
    await rig.waitForBatches(4);
    rig.mood = 'failing';
    expect((await answers).every(({ status }) => status === 'rejected')).toBe(true);
    expect(rig.disk.frames.size).toBeLessThan(2 * ROWS);
    rig.mood = 'well';
    expect((await rig.deliver(isNumbered)).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(rig.counts).toMatchObject({ frames: 2 * ROWS, most: 1 });
    expect(rig.levels().find(([moduleId]) => moduleId === BURNING)![1]).toBe('critical');
  });
});
