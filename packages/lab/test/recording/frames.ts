import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CHANNEL_INDEX,
  type Frame,
  type FrameSink,
  newFrame,
  type Rejection,
} from '@emberwatch/engine/telemetry';
import { afterAll } from 'vitest';

/** A folder for the tests of one file, removed after them. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'recording-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const copyOf = (frame: Frame): Frame => ({
  ...frame,
  values: frame.values.slice(),
  cellVoltagesV: frame.cellVoltagesV?.slice() ?? null,
  cellTemperaturesDegC: frame.cellTemperaturesDegC?.slice() ?? null,
});

export class Collected implements FrameSink {
  readonly frames: Frame[] = [];
  readonly rejections: Rejection[] = [];

  frame(frame: Frame): void {
    this.frames.push(copyOf(frame));
  }

  rejection(rejection: Rejection): void {
    this.rejections.push(rejection);
  }
}

export const START_MS = Date.UTC(2024, 0, 1);

/** A frame with everything that can be there, different for each module and time. */
export function sampleFrame(module: number, timeMs: number): Frame {
  const frame = newFrame(`M${module}`, module % 3 === 0 ? null : `R${module % 2}`, timeMs);
  const s = (timeMs - START_MS) / 1000;
  frame.values[CHANNEL_INDEX.voltage_v] = 50 + module + s / 1e4;
  frame.values[CHANNEL_INDEX.surface_temperature_max_degc] = 25 + module / 3;
  if (module % 2 === 0) frame.values[CHANNEL_INDEX.h2_ppm] = s % 7;
  if (module % 3 === 1) frame.cellVoltagesV = Float64Array.of(3.1, Number.NaN, 3.3 + s / 1e6);
  if (module % 3 === 2) frame.cellTemperaturesDegC = new Float64Array(module).fill(20 + module);
  return frame;
}

export const siteFrames = (modules: number, instants: number): Frame[] =>
  Array.from({ length: modules * instants }, (_, i) =>
    sampleFrame(i % modules, START_MS + Math.floor(i / modules) * 10_000),
  );
