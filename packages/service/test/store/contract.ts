/** What every store has to keep: run by the test of each implementation. */
import { CHANNEL_COUNT, copyOfFrame, type Frame, newFrame } from '@emberwatch/engine/telemetry';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuditRow } from '../../src/records.ts';
import { AuditChain } from '../../src/store/audit-chain.ts';
import { decodeFrames } from '../../src/store/frames.ts';
import type { HistoryQuery, Retention, Store, Tier } from '../../src/store/store.ts';
import { PlainStore } from './model.ts';
import { alarmOf, batchOf, frameAt, noticeOf, START_MS } from './samples.ts';

export interface OpenStore {
  /** As it was opened last. */
  readonly store: Store;
  /** Closes it and opens the same data again. */
  reopen(): Promise<Store>;
  /** Closes it and takes its data away. */
  close(): Promise<void>;
}

const MIN_MS = 60_000;
const HOUR_MS = 60 * MIN_MS;
const DAY_MS = 24 * HOUR_MS;

const auditRows = (count: number, subject = 'A000001'): AuditRow[] => {
  const chain = new AuditChain(null);
  return Array.from({ length: count }, (_, k) =>
    chain.append({ atMs: START_MS + k, actor: 'Ada', action: 'alarm.acknowledged', subject, detail: { k } }),
  );
};

async function framesOf(store: Store, moduleIds: readonly string[] | null, fromMs: number, toMs: number) {
  const found: { frame: Frame; isLate: boolean }[] = [];
  for await (const piece of store.frames(moduleIds, fromMs, toMs))
    decodeFrames(piece, (frame, isLate) => found.push({ frame: copyOfFrame(frame), isLate }));
  return found;
}

