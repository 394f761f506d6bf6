/** Questions about modules: states, trends, history, changes, sensor faults. */
import { Readable } from 'node:stream';
import { CHANNEL_INDEX, CHANNELS, type ChannelId } from '@emberwatch/engine/telemetry';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { MAX_REASON_CHARS } from '../alarms/actions.ts';
import { ServiceError } from '../errors.ts';
import type { RetiredModule } from '../monitor/retired.ts';
import type { History, Tier } from '../store/store.ts';
import { identityOf } from './guard.ts';
import {
  ChangeBody,
  ErrorBodySchema,
  HistoryBody,
  IdParams,
  ModuleBody,
  NullableString,
  oneOf,
  pageQuery,
  SensorFaultBody,
  TrendBody,
} from './schemas.ts';
import type { ApiContext } from './site.ts';
import { SnapshotBody, snapshotJson } from './snapshot.ts';
import { trendOf } from './trend.ts';

const problems = { 400: ErrorBodySchema, 404: ErrorBodySchema };
const MAX_POINTS = 5000;
const DEFAULT_POINTS = 720;
const DEFAULT_HISTORY_MS = 24 * 3_600_000;

const HistoryQuery = Type.Object(
  {
    fromMs: Type.Optional(Type.Number({ description: 'Default: a day before `toMs`.' })),
    toMs: Type.Optional(Type.Number({ description: 'Exclusive; default: behind the last frame.' })),
    maxPoints: Type.Integer({ minimum: 1, maximum: MAX_POINTS, default: DEFAULT_POINTS }),
    channels: Type.Optional(
      Type.String({
        maxLength: 1000,
        description: 'Ids of channels with commas between them; default: all.',
      }),
    ),
    cells: Type.Boolean({ default: false, description: 'Each cell as a series of its own, too.' }),
    tier: Type.Optional(oneOf<Tier>(['raw', '1min', '15min'])),
  },
  { additionalProperties: false },
);

function channelsOf(text: string): string[] {
  const ids = text.split(',').map((id) => id.trim());
  const unknown = ids.find((id) => !Object.hasOwn(CHANNEL_INDEX, id));
  if (unknown !== undefined)
    throw new ServiceError('INVALID_REQUEST', `channels: "${unknown.slice(0, 60)}" is no channel.`);
  return ids;
}

const jsonNumbers = (values: Float64Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null));

const unitOf = (id: string): string => {
  if (id.startsWith('cell_voltages_v[')) return 'V';
  if (id.startsWith('cell_temperatures_degc[')) return 'degC';
  return CHANNELS[CHANNEL_INDEX[id as ChannelId]]?.unit ?? '';
};

const historyBody = (moduleId: string, { tier, stepMs, timesMs, series, late }: History) => ({
  moduleId,
  tier,
  stepMs,
  timesMs: Array.from(timesMs),
  series: series.map(({ id, min, mean, max }) => ({
    id,
    unit: unitOf(id),
    min: jsonNumbers(min),
    mean: jsonNumbers(mean),
    max: jsonNumbers(max),
  })),
  late: [...late],
});

const unknownText = (id: string, retired: RetiredModule | undefined): string =>
  retired
    ? `Module "${id.slice(0, 60)}" was retired by ${retired.byName}: ${retired.reason}.`
    : `Module "${id.slice(0, 60)}".`;

