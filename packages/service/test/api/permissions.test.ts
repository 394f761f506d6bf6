/** Every route, asked by every kind of caller. A route that is new is asked, too: the table is read, not copied. */

import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guard } from '../../src/api/guard.ts';
import { PERMISSIONS, type Permission } from '../../src/api/permissions.ts';
import { ROLES, type Role } from '../../src/records.ts';
import { recordOf, START_MS } from '../stand-in.ts';
import { alarmOf, type StandIn, standInSite } from './stand-in-site.ts';

let service: StandIn;
const tokens = new Map<string, string>();

const CALLERS = [...ROLES, 'nobody', 'expired', 'revoked', 'unknown'] as const;

/** Who may, said a second time and in another way than the service says it. */
const ALLOWED: Readonly<Record<Permission, readonly string[]>> = {
  public: CALLERS,
  gateway: ['gateway', 'engineer', 'admin'],
  viewer: ['viewer', 'operator', 'engineer', 'admin'],
  operator: ['operator', 'engineer', 'admin'],
  engineer: ['engineer', 'admin'],
  admin: ['admin'],
};

const reason = { reason: 'because' };
const until = { ...reason, untilMs: START_MS + 1000 };

/** A request that is right in everything but, perhaps, in who asks. */
const BODIES: Readonly<Record<string, object>> = {
  'POST /api/v1/frames': recordOf('A', 0),
  'POST /api/v1/sunspec': {},
  'POST /api/v1/predict': { readings: [recordOf('A', 0)] },
  'POST /predict': { readings: [recordOf('A', 0)] },
  'POST /api/v1/alarms/:id/acknowledge': {},
  'POST /api/v1/alarms/:id/comment': { text: 'seen' },
  'POST /api/v1/alarms/:id/shelve': until,
  'POST /api/v1/alarms/:id/unshelve': reason,
  'POST /api/v1/modules/:id/retire': reason,
  'POST /api/v1/alarms/:id/reset': reason,
  'POST /api/v1/alarms/:id/out-of-service': until,
  'POST /api/v1/alarms/:id/in-service': reason,
  'POST /api/v1/maintenance': { ...until, scope: { kind: 'site' } },
  'POST /api/v1/tokens': { name: 'new', role: 'viewer' },
  'POST /api/v1/modules/:id/gateway': { gatewayId: 'gateway', reason: 'looked at on site' },
  'POST /api/v1/gateways/:id/retire': reason,
  'POST /api/v1/set-aside/:id/remove': reason,
};

const QUERIES: Readonly<Record<string, string>> = {
  'GET /api/v1/export': `?fromMs=${START_MS}&toMs=${START_MS + 1}&format=csv`,
};

const urlOf = (route: string): string => {
  const url = route.slice(route.indexOf(' ') + 1);
  const id = url.includes('alarms') ? 'A000001' : url.includes('tokens') ? 't0' : 'A';
  return url.replace(':id', id) + (QUERIES[route] ?? '');
};

async function ask(route: string, caller: string, headers: Record<string, string> = {}) {
  const body =
    BODIES[route] ?? (route === 'POST /api/v1/session' ? { token: tokens.get('viewer') } : undefined);
  const token = tokens.get(caller);
  return service.app.inject({
    method: route.split(' ')[0] as 'GET',
    url: urlOf(route),
    headers: { host: 'localhost', ...(token && { authorization: `Bearer ${token}` }), ...headers },
    ...(body && { payload: body }),
  });
}

beforeAll(async () => {
  service = await standInSite({ limits: { clients: 0 } });
  const { access } = service.site;
  const make = async (name: string, role: Role, more = {}) => {
    const modules = role === 'gateway' ? { modules: ['*'] } : {};
    const { token, info } = await access.create({ name, role, ...modules, ...more }, 'root');
    tokens.set(name, token);
    return info;
  };
  for (const role of ROLES) await make(role, role);
  await make('expired', 'admin', { expiresMs: START_MS + 1 });
  await access.revoke((await make('revoked', 'admin')).id, 'root');
  tokens.set('unknown', `ew_${'x'.repeat(43)}`);
  service.nowMs = START_MS + 1;
  service.alarms.alarms.push(alarmOf('A000001'));
  await ask('POST /api/v1/frames', 'gateway');
});

