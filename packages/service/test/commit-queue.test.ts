import { describe, expect, it } from 'vitest';
import { ERRORS, ServiceError } from '../src/errors.ts';
import { CommitQueue, type PendingRecords } from '../src/monitor/commit-queue.ts';
import { storageWhy } from '../src/monitor/supervision.ts';
import type { OutboxRow } from '../src/records.ts';
import type { Commit, Store } from '../src/store/store.ts';
import { noticeOf } from './store/samples.ts';

const NOTHING: PendingRecords = {
  changes: [],
  sensorFaults: [],
  alarms: [],
  audit: [],
  outbox: [],
  settings: [],
};

function rig(commit: (commit: Commit) => Promise<void>, checkPlace = async () => {}) {
  const reported: OutboxRow[] = [];
  const pending: PendingRecords[] = [];
  const clock = { nowMs: 0 };
  const commitQueue = new CommitQueue({
    store: { pendingBytes: 0, commit, checkPlace } as unknown as Store,
    now: () => clock.nowMs,
    pending: () => pending.shift() ?? NOTHING,
    onNotices: (rows) => void reported.push(...rows),
    lastSeq: 0,
    pendingBytes: 1,
  });
  return { commitQueue, reported, pending, clock };
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
    const { commitQueue } = rig(() => Promise.reject(error));
    const rejection = await commitQueue.writeBatch(BATCH).then(
      () => null,
      (thrown: unknown) => thrown as ServiceError,
    );
    expect(rejection).toBeInstanceOf(ServiceError);
    expect([503, 507]).toContain(ERRORS[rejection!.code].status);
    expect(rejection!.retriable).toBe(true);
  });
});

describe('a disk that does not answer', () => {
  it('keeps no notice from anybody, and is trouble after ten seconds', async () => {
    let answer: () => void = () => {};
    const { commitQueue, reported, pending, clock } = rig(() => new Promise((done) => (answer = done)));
    pending.push({ ...NOTHING, outbox: [noticeOf('n1')] });
    const writing = commitQueue.writePending();
    clock.nowMs = 1999;
    await commitQueue.checkPlace();
    expect(reported).toEqual([]);
    clock.nowMs = 2000;
    await commitQueue.checkPlace();
    expect(reported.map(({ id }) => id)).toEqual(['n1']);
    expect(storageWhy(commitQueue, 9999)).toBeNull();
    expect(storageWhy(commitQueue, 10_000)).toMatch(/has not answered/);
    answer();
    await writing;
    expect(storageWhy(commitQueue, 10_000)).toBeNull();
    expect(reported).toHaveLength(1);
  });

  it('is looked at once at a time', async () => {
    let requested = 0;
    const { commitQueue } = rig(
      async () => {},
      () => {
        requested++;
        return new Promise(() => {});
      },
    );
    void commitQueue.checkPlace();
    void commitQueue.checkPlace();
    expect(requested).toBe(1);
  });
});

it('a store that is elsewhere is trouble at once, and none once it is back', async () => {
  let isElsewhere = true;
  const { commitQueue } = rig(
    async () => {},
    async () => {
      if (isElsewhere) throw new ServiceError('STORAGE_FAILED', '/data was replaced.');
    },
  );
  await commitQueue.checkPlace();
  expect(storageWhy(commitQueue, 0)).toContain('/data was replaced');
  isElsewhere = false;
  await commitQueue.checkPlace();
  expect(storageWhy(commitQueue, 0)).toBeNull();
});