export const moduleRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { fleet, store } = site;

    /** Time of the last frame, also of a module that was only seen before the last start. */
    async function lastMsOf(moduleId: string): Promise<number> {
      const timeMs = fleet.lastTimeMs(moduleId);
      if (timeMs !== undefined) return timeMs;
      const stored = (await store.modules()).find((module) => module.moduleId === moduleId);
      if (!stored) throw new ServiceError('UNKNOWN_MODULE', `Module "${moduleId.slice(0, 60)}".`);
      return stored.lastMs;
    }

    const snapshotSchema = {
      summary: 'All modules with level, reasons and last values; health, latest changes, sensor faults',
      response: { 200: SnapshotBody },
    };
    app.get('/modules', { schema: snapshotSchema }, async (_request, reply) => {
      const moduleJson = reply.compileSerializationSchema({ ...ModuleBody }) as (module: object) => string;
      // A stream is sent as it is: its schema only describes it.
      reply.type('application/json; charset=utf-8');
      return Readable.from(snapshotJson(site, moduleJson)) as unknown as Static<typeof SnapshotBody>;
    });

    const moduleSchema = {
      summary: 'One module',
      params: IdParams,
      response: { 200: ModuleBody, ...problems },
    };
    app.get('/modules/:id', { schema: moduleSchema }, async ({ params: { id } }) => {
      const state = fleet.state(id);
      if (!state) throw new ServiceError('UNKNOWN_MODULE', unknownText(id, site.retired.find(id)));
      return state as Static<typeof ModuleBody>;
    });

    const trendSchema = {
      summary: 'The last two hours of a module in steps of 10 s, each with its lowest and highest value',
      params: IdParams,
      querystring: Type.Object({ afterMs: Type.Optional(Type.Number()) }, { additionalProperties: false }),
      response: { 200: TrendBody, ...problems },
    };
    app.get('/modules/:id/trend', { schema: trendSchema }, async ({ params: { id }, query }) =>
      trendOf(store, id, await lastMsOf(id), query.afterMs),
    );

    const historySchema = {
      summary: 'What is stored of a module, in as many points as are wanted',
      params: IdParams,
      querystring: HistoryQuery,
      response: { 200: HistoryBody, ...problems },
    };
    app.get('/modules/:id/history', { schema: historySchema }, async ({ params: { id }, query }) => {
      const { maxPoints, channels, cells, tier } = query;
      const lastMs = await lastMsOf(id);
      const toMs = query.toMs ?? lastMs + 1;
      const fromMs = query.fromMs ?? toMs - DEFAULT_HISTORY_MS;
      if (!(fromMs < toMs))
        throw new ServiceError('INVALID_REQUEST', `fromMs ${fromMs} is not before toMs ${toMs}.`);
      const history = await store.history({
        moduleId: id,
        fromMs,
        toMs,
        maxPoints,
        withCells: cells,
        ...(channels !== undefined && { channels: channelsOf(channels) }),
        ...(tier !== undefined && { tier }),
      });
      return historyBody(id, history);
    });
    await app.register(eventRoutes(site));
  };

/** What happened to modules, newest first. */
const eventRoutes =
  ({ fleet, store }: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const changesSchema = {
      summary: 'Changes of level, newest first',
      querystring: pageQuery(fleet.limits.changes, {
        moduleId: Type.Optional(Type.String({ maxLength: 128 })),
        fromMs: Type.Optional(Type.Number()),
        toMs: Type.Optional(Type.Number()),
      }),
      response: {
        200: Type.Object({ changes: Type.Array(ChangeBody), cursor: NullableString }),
        ...problems,
      },
    };
    app.get('/changes', { schema: changesSchema }, async ({ query }) => {
      const { rows, cursor } = await store.changes(query);
      return { changes: rows as Static<typeof ChangeBody>[], cursor };
    });

    const faultsSchema = {
      summary: 'Sensor faults, newest first; `toMs` is null while one lasts',
      querystring: pageQuery(fleet.limits.sensorFaults, {
        moduleId: Type.Optional(Type.String({ maxLength: 128 })),
        openOnly: Type.Boolean({ default: false }),
      }),
      response: {
        200: Type.Object({ sensorFaults: Type.Array(SensorFaultBody), cursor: NullableString }),
        ...problems,
      },
    };
    app.get('/sensor-faults', { schema: faultsSchema }, async ({ query }) => {
      const { rows, cursor } = await store.sensorFaults(query);
      return { sensorFaults: [...rows], cursor };
    });
  };

/** What people do to a module. */
export const retireRoute =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const retireSchema = {
      summary:
        'A module that burnt or was taken away, or a mistyped name, is no longer watched nor missed; in alarm only ' +
        'once it is silent. What is kept of it stays, its emergency waits for a reset',
      params: IdParams,
      body: Type.Object(
        { reason: Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS }) },
        { additionalProperties: false },
      ),
      response: { 204: Type.Null(), ...problems, 409: ErrorBodySchema },
    };
    app.post('/modules/:id/retire', { schema: retireSchema }, async (request, reply) => {
      await site.retire(request.params.id, identityOf(request).name, request.body.reason);
      return reply.code(204).send(null);
    });
  };