export function storeContract(
  name: string,
  open: (retention?: Partial<Retention>) => Promise<OpenStore>,
): void {
  const opened: OpenStore[] = [];
  const begin = async (retention?: Partial<Retention>): Promise<OpenStore> => {
    const one = await open(retention);
    opened.push(one);
    return one;
  };
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  describe(`${name}: commits`, () => {
    it('are there after the store was opened again, with all that belongs to them', async () => {
      const one = await begin();
      const change = {
        seq: 1,
        seenMs: START_MS,
        timeMs: START_MS,
        moduleId: 'm1',
        rackId: 'RackA1',
        from: 'normal' as const,
        to: 'warning' as const,
        reasons: [],
      };
      const fault = {
        moduleId: 'm1',
        channel: 'voltage_v',
        kind: 'stuck' as const,
        fromMs: START_MS,
        toMs: null,
        text: 'It stands still.',
      };
      const batch = batchOf(7, [frameAt('m1', START_MS, 24.6), frameAt('m2', START_MS, 25)]);
      const [audit] = auditRows(1);
      await one.store.commit({
        batches: [batch],
        changes: [change],
        sensorFaults: [fault],
        alarms: [alarmOf('A000001')],
        audit: [audit!],
        outbox: [noticeOf('n1')],
        settings: [{ key: 'shift', value: '"night"' }],
      });
      const look = async (store: Store): Promise<void> => {
        expect(await store.lastSeq()).toBe(7);
        expect(await store.journalAfter(0, 10)).toEqual([batch]);
        expect(await store.journalAfter(7, 10)).toEqual([]);
        expect(await store.deliveries()).toEqual([{ gatewayId: 'gateway-1', epoch: 'e1', number: 7 }]);
        expect(await store.changes({ limit: 5 })).toEqual({ rows: [change], cursor: null });
        expect(await store.sensorFaults({ limit: 5 })).toEqual({ rows: [fault], cursor: null });
        expect(await store.alarm('A000001')).toEqual(alarmOf('A000001'));
        expect(await store.audit({ afterSeq: 0, limit: 5 })).toEqual([audit]);
        expect(await store.lastAudit()).toEqual(audit);
        expect(await store.waitingOutbox(5)).toEqual([noticeOf('n1')]);
        expect(await store.setting('shift')).toBe('"night"');
        expect(await store.modules()).toEqual([
          { moduleId: 'm1', rackId: 'RackA1', firstMs: START_MS, lastMs: START_MS },
          { moduleId: 'm2', rackId: 'RackA1', firstMs: START_MS, lastMs: START_MS },
        ]);
        expect(await store.metrics()).toMatchObject({ batches: 1, frames: 2, oldestRawMs: START_MS });
      };
      await look(one.store);
      await look(await one.reopen());
    });

    it('are kept whole or not at all, and a bad one takes no other with it', async () => {
      const { store } = await begin();
      const [first, second] = auditRows(2);
      await store.commit({ audit: [first!] });
      const outcomes = await Promise.allSettled([
        store.commit({ batches: [batchOf(1, [frameAt('m', START_MS, 20)])], audit: [second!] }),
        // The audit row is there already.
        store.commit({
          batches: [batchOf(2, [frameAt('m', START_MS + 1000, 21)])],
          alarms: [alarmOf('A000002')],
          outbox: [noticeOf('n2')],
          audit: [first!],
        }),
        store.commit({ batches: [batchOf(3, [frameAt('m', START_MS + 2000, 22)])] }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await store.journalAfter(0, 9)).map(({ seq }) => seq)).toEqual([1, 3]);
      expect(await store.alarm('A000002')).toBeNull();
      expect(await store.waitingOutbox(9)).toEqual([]);
      expect(await store.lastAudit()).toEqual(second);
      expect(
        (await framesOf(store, null, 0, Number.MAX_SAFE_INTEGER)).map(({ frame }) => frame.timeMs),
      ).toEqual([START_MS, START_MS + 2000]);
    });

    it('out of order, or with frames that cannot be read, are refused', async () => {
      const { store } = await begin();
      const good = batchOf(5, [frameAt('m', START_MS, 20)]);
      await store.commit({ batches: [good] });
      await expect(store.commit({ batches: [good] })).rejects.toThrow(
        'batch 5: numbers rise, and 5 was stored',
      );
      await expect(store.commit({ batches: [{ ...good, seq: 6, frameCount: 2 }] })).rejects.toThrow(
        'batch 6: 1 frames, 2 were announced',
      );
      const damaged = { ...good, seq: 6, frames: good.frames.slice(0, 40) };
      await expect(store.commit({ batches: [damaged] })).rejects.toThrow(/^frames: byte/);
      await store.commit({ batches: [{ ...good, seq: 6 }] });
      expect(await store.lastSeq()).toBe(6);
    });

    it('are counted while they wait', async () => {
      const { store } = await begin();
      const batch = batchOf(1, [frameAt('m', START_MS, 20)]);
      const done = store.commit({ batches: [batch] });
      expect(store.pendingBytes).toBe(batch.frames.byteLength);
      await done;
      expect(store.pendingBytes).toBe(0);
    });

    it('of many gateways keep the highest number of each, and the latest epochs', async () => {
      const one = await begin();
      let seq = 0;
      const deliver = (gatewayId: string, epoch: string | null, number: number | null) =>
        one.store.commit({
          batches: [batchOf(++seq, [frameAt('m', START_MS + seq, 20)], { gatewayId, epoch, number })],
        });
      await deliver('g1', 'first', 10);
      await deliver('g1', 'first', 4);
      await deliver('g2', null, null);
      for (let start = 1; start <= 20; start++) await deliver('g3', `start-${start}`, start);
      const look = async (store: Store): Promise<void> => {
        const found = await store.deliveries();
        expect(found).toContainEqual({ gatewayId: 'g1', epoch: 'first', number: 10 });
        expect(found.filter(({ gatewayId }) => gatewayId === 'g2')).toEqual([]);
        const epochs = found.filter(({ gatewayId }) => gatewayId === 'g3');
        expect(epochs).toContainEqual({ gatewayId: 'g3', epoch: 'start-20', number: 20 });
        expect(epochs.length).toBeLessThan(20);
        expect(epochs.length).toBeGreaterThanOrEqual(4);
      };
      await look(one.store);
      await look(await one.reopen());
    });

    it('keep names as they came, whatever they are made of', async () => {
      const one = await begin();
      const odd = ['plain', 'nul\0nul', 'half \ud800 pair', '"quoted"', '雪 ❄', "'; DROP TABLE journal; --"];
      await one.store.commit({
        batches: [
          batchOf(
            1,
            odd.map((moduleId) => frameAt(moduleId, START_MS, 20)),
            { gatewayId: odd[1]!, epoch: odd[2]! },
          ),
        ],
        alarms: odd.map((source, k) => alarmOf(`A00000${k}`, { source, text: source })),
      });
      await one.store.commit({ settings: [{ key: odd[1]!, value: '1' }] });
      await one.store.maintain(START_MS + HOUR_MS);
      const store = await one.reopen();
      expect((await store.modules()).map(({ moduleId }) => moduleId)).toEqual(odd);
      expect(await store.setting(odd[1]!)).toBe('1');
      expect(await store.deliveries()).toEqual([{ gatewayId: odd[1], epoch: odd[2], number: 1 }]);
      for (const name of odd) {
        expect((await store.alarms({ source: name, limit: 9 })).rows.map(({ text }) => text)).toEqual([name]);
        const query = { moduleId: name, fromMs: START_MS, toMs: START_MS + 1, maxPoints: 5 };
        expect((await store.history(query)).timesMs).toHaveLength(1);
      }
    });
  });

  describe(`${name}: what people read`, () => {
    it('comes in pages, newest first, each row once', async () => {
      const { store } = await begin();
      const alarms = Array.from({ length: 23 }, (_, k) =>
        alarmOf(`A0000${10 + k}`, {
          // Several of one instant: the place of a page must not depend on the time alone.
          raisedMs: START_MS + Math.floor(k / 5),
          source: k % 2 === 0 ? 'even' : 'odd',
          closedMs: k % 3 === 0 ? START_MS + 100 : null,
        }),
      );
      await store.commit({ alarms });
      const all = async (query: { open?: boolean; source?: string; fromMs?: number; toMs?: number }) => {
        const ids: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.alarms({ ...query, limit: 4, ...(cursor && { cursor }) });
          expect(page.rows.length).toBeLessThanOrEqual(4);
          ids.push(...page.rows.map(({ id }) => id));
          cursor = page.cursor ?? undefined;
        } while (cursor);
        return ids;
      };
      const expected = (keep: (k: number) => boolean) =>
        alarms
          .filter((_, k) => keep(k))
          .map(({ id }) => id)
          .reverse();
      expect(await all({})).toEqual(expected(() => true));
      expect(await all({ open: true })).toEqual(expected((k) => k % 3 !== 0));
      expect(await all({ open: false, source: 'even' })).toEqual(expected((k) => k % 6 === 0));
      expect(await all({ fromMs: START_MS + 1, toMs: START_MS + 2 })).toEqual(
        expected((k) => k >= 5 && k < 10),
      );
      await expect(store.alarms({ limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        detail: expect.stringContaining('cursor: "nonsense"'),
      });
    });

    it('is replaced by its last state, where it has one', async () => {
      const { store } = await begin();
      const fault = (toMs: number | null, fromMs = START_MS) => ({
        moduleId: 'm',
        channel: 'voltage_v',
        kind: 'stuck' as const,
        fromMs,
        toMs,
        text: '',
      });
      await store.commit({ alarms: [alarmOf('A1')], sensorFaults: [fault(null)], outbox: [noticeOf('n')] });
      await store.commit({
        alarms: [alarmOf('A1', { state: 'acknowledged' })],
        sensorFaults: [fault(START_MS + 5), fault(null, START_MS + 9)],
        outbox: [noticeOf('n', { state: 'sent' }), noticeOf('n', { channel: 'mail' })],
      });
      expect((await store.alarms({ limit: 9 })).rows.map(({ state }) => state)).toEqual(['acknowledged']);
      expect((await store.sensorFaults({ limit: 9 })).rows.map(({ toMs }) => toMs)).toEqual([
        null,
        START_MS + 5,
      ]);
      expect((await store.sensorFaults({ openOnly: true, limit: 9 })).rows).toHaveLength(1);
      expect((await store.waitingOutbox(9)).map(({ channel }) => channel)).toEqual(['mail']);
      // A commit that is tried again brings its notice once more: what was sent stays sent.
      await store.commit({ outbox: [noticeOf('n')] });
      expect((await store.waitingOutbox(9)).map(({ channel }) => channel)).toEqual(['mail']);
    });

    it('has the audit log from any row on, and of one subject', async () => {
      const { store } = await begin();
      const rows = auditRows(5).map((row, k) => ({ ...row, subject: k === 3 ? 'token' : 'alarm' }));
      await store.commit({ audit: rows });
      expect((await store.audit({ afterSeq: 2, limit: 2 })).map(({ seq }) => seq)).toEqual([3, 4]);
      expect((await store.audit({ afterSeq: 0, limit: 9, subject: 'token' })).map(({ seq }) => seq)).toEqual([
        4,
      ]);
    });

    it('keeps tokens and settings, the last of each', async () => {
      const one = await begin();
      const token = {
        id: 't1',
        name: 'Ada',
        role: 'operator' as const,
        hash: 'ab',
        modules: null,
        createdMs: 1,
        expiresMs: null,
        revokedMs: null,
      };
      await one.store.commit({ tokens: [token] });
      await one.store.commit({ tokens: [{ ...token, revokedMs: 2 }] });
      await one.store.commit({ settings: [{ key: 'site', value: '"north"' }] });
      await one.store.commit({
        settings: [
          { key: 'site', value: '"south"' },
          { key: 'site.b', value: '2' },
          { key: 'site.a', value: '1' },
          { key: 'gone', value: '0' },
        ],
      });
      await one.store.commit({ settings: [{ key: 'gone', value: null }] });
      const store = await one.reopen();
      expect(await store.tokens()).toEqual([{ ...token, revokedMs: 2 }]);
      expect(await store.setting('site')).toBe('"south"');
      expect(await store.setting('none')).toBeNull();
      expect(await store.setting('gone')).toBeNull();
      expect(await store.settings('site.')).toEqual([
        { key: 'site.a', value: '1' },
        { key: 'site.b', value: '2' },
      ]);
    });

    it('finds changes of a module and of a time', async () => {
      const { store } = await begin();
      const changes = Array.from({ length: 10 }, (_, k) => ({
        seq: k + 1,
        seenMs: START_MS + k,
        timeMs: START_MS + 1000 * k,
        moduleId: k % 2 === 0 ? 'even' : 'odd',
        rackId: null,
        from: 'normal' as const,
        to: 'warning' as const,
        reasons: [],
      }));
      await store.commit({ changes });
      const found = async (query: Parameters<Store['changes']>[0]) =>
        (await store.changes(query)).rows.map(({ seq }) => seq);
      expect(await found({ moduleId: 'odd', limit: 3 })).toEqual([10, 8, 6]);
      expect(await found({ fromMs: START_MS + 2000, toMs: START_MS + 5000, limit: 9 })).toEqual([5, 4, 3]);
    });
  });

  describe(`${name}: journal and snapshot`, () => {
    it('a row is forgotten only when its frames are folded and a snapshot stands behind it', async () => {
      const one = await begin();
      for (let seq = 1; seq <= 10; seq++)
        await one.store.commit({ batches: [batchOf(seq, [frameAt('m', START_MS + 1000 * seq, 20)])] });
      const seqs = async (store: Store) => (await store.journalAfter(0, 99)).map(({ seq }) => seq);
      await one.store.maintain(START_MS + HOUR_MS);
      expect(await seqs(one.store)).toHaveLength(10);
      const parts = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(50_000).fill(7)];
      const given = parts.map((part) => part.slice());
      await one.store.saveSnapshot({ seq: 4, takenMs: START_MS, fingerprint: 'a', parts: given });
      await one.store.commit({ batches: [batchOf(11, [frameAt('m', START_MS + 99_000, 20)])] });
      await one.store.maintain(START_MS + HOUR_MS);
      const store = await one.reopen();
      expect(await seqs(store)).toEqual([5, 6, 7, 8, 9, 10, 11]);
      expect(await store.snapshot()).toEqual({ seq: 4, takenMs: START_MS, fingerprint: 'a', parts });
      await store.saveSnapshot({ seq: 11, takenMs: START_MS, fingerprint: 'b', parts: [Uint8Array.of(9)] });
      expect(await store.snapshot()).toMatchObject({ seq: 11, fingerprint: 'b', parts: [Uint8Array.of(9)] });
      expect(await framesOf(store, ['m'], 0, START_MS + DAY_MS)).toHaveLength(11);
    });
  });

  describe(`${name}: history`, () => {
    it('equals that of a plain list, through folds, roll-ups, late and repeated frames and restarts', async () => {
      const one = await begin();
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(act, { minLength: 1, maxLength: 12 }),
          fc.array(question, { minLength: 4, maxLength: 4 }),
          // Modules of its own for each run: to open a store for each would take most of the time.
          (acts, questions) => compare(one, ++runs, acts, questions),
        ),
        { numRuns: 40, interruptAfterTimeLimit: 45_000 },
      );
    });

    it('of a module that nobody knows, or of no time, is empty; no points is an error', async () => {
      const { store } = await begin();
      await store.commit({ batches: [batchOf(1, [frameAt('m', START_MS, 20)])] });
      const query = { moduleId: 'other', fromMs: 0, toMs: START_MS + 1, maxPoints: 5 };
      expect((await store.history(query)).timesMs).toHaveLength(0);
      expect((await store.history({ ...query, moduleId: 'm', toMs: START_MS })).timesMs).toHaveLength(0);
      await expect(store.history({ ...query, maxPoints: 0 })).rejects.toThrow('maxPoints');
    });

    it('is kept as long as its tier, and in full around a hazard alarm', async () => {
      const { store } = await begin({
        rawMs: 2 * DAY_MS,
        oneMinuteMs: 10 * DAY_MS,
        fifteenMinutesMs: 40 * DAY_MS,
        alarmsMs: 20 * DAY_MS,
        aroundAlarmMs: 30 * MIN_MS,
      });
      const alarmMs = START_MS + 10 * HOUR_MS + 10 * MIN_MS;
      const endMs = START_MS + DAY_MS;
      let seq = 0;
      for (let timeMs = START_MS; timeMs < endMs; timeMs += HOUR_MS) {
        const frames = Array.from({ length: 60 }, (_, k) => frameAt('m', timeMs + k * MIN_MS, 20 + k / 10));
        await store.commit({ batches: [batchOf(++seq, frames, { receivedMs: timeMs + HOUR_MS })] });
        await store.maintain(timeMs + HOUR_MS + 10 * MIN_MS);
      }
      await store.commit({
        alarms: [
          alarmOf('A1', {
            dataRaisedMs: alarmMs,
            dataChangedMs: alarmMs,
            closedMs: alarmMs,
            raisedMs: alarmMs,
          }),
          // Trouble with watching keeps nothing.
          alarmOf('A2', {
            kind: 'silence',
            dataRaisedMs: START_MS,
            dataChangedMs: START_MS,
            closedMs: START_MS,
          }),
        ],
      });
      const keep = async (days: number) => {
        for (let k = 0; k < 6; k++) await store.maintain(endMs + days * DAY_MS + k * MIN_MS);
      };
      const requested = (tier?: Tier) =>
        store.history({
          moduleId: 'm',
          fromMs: START_MS,
          toMs: endMs,
          maxPoints: 5000,
          ...(tier && { tier }),
        });
      const before = await requested('1min');
      expect((await requested()).tier).toBe('raw');
      await keep(5);
      const raw = await framesOf(store, ['m'], START_MS, endMs);
      const kept = raw.map(({ frame }) => frame.timeMs);
      for (let timeMs = alarmMs - 30 * MIN_MS; timeMs <= alarmMs + 30 * MIN_MS; timeMs += MIN_MS)
        expect(kept).toContain(timeMs);
      expect(kept.length).toBeLessThan(4 * 60);
      const minutes = await requested();
      expect(minutes.tier).toBe('1min');
      expect(minutes).toEqual(before);
      // A frame of that time that comes now is kept, and takes nothing from the minutes.
      await store.commit({
        batches: [
          batchOf(++seq, [frameAt('m', START_MS + 500, 99)], {
            late: [true],
            receivedMs: endMs + 5 * DAY_MS,
          }),
        ],
      });
      await keep(6);
      expect(await requested('1min')).toEqual(before);
      await keep(15);
      const quarters = await requested();
      expect(quarters.tier).toBe('15min');
      expect(quarters.timesMs).toHaveLength(96);
      await keep(30);
      expect(await framesOf(store, ['m'], START_MS, endMs)).toHaveLength(0);
      expect((await store.alarms({ limit: 9 })).rows).toEqual([]);
      await keep(60);
      expect((await requested()).timesMs).toHaveLength(0);
    });
  });
}

