/** Makes the recording that the demo plays, from examples/scenarios/demo.yaml: `npm run example`. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { simulate, validateScenario } from '@emberwatch/engine/physics';
import { measure } from '@emberwatch/engine/sensors';
import { isoReader } from '@emberwatch/engine/telemetry';
import { writeRecording } from '@emberwatch/lab';
import { parse } from 'yaml';

const scenarioPath = fileURLToPath(new URL('../scenarios/demo.yaml', import.meta.url));
const recordingPath = fileURLToPath(new URL('warehouse.parquet', import.meta.url));

/** The frames of the demo: the same on every machine. */
export function* demoFrames() {
  const scenario = validateScenario(parse(readFileSync(scenarioPath, 'utf8')));
  const { trajectory } = simulate(scenario);
  yield* measure(trajectory, {
    seed: scenario.seed,
    startMs: isoReader('UTC')('2026-01-15T08:00'),
    missingShare: 0.0005,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeRecording(recordingPath, 'parquet', demoFrames());
