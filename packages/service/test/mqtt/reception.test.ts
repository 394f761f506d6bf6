/** What a message over MQTT is answered, where not all of it was understood. */
import { describe, expect, it } from 'vitest';
import { type InboundMessage, Reception } from '../../src/protocols/mqtt/reception.ts';
import { FakeIntake } from './fake-intake.ts';

const TOPIC = 'emberwatch/site/gw/frames';

async function outcomeOf(message: Partial<InboundMessage>, intake = new FakeIntake()) {
  const prepared = new Reception({ site: 'site', intake }).prepare(
    { topic: TOPIC, payload: Buffer.from('{}'), ...message },
    null,
  );
  return { intake, outcome: 'run' in prepared ? await prepared.run() : prepared };
}

describe('a message that is stored', () => {
  it('says which fields were ignored and what was rejected, for the reason string of MQTT 5', async () => {
    const intake = new FakeIntake();
    intake.result = {
      ...intake.result,
      rejectedValues: 2,
      rejections: [{ reason: 'not-a-number', scope: 'value', line: 1, column: 'co_ppm', value: 'NaN' }],
      unknownFields: [{ field: 'surfaceTemperatureMax', didYouMean: 'surface_temperature_max_degc' }],
    };
    const { outcome } = await outcomeOf({}, intake);
    expect(outcome.kind).toBe('stored');
    expect(outcome.detail).toBe(
      'rejected: 0 rows, 2 values, the first for not-a-number in co_ppm; surfaceTemperatureMax is not a known field; did you mean surface_temperature_max_degc?',
    );
  });

  it('says nothing where all of it was understood', async () => {
    expect((await outcomeOf({})).outcome).toEqual({ kind: 'stored', detail: '' });
  });
});

it.each([
  ['of another content type', { contentType: 'application/xml' }],
  ['that is empty', { payload: Buffer.alloc(0) }],
  ['with half a number', { userProperties: { epoch: 'e' } }],
])('a message %s counts for its gateway', async (_, message) => {
  const { intake, outcome } = await outcomeOf(message);
  expect(outcome.kind).toBe('invalid');
  expect(intake.rejected).toEqual([expect.stringMatching(/^gw mqtt bad-body: /)]);
});
