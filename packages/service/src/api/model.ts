/** The model that judges, for people who want to know it and for a page that judges again: document, card, file. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { ServiceError } from '../errors.ts';
import { SIGNATURE_STATES } from '../monitor/model-signature.ts';
import { ErrorBodySchema, NullableNumber, NullableString, oneOf } from './schemas.ts';
import type { ApiContext } from './site.ts';

const ThresholdBody = Type.Object({ probability: Type.Number(), budget: Type.String() });

const ModelBody = Type.Object({
  /** Null: the rules alone judge. */
  model: Type.Union([
    Type.Object({
      name: Type.String(),
      sha256: Type.String(),
      signature: oneOf(SIGNATURE_STATES),
      thresholds: Type.Record(Type.String(), ThresholdBody),
      training: Type.Record(Type.String(), Type.Unknown()),
      metrics: Type.Record(Type.String(), Type.Number()),
      features: Type.Array(Type.Object({ id: Type.String(), unit: Type.String() })),
    }),
    Type.Null(),
  ]),
  nameplate: Type.Object({
    capacityAh: NullableNumber,
    cellsInSeries: NullableNumber,
    chemistry: NullableString,
    /** False: modules without any temperature are evaluated by voltage and gas alone. */
    hasTemperature: Type.Boolean(),
  }),
  /** Modules of which the same is set one by one. */
  modulesWithoutTemperature: Type.Array(Type.String()),
  /** Between frames, ms; null: found out from them. */
  intervalMs: NullableNumber,
  /** Racks that share air, by space; null: all do. */
  spaces: Type.Union([
    Type.Record(Type.String(), Type.Object({ racks: Type.Array(Type.String()) })),
    Type.Null(),
  ]),
});

/** Pictures of a card are named after its model. */
const PICTURE = /^[A-Za-z0-9.-]{1,80}\.svg$/;

function scorerOf({ detector, loaded }: ApiContext): Static<typeof ModelBody> {
  const { nameplate = {}, modulesWithoutTemperature = [], intervalMs = null, spaces = null } = detector;
  const { capacityAh = null, cellsInSeries = null, chemistry = null, hasTemperature = true } = nameplate;
  const document = loaded?.document;
  const listed = Object.entries(spaces ?? {}).map(([name, { racks }]) => [name, { racks: [...racks] }]);
  return {
    model: document
      ? {
          name: document.name,
          sha256: loaded!.sha256,
          signature: loaded!.signature,
          thresholds: { ...document.thresholds },
          training: { ...document.training },
          metrics: { ...document.metrics },
          features: [...document.features],
        }
      : null,
    nameplate: { capacityAh, cellsInSeries, chemistry, hasTemperature },
    modulesWithoutTemperature: [...modulesWithoutTemperature],
    intervalMs: intervalMs === 0 ? null : intervalMs,
    spaces: spaces && Object.fromEntries(listed),
  };
}

export const modelRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const problems = { 404: ErrorBodySchema };
    const { loaded } = site;

    const modelSchema = {
      summary:
        'What judges: the model with thresholds, training and figures, and what is known of the modules',
      response: { 200: ModelBody },
    };
    app.get('/model', { schema: modelSchema }, async () => scorerOf(site));

    const fileSchema = { summary: 'The artefact that judges, byte for byte', response: problems };
    app.get('/model/artefact', { schema: fileSchema }, async (_request, reply) => {
      if (!loaded) throw new ServiceError('NOT_CONFIGURED', 'The rules alone judge.');
      return reply.type('application/octet-stream').send(Buffer.from(loaded.bytes) as never);
    });

    const cardSchema = { summary: 'Its card, in Markdown', produces: ['text/markdown'], response: problems };
    app.get('/model/card', { schema: cardSchema }, async (_request, reply) =>
      reply.type('text/markdown; charset=utf-8').send((await besideModel('.md')) as never),
    );

    const pictureSchema = {
      summary: 'A picture of the card',
      params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) }),
      produces: ['image/svg+xml'],
      response: problems,
    };
    app.get('/model/card/:name', { schema: pictureSchema }, async ({ params }, reply) => {
      const { name } = params;
      if (!loaded || !PICTURE.test(name) || !name.startsWith(`${stemOf(loaded.path)}-`))
        throw new ServiceError('NOT_FOUND');
      const svg = await besideModel(name.slice(stemOf(loaded.path).length));
      return reply.type('image/svg+xml; charset=utf-8').send(svg as never);
    });

    async function besideModel(ending: string): Promise<string> {
      if (!loaded) throw new ServiceError('NOT_CONFIGURED', 'The rules alone judge.');
      try {
        return await readFile(join(dirname(loaded.path), `${stemOf(loaded.path)}${ending}`), 'utf8');
      } catch (error) {
        throw new ServiceError('NOT_FOUND', 'This model has none.', error);
      }
    }
  };

const stemOf = (path: string): string => basename(path).replace(/\.model$/, '');
