/** Questions about the site: modules, trends, changes, sensor faults, health. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { ServiceError } from '../errors.ts';
import type { Fleet } from '../fleet.ts';
import type { IngestDoor } from '../ingest/door.ts';
import { SIGNALS, TREND_SIGNALS } from '../signals.ts';
import { TREND_STEP_MS, TREND_WINDOW_MS } from '../trend.ts';
import type { EventStream } from './events.ts';
import {
  ChangeBody,
  ErrorBodySchema,
  HealthBody,
  SensorFaultBody,
  type SnapshotBody,
  SnapshotBody as SnapshotSchema,
  TrendBody,
} from './schemas.ts';

/** Everything that the routes speak for. */
export interface Site {
  readonly model: { readonly name: string; readonly sha256: string } | null;
  readonly fleet: Fleet;
  readonly door: IngestDoor;
  readonly events: EventStream;
  readonly startedMs: number;
  readonly now: () => number;
}

const SNAPSHOT_CHANGES = 100;
/** A detector that failed within so long counts as failing. */
const FAILING_FOR_MS = 60_000;

export function healthOf({ model, fleet, door, events, startedMs, now }: Site): Static<typeof HealthBody> {
  const nowMs = now();
  const lastFrameMs = Number.isFinite(fleet.arrivals.lastMs) ? fleet.arrivals.lastMs : null;
  const isQuiet = fleet.isSilent();
  const status =
    nowMs - fleet.failure.lastMs < FAILING_FOR_MS
      ? 'failing'
      : lastFrameMs === null
        ? 'waiting'
        : isQuiet
          ? 'no-data'
          : 'ok';
  return {
    status,
    startedMs,
    nowMs,
    clockMs: fleet.clock.timeMs,
    rate: isQuiet ? null : fleet.clock.rate(nowMs),
    lastFrameMs,
    lastFrameAgeMs: lastFrameMs === null ? null : nowMs - lastFrameMs,
    batches: door.totals.batches,
    framesAccepted: door.totals.accepted,
    rowsRejected: door.totals.rejected,
    valuesRejected: door.totals.rejectedValues,
    rejectionsByReason: Object.fromEntries(door.rejectionsByReason),
    modules: fleet.size,
    modulesSilent: fleet.silentCount,
    modulesLimit: fleet.limits.modules,
    clients: events.size,
    clientsDropped: events.dropped,
    detectorFailures: fleet.failure.count,
    detectorMessage: fleet.failure.message,
    model,
    storage: 'memory',
  };
}

const signals = SIGNALS.map(({ id, label, unit, hasTrend }) => ({ id, label, unit, hasTrend }));

export const snapshotOf = (site: Site): Static<typeof SnapshotBody> => ({
  health: healthOf(site),
  signals,
  modules: site.fleet.states() as Static<typeof SnapshotBody>['modules'],
  changes: site.fleet.changes(SNAPSHOT_CHANGES) as Static<typeof SnapshotBody>['changes'],
  sensorFaults: site.fleet.sensorFaults(),
});

const ListQuery = (most: number) =>
  Type.Object(
    {
      moduleId: Type.Optional(Type.String({ maxLength: 128 })),
      limit: Type.Integer({ minimum: 1, maximum: most, default: Math.min(100, most) }),
    },
    { additionalProperties: false },
  );

export const siteRoutes =
  (site: Site): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { fleet } = site;
    const problems = { 400: ErrorBodySchema, 404: ErrorBodySchema };

    app.get('/modules', { schema: { response: { 200: SnapshotSchema } } }, async () => snapshotOf(site));

    app.get('/health', { schema: { response: { 200: HealthBody, 503: HealthBody } } }, async (_, reply) => {
      const health = healthOf(site);
      return reply.code(health.status === 'failing' ? 503 : 200).send(health);
    });

    const trendSchema = {
      params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) }),
      querystring: Type.Object({ afterMs: Type.Optional(Type.Number()) }, { additionalProperties: false }),
      response: { 200: TrendBody, ...problems },
    };
    app.get('/modules/:id/trend', { schema: trendSchema }, async (request) => {
      const moduleId = request.params.id;
      const points = fleet.trend(moduleId, request.query.afterMs);
      if (!points) throw new ServiceError('UNKNOWN_MODULE', `Module "${moduleId.slice(0, 60)}".`);
      const series = TREND_SIGNALS.flatMap(({ id, label, unit }, i) => {
        const found = points.series[i];
        return found ? [{ id, label, unit, ...found }] : [];
      });
      return { moduleId, stepMs: TREND_STEP_MS, windowMs: TREND_WINDOW_MS, timesMs: points.timesMs, series };
    });

    const changesSchema = {
      querystring: ListQuery(fleet.limits.changes),
      response: { 200: Type.Object({ changes: Type.Array(ChangeBody) }), ...problems },
    };
    app.get('/changes', { schema: changesSchema }, async ({ query }) => ({
      changes: fleet.changes(query.limit, query.moduleId) as Static<typeof ChangeBody>[],
    }));

    const faultsSchema = {
      querystring: ListQuery(fleet.limits.sensorFaults),
      response: { 200: Type.Object({ sensorFaults: Type.Array(SensorFaultBody) }), ...problems },
    };
    app.get('/sensor-faults', { schema: faultsSchema }, async ({ query }) => ({
      sensorFaults: fleet.sensorFaults(query.moduleId).slice(0, query.limit),
    }));
  };
