/** Tokens, the audit log, and who delivers. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { GatewayState } from '../monitor/gateways.ts';
import { PROTOCOLS } from '../monitor/intake.ts';
import { type ModulesOfGateway, modulesByGateway } from '../monitor/sender-actions.ts';
import { ROLES } from '../records.ts';
import { identityOf } from './guard.ts';
import {
  ErrorBodySchema,
  IdParams,
  NullableNumber,
  NullableString,
  oneOf,
  UnknownFieldBody,
} from './schemas.ts';
import type { ApiContext } from './site.ts';

const problems = { 400: ErrorBodySchema, 404: ErrorBodySchema, 409: ErrorBodySchema };
const MAX_AUDIT_ROWS = 1000;

const NullableModules = Type.Unsafe<string[] | null>({ type: ['array', 'null'], items: { type: 'string' } });

const TokenBody = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: oneOf(ROLES),
  modules: NullableModules,
  createdMs: Type.Number(),
  expiresMs: NullableNumber,
  revokedMs: NullableNumber,
  /** False: it was revoked, and that is lost where the service ends before the disk takes it. */
  isStored: Type.Boolean(),
});

const NewTokenBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    role: oneOf(ROLES),
    modules: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
        description:
          'Of a gateway, which needs it: what it may deliver, each a name or a beginning with * at its end; * alone is any module.',
      }),
    ),
    expiresMs: Type.Optional(Type.Number()),
  },
  { additionalProperties: false },
);

const AuditBody = Type.Object({
  seq: Type.Number(),
  atMs: Type.Number(),
  actor: Type.String(),
  action: Type.String(),
  subject: Type.String(),
  /** JSON. */
  detail: Type.String(),
  hash: Type.String(),
});

const GatewayBody = Type.Object({
  gatewayId: Type.String(),
  door: oneOf(PROTOCOLS),
  firstMs: Type.Number(),
  lastMs: Type.Number(),
  deliveries: Type.Number(),
  frames: Type.Number(),
  late: Type.Number(),
  /** Modules that it delivers, how many of them go where its places are freed, and places of new modules. */
  modules: Type.Object({
    claimed: Type.Number(),
    delivering: Type.Number(),
    retirable: Type.Number(),
    places: Type.Number(),
    quota: Type.Number(),
  }),
  /** Modules with late frames since the start, and by how much newer frames were ahead lately. */
  lateModules: Type.Array(
    Type.Object({ moduleId: Type.String(), late: Type.Number(), leadMs: Type.Number() }),
  ),
  repeated: Type.Number(),
  rejected: Type.Number(),
  rejectedValues: Type.Number(),
  /** Messages of which nothing could be read. */
  rejectedBodies: Type.Number(),
  isGone: Type.Boolean(),
  goneWhy: NullableString,
  goneMs: NullableNumber,
  /** The delivery stored last, as `number epoch`; null where it counts nothing. */
  lastDelivery: NullableString,
  /** What its devices say of themselves. */
  deviceEvents: Type.Array(
    Type.Object({
      source: Type.String(),
      point: Type.String(),
      bit: Type.Number(),
      name: Type.String(),
      isAlarm: Type.Boolean(),
    }),
  ),
});

const RejectionRecordBody = Type.Object({
  gatewayId: Type.String(),
  reason: Type.String(),
  column: NullableString,
  count: Type.Number(),
  lastMs: Type.Number(),
  lastValue: NullableString,
});

const UnknownFieldOfGatewayBody = Type.Object({
  gatewayId: Type.String(),
  ...UnknownFieldBody.properties,
  /** Deliveries in which it stood. */
  deliveries: Type.Number(),
  firstMs: Type.Number(),
  lastMs: Type.Number(),
});

const RejectionsBody = Type.Object({
  refusals: Type.Array(RejectionRecordBody),
  unknownFields: Type.Array(UnknownFieldOfGatewayBody),
});

const rejectionsBody = (site: ApiContext) => ({
  refusals: [...site.refusals()],
  unknownFields: [...site.unknownFields()],
});

function gatewayBody(
  { numbers, recent: _, ...state }: GatewayState,
  modules: ModulesOfGateway,
  site: ApiContext,
) {
  let lastDelivery: string | null = null;
  for (const number of numbers) lastDelivery = number;
  const { gatewayId } = state;
  const lateModules = [...site.lateModules(gatewayId)];
  return { ...state, modules, lastDelivery, lateModules, deviceEvents: [...site.deviceEvents(gatewayId)] };
}

export const administrationRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { access, store } = site;

    const gatewaysSchema = {
      summary: 'Who delivers: when last, which delivery, what was refused',
      response: { 200: Type.Object({ gateways: Type.Array(GatewayBody) }) },
    };
    app.get('/gateways', { schema: gatewaysSchema }, async () => {
      const states = [...site.gateways()];
      const ids = states.map(({ gatewayId }) => gatewayId);
      const modules = modulesByGateway(site.fleet, site.alarms, ids);
      return { gateways: states.map((state) => gatewayBody(state, modules.get(state.gatewayId)!, site)) };
    });

    const rejectionsSchema = {
      summary:
        'What was refused since the start, by gateway, reason and column; unknown fields of the last hour',
      response: { 200: RejectionsBody },
    };
    app.get('/refusals', { schema: rejectionsSchema }, async () => rejectionsBody(site));

    const auditSchema = {
      summary: 'The audit log in its order; each row is hashed together with the hash before it',
      querystring: Type.Object(
        {
          afterSeq: Type.Integer({ minimum: 0, default: 0 }),
          limit: Type.Integer({ minimum: 1, maximum: MAX_AUDIT_ROWS, default: 100 }),
          subject: Type.Optional(Type.String({ maxLength: 200 })),
        },
        { additionalProperties: false },
      ),
      response: { 200: Type.Object({ rows: Type.Array(AuditBody) }), ...problems },
    };
    app.get('/audit', { schema: auditSchema }, async ({ query }) => ({
      rows: [...(await store.audit(query))],
    }));

    const tokensSchema = {
      summary: 'All tokens, newest first, without their secrets',
      response: { 200: Type.Object({ tokens: Type.Array(TokenBody) }) },
    };
    const tokenWire = (info: ReturnType<typeof access.list>[number]) => ({
      ...info,
      modules: info.modules && [...info.modules],
    });
    app.get('/tokens', { schema: tokensSchema }, async () => ({ tokens: access.list().map(tokenWire) }));

    const createSchema = {
      summary: 'Make a token; this answer is the only place where it is ever shown',
      body: NewTokenBody,
      response: { 201: Type.Object({ ...TokenBody.properties, token: Type.String() }), ...problems },
    };
    app.post('/tokens', { schema: createSchema }, async (request, reply) => {
      const { info, token } = await access.create(request.body, identityOf(request).name);
      return reply.code(201).send({ ...tokenWire(info), token });
    });

    const revokeSchema = {
      summary: 'Revoke a token; it holds at once, for its sessions and event streams, too',
      params: IdParams,
      response: { 200: TokenBody, ...problems },
    };
    app.delete('/tokens/:id', { schema: revokeSchema }, async (request) =>
      tokenWire(await access.revoke(request.params.id, identityOf(request).name)),
    );
  };
