/** Kept rows on disk, so that trying another learner does not read the dataset again. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Detector, FEATURES } from '@emberwatch/engine/detector';
import { createRandom } from '@emberwatch/engine/random';
import { CHANNEL_COUNT, newFrame } from '@emberwatch/engine/telemetry';
import type { RowColumns, Unit } from '../rows/rows.ts';

const VERSION = 1;
const PROBE_FRAMES = 600;

/**
 * What the feature engine makes of a fixed sequence of frames: another value where it computes anything else, so that
 * rows of an older engine are never used.
 */
function fingerprintOfFeatures(): string {
  const hash = createHash('sha256').update(JSON.stringify(FEATURES));
  const random = createRandom(1, 'fingerprint');
  const detector = new Detector({ nameplate: { capacityAh: 20, cellsInSeries: 4, chemistry: 'nmc' } });
  const frames = ['a', 'b', 'c'].map((id) => newFrame(id, 'rack'));
  const cells = new Float64Array(4);
  for (let i = 0; i < PROBE_FRAMES; i++)
    for (const [m, frame] of frames.entries()) {
      const heat = m === 0 ? Math.max(0, i - PROBE_FRAMES / 2) / 10 : 0;
      frame.timeMs = i * 2000;
      for (let c = 0; c < CHANNEL_COUNT; c++) frame.values[c] = 10 + heat + c + random.normal() / 10;
      frame.cellVoltagesV = cells.map(() => 3.7 + random.normal() / 500 - heat / 100);
      frame.cellTemperaturesDegC = cells.map((_, k) => 25 + random.normal() / 10 + (k === 0 ? heat : 0));
      detector.observe(frame);
      if (i % 10 === 0)
        hash.update(new Uint8Array(Float32Array.from(detector.features(frame.moduleId)!).buffer));
    }
  return hash.digest('hex');
}

/** `asked`: dataset hash, seed, views, … whatever the rows depend on besides the feature engine. */
export function keyOfRows(requested: unknown): string {
  const text = JSON.stringify([VERSION, fingerprintOfFeatures(), requested]);
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

const pathOf = (folder: string, key: string): string => join(folder, `rows-${key}.bin`);

/** Null where there are none. */
export async function readRows(folder: string, key: string): Promise<RowColumns | null> {
  const bytes = await readFile(pathOf(folder, key)).catch(() => null);
  if (bytes === null) return null;
  const headBytes = bytes.readUInt32LE(0);
  const { features, units, rows } = JSON.parse(bytes.toString('utf8', 4, 4 + headBytes)) as {
    features: string[];
    units: Unit[];
    rows: number;
  };
  const { buffer } = new Uint8Array(bytes.subarray(4 + headBytes));
  let at = 0;
  const next = <T>(make: (buffer: ArrayBuffer, at: number, rows: number) => T): T => {
    const array = make(buffer, at, rows);
    at += 4 * rows;
    return array;
  };
  const floats = () => next((from, start, length) => new Float32Array(from, start, length));
  return {
    features,
    units,
    columns: features.map(floats),
    timeS: floats(),
    timeToPnrS: floats(),
    unit: next((from, start, length) => new Int32Array(from, start, length)),
  };
}

export async function writeRows(folder: string, key: string, rows: RowColumns): Promise<void> {
  const { features, units, columns, timeS, timeToPnrS, unit } = rows;
  const head = Buffer.from(JSON.stringify({ features, units, rows: timeS.length }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  const parts = [...columns, timeS, timeToPnrS, unit].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  await mkdir(folder, { recursive: true });
  const partial = `${pathOf(folder, key)}.${process.pid}.partial`;
  await writeFile(partial, [size, head, ...parts]);
  await rename(partial, pathOf(folder, key));
}
