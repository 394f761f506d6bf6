/** Pages and files for people who have to act or to explain: evidence of an alarm, the sheet of the fire service. */

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { evidenceOf } from '../evidence/bundle.ts';
import { EVIDENCE_CSS_PATH } from '../evidence/html.ts';
import { evidencePage } from '../evidence/page.ts';
import { responderPage } from '../evidence/responder.ts';
import { evidenceCss } from '../evidence/style.ts';
import { identityOf } from './guard.ts';
import { ErrorBodySchema, IdParams } from './schemas.ts';
import type { ApiContext } from './site.ts';

const HTML = 'text/html; charset=utf-8';
const PageText = Type.String();

const TestedBody = Type.Object({
  results: Type.Array(
    Type.Object({
      channel: Type.String(),
      isDelivered: Type.Boolean(),
      error: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    }),
  ),
});

export const evidenceRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const evidence = (id: string) => evidenceOf(id, site.evidence);
    const problems = { 404: ErrorBodySchema };

    // The file is sealed: it is sent as it was made, no schema leaves a field out.
    const jsonSchema = {
      summary: 'All that is known of an alarm, sealed: log, reasons, limits, signals before and after',
      params: IdParams,
      response: problems,
    };
    app.get('/alarms/:id/evidence', { schema: jsonSchema }, async ({ params }, reply) => {
      const bundle = await evidence(params.id);
      reply.header('content-disposition', `attachment; filename="${params.id}.json"`);
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(bundle) as never);
    });

    const pageSchema = {
      summary: 'The same as a page to print',
      params: IdParams,
      produces: ['text/html'],
      response: { 200: PageText, ...problems },
    };
    app.get('/alarms/:id/evidence.html', { schema: pageSchema }, async ({ params }, reply) =>
      reply.type(HTML).send(evidencePage(await evidence(params.id))),
    );

    const responderSchema = {
      summary: 'One sheet for the fire service, to print',
      produces: ['text/html'],
      response: { 200: PageText },
    };
    app.get('/responder.html', { schema: responderSchema }, async (_request, reply) => {
      const { fleet, alarms, now } = site;
      const { lastMs } = fleet.arrivals;
      const page = responderPage({
        site: site.evidence.site,
        nowMs: now(),
        clockMs: fleet.clock.timeMs,
        lastArrivalMs: Number.isFinite(lastMs) ? lastMs : null,
        isPlayback: fleet.isPlayback,
        watching: site.isWatching(),
        modules: fleet.states(),
        alarms: alarms.open(),
        retired: site.retired.shown(now()),
      });
      return reply.type(HTML).send(page);
    });

    const testSchema = { summary: 'Send a TEST notice through every channel', response: { 200: TestedBody } };
    app.post('/notices/test', { schema: testSchema }, async (request) => ({
      results: await site.testNotices(identityOf(request).name),
    }));
  };

/** The style of these pages, which may hold none themselves. */
export function evidenceStyle(app: FastifyInstance): void {
  app.get(EVIDENCE_CSS_PATH, { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(evidenceCss),
  );
}
