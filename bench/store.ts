/** Speed of the embedded store: commits of 64 frames, with the waiting of each; then opening it again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newFrame } from '@emberwatch/engine/telemetry';
import { FrameEncoder } from '../packages/service/src/store/frames.ts';
import { openStore } from '../packages/service/src/store/open.ts';
import type { Store } from '../packages/service/src/store/store.ts';

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

/** Commits everything from several senders; upkeep runs beside it as in the service. */
async function fill(store: Store): Promise<void> {
  const waitedMs: number[] = [];
  const encoder = new FrameEncoder();
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < BATCHES) {
      const seq = ++next;
      const frames = batchOf(encoder, seq);
      const batch = {
        seq,
        gatewayId: 'g',
        epoch: 'e',
        number: seq,
        isPart: false,
        receivedMs: Date.now(),
        frameCount: MODULES,
      };
      const startMs = performance.now();
      await store.commit({ batches: [{ ...batch, frames }] });
      waitedMs.push(performance.now() - startMs);
    }
  };
  const startMs = performance.now();
  const upkeep = setInterval(() => void store.maintain(Date.now()), 1000);
  await Promise.all(Array.from({ length: SENDERS }, send));
  clearInterval(upkeep);
  const tookS = (performance.now() - startMs) / 1000;
  waitedMs.sort((a, b) => a - b);
  const share = (part: number) => `${waitedMs[Math.floor(part * (waitedMs.length - 1))]!.toFixed(1)} ms`;
  say(
    `${Math.round((BATCHES * MODULES) / tookS)} frames/s in batches of ${MODULES} from ${SENDERS} senders; ` +
      `commit p50 ${share(0.5)}, p99 ${share(0.99)}, longest ${share(1)}`,
  );
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

for (const foldBytes of [64 * 2 ** 20, 2 ** 40]) {
  const directory = mkdtempSync(join(tmpdir(), 'emberwatch-bench-'));
  const options = { now: Date.now, foldBytes };
  say(foldBytes < 2 ** 40 ? 'folded as usual' : 'nothing folded: all frames are in the journal');
  try {
    const store = await openStore(directory, options);
    await fill(store);
    const { frames, bytesOnDisk } = await store.metrics();
    await store.close();
    const openedMs = performance.now();
    const again = await openStore(directory, options);
    const reopenS = (performance.now() - openedMs) / 1000;
    say(
      `${frames} frames, ${Math.round(bytesOnDisk / 1e6)} MB on disk; opened again in ${reopenS.toFixed(2)} s`,
    );
    const requestedMs = performance.now();
    const query = { moduleId: 'RackA1_Module01', fromMs: 0, toMs: 1e14, maxPoints: 700 };
    const history = await again.history(query);
    const tookMs = performance.now() - requestedMs;
    say(`history of ${history.timesMs.length} points (${history.tier}) in ${tookMs.toFixed(0)} ms`);
    await again.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
