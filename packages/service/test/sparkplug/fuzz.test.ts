/** A hundred thousand broken payloads: a clear refusal, or records of which every value is one. */

import { createRandom } from '@emberwatch/engine/random';
import { numberOfText } from '@emberwatch/engine/telemetry';
import { expect, it } from 'vitest';
import { SparkplugHost } from '../../src/protocols/sparkplug/host.ts';
import { TARGETS } from '../../src/protocols/sparkplug/mapping.ts';
import { FakeIntake } from '../mqtt/fake-intake.ts';
import { mutated } from '../mqtt/mutate.ts';
import { Edge, temperature, voltage } from './edge.ts';

const PAYLOADS = 100_000;
const SEED = 20_260_102;
const TYPES = ['NBIRTH', 'NDATA', 'NDEATH', 'DBIRTH', 'DDATA', 'DDEATH'] as const;

/** A text is for the decoder to reject: it may never read as a number. */
const isOne = (value: unknown): boolean =>
  value === null ||
  Number.isFinite(value) ||
  (typeof value === 'string' && Number.isNaN(numberOfText(value.trim())));
const isValue = (value: unknown): boolean => (Array.isArray(value) ? value.every(isOne) : isOne(value));

it(`${PAYLOADS} broken payloads`, () => {
  const random = createRandom(SEED, 'sparkplug');
  const edge = new Edge();
  const cells = { name: 'cell_voltages_v', alias: 5, datatype: 30, value: [3.5, 3.25] };
  const history = temperature(27, { isHistorical: true, timestampMs: 5, quality: 192 });
  const samples = [
    edge.nodeBirth(),
    edge.deviceBirth(0),
    edge.data(1, temperature(26), voltage(51), cells),
    edge.data(2, history, temperature(null)),
    edge.nodeDeath(),
  ];
  const host = new SparkplugHost({ intake: new FakeIntake(), command: () => undefined, now: () => 0 });
  const seen = { refused: 0, records: 0, frames: 0 };
  for (let i = 0; i < PAYLOADS; i++) {
    if (i % 10 === 0) {
      host.receive({ group: 'g', type: 'NBIRTH', edge: 'e', device: null }, edge.nodeBirth(), null);
      host.receive({ group: 'g', type: 'DBIRTH', edge: 'e', device: 'd' }, edge.deviceBirth(i), null);
    }
    const type = TYPES[random.integer(TYPES.length)]!;
    const device = type.startsWith('D') ? 'd' : null;
    const payload = mutated(samples[random.integer(samples.length)]!, samples, random);
    const answer = host.receive({ group: 'g', type, edge: 'e', device }, payload, null);
    if (!Array.isArray(answer)) {
      seen.refused++;
      if (answer.detail === '') expect.fail('a refusal without a reason');
      continue;
    }
    seen.records++;
    for (const { time, module_id, rack_id, ...values } of answer) {
      seen.frames++;
      const isGood =
        Number.isSafeInteger(time) &&
        (module_id === 'e/d' || module_id === 'e') &&
        rack_id === 'g' &&
        Object.entries(values).every(([channel, value]) => TARGETS.includes(channel) && isValue(value));
      if (!isGood) expect.fail(`${Buffer.from(payload).toString('hex')}: ${JSON.stringify(answer)}`);
    }
  }
  // The test has been where it wants to be.
  expect(seen.refused).toBeGreaterThan(10_000);
  expect(seen.frames).toBeGreaterThan(1000);
});
