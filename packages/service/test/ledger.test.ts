import { describe, expect, it } from 'vitest';
import { ERRORS, ServiceError } from '../src/errors.ts';
import { Ledger, type News } from '../src/site/ledger.ts';
import { storageWhy } from '../src/site/supervision.ts';
import type { Commit, OutboxRow, Store } from '../src/store/store.ts';
import { noticeOf } from './store/samples.ts';

const NOTHING: News = { changes: [], sensorFaults: [], alarms: [], audit: [], outbox: [], settings: [] };

function rig(commit: (commit: Commit) => Promise<void>, checkPlace = async () => {}) {
  const told: OutboxRow[] = [];
  const news: News[] = [];
  const clock = { nowMs: 0 };
  const ledger = new Ledger({
    store: { pendingBytes: 0, commit, checkPlace } as unknown as Store,
    now: () => clock.nowMs,
    news: () => news.shift() ?? NOTHING,
    onNotices: (rows) => void told.push(...rows),
    lastSeq: 0,
    pendingBytes: 1,
  });
  return { ledger, told, news, clock };
}

const BATCH = {
  gatewayId: 'g',
  epoch: null,
  number: null,
  isPart: false,
  receivedMs: 0,
  frameCount: 0,
  frames: new Uint8Array(0),
};

describe('a store that does not take what it is given', () => {
  it.each([
    ['full', new ServiceError('STORAGE_FULL')],
    ['broken', new ServiceError('STORAGE_FAILED', 'SQLITE_CORRUPT')],
    ['busy', new ServiceError('BUSY')],
    ['a defect', new ServiceError('INTERNAL', 'no such table: journal')],
    ['out of order', new RangeError('batch 1: numbers rise')],
    ['anything else', new TypeError('undefined is not a function')],
    ['not even an error', 'no reason'],
  ])('%s: is answered with a status that senders repeat', async (_, error) => {
    const { ledger } = rig(() => Promise.reject(error));
    const refusal = await ledger.writeBatch(BATCH).then(
      () => null,
      (thrown: unknown) => thrown as ServiceError,
    );
    expect(refusal).toBeInstanceOf(ServiceError);
    expect([503, 507]).toContain(ERRORS[refusal!.code].status);
    expect(refusal!.retriable).toBe(true);
  });
});

describe('a disk that does not answer', () => {
  it('keeps no notice from anybody, and is trouble after ten seconds', async () => {
    let answer: () => void = () => {};
    const { ledger, told, news, clock } = rig(() => new Promise((done) => (answer = done)));
    news.push({ ...NOTHING, outbox: [noticeOf('n1')] });
    const writing = ledger.writeNews();
    clock.nowMs = 1999;
    await ledger.checkPlace();
    expect(told).toEqual([]);
    clock.nowMs = 2000;
    await ledger.checkPlace();
    expect(told.map(({ id }) => id)).toEqual(['n1']);
    expect(storageWhy(ledger, 9999)).toBeNull();
    expect(storageWhy(ledger, 10_000)).toMatch(/has not answered/);
    answer();
    await writing;
    expect(storageWhy(ledger, 10_000)).toBeNull();
    expect(told).toHaveLength(1);
  });

  it('is looked at once at a time', async () => {
    let asked = 0;
    const { ledger } = rig(
      async () => {},
      () => {
        asked++;
        return new Promise(() => {});
      },
    );
    void ledger.checkPlace();
    void ledger.checkPlace();
    expect(asked).toBe(1);
  });
});

it('a store that is elsewhere is trouble at once, and none once it is back', async () => {
  let isElsewhere = true;
  const { ledger } = rig(
    async () => {},
    async () => {
      if (isElsewhere) throw new ServiceError('STORAGE_FAILED', '/data was replaced.');
    },
  );
  await ledger.checkPlace();
  expect(storageWhy(ledger, 0)).toContain('/data was replaced');
  isElsewhere = false;
  await ledger.checkPlace();
  expect(storageWhy(ledger, 0)).toBeNull();
});
