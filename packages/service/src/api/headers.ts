/** Headers of every answer: nothing from other hosts, nothing inline, not framed, not sniffed. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** Only over TLS: a browser remembers it. */
export const STRICT_TRANSPORT: Readonly<Record<string, string>> = {
  'strict-transport-security': 'max-age=31536000',
};

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

const hostNameOf = (hostHeader: string): string => hostHeader.replace(/:\d+$/, '');

export const isLoopback = (host: string): boolean => LOOPBACK.test(host) || host === '::1';

/**
 * A service on loopback answers only to loopback names: else a foreign page whose name is made to point here
 * could read the site (DNS rebinding).
 */
export const isForeignHost = (boundHost: string, hostHeader: string | undefined): boolean =>
  isLoopback(boundHost) && !isLoopback(hostNameOf(hostHeader ?? ''));
