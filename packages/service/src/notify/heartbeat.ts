/**
 * A sign of life, given only while the whole chain of watching is sound: something outside notices its absence, and
 * so the death of this process, of its computer or of the network.
 */
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { ServiceError } from '../errors.ts';
import { type Publish, publishWithin } from './channels.ts';
import type { Outbound } from './outbound.ts';
import { readUrl } from './secrets.ts';
import type { HeartbeatSettings } from './settings.ts';
import type { Timers } from './timers.ts';

const DEFAULT_EVERY_S = 10;
/** A beat that takes longer is worth nothing. */
const MAX_BEAT_MS = 10_000;
const MAX_WHY_CHARS = 500;

export interface Watching {
  readonly ok: boolean;
  /** What is broken; null while all is sound. */
  readonly why: string | null;
  /** Number and hash of the last row of the audit log. */
  readonly auditHead?: string | null;
}

export interface HeartbeatOptions {
  readonly settings: HeartbeatSettings;
  readonly siteName: string;
  /** Asked before each beat; where it throws, nobody is watching. */
  readonly isWatching: () => Watching;
  readonly outbound: Outbound;
  /** Null: there is no MQTT. */
  readonly publish: Publish | null;
  readonly timers: Timers;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

export interface PulseMetrics {
  readonly target: string;
  readonly lastBeatMs: number | null;
  readonly failures: number;
  /** Null after a beat that was taken. */
  readonly lastError: string | null;
}

export interface Heartbeat {
  metrics(): PulseMetrics[];
  /** Resolves when no beat is under way. */
  close(): Promise<void>;
}

interface Pulse {
  readonly target: string;
  /** @throws ServiceError */
  beat(watching: Watching, nowMs: number): Promise<void>;
  lastBeatMs: number | null;
  failures: number;
  lastError: string | null;
  isBusy: boolean;
}

/** Beats at once and then every `everyS`. @throws ServiceError `INVALID_SETTINGS` */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { settings, timers, log } = options;
  const everyMs = (settings.everyS ?? DEFAULT_EVERY_S) * 1000;
  const pulses = pulsesOf(options, Math.min(MAX_BEAT_MS, everyMs));
  const underWay = new Set<Promise<void>>();
  let wasWatching = true;
  let callOff = (): void => {};

  async function beatOf(pulse: Pulse, watching: Watching): Promise<void> {
    const nowMs = timers.now();
    pulse.isBusy = true;
    try {
      await pulse.beat(watching, nowMs);
      if (watching.ok) pulse.lastBeatMs = nowMs;
      pulse.lastError = null;
    } catch (error) {
      pulse.failures++;
      pulse.lastError = error instanceof ServiceError ? (error.detail ?? error.code) : 'it failed';
      log.warn({ target: pulse.target, why: pulse.lastError }, 'a heartbeat was not taken');
    } finally {
      pulse.isBusy = false;
    }
  }

  function beat(): void {
    const watching = askWatching(options.isWatching);
    if (watching.ok !== wasWatching)
      log.warn({ why: watching.why }, watching.ok ? 'the heart beats again' : 'the heart stands still');
    wasWatching = watching.ok;
    for (const pulse of pulses) {
      // One that hangs is not asked again meanwhile.
      if (pulse.isBusy) continue;
      const beating = beatOf(pulse, watching).finally(() => underWay.delete(beating));
      underWay.add(beating);
    }
    callOff = timers.after(everyMs, beat);
  }

  beat();
  return {
    metrics: () =>
      pulses.map(({ target, lastBeatMs, failures, lastError }) => ({
        target,
        lastBeatMs,
        failures,
        lastError,
      })),
    async close() {
      callOff();
      await Promise.all(underWay);
    },
  };
}

function askWatching(isWatching: () => Watching): Watching {
  try {
    const { ok, why, auditHead } = isWatching();
    return { ok, why: why?.slice(0, MAX_WHY_CHARS) ?? null, ...(auditHead && { auditHead }) };
  } catch {
    return { ok: false, why: 'the state of the watch cannot be told' };
  }
}

const pulse = (target: string, beat: Pulse['beat']): Pulse => ({
  target,
  beat,
  lastBeatMs: null,
  failures: 0,
  lastError: null,
  isBusy: false,
});

function pulsesOf(options: HeartbeatOptions, timeLimitMs: number): Pulse[] {
  const { settings, siteName, outbound, publish } = options;
  const { webhook, mqttTopic, file } = settings;
  const pulses: Pulse[] = [];
  const textOf = ({ ok, why, auditHead }: Watching, nowMs: number): string =>
    JSON.stringify({
      site: siteName,
      watching: ok,
      why,
      time: new Date(nowMs).toISOString(),
      ...(auditHead && { auditHead }),
    });
  if (webhook) {
    const place = 'heartbeat.webhook.url';
    const url = readUrl(webhook.url, place);
    outbound.check(url, place);
    const failUrl = new URL(url);
    failUrl.pathname = `${url.pathname.replace(/\/$/, '')}/fail`;
    const { method = 'POST' } = webhook;
    const headers = { 'content-type': 'application/json' };
    pulses.push(
      pulse('webhook', (watching, nowMs) => {
        const body = textOf(watching, nowMs);
        return outbound.call({ url: watching.ok ? url : failUrl, method, headers, body, timeLimitMs });
      }),
    );
  }
  if (mqttTopic !== undefined) {
    if (publish === null)
      throw new ServiceError('INVALID_SETTINGS', 'heartbeat.mqttTopic: there is no MQTT broker.');
    pulses.push(
      pulse('mqtt', async (watching, nowMs) => {
        const topic = watching.ok ? mqttTopic : `${mqttTopic}/fail`;
        await publishWithin(publish, topic, textOf(watching, nowMs), 0, timeLimitMs);
      }),
    );
  }
  if (file !== undefined)
    pulses.push(
      pulse('file', async (watching, nowMs) => {
        if (watching.ok) await replaceFile(file, `${textOf(watching, nowMs)}\n`);
      }),
    );
  return pulses;
}

/** Whoever reads it sees the old or the new beat, never half of one. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, text, { mode: 0o644 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    const code = (error as NodeJS.ErrnoException).code ?? 'failed';
    throw new ServiceError('NOT_DELIVERED', `${path} cannot be written (${code}).`, error);
  }
}
