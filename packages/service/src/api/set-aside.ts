/** Deliveries on which the service failed again and again, for the engineer who looks into them. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { MAX_REASON_CHARS } from '../alarms/actions.ts';
import { identityOf } from './guard.ts';
import { ErrorBodySchema, IdParams } from './schemas.ts';
import type { ApiContext } from './site.ts';

const SetAsideBody = Type.Object({
  id: Type.String(),
  gatewayId: Type.String(),
  door: Type.String(),
  format: Type.String(),
  setAsideMs: Type.Number(),
  error: Type.String(),
  bodyBytes: Type.Number(),
  bodyBase64: Type.String(),
});

export const setAsideRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const listSchema = {
      summary: 'Deliveries on which the service failed several times: stored as they came, and not evaluated',
      response: { 200: Type.Object({ deliveries: Type.Array(SetAsideBody) }) },
    };
    app.get('/set-aside', { schema: listSchema }, async () => ({ deliveries: [...site.setAside()] }));

    const removeSchema = {
      summary:
        'Remove a delivery that was set aside: the same delivery is then evaluated should it come again',
      params: IdParams,
      body: Type.Object(
        { reason: Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS }) },
        { additionalProperties: false },
      ),
      response: { 204: Type.Null(), 400: ErrorBodySchema, 404: ErrorBodySchema },
    };
    app.post('/set-aside/:id/remove', { schema: removeSchema }, async (request, reply) => {
      await site.removeSetAside(request.params.id, identityOf(request).name, request.body.reason);
      return reply.code(204).send(null);
    });
  };
