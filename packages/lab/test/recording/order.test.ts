import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from '@emberwatch/engine/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameOrder } from '../../src/recording/order.ts';
import { Collected, START_MS, sampleFrame, siteFrames, testFolder } from './frames.ts';

const folder = testFolder();

async function ordered(frames: readonly Frame[], blockBytes: number) {
  const sink = new Collected();
  const order = new FrameOrder(sink, { blockBytes, temporaryFolder: folder });
  try {
    for (const frame of frames) order.frame(frame);
    await order.finish();
  } finally {
    order.close();
  }
  return { frames: sink.frames, spilledBytes: order.spilledBytes, lateFrames: order.lateFrames };
}

const sorted = (frames: readonly Frame[]): Frame[] => [...frames].sort((a, b) => a.timeMs - b.timeMs);
const grouped = (frames: readonly Frame[]): Frame[] =>
  [...frames].sort((a, b) => (a.moduleId < b.moduleId ? -1 : a.moduleId > b.moduleId ? 1 : 0));

describe('frames in time order', () => {
  it('equal a stable sort in memory, whatever the order of the source', async () => {
    const source = fc.array(fc.tuple(fc.nat(5), fc.nat(30)), { maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(source, fc.integer({ min: 1, max: 4000 }), async (rows, blockBytes) => {
        // The first block is out of order, so that nothing is given away before all is known.
        const frames = [[0, 40], [1, 39], ...rows].map(([module, s]) =>
          sampleFrame(module!, START_MS + s! * 1000),
        );
        const { frames: given, lateFrames } = await ordered(frames, Math.max(300, blockBytes));
        expect(lateFrames).toBe(0);
        expect(given).toEqual(sorted(frames));
      }),
      { numRuns: 200 },
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('come out of a file grouped by module, through thousands of runs', async () => {
    const frames = grouped(siteFrames(12, 1000));
    const { frames: given, spilledBytes } = await ordered(frames, 600);
    expect(given).toEqual(sorted(frames));
    expect(spilledBytes).toBeGreaterThan(2000 * 300);
  });

  it('come out of batches that gateways take turns to write', async () => {
    const site = siteFrames(4, 600);
    const frames: Frame[] = [];
    for (let from = 0; from < site.length; from += 240) frames.push(...grouped(site.slice(from, from + 240)));
    expect((await ordered(frames, 20_000)).frames).toEqual(sorted(frames));
  });

  it('of one module alone stay as they are', async () => {
    const frames = siteFrames(1, 500);
    expect((await ordered(frames, 2000)).frames).toEqual(frames);
  });

  it('are given at once, without a file, where the source is in order', async () => {
    const sink = new Collected();
    const order = new FrameOrder(sink, { blockBytes: 2000, temporaryFolder: join(folder, 'never-made') });
    const frames = siteFrames(5, 200);
    for (const frame of frames) order.frame(frame);
    expect(sink.frames.length).toBe(frames.length);
    await order.finish();
    expect(sink.frames).toEqual(frames);
    expect(order.spilledBytes).toBe(0);
  });

  it('where a source loses its order later, late ones are counted and the rest is in order', async () => {
    const frames = [...siteFrames(3, 200), ...grouped(siteFrames(3, 400).slice(450))];
    const { frames: given, lateFrames } = await ordered(frames, 2000);
    expect(lateFrames).toBeGreaterThan(0);
    expect(given.slice(0, 600)).toEqual(frames.slice(0, 600));
    expect(given.slice(600)).toEqual(sorted(frames.slice(600)));
  });

  it('leave no file behind when the sink fails', async () => {
    const temporaryFolder = join(folder, 'failing');
    await mkdir(temporaryFolder);
    let count = 0;
    const sink = {
      frame: () => {
        if (++count > 10) throw new Error('full');
      },
      rejection: () => {},
    };
    const order = new FrameOrder(sink, { blockBytes: 2000, temporaryFolder });
    for (const frame of grouped(siteFrames(3, 100))) order.frame(frame);
    await expect(order.finish()).rejects.toThrow('full');
    order.close();
    expect(readdirSync(temporaryFolder)).toEqual([]);
  });
});
