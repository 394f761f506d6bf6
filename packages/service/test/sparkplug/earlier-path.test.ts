import { expect, it } from 'vitest';
import { encodePayload } from '../../src/ingest/sparkplug/payload.ts';
import { decodePayload } from '../../src/protocols/sparkplug/payload.ts';

it('the encoder is found where scripts of others look for it', () => {
  expect(decodePayload(encodePayload({ timestampMs: 5, metrics: [] })).timestampMs).toBe(5);
});
