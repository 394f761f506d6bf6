/** Is it well, is it ready, and the event stream. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { mayDo } from '../auth/roles.ts';
import { ServiceError } from '../errors.ts';
import { identityOf } from './guard.ts';
import { SECURITY_HEADERS } from './headers.ts';
import { ErrorBodySchema, HealthBody } from './schemas.ts';
import { type ApiContext, healthOf } from './site.ts';
import { snapshotJson } from './snapshot.ts';

/** To those who may look the whole of it, to others the one word. */
const PublicHealth = Type.Object({
  ...Type.Partial(HealthBody).properties,
  status: HealthBody.properties.status,
});

const ReadyBody = Type.Object({ isReady: Type.Boolean(), obstacles: Type.Array(Type.String()) });

export const healthRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const healthSchema = {
      summary:
        'How the service is; 503 where the detector failed within the last minute. Details for viewers',
      response: { 200: PublicHealth, 503: PublicHealth },
    };
    app.get('/health', { schema: healthSchema }, async ({ identity }, reply) => {
      const health = healthOf(site);
      const isForAll = identity === null || !mayDo(identity.role, 'viewer');
      const status = health.status === 'failing' ? 503 : 200;
      return reply.code(status).send(isForAll ? { status: health.status } : health);
    });

    const readySchema = {
      summary: 'Whether readings are taken, stored and judged: 503 and why not',
      response: { 200: ReadyBody, 503: ReadyBody },
    };
    app.get('/ready', { schema: readySchema }, async (_request, reply) => {
      const obstacles = new Set(site.obstacles());
      if (site.fleet.isFailing()) obstacles.add('detector');
      const isReady = obstacles.size === 0;
      return reply.code(isReady ? 200 : 503).send({ isReady, obstacles: [...obstacles] });
    });

    const eventsSchema = {
      summary: 'Server-sent events: a snapshot, then verdicts, changes, sensor faults, health',
      produces: ['text/event-stream'],
      response: { 503: ErrorBodySchema },
    };
    app.get('/events', { schema: eventsSchema }, (request, reply) => {
      if (site.events.takesNobody) throw new ServiceError('TOO_MANY_CLIENTS');
      const identity = identityOf(request);
      const secret = request.session?.secret ?? null;
      // An open stream is use: a page that is looked at does not sign itself out.
      const isAllowed = (): boolean =>
        secret === null ? site.access.isStillLive(identity) : site.access.identifySession(secret) !== null;
      reply.hijack();
      const { tokenId } = identity;
      site.events
        .open(reply.raw, SECURITY_HEADERS, snapshotJson(site), { isAllowed, tokenId })
        .catch((error: unknown) => request.log.error(error, 'a page could not be given its snapshot'));
    });
  };