const MODULES = ['m1', 'm2'];
const TIERS: readonly Tier[] = ['raw', '1min', '15min'];
const SPAN_S = 5400;

const anyValue = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -400, max: 1200 }).map((value) => value / 10) },
  { weight: 1, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0) },
  { weight: 2, arbitrary: fc.constant(Number.NaN) },
);
const anyCells = fc.option(fc.array(anyValue, { maxLength: 4 }).map((list) => Float64Array.from(list)));
const anyFrame = fc
  .record({
    moduleId: fc.constantFrom(...MODULES),
    rackId: fc.constantFrom('RackA1', null),
    // A day has an end among these times, and many fall together.
    timeMs: fc
      .oneof(
        fc.integer({ min: -SPAN_S, max: SPAN_S }),
        fc.integer({ min: -SPAN_S / 200, max: SPAN_S / 200 }).map((k) => 200 * k),
      )
      .map((s) => START_MS + 1000 * s),
    values: fc.array(anyValue, { minLength: 3, maxLength: 3 }),
    impossible: fc.constantFrom(0, 5),
    voltages: anyCells,
    temperatures: anyCells,
    isLate: fc.boolean(),
  })
  .map(({ moduleId, rackId, timeMs, values, impossible, voltages, temperatures, isLate }) => {
    const frame = newFrame(moduleId, rackId, timeMs);
    values.forEach((value, at) => {
      frame.values[(at * 5) % CHANNEL_COUNT] = value;
    });
    frame.impossible = impossible;
    frame.cellVoltagesV = voltages;
    frame.cellTemperaturesDegC = temperatures;
    return { frame, isLate };
  });

