/**
 * Calls to other computers, kept on a short lead: only hosts that are allowed, only networks that are allowed, the
 * address that was checked is the one that is called, no redirect is followed, no answer is read.
 */
import { lookup as lookupOfSystem } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { ServiceError } from '../errors.ts';
import type { Network, OutboundSettings } from './settings.ts';

/** Addresses of a name; injected in tests. */
export type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

export interface Call {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeLimitMs: number;
}

export interface Outbound {
  /** @throws ServiceError `INVALID_SETTINGS` where the host is not on the list; `place` names the setting */
  check(url: URL, place: string): void;
  /** Resolves where the answer is 2xx. @throws ServiceError `NOT_DELIVERED`, `FOREIGN_ADDRESS`: host and reason only */
  call(call: Call): Promise<void>;
}

const subnets = (...nets: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const net of nets) {
    const [address, bits] = net.split('/') as [string, string];
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
};

/** IANA special-purpose registries (RFC 6890 and later). */
const LOOPBACK = subnets('127.0.0.0/8', '::1/128');
const LINK_LOCAL = subnets('169.254.0.0/16', 'fe80::/10');
const PRIVATE = subnets('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7');
const GLOBAL_V6 = subnets('2000::/3');
const NOWHERE = subnets(
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001::/23',
  '2001:db8::/32',
  // These carry an IPv4 address that would be reached in the end.
  '2002::/16',
  '3fff::/20',
);

/** An IPv4 address inside an IPv6 one is judged as what it reaches. */
function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/, '');
  if (isIP(bare) !== 6) return bare;
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(new URL(`http://[${bare}]`).hostname);
  if (!mapped) return bare;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Null: an address that nobody has a reason to call. */
export function networkOf(address: string): Network | null {
  const plain = plainAddress(address);
  const version = isIP(plain);
  if (version === 0) return null;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  if (LOOPBACK.check(plain, family)) return 'loopback';
  if (LINK_LOCAL.check(plain, family)) return 'link-local';
  if (PRIVATE.check(plain, family)) return 'private';
  if (NOWHERE.check(plain, family)) return null;
  return version === 4 || GLOBAL_V6.check(plain, 'ipv6') ? 'public' : null;
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const lookupAll: Lookup = (host) => lookupOfSystem(host, { all: true });

/** @throws ServiceError `INVALID_SETTINGS` where `caFile` cannot be read */
export function openOutbound(settings: OutboundSettings, lookup: Lookup = lookupAll): Outbound {
  const networks: readonly Network[] = settings.networks ?? ['public'];
  const allowed = new Set(settings.hosts.map((host) => host.toLowerCase()));
  const ca =
    settings.caFile === undefined ? undefined : [...rootCertificates, readAuthority(settings.caFile)];

  /** One address that may be called; all of a name must be allowed, or a mixed answer could choose for us. */
  async function resolve(url: URL): Promise<{ address: string; family: number }> {
    const host = hostOf(url);
    const version = isIP(host);
    const found = version === 0 ? await lookup(host) : [{ address: host, family: version }];
    if (found.length === 0) throw new ServiceError('NOT_DELIVERED', `${host} has no address.`);
    for (const { address } of found) {
      const network = networkOf(address);
      if (network === null || !networks.includes(network))
        throw new ServiceError(
          'FOREIGN_ADDRESS',
          `${host} has the ${network ?? 'special'} address ${address}.`,
        );
      if (url.protocol === 'http:' && network === 'public')
        throw new ServiceError('FOREIGN_ADDRESS', `${host} is public and asks for http; use https.`);
    }
    return found[0]!;
  }

  return {
    check(url, place) {
      if (allowed.has(url.host.toLowerCase())) return;
      throw new ServiceError('INVALID_SETTINGS', `${place}: ${url.host} is not among the hosts of outbound.`);
    },
    async call(call) {
      const abort = new AbortController();
      // From before the name is looked up: that may hang as well.
      const timer = setTimeout(() => abort.abort(), call.timeLimitMs);
      try {
        const { signal } = abort;
        const pinned = await orAborted(resolve(call.url), signal);
        const status = await statusOf(call, pinned, { signal, ...(ca && { ca }) });
        if (status < 200 || status > 299)
          throw new ServiceError('NOT_DELIVERED', `${call.url.host} answered ${status}.`);
      } catch (error) {
        throw abort.signal.aborted
          ? new ServiceError(
              'NOT_DELIVERED',
              `${call.url.host} took longer than ${call.timeLimitMs / 1000} s.`,
            )
          : deliveryError(error, call.url.host);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ServiceError('INVALID_SETTINGS', `outbound.caFile: ${path} cannot be read.`, error);
  }
}

const orAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    promise.then(resolve, reject);
  });

/** The status alone counts: the body is never read, so it cannot be too long. */
function statusOf(
  { url, method, headers, body }: Call,
  { address, family }: { address: string; family: number },
  options: RequestOptions,
): Promise<number> {
  // The name stays in Host and SNI; the connection goes to the address that was checked.
  const pinned = ((_host, { all }, done) =>
    all ? done(null, [{ address, family }]) : done(null, address, family)) as LookupFunction;
  return new Promise((resolve, reject) => {
    const open = url.protocol === 'https:' ? requestHttps : requestHttp;
    const length = Buffer.byteLength(body);
    const request = open(url, {
      ...options,
      method,
      agent: false,
      lookup: pinned,
      headers: {
        'user-agent': 'emberwatch',
        ...headers,
        ...(method === 'POST' && { 'content-length': length }),
      },
    });
    request.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.on('error', reject);
    request.end(method === 'POST' ? body : undefined);
  });
}

/** Messages of the network may hold whole addresses, which may be secrets: only the code goes on. */
function deliveryError(error: unknown, host: string): ServiceError {
  if (error instanceof ServiceError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? 'failed';
  return new ServiceError('NOT_DELIVERED', `${host} cannot be reached (${code}).`);
}
