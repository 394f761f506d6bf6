/** What people do about senders: who delivers a module, and the places that one gateway takes. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { MAX_REASON_CHARS } from '../alarms/actions.ts';
import { identityOf } from './guard.ts';
import { ErrorBodySchema, IdParams } from './schemas.ts';
import type { ApiContext } from './site.ts';

const problems = { 400: ErrorBodySchema, 404: ErrorBodySchema };
const Reason = Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS });
const closed = { additionalProperties: false };

export const senderRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const decideSchema = {
      summary:
        'Decide which gateway delivers a module: its frames from any other are rejected, and what they said no longer counts',
      params: IdParams,
      body: Type.Object({ gatewayId: Type.String({ minLength: 1, maxLength: 128 }), reason: Reason }, closed),
      response: { 204: Type.Null(), ...problems },
    };
    app.post('/modules/:id/gateway', { schema: decideSchema }, async (request, reply) => {
      const { gatewayId, reason } = request.body;
      await site.decideGateway(request.params.id, gatewayId, identityOf(request).name, reason);
      return reply.code(204).send(null);
    });

    const retireSchema = {
      summary:
        'Retire at once all modules of a gateway that were never in alarm and that the settings do not name: their places are free',
      params: IdParams,
      body: Type.Object({ reason: Reason }, closed),
      response: { 200: Type.Object({ retired: Type.Number(), kept: Type.Number() }), ...problems },
    };
    app.post('/gateways/:id/retire', { schema: retireSchema }, async (request) =>
      site.retireOf(request.params.id, identityOf(request).name, request.body.reason),
    );
  };
