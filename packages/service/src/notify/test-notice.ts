/** Sends a TEST notice to each channel: what was never tried does not work. */
import { ServiceError } from '../errors.ts';
import { NOTICE_TEXTS } from '../messages.ts';
import type { Channel } from './channels.ts';
import { noticeOf } from './notice.ts';

export interface TestResult {
  readonly channel: string;
  readonly isDelivered: boolean;
  /** Null where it was delivered. */
  readonly error: string | null;
}

export async function sendTestNotices(
  channels: readonly Channel[],
  siteName: string,
  byName: string,
  nowMs: number,
): Promise<TestResult[]> {
  const notice = noticeOf(siteName, [
    {
      key: `TEST:${nowMs}`,
      event: 'test',
      atMs: nowMs,
      byName,
      reason: null,
      step: 0,
      alarm: {
        id: 'TEST',
        kind: 'notification',
        source: 'site',
        rackId: null,
        gatewayId: null,
        priority: 4,
        highestPriority: 4,
        level: null,
        state: 'closed',
        text: NOTICE_TEXTS.testAlarm,
        hazardProbability: null,
        raisedMs: nowMs,
        dataChangedMs: nowMs,
        reasons: [],
        agreement: null,
        members: [],
        memberCount: 0,
      },
    },
  ]);
  return Promise.all(
    channels.map(async (channel) => {
      try {
        await channel.send(notice);
        return { channel: channel.name, isDelivered: true, error: null };
      } catch (error) {
        const why = error instanceof ServiceError ? (error.detail ?? error.code) : 'it failed';
        return { channel: channel.name, isDelivered: false, error: why };
      }
    }),
  );
}
