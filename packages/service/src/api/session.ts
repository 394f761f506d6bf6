/** Signing in from the page: a token is changed for a cookie, since an event stream cannot send headers. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ROLES } from '../records.ts';
import { callerOf, cookieNameOf, denyForeignPage, identityOf } from './guard.ts';
import { ErrorBodySchema, NullableNumber, oneOf } from './schemas.ts';
import type { ApiContext } from './site.ts';

const SessionBody = Type.Object({
  name: Type.String(),
  role: oneOf(ROLES),
  /** Null: not by a session, but by a token or an open door. */
  endsMs: NullableNumber,
  /** Whether anybody at this computer comes in without a token. */
  isOpen: Type.Boolean(),
});

const problems = { 401: ErrorBodySchema, 403: ErrorBodySchema, 429: ErrorBodySchema };

export const sessionRoutes =
  (site: ApiContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { access } = site;
    const isOpen = access.mode === 'open';

    const startSchema = {
      summary: 'Sign in: a token for a cookie (HttpOnly, SameSite=Strict)',
      body: Type.Object({ token: Type.String({ maxLength: 200 }) }, { additionalProperties: false }),
      response: { 200: SessionBody, ...problems },
    };
    app.post('/session', { schema: startSchema }, async (request, reply) => {
      // A foreign page must not sign people in under a name of its own.
      denyForeignPage(request, false);
      const { identity, secret, endsMs } = await access.signIn(request.body.token, callerOf(request));
      reply.setCookie(cookieNameOf(request), secret, {
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure: request.protocol === 'https',
        expires: new Date(endsMs),
      });
      return { name: identity.name, role: identity.role, endsMs, isOpen };
    });

    const askSchema = { summary: 'Who is signed in', response: { 200: SessionBody, ...problems } };
    app.get('/session', { schema: askSchema }, async (request) => {
      const { name, role } = identityOf(request);
      return { name, role, endsMs: request.session?.endsMs ?? null, isOpen };
    });

    const endSchema = {
      summary: 'Sign out',
      response: { 204: Type.Null({ description: 'Signed out' }), ...problems },
    };
    app.delete('/session', { schema: endSchema }, async (request, reply) => {
      const secret = request.cookies[cookieNameOf(request)];
      if (secret !== undefined) access.signOut(secret, identityOf(request), callerOf(request));
      reply.clearCookie(cookieNameOf(request), { path: '/', secure: request.protocol === 'https' });
      return reply.code(204).send(null);
    });
  };
