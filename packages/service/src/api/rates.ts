/** How much each may ask: counted by token, and by address where nobody is known. */
import fastifyRateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServiceError } from '../errors.ts';
import type { Role } from '../records.ts';

const WINDOW_MS = 60_000;
/** Requests a minute. A page asks for a trend now and then; a program that polls every second is welcome, too. */
const QUESTIONS: Readonly<Record<Role | 'nobody', number>> = {
  gateway: 300,
  viewer: 600,
  operator: 600,
  engineer: 1200,
  admin: 1200,
  nobody: 300,
};
/** Readings are worth more than anything that is asked: a limit only for what has run wild. */
const DELIVERIES = 60_000;
/** Names that are counted at once; the one that came first is forgotten first. */
const MAX_COUNTED = 20_000;

const isDelivery = ({ routeOptions }: FastifyRequest): boolean =>
  routeOptions.config.permission === 'gateway';

export async function limitRates(app: FastifyInstance): Promise<void> {
  await app.register(fastifyRateLimit, {
    timeWindow: WINDOW_MS,
    cache: MAX_COUNTED,
    keyGenerator: (request) => {
      const who = request.identity?.tokenId ?? normalizeIP(request.ip);
      return isDelivery(request) ? `${who} delivers` : who;
    },
    max: (request) => (isDelivery(request) ? DELIVERIES : QUESTIONS[request.identity?.role ?? 'nobody']),
    errorResponseBuilder: (_request, { max }) =>
      new ServiceError('TOO_MANY_REQUESTS', `At most ${max} a minute.`),
  });
}
