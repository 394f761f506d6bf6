/** The HTTP server: routes, headers, limits, and one form for every error. */
import type { Socket } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import { ConnectionLimiter } from '../connection-limiter.ts';
import { bodyOfError, ERRORS, ServiceError } from '../errors.ts';
import { REQUEST_CHECK_MS, RETRY_AFTER_S } from '../limits.ts';
import { networkMatcher } from '../networks.ts';
import { administrationRoutes } from './administration.ts';
import { alarmRoutes } from './alarms.ts';
import { evidenceRoutes, evidenceStyle } from './evidence.ts';
import { exportRoutes } from './export.ts';
import { framesRoutes } from './frames.ts';
import { errorCodeOf } from './framework-errors.ts';
import { guard } from './guard.ts';
import { isForeignHost, isLoopback, SECURITY_HEADERS, STRICT_TRANSPORT } from './headers.ts';
import { healthRoutes } from './health.ts';
import { metricsRoute } from './metrics.ts';
import { modelRoutes } from './model.ts';
import { moduleRoutes, retireRoute } from './modules.ts';
import { collectRoutes, openApiRoute } from './openapi.ts';
import { servePage } from './page.ts';
import { API_PREFIX } from './permissions.ts';
import { predictRoute } from './predict.ts';
import { limitRates } from './rates.ts';
import { senderRoutes } from './senders.ts';
import { sessionRoutes } from './session.ts';
import { setAsideRoutes } from './set-aside.ts';
import type { ApiContext } from './site.ts';
import { compileSchema, NoQuery, parseJsonBody } from './validation.ts';

/** Of all routes but those that say otherwise. */
const BODY_BYTES = 64 * 1024;

function sendError(reply: FastifyReply, error: FastifyError | ServiceError, log: FastifyBaseLogger): void {
  const code = errorCodeOf(error);
  if (code === 'INTERNAL') log.error({ err: error }, 'request failed');
  const isAboutRequest = 'validation' in error && error.validation !== undefined;
  const detail = error instanceof ServiceError ? error.detail : isAboutRequest ? error.message : undefined;
  const isToRetry = [429, 503, 507].includes(ERRORS[code].status);
  if (isToRetry && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_S);
  void reply.code(ERRORS[code].status).send(bodyOfError(code, detail));
}

export interface ServerOptions {
  readonly site: ApiContext;
  readonly host: string;
  readonly pageDirectory: string | null;
  readonly logger: FastifyBaseLogger;
  /** Certificate and key, PEM; without them HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Addresses or networks of proxies whose `X-Forwarded-*` is believed; none by default. */
  readonly trustedProxies?: readonly string[];
  /** Prometheus without a token. */
  readonly hasPublicMetrics?: boolean;
}

export type Server = Awaited<ReturnType<typeof buildServer>>;

/** @throws ServiceError `OPEN_TO_NETWORK` where everybody would come in from the network */
export async function buildServer(options: ServerOptions) {
  const { site, host, pageDirectory, hasPublicMetrics = false } = options;
  if (site.access.mode === 'open' && !isLoopback(host))
    throw new ServiceError('OPEN_TO_NETWORK', `It was to listen on ${host}.`);
  const app = newApp(options);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (request.protocol === 'https') reply.headers(STRICT_TRANSPORT);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    if (isForeignHost(host, request.headers.host)) throw new ServiceError('FOREIGN_HOST');
  });
  await app.register(fastifyCookie);
  guard(app, { access: site.access, hasPublicMetrics });
  holdConnections(app, options);
  await limitRates(app);
  await collectRoutes(app);
  app.addHook('onRoute', ({ schema }) => {
    // Not of the page: `/?alarm=A000123` in a notice is read by the page itself.
    if (schema && !schema.querystring && !schema.hide) schema.querystring = NoQuery;
  });
  metricsRoute(app, site);
  openApiRoute(app);
  await app.register(predictRoute(site));
  await app.register(
    async (api) => {
      await api.register(framesRoutes(site));
      await api.register(healthRoutes(site));
      await api.register(sessionRoutes(site));
      await api.register(moduleRoutes(site));
      await api.register(retireRoute(site));
      await api.register(senderRoutes(site));
      await api.register(setAsideRoutes(site));
      await api.register(alarmRoutes(site));
      await api.register(administrationRoutes(site));
      await api.register(modelRoutes(site));
      await api.register(exportRoutes(site));
      await api.register(predictRoute(site));
      await api.register(evidenceRoutes(site));
    },
    { prefix: API_PREFIX },
  );
  evidenceStyle(app);
  await servePage(app, pageDirectory);
  return app.withTypeProvider<TypeBoxTypeProvider>();
}

function newApp({ site, logger, tls, trustedProxies }: ServerOptions): FastifyInstance {
  const { limits } = site.fleet;
  const options: FastifyServerOptions = {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    requestTimeout: limits.requestMs,
    trustProxy: trustedProxies ? [...trustedProxies] : false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 600 },
    frameworkErrors: (error, _request, reply) => sendError(reply as FastifyReply, error, logger),
  };
  const times = { connectionsCheckingInterval: REQUEST_CHECK_MS, headersTimeout: limits.strangerMs };
  const handshake = { handshakeTimeout: limits.strangerMs, minVersion: 'TLSv1.2' };
  // The types of fastify make another server of each transport; to its routes they are one.
  const transport = tls ? { https: { ...tls, ...times, ...handshake } } : { http: times };
  const app = fastify({ ...options, ...transport } as FastifyServerOptions) as unknown as FastifyInstance;
  app.setErrorHandler<FastifyError>((error, _request, reply) => sendError(reply, error, logger));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(bodyOfError('NOT_FOUND')));
  app.setValidatorCompiler(compileSchema as never);
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('application/json', { parseAs: 'string' }, parseJsonBody);
  return app;
}

/** After the guard: it knows whose token came. */
function holdConnections(app: FastifyInstance, { site, logger, trustedProxies = [] }: ServerOptions): void {
  const connections = new ConnectionLimiter({
    limits: site.fleet.limits,
    now: site.now,
    isProxy: networkMatcher(trustedProxies),
    note: (detail, why) => logger.warn(detail, `http: a connection was closed: ${why}`),
  });
  app.server.on('connection', (socket: Socket) => connections.add(socket));
  app.addHook('onRequest', async ({ identity, raw }, reply) => {
    const { remoteAddress, remotePort } = raw.socket;
    const ends = { remoteAddress, remotePort };
    connections.begin(ends, identity?.tokenId ?? null);
    reply.raw.once('close', () => connections.end(ends));
  });
  const timer = setInterval(() => connections.check(), REQUEST_CHECK_MS);
  timer.unref();
  app.addHook('onClose', async () => clearInterval(timer));
}
