/** The API as an OpenAPI 3.1 document, made of the schemas by which requests and answers are held. */
import fastifySwagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { API_PREFIX } from './permissions.ts';

const DESCRIPTION =
  'Early warning of thermal runaway in battery storage. Advisory and read-only towards the plant: trips belong to the BMS and the fire panel.';

const WORDS: Readonly<Record<string, string>> = {
  public: 'Anybody.',
  gateway: 'Role: gateway, engineer or admin.',
};

const isOfApi = (url: string): boolean => url.startsWith(API_PREFIX) || url === '/predict';

/** Before the routes: it collects them. */
export async function collectRoutes(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Emberwatch', version: '1', description: DESCRIPTION },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'emberwatch_session' },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      if (!isOfApi(url)) return { schema: { hide: true }, url };
      const permission = route.config?.permission ?? 'public';
      const who = WORDS[permission] ?? `Role: ${permission} or above.`;
      const description = [schema?.description, who].filter(Boolean).join(' ');
      const security = permission === 'public' ? [] : [{ token: [] }, { session: [] }];
      return { schema: { ...schema, description, security, 'x-role': permission } as never, url };
    },
  });
}

export function openApiRoute(app: FastifyInstance): void {
  const schema = {
    summary: 'This document',
    response: { 200: { type: 'object', additionalProperties: true } },
  };
  app.get(`${API_PREFIX}/openapi.json`, { schema }, async () => app.swagger());
}
