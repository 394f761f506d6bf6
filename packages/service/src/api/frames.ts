import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { RETRY_AFTER_S } from '../config.ts';
import { bodyOfError, ServiceError } from '../errors.ts';
import type { BodyFormat } from '../ingest/door.ts';
import { unpack } from '../ingest/gzip.ts';
import { ErrorBodySchema, IngestBody, IngestErrorBody } from './schemas.ts';
import type { Site } from './site.ts';

const FORMATS: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'text/csv': 'csv',
};

const mediaTypeOf = (contentType: string | undefined): string =>
  (contentType ?? '').split(';')[0]!.trim().toLowerCase();

function checkCharset(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase();
  if (charset !== undefined && !['utf-8', 'utf8', 'us-ascii'].includes(charset))
    throw new ServiceError('UNSUPPORTED_MEDIA_TYPE', `charset was "${charset.slice(0, 40)}".`);
}

/** `POST /frames`: the way in for measurements. */
export const framesRoute =
  (site: Site): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { limits } = site.fleet;
    let inFlight = 0;
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      Object.keys(FORMATS),
      { parseAs: 'buffer', bodyLimit: limits.bodyBytes },
      (_request, body, done) => done(null, body),
    );
    const schema = {
      response: {
        200: IngestBody,
        400: IngestErrorBody,
        413: ErrorBodySchema,
        415: ErrorBodySchema,
        503: ErrorBodySchema,
      },
    };
    app.post('/frames', { schema, bodyLimit: limits.bodyBytes }, async (request, reply) => {
      const contentType = request.headers['content-type'];
      const format = FORMATS[mediaTypeOf(contentType)];
      if (!format) throw new ServiceError('UNSUPPORTED_MEDIA_TYPE');
      // An empty body does not reach the parser.
      const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      checkCharset(contentType);
      if (inFlight >= limits.batchesInFlight) {
        reply.header('retry-after', RETRY_AFTER_S);
        throw new ServiceError('BUSY');
      }
      inFlight++;
      try {
        const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
        const body = await unpack(sent, encoding, limits.inflatedBytes);
        const { failure, ...answer } = site.door.take(format, body);
        if (failure === null) return answer;
        return reply.code(400).send({ ...bodyOfError(failure), ...answer });
      } finally {
        inFlight--;
      }
    });
  };
