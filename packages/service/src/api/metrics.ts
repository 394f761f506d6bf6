/** `GET /metrics` for Prometheus. Names end in their unit; counters in `_total`. */
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { PRIORITIES } from '../records.ts';
import type { ApiContext } from './site.ts';

const PREFIX = 'emberwatch_';
const SECONDS_BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10];

type Read = (site: ApiContext) => number | null;

const COUNTERS: Readonly<Record<string, readonly [help: string, read: Read]>> = {
  batches_total: ['Deliveries taken', ({ ingest }) => ingest.batches],
  frames_accepted_total: ['Frames judged and stored', ({ ingest }) => ingest.accepted],
  frames_late_total: ['Frames stored, but too late to be judged', ({ ingest }) => ingest.late],
  frames_repeated_total: ['Frames that had been stored before', ({ ingest }) => ingest.repeated],
  rows_rejected_total: ['Rows refused', ({ ingest }) => ingest.rejected],
  values_rejected_total: ['Single values refused', ({ ingest }) => ingest.rejectedValues],
  detector_failures_total: ['Frames that the detector failed on', ({ fleet }) => fleet.failure.count],
  pages_dropped_total: ['Pages that read too slowly', ({ events }) => events.dropped],
};

/** Null: not known now, and then not reported. */
const GAUGES: Readonly<Record<string, readonly [help: string, read: Read]>> = {
  modules: ['Modules known', ({ fleet }) => fleet.size],
  modules_silent: ['Modules that do not deliver', ({ fleet }) => fleet.silentCount],
  pages: ['Pages connected', ({ events }) => events.size],
  ready: ['1: readings are taken, stored and judged', (site) => (isReady(site) ? 1 : 0)],
  detector_failing: [
    '1: the detector failed within the last minute',
    (site) => (site.fleet.isFailing() ? 1 : 0),
  ],
  last_frame_age_seconds: [
    'Since the last frame arrived',
    ({ fleet, now }) =>
      Number.isFinite(fleet.arrivals.lastMs) ? (now() - fleet.arrivals.lastMs) / 1000 : null,
  ],
  store_pending_bytes: ['Waiting to be written', ({ store }) => store.pendingBytes],
};

const isReady = (site: ApiContext): boolean => site.obstacles().length === 0 && !site.fleet.isFailing();

function registryOf(site: ApiContext): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  for (const [name, [help, read]] of Object.entries(COUNTERS))
    new Counter({
      name: PREFIX + name,
      help,
      registers,
      // The site counts; this only tells.
      collect() {
        this.reset();
        this.inc(read(site) ?? 0);
      },
    });
  for (const [name, [help, read]] of Object.entries(GAUGES))
    new Gauge({
      name: PREFIX + name,
      help,
      registers,
      collect() {
        const value = read(site);
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  addAlarms(site, registers);
  addRejections(site, registers);
  addLate(site, registers);
  return registry;
}

function addAlarms({ alarms }: ApiContext, registers: Registry[]): void {
  new Gauge({
    name: `${PREFIX}alarms_open`,
    help: 'Alarms that are not closed, by priority: 1 emergency to 4 trouble',
    labelNames: ['priority'],
    registers,
    collect() {
      for (const priority of PRIORITIES)
        this.set({ priority }, alarms.open().filter((alarm) => alarm.priority === priority).length);
    },
  });
}

function addRejections({ ingest }: ApiContext, registers: Registry[]): void {
  new Counter({
    name: `${PREFIX}rejections_total`,
    help: 'Rows and values refused, by reason',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of ingest.rejectionsByReason) this.inc({ reason }, count);
    },
  });
}

function addLate(site: ApiContext, registers: Registry[]): void {
  new Counter({
    name: `${PREFIX}gateway_frames_late_total`,
    help: 'Frames that came behind newer ones of their module, by gateway',
    labelNames: ['gateway'],
    registers,
    collect() {
      this.reset();
      for (const { gatewayId, late } of site.gateways()) if (late > 0) this.inc({ gateway: gatewayId }, late);
    },
  });
  new Gauge({
    name: `${PREFIX}side_streams`,
    help: 'Streams of second senders and of late or contradicting frames that are evaluated apart',
    registers,
    collect() {
      this.set(site.fleet.sides.size);
    },
  });
}

export function metricsRoute(app: FastifyInstance, site: ApiContext): void {
  const registry = registryOf(site);
  const seconds = new Histogram({
    name: `${PREFIX}http_request_seconds`,
    help: 'Time to the end of an answer',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS_BUCKETS,
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    // By the pattern, not the address: else anybody could make as many series as he likes.
    const labels = {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
    };
    seconds.observe(labels, reply.elapsedTime / 1000);
  });
  const schema = {
    summary: 'Figures for Prometheus',
    produces: ['text/plain'],
    response: { 200: { type: 'string' } },
  };
  app.get('/api/v1/metrics', { schema }, async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
}
