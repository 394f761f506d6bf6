/** Speed of the embedded store: commits of 64 frames, with the waiting of each; then opening it again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newFrame } from '@emberwatch/engine/telemetry';
import { FrameEncoder } from '../packages/service/src/store/frames.ts';
import { openStore } from '../packages/service/src/store/open.ts';

const MODULES = 64;
const BATCHES = 15_625;
/** Gateways that each wait for their last batch before they send the next. */
const SENDERS = 8;
const START_MS = 1_767_225_600_000;

function batchOf(encoder: FrameEncoder, k: number): Uint8Array {
  for (let m = 0; m < MODULES; m++) {
    const frame = newFrame(`RackA${m >> 3}_Module0${m & 7}`, `RackA${m >> 3}`, START_MS + 1000 * k);
    for (let i = 0; i < 13; i++) frame.values[i] = Math.round(10 * (24.6 + i + Math.sin(k / 50 + m))) / 10;
    encoder.add(frame, false);
  }
  return encoder.finish();
}

const directory = mkdtempSync(join(tmpdir(), 'emberwatch-bench-'));
try {
  const now = () => Date.now();
  const store = await openStore(directory, { now });
  const waitedMs: number[] = [];
  const encoder = new FrameEncoder();
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < BATCHES) {
      const seq = ++next;
      const frames = batchOf(encoder, seq);
      const startMs = performance.now();
      await store.commit({
        batches: [
          { seq, gatewayId: 'g', epoch: 'e', number: seq, receivedMs: now(), frameCount: MODULES, frames },
        ],
      });
      waitedMs.push(performance.now() - startMs);
    }
  };
  const startMs = performance.now();
  const upkeep = setInterval(() => void store.maintain(now()), 1000);
  await Promise.all(Array.from({ length: SENDERS }, send));
  const tookS = (performance.now() - startMs) / 1000;
  clearInterval(upkeep);
  waitedMs.sort((a, b) => a - b);
  const share = (part: number) => waitedMs[Math.floor(part * (waitedMs.length - 1))]!.toFixed(1);
  const figures = await store.figures();
  await store.close();
  const openedMs = performance.now();
  const again = await openStore(directory, { now });
  const reopenS = (performance.now() - openedMs) / 1000;
  const asked = performance.now();
  const history = await again.history({ moduleId: 'RackA1_Module01', fromMs: 0, toMs: 1e14, maxPoints: 700 });
  const historyMs = performance.now() - asked;
  await again.maintain(now() + 3_600_000);
  const stored = await again.figures();
  await again.close();
  process.stdout.write(
    `${Math.round((BATCHES * MODULES) / tookS)} frames/s in batches of ${MODULES} from ${SENDERS} senders; ` +
      `commit p50 ${share(0.5)} ms, p99 ${share(0.99)} ms, longest ${share(1)} ms\n` +
      `${figures.frames} frames, ${Math.round(figures.bytesOnDisk / 1e6)} MB on disk with the journal ` +
      `(${stored.journalRows} rows); opened again in ${reopenS.toFixed(2)} s\n` +
      `history of ${history.timesMs.length} points (${history.tier}) in ${historyMs.toFixed(0)} ms\n`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
