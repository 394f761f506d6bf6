/**
 * Commits without end until it is killed: `victim <directory>`. Prints the number of each commit once it is acknowledged.
 * Commit n has one delivery of two frames, alarm n, audit row n and notice n, so that half of one would show.
 */
import { writeSync } from 'node:fs';
import { AuditChain } from '../../src/store/audit-chain.ts';
import { openStore } from '../../src/store/open.ts';
import { alarmOf, batchOf, frameAt, noticeOf, START_MS } from './samples.ts';

const [, , directory] = process.argv;
const store = await openStore(directory!, {
  now: () => START_MS,
  minFreeBytes: 0,
  // Folds, roll-ups and pruning go on beside the commits.
  foldBytes: 20_000,
});
const chain = new AuditChain(await store.lastAudit());
let seq = await store.lastSeq();
const idOf = (n: number): string => `A${String(n).padStart(6, '0')}`;

async function commitOn(): Promise<never> {
  for (;;) {
    const n = ++seq;
    const atMs = START_MS + 10_000 * n;
    const audit = chain.append({
      atMs,
      actor: 'victim',
      action: 'alarm.raised',
      subject: idOf(n),
      detail: {},
    });
    await store.commit({
      batches: [batchOf(n, [frameAt('m1', atMs, n / 10), frameAt('m2', atMs, n / 10)], { receivedMs: atMs })],
      alarms: [alarmOf(idOf(n))],
      audit: [audit],
      outbox: [noticeOf(idOf(n))],
    });
    writeSync(1, `${n}\n`);
    if (n % 50 === 0)
      await store.saveSnapshot({
        seq: n - 20,
        takenMs: n,
        fingerprint: 'f',
        parts: [new Uint8Array(n % 9999)],
      });
  }
}

const upkeep = async (): Promise<never> => {
  for (;;) {
    await store.maintain(START_MS + 10_000 * seq);
    await new Promise((done) => setTimeout(done, 5));
  }
};

await Promise.all([commitOn(), commitOn(), commitOn(), commitOn(), upkeep()]);
