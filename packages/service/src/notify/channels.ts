/** Places that can be told: webhook, e-mail, MQTT. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { ServiceError } from '../errors.ts';
import type { Notice } from './notice.ts';
import type { Outbound } from './outbound.ts';
import { readSecret, readUrl, withoutSecrets } from './secrets.ts';
import type { EmailSettings, MqttNoticeSettings, NotifySettings, WebhookSettings } from './settings.ts';
import { within } from './timers.ts';
import { subjectOf, type TextPlace, textOf } from './wording.ts';

const DEFAULT_TIME_LIMIT_S = 10;
/** A key that can be guessed proves nothing. */
const MIN_SIGNING_KEY_CHARS = 16;

/** Says a message on MQTT; resolves once the broker has it. */
export type Publish = (
  topic: string,
  payload: string,
  options: { readonly qos: 0 | 1; readonly retain: boolean },
) => Promise<void> | void;

export interface Channel {
  readonly name: string;
  /** Resolves once the notice was taken. @throws ServiceError, free of secrets */
  send(notice: Notice): Promise<void>;
}

export interface ChannelParts {
  readonly outbound: Outbound;
  /** Null: there is no MQTT; a channel that needs it is an error. */
  readonly publish: Publish | null;
  readonly now: () => number;
}

/** @throws ServiceError `INVALID_SETTINGS` naming the setting */
export function createChannels(settings: NotifySettings, parts: ChannelParts): Channel[] {
  const place: TextPlace = {
    timeZone: checkedZone(settings.timeZone ?? 'UTC'),
    pageUrl: settings.pageUrl?.replace(/\/+$/, '') ?? null,
  };
  return Object.entries(settings.channels).map(([name, channel]) => {
    const at = `notify.channels.${name}`;
    if (channel.kind === 'webhook') return webhookChannel(name, channel, at, parts);
    if (channel.kind === 'email') return emailChannel(name, channel, at, place);
    return mqttChannel(name, channel, at, parts);
  });
}

function checkedZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch (error) {
    throw new ServiceError('INVALID_SETTINGS', `notify.timeZone: "${timeZone}" is no time zone.`, error);
  }
}

/** What goes out as JSON; version 1 only grows. */
const jsonOf = ({ key, siteName, items }: Notice): string =>
  JSON.stringify({
    version: 1,
    product: 'emberwatch',
    key,
    isTest: items[0]?.event === 'test',
    site: siteName,
    items,
  });

/** `t=<Unix seconds>,v1=<HMAC-SHA-256, hex, of "<t>.<body>">`: sender, content and time in one. */
const signatureOf = (body: string, signingKey: string, nowMs: number): string => {
  const t = Math.floor(nowMs / 1000);
  return `t=${t},v1=${createHmac('sha256', signingKey).update(`${t}.${body}`).digest('hex')}`;
};

function webhookChannel(name: string, settings: WebhookSettings, at: string, parts: ChannelParts): Channel {
  const url = readUrl(settings.url, `${at}.url`);
  parts.outbound.check(url, `${at}.url`);
  const signingKey = settings.signingKey && readSecret(settings.signingKey, `${at}.signingKey`);
  const bearerToken = settings.bearerToken && readSecret(settings.bearerToken, `${at}.bearerToken`);
  if (signingKey !== undefined && signingKey.length < MIN_SIGNING_KEY_CHARS)
    throw new ServiceError(
      'INVALID_SETTINGS',
      `${at}.signingKey has fewer than ${MIN_SIGNING_KEY_CHARS} characters.`,
    );
  const timeLimitMs = (settings.timeLimitS ?? DEFAULT_TIME_LIMIT_S) * 1000;
  return {
    name,
    send(notice) {
      const body = jsonOf(notice);
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': notice.key,
        ...(signingKey && { 'emberwatch-signature': signatureOf(body, signingKey, parts.now()) }),
        ...(bearerToken && { authorization: `Bearer ${bearerToken}` }),
      };
      return parts.outbound.call({ url, method: 'POST', headers, body, timeLimitMs });
    },
  };
}

function emailChannel(name: string, settings: EmailSettings, at: string, place: TextPlace): Channel {
  const { host, user, from, to, security = 'starttls' } = settings;
  const password = settings.password && readSecret(settings.password, `${at}.password`);
  if ((user === undefined) !== (password === undefined))
    throw new ServiceError('INVALID_SETTINGS', `${at}: give user and password, or neither.`);
  if (security === 'none' && password !== undefined)
    throw new ServiceError(
      'INVALID_SETTINGS',
      `${at}: a password is never sent in the clear; use starttls or tls.`,
    );
  const timeLimitMs = (settings.timeLimitS ?? DEFAULT_TIME_LIMIT_S) * 1000;
  const transport = createTransport({
    host,
    port: settings.port ?? (security === 'tls' ? 465 : 587),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2', ...(settings.caFile !== undefined && { ca: readCa(settings.caFile, at) }) },
    ...(password !== undefined && { auth: { user: user!, pass: password } }),
    connectionTimeout: timeLimitMs,
    greetingTimeout: timeLimitMs,
    socketTimeout: timeLimitMs,
    dnsTimeout: timeLimitMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name,
    async send(notice) {
      const sending = transport.sendMail({
        from,
        to,
        subject: subjectOf(notice),
        text: textOf(notice, place),
        // The same at every redelivery: mail readers show one.
        messageId: `<${notice.key}@emberwatch.invalid>`,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Emberwatch-Key': notice.key },
        ...(notice.items[0]!.alarm.priority <= 2 && { priority: 'high' as const }),
      });
      try {
        const { accepted } = await within(sending, timeLimitMs, host);
        if (accepted.length === 0) throw new ServiceError('NOT_DELIVERED', `${host} took no recipient.`);
      } catch (error) {
        throw mailError(error, host, [password ?? '', `\u0000${user}\u0000${password}`]);
      }
    },
  };
}

function readCa(path: string, at: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ServiceError('INVALID_SETTINGS', `${at}.caFile: ${path} cannot be read.`, error);
  }
}

const MAX_RESPONSE_CHARS = 160;

/** The original error is left behind: it holds the whole conversation. */
function mailError(error: unknown, host: string, secrets: readonly string[]): ServiceError {
  if (error instanceof ServiceError) return error;
  const { code, response } = error as { code?: string; response?: string };
  const answer =
    response === undefined ? '' : `: ${withoutSecrets(response, secrets).slice(0, MAX_RESPONSE_CHARS)}`;
  return new ServiceError('NOT_DELIVERED', `${host} did not take the mail (${code ?? 'failed'}${answer}).`);
}

function mqttChannel(name: string, settings: MqttNoticeSettings, at: string, parts: ChannelParts): Channel {
  const { publish } = parts;
  if (publish === null)
    throw new ServiceError(
      'INVALID_SETTINGS',
      `${at}: there is no MQTT broker; set one up or remove the channel.`,
    );
  const timeLimitMs = (settings.timeLimitS ?? DEFAULT_TIME_LIMIT_S) * 1000;
  return {
    name,
    async send(notice) {
      await publishWithin(publish, settings.topic, jsonOf(notice), 1, timeLimitMs);
    },
  };
}

/** @throws ServiceError `NOT_DELIVERED`: of what the client of the broker says nothing goes on */
export async function publishWithin(
  publish: Publish,
  topic: string,
  payload: string,
  qos: 0 | 1,
  limitMs: number,
): Promise<void> {
  try {
    await within(Promise.resolve(publish(topic, payload, { qos, retain: false })), limitMs, 'MQTT');
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError('NOT_DELIVERED', 'MQTT did not take the message.');
  }
}
