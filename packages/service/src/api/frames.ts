/** `POST /frames` and `/sunspec`: the way in for measurements. */

import { parseJson } from '@emberwatch/engine/telemetry';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { bodyOfError, ServiceError } from '../errors.ts';
import type { BodyFormat, Delivery, IngestResult } from '../monitor/intake.ts';
import { Bodies } from './bodies.ts';
import { errorCodeOf } from './framework-errors.ts';
import { identityOf } from './guard.ts';
import { ErrorBodySchema, IngestBody, IngestErrorBody, SunSpecBody } from './schemas.ts';
import type { ApiContext } from './site.ts';

const FORMATS: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'text/csv': 'csv',
};

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const NUMBER = /^\d{1,15}$/;

/** Bodies that fail before the intake has seen them. */
const BEFORE_INTAKE: ReadonlySet<string> = new Set([
  'INVALID_REQUEST',
  'BODY_TOO_LARGE',
  'BROKEN_GZIP',
  'UNSUPPORTED_ENCODING',
  'UNSUPPORTED_MEDIA_TYPE',
]);

/** For the API document; read by `deliveryOf`, which says what is wrong with them. */
const Headers = Type.Object({
  'emberwatch-gateway': Type.Optional(
    Type.String({ description: 'Who delivers. The token of a gateway delivers only under its own name.' }),
  ),
  'emberwatch-epoch': Type.Optional(
    Type.String({ description: 'Chosen anew whenever the numbers of the sender begin anew.' }),
  ),
  'emberwatch-number': Type.Optional(
    Type.String({ description: 'Rises with every batch of an epoch; one that was stored changes nothing.' }),
  ),
});

const responses = {
  200: IngestBody,
  400: IngestErrorBody,
  413: ErrorBodySchema,
  415: ErrorBodySchema,
  503: ErrorBodySchema,
  507: ErrorBodySchema,
};

const mediaTypeOf = (contentType: string | undefined): string =>
  (contentType ?? '').split(';')[0]!.trim().toLowerCase();

function checkCharset(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase();
  if (charset !== undefined && !['utf-8', 'utf8', 'us-ascii'].includes(charset))
    throw new ServiceError('UNSUPPORTED_MEDIA_TYPE', `charset was "${charset.slice(0, 40)}".`);
}

/** The header, checked; undefined where it was not sent. */
function headerOf(request: FastifyRequest, name: string, form: RegExp): string | undefined {
  const value = request.headers[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && form.test(value)) return value;
  throw new ServiceError('INVALID_REQUEST', `Header ${name} was "${String(value).slice(0, 60)}".`);
}

function deliveryOf(request: FastifyRequest, { access }: ApiContext): Delivery {
  const identity = identityOf(request);
  const named = headerOf(request, 'emberwatch-gateway', NAME);
  if (identity.role === 'gateway' && named !== undefined && named !== identity.name)
    throw new ServiceError('FORBIDDEN', `The token is that of the gateway "${identity.name}".`);
  // Nobody kills or calms modules of a gateway under its name.
  if (identity.role !== 'gateway' && named !== undefined && access.isGatewayName(named))
    throw new ServiceError('FORBIDDEN', `Only the token of the gateway "${named}" delivers under its name.`);
  const epoch = headerOf(request, 'emberwatch-epoch', NAME);
  const number = headerOf(request, 'emberwatch-number', NUMBER);
  if ((epoch === undefined) !== (number === undefined))
    throw new ServiceError('INVALID_REQUEST', 'Emberwatch-Epoch and Emberwatch-Number belong together.');
  const sequence = epoch === undefined ? null : { epoch, number: Number(number) };
  const { tokenId: sender, modules } = identity;
  return { gatewayId: named ?? identity.name, door: 'http', sender, sequence, modules };
}

/** Of a body of which nothing was taken the error, and what was wrong with each row. */
function answer<T extends IngestResult>(reply: FastifyReply, { failure, ...result }: T) {
  if (failure === null) return result;
  reply.code(400);
  return { ...bodyOfError(failure), ...result };
}

/** A body that the intake never sees counts for the gateway that sent it all the same. */
function countUnread(site: ApiContext, request: FastifyRequest, error: FastifyError): void {
  const { identity } = request;
  const code = errorCodeOf(error);
  const isSunSpec = code === 'INVALID_JSON' && request.routeOptions.url?.endsWith('/sunspec');
  if (identity === null || !(isSunSpec || BEFORE_INTAKE.has(code))) return;
  const named = request.headers['emberwatch-gateway'];
  const isOther = identity.role !== 'gateway' && typeof named === 'string' && NAME.test(named);
  site.intake.reject(isOther ? named : identity.name, 'http', 'bad-body', error.message);
}

export const framesRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { limits } = site.fleet;
    const bodies = new Bodies(limits);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      Object.keys(FORMATS),
      { parseAs: 'buffer', bodyLimit: limits.bodyBytes },
      (_request, body, done) => done(null, body),
    );

    app.addHook('onError', async (request, _reply, error) => countUnread(site, request, error));

    app.addHook('onRequest', async (request, { raw }) => {
      const length = request.headers['content-length'];
      const { tokenId } = identityOf(request);
      raw.once('close', bodies.admit(tokenId, length === undefined ? null : Number(length)));
    });

    async function withBody<T>(request: FastifyRequest, take: (body: Buffer) => Promise<T>) {
      // An empty body does not reach the parser.
      const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      checkCharset(request.headers['content-type']);
      return bodies.open(
        identityOf(request).tokenId,
        sent,
        request.headers['content-encoding']?.trim().toLowerCase() ?? '',
        take,
      );
    }

    const framesSchema = {
      summary: 'Deliver readings: JSON, NDJSON or CSV, also in gzip; answered once they are on disk',
      consumes: Object.keys(FORMATS),
      headers: Headers,
      response: responses,
    };
    app.post('/frames', { schema: framesSchema, bodyLimit: limits.bodyBytes }, async (request, reply) => {
      const format = FORMATS[mediaTypeOf(request.headers['content-type'])];
      if (!format) throw new ServiceError('UNSUPPORTED_MEDIA_TYPE');
      const delivery = deliveryOf(request, site);
      return withBody(
        request,
        async (body) =>
          answer(reply as FastifyReply, await site.intake.take(delivery, format, body)) as never,
      );
    });

    const sunspecSchema = {
      summary: 'Deliver SunSpec models 802 to 805, as JSON or registers',
      consumes: ['application/json'],
      headers: Headers,
      response: { ...responses, 200: SunSpecBody },
    };
    app.post('/sunspec', { schema: sunspecSchema, bodyLimit: limits.bodyBytes }, async (request, reply) => {
      const { takeSunSpec } = site;
      if (!takeSunSpec) throw new ServiceError('NOT_CONFIGURED', 'It has no SunSpec settings.');
      const delivery = deliveryOf(request, site);
      return withBody(request, async (body) => {
        if (body.length > limits.sunspecBytes)
          throw new ServiceError('BODY_TOO_LARGE', `It has more than ${limits.sunspecBytes} bytes unpacked.`);
        return answer(reply as FastifyReply, await takeSunSpec(delivery, parseJsonBytes(body))) as never;
      });
    });
  };

function parseJsonBytes(body: Buffer): unknown {
  try {
    return parseJson(new TextDecoder('utf-8').decode(body));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ServiceError('INVALID_JSON', undefined, error);
  }
}
