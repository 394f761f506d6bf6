import { join } from 'node:path';
import type { Frame } from '@emberwatch/engine/telemetry';
import { openRecording } from '@emberwatch/lab';
import { expect, it } from 'vitest';
import { demoFrames } from '../../examples/recordings/make.ts';
import { ROOT } from './command.ts';

const flat = (frame: Frame) => [frame.timeMs, frame.moduleId, frame.rackId, ...frame.values];

it('the bundled recording is what the simulator and the sensors give (npm run example)', async () => {
  const expected = demoFrames();
  let compared = 0;
  await openRecording(join(ROOT, 'examples/recordings/warehouse.parquet'), {
    sink: {
      frame: (frame) => {
        const made = expected.next().value as Frame;
        // Six digits: powers and logarithms differ in the last bits between versions of Node.
        if (compared++ % 97 === 0) expect(flat(frame).map(round)).toEqual(flat(made).map(round));
      },
      rejection: (rejection) => expect.fail(JSON.stringify(rejection)),
    },
  });
  expect(compared).toBe(46_144);
  expect(expected.next().done).toBe(true);
});

const round = (value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(6)) : value);
