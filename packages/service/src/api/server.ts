/** The HTTP server: routes, headers, limits, and one form for every error. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyReply,
  LogController,
} from 'fastify';
import { REQUEST_CHECK_MS, RETRY_AFTER_S } from '../config.ts';
import { bodyOfError, ERRORS, type ErrorCode, ServiceError } from '../errors.ts';
import { framesRoute } from './frames.ts';
import { isForeignHost, SECURITY_HEADERS } from './headers.ts';
import { servePage } from './page.ts';
import { type Site, siteRoutes, snapshotOf } from './site.ts';

const CODE_OF_FRAMEWORK_ERROR: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_EMPTY_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_REQUEST',
  FST_ERR_VALIDATION: 'INVALID_REQUEST',
  FST_ERR_BAD_URL: 'INVALID_REQUEST',
};

function sendError(reply: FastifyReply, error: FastifyError | ServiceError, log: FastifyBaseLogger): void {
  const code =
    error instanceof ServiceError ? error.code : (CODE_OF_FRAMEWORK_ERROR[error.code] ?? 'INTERNAL');
  if (code === 'INTERNAL') log.error({ err: error }, 'request failed');
  const isAboutRequest = 'validation' in error && error.validation !== undefined;
  const detail = error instanceof ServiceError ? error.detail : isAboutRequest ? error.message : undefined;
  if (ERRORS[code].status === 503) reply.header('retry-after', RETRY_AFTER_S);
  void reply.code(ERRORS[code].status).send(bodyOfError(code, detail));
}

export interface ServerOptions {
  readonly site: Site;
  readonly host: string;
  readonly pageDirectory: string | null;
  readonly logger: FastifyBaseLogger;
}

export type Server = Awaited<ReturnType<typeof buildServer>>;

export async function buildServer({ site, host, pageDirectory, logger }: ServerOptions) {
  const { limits } = site.fleet;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    http: { connectionsCheckingInterval: REQUEST_CHECK_MS, headersTimeout: limits.requestMs },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 600 },
    frameworkErrors: (error, _request, reply) => sendError(reply as FastifyReply, error, logger),
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = limits.connections;
  app.setErrorHandler<FastifyError>((error, _request, reply) => sendError(reply, error, logger));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(bodyOfError('NOT_FOUND')));
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    if (isForeignHost(host, request.headers.host)) throw new ServiceError('FOREIGN_HOST');
  });
  await app.register(
    async (api) => {
      await api.register(framesRoute(site));
      await api.register(siteRoutes(site));
      api.get('/events', (_request, reply) => {
        if (site.events.isFull) throw new ServiceError('TOO_MANY_CLIENTS');
        reply.hijack();
        site.events.open(reply.raw, SECURITY_HEADERS, snapshotOf(site));
      });
    },
    { prefix: '/api/v1' },
  );
  await servePage(app as never, pageDirectory);
  return app;
}
