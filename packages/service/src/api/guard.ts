/** Before every request: who is asking, and may he? What is not allowed in `permissions.ts` is refused. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Access, type Caller, OPEN_IDENTITY } from '../auth/access.ts';
import { mayDo } from '../auth/roles.ts';
import { ServiceError } from '../errors.ts';
import type { Identity } from '../records.ts';
import { isLoopback } from './headers.ts';
import { PERMISSIONS, type Permission, permissionOf } from './permissions.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    permission?: Permission;
  }
  interface FastifyRequest {
    /** Null where nobody is known: only on public routes. */
    identity: Identity | null;
    /** Of the session that was used; null where it was none. */
    session: { readonly secret: string; readonly endsMs: number } | null;
  }
}

/** Over TLS with a prefix by which a browser takes it from this very host only, for all of it, and never without TLS. */
export const cookieNameOf = ({ protocol }: FastifyRequest): string =>
  protocol === 'https' ? '__Host-emberwatch_session' : 'emberwatch_session';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export const callerOf = (request: FastifyRequest): Caller => ({ address: request.ip, door: 'http' });

/** Of routes that are not public. */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity === null) throw new ServiceError('UNAUTHENTICATED');
  return request.identity;
}

export interface GuardOptions {
  readonly access: Access;
  readonly hasPublicMetrics: boolean;
}

export function guard(app: FastifyInstance, { access, hasPublicMetrics }: GuardOptions): void {
  const unused = new Set<string>(Object.keys(PERMISSIONS));
  app.decorateRequest('identity', null);
  app.decorateRequest('session', null);
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      const declared = permissionOf(method, route.url);
      if (declared === undefined)
        throw new Error(`${method} ${route.url} stands in no row of permissions.ts`);
      const isMetrics = route.url === '/api/v1/metrics';
      route.config = { ...route.config, permission: isMetrics && hasPublicMetrics ? 'public' : declared };
      unused.delete(`${method} ${route.url}`);
    }
  });
  app.addHook('onReady', async () => {
    if (unused.size > 0) throw new Error(`permissions without a route: ${[...unused].join(', ')}`);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { permission } = request.routeOptions.config;
    // No such route: answered with 404, whoever asks.
    if (permission === undefined) return;
    await admit(request, reply, permission, access);
  });
}

async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  permission: Permission,
  access: Access,
): Promise<void> {
  try {
    identify(request, access);
  } catch (error) {
    if (permission !== 'public') {
      reply.header('www-authenticate', 'Bearer');
      throw error;
    }
  }
  if (permission === 'public') return;
  if (request.identity === null) {
    reply.header('www-authenticate', 'Bearer');
    throw new ServiceError('UNAUTHENTICATED');
  }
  if (mayDo(request.identity.role, permission)) return;
  const what = `${request.method} ${request.routeOptions.url}`;
  access.forbid(request.identity, callerOf(request), what);
  throw new ServiceError('FORBIDDEN', `It needs the role ${permission}; this is ${request.identity.role}.`);
}

/** A token before a session, a session before the open door. */
function identify(request: FastifyRequest, access: Access): void {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    request.identity = access.admit(/^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '', callerOf(request));
    return;
  }
  const secret = request.cookies[cookieNameOf(request)];
  const session = secret === undefined ? null : access.identifySession(secret);
  if (secret !== undefined && session) {
    denyForeignPage(request, true);
    request.identity = session.identity;
    request.session = { secret, endsMs: session.endsMs };
  } else if (access.mode === 'open' && isFromHere(request)) {
    denyForeignPage(request, false);
    request.identity = OPEN_IDENTITY;
  }
}

/** What came through a proxy has come from elsewhere, though the proxy stands on this computer. */
const isFromHere = ({ socket, headers }: FastifyRequest): boolean =>
  isLoopback((socket.remoteAddress ?? '').replace(/^::ffff:/, '')) &&
  headers['x-forwarded-for'] === undefined &&
  headers['forwarded'] === undefined;

/**
 * A browser sends the cookie, or reaches an open door, for any page that asks it to. It also says which page asked;
 * with a cookie it must have said so, without one there may be no browser at all.
 */
export function denyForeignPage(request: FastifyRequest, isBrowser: boolean): void {
  if (SAFE_METHODS.has(request.method)) return;
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const isSame =
    site === undefined ? origin !== undefined && hostOf(origin) === host : site === 'same-origin';
  if (isSame || (!isBrowser && site === undefined && origin === undefined)) return;
  throw new ServiceError('CROSS_ORIGIN');
}

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);
