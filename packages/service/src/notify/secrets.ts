/** Secrets: where they are read, and how they are kept out of everything that is written. */
import { readFileSync, statSync } from 'node:fs';
import { ServiceError } from '../errors.ts';
import type { HeartbeatSettings, NotifySettings, SecretSource, UrlSource } from './settings.ts';

const MAX_SECRET_BYTES = 8192;
const MASK = '•••';
/** Shorter words are no secrets, and masking them would garble messages. */
const MIN_MASKED_CHARS = 4;

/**
 * @param place of the setting, for the error
 * @throws ServiceError `INVALID_SETTINGS` naming the place and the source, never the secret
 */
export function readSecret(source: SecretSource, place: string): string {
  const secret = 'env' in source ? process.env[source.env] : secretOfFile(source.file, place);
  const text = secret?.replace(/\r?\n$/, '') ?? '';
  const name = 'env' in source ? `the environment variable ${source.env}` : source.file;
  if (text === '') throw new ServiceError('INVALID_SETTINGS', `${place}: ${name} holds no secret.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a secret with them breaks headers
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw new ServiceError(
      'INVALID_SETTINGS',
      `${place}: ${name} holds control characters or several lines.`,
    );
  return text;
}

function secretOfFile(path: string, place: string): string {
  try {
    if (statSync(path).size > MAX_SECRET_BYTES)
      throw new ServiceError('INVALID_SETTINGS', `${place}: ${path} is too large for a secret.`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new ServiceError('INVALID_SETTINGS', `${place}: ${path} cannot be read (${code}).`);
  }
}

/** @throws ServiceError `INVALID_SETTINGS` without the address: it may be a secret itself */
export function readUrl(source: UrlSource, place: string): URL {
  const text = typeof source === 'string' ? source : readSecret(source, place);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new ServiceError(
      'INVALID_SETTINGS',
      `${place} is no address that begins with https:// or http://.`,
    );
  if (url.username !== '' || url.password !== '')
    throw new ServiceError(
      'INVALID_SETTINGS',
      `${place} holds a password; give it as bearerToken or read the address from a file.`,
    );
  return url;
}

/** The text without the secrets, in the clear or as base64 (mail servers like to repeat what they were sent). */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < MIN_MASKED_CHARS) continue;
    for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)])
      clean = clean.replaceAll(form, MASK);
  }
  return clean;
}

const originOf = (url: UrlSource): UrlSource =>
  typeof url === 'string' && URL.canParse(url)
    ? `${new URL(url).origin}/${MASK}`
    : typeof url === 'string'
      ? MASK
      : url;

/** For dumps of the configuration: of addresses only the host is left, because paths are often secrets. */
export function redactedNotify(settings: NotifySettings): NotifySettings {
  const channels = Object.entries(settings.channels).map(([name, channel]) => [
    name,
    channel.kind === 'webhook' ? { ...channel, url: originOf(channel.url) } : channel,
  ]);
  return { ...settings, channels: Object.fromEntries(channels) };
}

/** As `redactedNotify`. */
export function redactedHeartbeat(settings: HeartbeatSettings): HeartbeatSettings {
  const { webhook } = settings;
  return webhook ? { ...settings, webhook: { ...webhook, url: originOf(webhook.url) } } : settings;
}
