/** Recordings and datasets with known flaws, small enough to be made by each test. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '@emberwatch/engine/random';
import { CHANNEL_INDEX, type ChannelId, type Frame, newFrame } from '@emberwatch/engine/telemetry';
import type { Manifest, RunRecord } from '../../src/dataset/manifest.ts';
import { writeRecording } from '../../src/recording/write.ts';

export const START_MS = Date.UTC(2024, 0, 1);
export const INTERVAL_MS = 10_000;

interface Plan {
  readonly modules: number;
  readonly rows: number;
  readonly seed: number;
  /** Module 0 heats by 1 K a minute from this row on. */
  readonly heatFromRow?: number;
}

const set = (frame: Frame, id: ChannelId, value: number): void => {
  frame.values[CHANNEL_INDEX[id]] = value;
};

/** Modules of one rack under a changing load: temperature with noise of 0.2 K, voltage that answers to current. */
export function* frames({ modules, rows, seed, heatFromRow = rows }: Plan): Generator<Frame> {
  const random = createRandom(seed, 'explore test');
  for (let row = 0; row < rows; row++)
    for (let m = 0; m < modules; m++) {
      const frame = newFrame(`M${m + 1}`, 'R1', START_MS + row * INTERVAL_MS);
      const currentA = 20 * Math.sign(Math.sin(row / 7)) + random.normal();
      const heatK = m === 0 && row > heatFromRow ? ((row - heatFromRow) * INTERVAL_MS) / 60_000 : 0;
      set(frame, 'surface_temperature_max_degc', 25 + heatK + 0.2 * random.normal());
      set(frame, 'current_a', currentA);
      set(frame, 'voltage_v', Math.round((50 + 0.05 * currentA + 0.01 * random.normal()) * 100) / 100);
      yield frame;
    }
}

/** Two runs: in the first M1 heats up to a point of no return, the second is calm. */
export async function makeDataset(folder: string): Promise<Manifest> {
  const plans: Plan[] = [
    { modules: 4, rows: 400, seed: 1, heatFromRow: 200 },
    { modules: 4, rows: 200, seed: 2 },
  ];
  const runs: RunRecord[] = [];
  for (const [i, plan] of plans.entries()) {
    const run = String(i).padStart(6, '0');
    const file = `frames/run=${run}/site=warehouse/part.parquet`;
    mkdirSync(join(folder, file, '..'), { recursive: true });
    await writeRecording(join(folder, file), 'parquet', frames(plan));
    runs.push({ ...runRecord(run, file, plan), bytes: statSync(join(folder, file)).size });
  }
  const manifest: Manifest = {
    format: 'emberwatch-dataset',
    version: 1,
    name: 'made',
    plan: {},
    planSha256: '',
    madeBy: 'test',
    seed: 1,
    shard: null,
    runs,
    failed: [],
    rows: runs.reduce((sum, { rows }) => sum + rows, 0),
    sha256: '',
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return manifest;
}

function runRecord(run: string, file: string, { modules, rows, seed, heatFromRow }: Plan): RunRecord {
  const isFaulty = heatFromRow !== undefined;
  const event = {
    module: 'M1',
    faultOnsetS: 2000,
    faultKinds: ['internalShort'],
    disturbanceKinds: [],
    ventS: null,
    pnrThresholdS: 3800,
    pnrInterventionS: 3000,
    runawayS: 3900,
    peakK: 500,
    peakS: 3990,
    vents: [],
    runaways: [],
    severity: 'pnr',
  };
  return {
    run,
    recipe: isFaulty ? 'short' : 'calm',
    seed,
    split: isFaulty ? 'train' : 'test',
    expected: null,
    kinds: isFaulty ? ['internalShort'] : [],
    outcome: isFaulty ? 'pnr' : 'calm',
    site: 'warehouse',
    chemistry: 'nmc',
    cell: 'nmc-25',
    family: isFaulty ? 'internalShort' : 'calm',
    nameplate: { capacityAh: 100, chemistry: 'nmc' },
    startMs: START_MS,
    durationS: (rows * INTERVAL_MS) / 1000,
    intervalS: INTERVAL_MS / 1000,
    moduleCount: modules,
    channels: ['surface_temperature_max_degc', 'current_a', 'voltage_v'],
    cellVoltages: 0,
    probes: 0,
    rows: rows * modules,
    hazardRows: isFaulty ? 120 : 0,
    modules: (isFaulty ? [event] : []) as unknown as RunRecord['modules'],
    sensorFaults: isFaulty ? [{ module: 'M2', channel: 'voltage_v', kind: 'stuck', fromS: 10, toS: 60 }] : [],
    file,
    bytes: 0,
    sha256: '',
  };
}
