/** Alarms: what is open, what was, and what people do to them. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import {
  type AlarmAction,
  MAX_COMMENT_CHARS,
  MAX_REASON_CHARS,
  type MaintenanceInput,
} from '../alarms/actions.ts';
import { ALARM_KINDS } from '../alarms/alarm.ts';
import { ServiceError } from '../errors.ts';
import type { AlarmRecord } from '../records.ts';
import { AlarmBody, MaintenanceBody } from './alarm-schemas.ts';
import { identityOf } from './guard.ts';
import { ErrorBodySchema, IdParams, NullableString, oneOf, pageQuery } from './schemas.ts';
import type { ApiContext } from './site.ts';

const MAX_PAGE = 500;
const problems = { 400: ErrorBodySchema, 404: ErrorBodySchema, 409: ErrorBodySchema };

const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Reason = Text(MAX_REASON_CHARS);
const body = <T extends Parameters<typeof Type.Object>[0]>(fields: T) =>
  Type.Object(fields, { additionalProperties: false });

/** What each action asks for beside the alarm; the desk says whether it may be done. */
const ACTIONS = {
  acknowledge: {
    summary: 'Seen by a person; it ends no alarm that still holds',
    body: body({ comment: Type.Optional(Text(MAX_COMMENT_CHARS)) }),
  },
  comment: { summary: 'Add a comment', body: body({ text: Text(MAX_COMMENT_CHARS) }) },
  shelve: {
    summary: 'Say nothing of it for a while, at most eight hours; never of an emergency',
    body: body({ untilMs: Type.Number(), reason: Reason }),
  },
  unshelve: { summary: 'End shelving', body: body({ reason: Reason }) },
  reset: { summary: 'End a latched alarm', body: body({ reason: Reason }) },
  'out-of-service': {
    summary: 'Take the condition of the alarm out of service, at most thirty days',
    body: body({ untilMs: Type.Number(), reason: Reason }),
  },
  'in-service': { summary: 'Put the condition back into service', body: body({ reason: Reason }) },
} as const satisfies Readonly<Record<AlarmAction['kind'], object>>;

const AlarmQuery = pageQuery(MAX_PAGE, {
  open: Type.Optional(
    Type.Boolean({ description: 'Only those that are not closed, or only those that are.' }),
  ),
  kind: Type.Optional(oneOf(ALARM_KINDS)),
  source: Type.Optional(Type.String({ maxLength: 128 })),
  fromMs: Type.Optional(Type.Number()),
  toMs: Type.Optional(Type.Number()),
});

/** Open alarms come from memory: they are shown while the disk fails, too. */
function openAlarms(site: ApiContext, query: Static<typeof AlarmQuery>): AlarmRecord[] {
  const { kind, source, fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = query;
  return site.alarms
    .open()
    .filter((alarm) => kind === undefined || alarm.kind === kind)
    .filter((alarm) => source === undefined || alarm.source === source)
    .filter(({ raisedMs }) => raisedMs >= fromMs && raisedMs < toMs)
    .sort((a, b) => b.raisedMs - a.raisedMs || (a.id < b.id ? 1 : -1));
}

const wire = (alarm: AlarmRecord) => alarm as unknown as Static<typeof AlarmBody>;

export const alarmRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { alarms, store } = site;

    const listSchema = {
      summary: 'Alarms, newest first. All open ones come on one page, without a cursor',
      querystring: AlarmQuery,
      response: { 200: Type.Object({ alarms: Type.Array(AlarmBody), cursor: NullableString }), ...problems },
    };
    app.get('/alarms', { schema: listSchema }, async ({ query }) => {
      if (query.open) return { alarms: openAlarms(site, query).map(wire), cursor: null };
      const { rows, cursor } = await store.alarms(query);
      return { alarms: rows.map(wire), cursor };
    });

    const oneSchema = { summary: 'One alarm', params: IdParams, response: { 200: AlarmBody, ...problems } };
    app.get('/alarms/:id', { schema: oneSchema }, async ({ params: { id } }) => {
      const alarm = alarms.open().find((open) => open.id === id) ?? (await store.alarm(id));
      if (!alarm) throw new ServiceError('UNKNOWN_ALARM', `Id "${id.slice(0, 40)}".`);
      return wire(alarm);
    });

    for (const [kind, { summary, body }] of Object.entries(ACTIONS)) {
      const schema = {
        summary,
        params: IdParams,
        body,
        response: {
          200: AlarmBody,
          204: Type.Null({ description: 'Done; there is no alarm of it' }),
          ...problems,
        },
      };
      app.post(`/alarms/:id/${kind}`, { schema }, async (request, reply) => {
        const action = { ...(request.body as object | null), kind, id: request.params.id } as AlarmAction;
        const alarm = await alarms.act(action, identityOf(request));
        return alarm ? wire(alarm) : reply.code(204).send(null);
      });
    }

    const metricsSchema = {
      summary: 'How many alarms people get, beside what ISA-18.2 and EEMUA 191 hold for bearable',
      response: { 200: Type.Unsafe<object>({ type: 'object', additionalProperties: true }) },
    };
    app.get('/alarm-figures', { schema: metricsSchema }, async () => alarms.metrics());
    await app.register(maintenanceRoutes(site));
  };

const Scope = Type.Union([
  body({ kind: Type.Literal('site') }),
  body({ kind: oneOf(['rack', 'module'] as const), id: Type.String({ minLength: 1, maxLength: 128 }) }),
]);

const maintenanceRoutes =
  ({ alarms }: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const listSchema = {
      summary: 'Maintenance that runs',
      response: { 200: Type.Object({ maintenances: Type.Array(MaintenanceBody) }) },
    };
    app.get('/maintenance', { schema: listSchema }, async () => ({
      maintenances: [...alarms.maintenances()],
    }));

    const startSchema = {
      summary: 'Say nothing of alarms below an emergency while people work there, at most a day',
      body: body({ scope: Scope, untilMs: Type.Number(), reason: Reason }),
      response: { 200: MaintenanceBody, ...problems },
    };
    app.post('/maintenance', { schema: startSchema }, async (request) =>
      alarms.startMaintenance(request.body as MaintenanceInput, identityOf(request)),
    );

    const endSchema = {
      summary: 'End it before its time',
      params: IdParams,
      response: { 200: MaintenanceBody, ...problems },
    };
    app.delete('/maintenance/:id', { schema: endSchema }, async (request) =>
      alarms.endMaintenance(request.params.id, identityOf(request)),
    );
  };