type Act =
  | { readonly kind: 'deliver'; readonly frames: readonly { frame: Frame; isLate: boolean }[] }
  | { readonly kind: 'maintain'; readonly afterMs: number }
  | { readonly kind: 'reopen' };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(anyFrame, { minLength: 1, maxLength: 30 })
      .map((frames) => ({ kind: 'deliver' as const, frames })),
  },
  {
    weight: 3,
    // Soon nothing is folded; later hours are closed; in the end days are.
    arbitrary: fc
      .constantFrom(0, 6 * MIN_MS, 2 * HOUR_MS, 2 * DAY_MS)
      .map((afterMs) => ({ kind: 'maintain' as const, afterMs })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

const question = fc.record(
  {
    moduleId: fc.constantFrom(...MODULES),
    fromMs: fc.integer({ min: -SPAN_S - 60, max: SPAN_S }).map((s) => START_MS + 1000 * s),
    spanS: fc.integer({ min: 1, max: 2 * SPAN_S }),
    maxPoints: fc.constantFrom(1, 7, 60, 10_000),
    channels: fc.constant(['surface_temperature_mean_degc', 'soc_percent']),
    withCells: fc.boolean(),
    tier: fc.constantFrom(...TIERS),
  },
  { requiredKeys: ['moduleId', 'fromMs', 'spanS', 'maxPoints'], noNullPrototype: true },
);

async function compare(
  one: OpenStore,
  run: number,
  acts: readonly Act[],
  questions: readonly (Omit<HistoryQuery, 'toMs'> & { spanS: number })[],
): Promise<void> {
  const plain = new PlainStore();
  const renamed = (frame: Frame): Frame => ({
    ...frame,
    moduleId: `${frame.moduleId}.${run}` as Frame['moduleId'],
  });
  for (const step of acts) {
    if (step.kind === 'reopen') await one.reopen();
    else if (step.kind === 'maintain') await one.store.maintain(START_MS + step.afterMs);
    else {
      const frames = step.frames.map(({ frame }) => renamed(frame));
      const late = step.frames.map(({ isLate }) => isLate);
      const seq = (await one.store.lastSeq()) + 1;
      await one.store.commit({ batches: [batchOf(seq, frames, { late })] });
      frames.forEach((frame, at) => {
        plain.add(frame, late[at]!);
      });
    }
  }
  const everything = {
    fromMs: START_MS - 1000 * SPAN_S,
    spanS: 2 * SPAN_S + 1,
    maxPoints: 10_000,
    withCells: true,
  };
  const always = MODULES.flatMap((moduleId) => TIERS.map((tier) => ({ ...everything, moduleId, tier })));
  for (const { spanS, moduleId: name, ...rest } of [...questions, ...always]) {
    const moduleId = `${name}.${run}`;
    const query = { ...rest, moduleId, toMs: rest.fromMs + 1000 * spanS };
    plain.check(query, await one.store.history(query));
    const exact = await framesOf(one.store, [moduleId], query.fromMs, query.toMs);
    expect(exact).toStrictEqual(plain.frames(moduleId, query.fromMs, query.toMs));
  }
}
