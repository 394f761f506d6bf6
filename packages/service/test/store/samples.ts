/** Deliveries, alarms and rows for tests of the store. */
import { CHANNEL_INDEX, type Frame, newFrame } from '@emberwatch/engine/telemetry';
import type { AlarmRecord, JournalBatch, OutboxRow } from '../../src/records.ts';
import { FrameEncoder } from '../../src/store/frames.ts';

export const START_MS = Date.parse('2026-03-01T00:00:00Z');

/** A frame with a temperature and a voltage. */
export function frameAt(moduleId: string, timeMs: number, temperatureDegC: number, voltageV = 51.2): Frame {
  const frame = newFrame(moduleId, 'RackA1', timeMs);
  frame.values[CHANNEL_INDEX.surface_temperature_max_degc] = temperatureDegC;
  frame.values[CHANNEL_INDEX.voltage_v] = voltageV;
  return frame;
}

export function batchOf(
  seq: number,
  frames: readonly Frame[],
  {
    receivedMs = START_MS,
    late = [],
    gatewayId = 'gateway-1',
    epoch = 'e1',
    number = seq,
    isPart = false,
  }: Partial<Omit<JournalBatch, 'frames'>> & { readonly late?: readonly boolean[] } = {},
): JournalBatch {
  const encoder = new FrameEncoder();
  frames.forEach((frame, at) => {
    encoder.add(frame, late[at] ?? false);
  });
  const { count } = encoder;
  return { seq, gatewayId, epoch, number, isPart, receivedMs, frameCount: count, frames: encoder.finish() };
}

export const alarmOf = (id: string, changed: Partial<AlarmRecord> = {}): AlarmRecord => ({
  id,
  kind: 'hazard',
  source: 'RackA1_Module01',
  rackId: 'RackA1',
  gatewayId: 'gateway-1',
  priority: 1,
  highestPriority: 1,
  level: 'critical',
  highestLevel: 'critical',
  state: 'unacknowledged',
  suppression: null,
  text: 'RackA1_Module01 is critical.',
  reasons: [],
  agreement: null,
  members: [],
  hazardProbability: 0.9,
  raisedMs: START_MS,
  escalatedMs: START_MS,
  returnedMs: null,
  acknowledgedMs: null,
  acknowledgedBy: null,
  closedMs: null,
  dataRaisedMs: START_MS,
  dataChangedMs: START_MS,
  returns: 0,
  comments: [],
  modelSha256: null,
  ...changed,
});

export const noticeOf = (id: string, changed: Partial<OutboxRow> = {}): OutboxRow => ({
  id,
  channel: 'webhook',
  createdMs: START_MS,
  body: '{}',
  state: 'waiting',
  attempts: 0,
  lastError: null,
  ...changed,
});
