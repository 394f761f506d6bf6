/** `GET /export`: stored frames of a period, as the door takes them, in a stream. */
import { Readable } from 'node:stream';
import { CHANNELS, cellList, type Frame, nativeRecord } from '@emberwatch/engine/telemetry';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ServiceError } from '../errors.ts';
import { RETRY_AFTER_S } from '../limits.ts';
import { decodeFrames } from '../store/frames.ts';
import { ErrorBodySchema, oneOf } from './schemas.ts';
import type { ApiContext } from './site.ts';

const MAX_EXPORTS = 2;
/** A reader that takes nothing for so long is let go: others wait for its place. */
const STALLED_AFTER_MS = 60_000;
const MAX_MODULES = 256;

const ExportQuery = Type.Object(
  {
    fromMs: Type.Number(),
    toMs: Type.Number({ description: 'Exclusive.' }),
    format: oneOf(['csv', 'ndjson'] as const),
    moduleId: Type.Optional(
      Type.Union([
        Type.String({ maxLength: 128 }),
        Type.Array(Type.String({ maxLength: 128 }), { maxItems: MAX_MODULES }),
      ]),
    ),
  },
  { additionalProperties: false },
);

interface Writer {
  readonly mediaType: string;
  readonly header: string;
  line(frame: Frame): string;
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();

/** A spreadsheet takes such a text for a formula. Numbers are written as numbers: a minus belongs to them. */
const FORMULA = /^[=+\-@\t\r\n\0]/;

export function textCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const listCell = (values: Float64Array | null): string =>
  values ? `"${JSON.stringify(cellList(values))}"` : '';

const CSV: Writer = {
  mediaType: 'text/csv; charset=utf-8',
  header: `${['time', 'module_id', 'rack_id', ...CHANNELS.map(({ id }) => id), 'cell_voltages_v', 'cell_temperatures_degc'].join(',')}\n`,
  line(frame) {
    const numbers = Array.from(frame.values, (value) => (Number.isNaN(value) ? '' : String(value)));
    const texts = [textCell(frame.moduleId), textCell(frame.rackId ?? '')];
    const cells = [listCell(frame.cellVoltagesV), listCell(frame.cellTemperaturesDegC)];
    return `${[iso(frame.timeMs), ...texts, ...numbers, ...cells].join(',')}\n`;
  },
};

const NDJSON: Writer = {
  mediaType: 'application/x-ndjson',
  header: '',
  line: (frame) => `${JSON.stringify(nativeRecord(frame, iso(frame.timeMs)))}\n`,
};

async function* textOf(pieces: AsyncIterable<Uint8Array>, writer: Writer): AsyncGenerator<string> {
  yield writer.header;
  for await (const piece of pieces) {
    let text = '';
    decodeFrames(piece, (frame) => {
      text += writer.line(frame);
    });
    yield text;
  }
}

export const exportRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    let running = 0;
    const schema = {
      summary: 'Stored frames of a period as CSV or NDJSON, in the native schema',
      description:
        "In CSV a text that a spreadsheet would take for a formula has a ' before it. A stream that breaks off is not whole.",
      querystring: ExportQuery,
      produces: ['text/csv', 'application/x-ndjson'],
      response: { 400: ErrorBodySchema, 503: ErrorBodySchema },
    };
    app.get('/export', { schema }, async ({ query }, reply) => {
      const { fromMs, toMs, moduleId } = query;
      if (!(fromMs < toMs))
        throw new ServiceError('INVALID_REQUEST', `fromMs ${fromMs} is not before toMs ${toMs}.`);
      if (running >= MAX_EXPORTS) {
        reply.header('retry-after', RETRY_AFTER_S);
        throw new ServiceError('BUSY', `${MAX_EXPORTS} exports are running.`);
      }
      running++;
      reply.raw.once('close', () => running--);
      reply.raw.setTimeout(STALLED_AFTER_MS, () => reply.raw.destroy());
      const writer = query.format === 'csv' ? CSV : NDJSON;
      const moduleIds = moduleId === undefined ? null : [moduleId].flat();
      reply.header(
        'content-disposition',
        `attachment; filename="emberwatch-${fromMs}-${toMs}.${query.format}"`,
      );
      reply.type(writer.mediaType);
      return reply.send(Readable.from(textOf(site.store.frames(moduleIds, fromMs, toMs), writer)) as never);
    });
  };