afterAll(async () => service.app.close());

describe.each(Object.entries(PERMISSIONS))('%s (%s)', (route, permission) => {
  it.each(CALLERS)('asked by %s', async (caller) => {
    const { statusCode, body } = await ask(route, caller);
    const isKnown = (ROLES as readonly string[]).includes(caller);
    if (ALLOWED[permission].includes(caller)) {
      expect([401, 403], body).not.toContain(statusCode);
      // What is missing in the stand-in: SunSpec, a token called t0, a place for one more page.
      expect(statusCode < 400 || [404, 503].includes(statusCode), `${statusCode} ${body}`).toBe(true);
    } else if (isKnown) expect(statusCode, body).toBe(403);
    // Many tries of one address are slowed, which is a refusal as well.
    else expect([401, 429], body).toContain(statusCode);
  });
});

it('does nothing for who is refused', async () => {
  const acts = service.alarms.acts.length;
  const before = service.site.access.list().length;
  for (const route of Object.keys(PERMISSIONS))
    for (const caller of ['nobody', 'expired', 'revoked', 'unknown'])
      if (PERMISSIONS[route as keyof typeof PERMISSIONS] !== 'public') await ask(route, caller);
  expect(service.alarms.acts).toHaveLength(acts);
  expect(service.site.access.list()).toHaveLength(before);
});

it('lets a gateway deliver under its own name only, and an engineer under any that has no token', async () => {
  const named = { 'emberwatch-gateway': 'other' };
  expect((await ask('POST /api/v1/frames', 'gateway', named)).statusCode).toBe(403);
  expect(
    (await ask('POST /api/v1/frames', 'gateway', { 'emberwatch-gateway': 'gateway' })).statusCode,
  ).not.toBe(403);
  // Nobody calms or kills the modules of a gateway under its name.
  for (const role of ['engineer', 'admin'])
    expect(
      (await ask('POST /api/v1/frames', role, { 'emberwatch-gateway': 'gateway' })).statusCode,
      role,
    ).toBe(403);
  await ask('POST /api/v1/frames', 'engineer', named);
  expect(service.intake.deliveries.at(-1)).toMatchObject({ gatewayId: 'other' });
});

it('hands on which modules a gateway may deliver', async () => {
  const { token } = await service.site.access.create(
    { name: 'gw-2', role: 'gateway', modules: ['RackB*'] },
    'root',
  );
  tokens.set('gw-2', token);
  await ask('POST /api/v1/frames', 'gw-2');
  expect(service.intake.deliveries.at(-1)).toMatchObject({ gatewayId: 'gw-2', modules: ['RackB*'] });
});

describe('the document of the API', () => {
  it('has exactly the routes of the table, each with its role', async () => {
    const document = (await ask('GET /api/v1/openapi.json', 'nobody')).json();
    expect(document.openapi).toBe('3.1.0');
    const found = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations as Record<string, Record<string, unknown>>).map(([method, operation]) => [
        `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
        operation['x-role'],
      ]),
    );
    expect(Object.fromEntries(found)).toEqual(PERMISSIONS);
  });

  it('says of every route what it is for', async () => {
    const document = (await ask('GET /api/v1/openapi.json', 'nobody')).json();
    for (const operations of Object.values(
      document.paths as Record<string, Record<string, { summary?: string }>>,
    ))
      for (const { summary } of Object.values(operations)) expect(summary).toBeTruthy();
  });
});

describe('a route that is not in the table', () => {
  const guarded = () => {
    const app = fastify();
    guard(app, { access: service.site.access, hasPublicMetrics: false });
    return app;
  };

  it.each(['/api/v1/secret', '/api/v2/modules', '/apiary'])('cannot be added: %s', (url) => {
    const app = guarded();
    expect(() => app.get(url, async () => 'x')).toThrowError(/permissions\.ts/);
    expect(() => app.post('/page', async () => 'x')).toThrowError(/permissions\.ts/);
  });

  it('keeps the service from starting where it is missing', async () => {
    await expect(guarded().ready()).rejects.toThrowError(/permissions without a route/);
  });
});
