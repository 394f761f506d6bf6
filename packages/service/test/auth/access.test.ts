import { afterEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../src/auth/access.ts';
import { mayDo } from '../../src/auth/roles.ts';
import { SESSION_IDLE_MS, SESSION_MS, VIEWER_SESSION_MS } from '../../src/auth/sessions.ts';
import { DENIAL_WINDOW_MS, MAX_AUDITED, MAX_DENIALS } from '../../src/auth/throttle.ts';
import { hashOf } from '../../src/auth/token.ts';
import { ROLES, type Role } from '../../src/records.ts';
import { MemoryStore } from '../api/memory-store.ts';

const START_MS = Date.UTC(2026, 0, 1);
const caller = { address: '10.0.0.7', door: 'http' };
const warn = vi.fn();
let nowMs = START_MS;
let store = new MemoryStore();

async function open(mode: 'tokens' | 'open' = 'tokens') {
  return Access.open({
    store: store.asStore(),
    keep: store.keeper,
    mode,
    now: () => nowMs,
    audit: async (...row) => store.writeAudit(...row),
    log: { warn },
  });
}

async function made(role: Role, name = 'Ada', more = {}) {
  const { access } = await open();
  const modules = role === 'gateway' ? { modules: ['*'] } : {};
  return { access, ...(await access.create({ name, role, ...modules, ...more }, 'root')) };
}

const actions = () => store.keptAudit.map(({ action }) => action);

afterEach(() => {
  nowMs = START_MS;
  store = new MemoryStore();
  warn.mockClear();
});

describe('tokens', () => {
  it('makes the first admin once, and nothing on later starts', async () => {
    const { access, firstToken } = await open();
    expect(firstToken).toMatch(/^ew_[A-Za-z0-9_-]{43}$/);
    expect(access.identify(firstToken!)).toMatchObject({ role: 'admin' });
    const again = await open();
    expect(again.firstToken).toBeNull();
    expect(again.access.identify(firstToken!)).toMatchObject({ role: 'admin' });
  });

  it('makes the first admin also where gateways have tokens already, not once an admin was revoked', async () => {
    const { access } = await open('open');
    await access.create({ name: 'gw', role: 'gateway', modules: ['*'] }, 'root');
    const first = await open();
    expect(first.firstToken).not.toBeNull();
    const row = [...store.keptTokens.values()].find(({ role }) => role === 'admin')!;
    store.keptTokens.set(row.id, { ...row, revokedMs: START_MS });
    expect((await open()).firstToken).toBeNull();
  });

  it('keeps the hash and never the token', async () => {
    const { token } = await made('operator');
    const kept = JSON.stringify([[...store.keptTokens.values()], store.keptAudit, [...store.settings]]);
    expect(kept).toContain(hashOf(token));
    expect(kept).not.toContain(token.slice(3));
  });

  it.each([
    ['unknown', `ew_${'A'.repeat(43)}`],
    ['empty', ''],
    ['the hash of one', hashOf('x')],
    ['far too long', `ew_${'A'.repeat(100_000)}`],
    ['a name of an object', '__proto__'],
  ])('does not know a token that is %s', async (_, token) => {
    const { access } = await open();
    expect(access.identify(token)).toBeNull();
  });

  it('ends at its expiry, to the millisecond', async () => {
    const { access, token } = await made('viewer', 'Ada', { expiresMs: START_MS + 1000 });
    nowMs = START_MS + 999;
    expect(access.identify(token)).not.toBeNull();
    nowMs = START_MS + 1000;
    expect(access.identify(token)).toBeNull();
  });

  it('revokes at once, also where the disk fails, and then says that it is not kept', async () => {
    const { access, token, info } = await made('operator');
    store.isBroken = true;
    await expect(access.revoke(info.id, 'root')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(access.identify(token)).toBeNull();
    expect(access.list().find(({ id }) => id === info.id)).toMatchObject({ isStored: false });
    store.isBroken = false;
    expect(await access.revoke(info.id, 'root')).toMatchObject({ isStored: true });
    const { access: restarted } = await open();
    expect(restarted.identify(token)).toBeNull();
  });

  it('makes none that cannot be kept', async () => {
    const { access } = await open();
    const before = access.list();
    store.isBroken = true;
    await expect(access.create({ name: 'Ada', role: 'admin' }, 'root')).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    });
    expect(access.list()).toEqual(before);
    expect([...store.keptTokens.values()]).toHaveLength(1);
  });

  it('does not lock everybody out', async () => {
    const { access } = await open();
    const [admin] = access.list();
    await expect(access.revoke(admin!.id, 'root')).rejects.toMatchObject({ code: 'LAST_ADMIN' });
    await access.create({ name: 'Eve', role: 'admin' }, 'root');
    await access.revoke(admin!.id, 'root');
  });

  it.each([
    ['a line break, which would forge the audit log', { name: 'a\r\nb', role: 'viewer' }],
    ['the name of the service', { name: 'Emberwatch', role: 'admin' }],
    ['a topic of another gateway', { name: 'a/b', role: 'gateway', modules: ['*'] }],
    ['no word on its modules', { name: 'a', role: 'gateway' }],
    ['no such role', { name: 'a', role: 'root' as Role }],
    ['an end in the past', { name: 'a', role: 'viewer', expiresMs: START_MS }],
    ['an end that is no number', { name: 'a', role: 'viewer', expiresMs: Number.NaN }],
    ['modules for a person', { name: 'a', role: 'admin', modules: ['A*'] }],
    ['no modules at all', { name: 'a', role: 'gateway', modules: [] }],
    ['a star in the middle', { name: 'a', role: 'gateway', modules: ['A*B'] }],
  ] as const)('makes no token with %s', async (_, input) => {
    const { access } = await open();
    const before = access.list().length;
    await expect(access.create(input, 'root')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(access.list()).toHaveLength(before);
  });
});

describe('roles', () => {
  it('let a gateway only deliver, and viewers and operators never', () => {
    for (const min of ROLES) expect(mayDo('gateway', min)).toBe(min === 'gateway');
    expect(ROLES.filter((role) => mayDo(role, 'gateway'))).toEqual(['gateway', 'engineer', 'admin']);
  });

  it('grow: each may do all that the one before may', () => {
    const people = ROLES.filter((role) => role !== 'gateway');
    for (const [i, role] of people.entries())
      for (const [j, min] of people.entries()) expect(mayDo(role, min), `${role} ${min}`).toBe(i >= j);
  });
});

describe('refusals', () => {
  it('are audited with address and reason, without the token', async () => {
    const { access, token, info } = await made('viewer');
    await access.revoke(info.id, 'root');
    expect(() => access.admit(token, caller)).toThrowError(
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    );
    expect(store.keptAudit.at(-1)).toMatchObject({ action: 'auth.refused', actor: 'Ada', subject: info.id });
    expect(JSON.parse(store.keptAudit.at(-1)!.detail)).toMatchObject({ ...caller, why: 'revoked' });
  });

  it('block an address for a minute, while a token that is known passes from it', async () => {
    const { access, token } = await made('gateway', 'gw-1');
    const wrong = () => access.admit('ew_wrong', caller);
    for (let i = 0; i < MAX_DENIALS; i++) expect(wrong).toThrowError(/valid token/);
    expect(wrong).toThrowError(expect.objectContaining({ code: 'TOO_MANY_ATTEMPTS' }));
    expect(access.admit(token, caller).name).toBe('gw-1');
    expect(() => access.admit('ew_wrong', { ...caller, address: '10.0.0.8' })).toThrowError(/valid token/);
    nowMs += DENIAL_WINDOW_MS;
    expect(wrong).toThrowError(/valid token/);
  });

  it('of very many addresses do not fill the audit log, which tells how many it left out', async () => {
    const { access } = await open();
    const before = store.keptAudit.length;
    const deny = (i: number) => {
      expect(() =>
        access.admit('ew_wrong', { address: `10.1.${i >> 8}.${i & 255}`, door: 'http' }),
      ).toThrow();
    };
    for (let i = 0; i < 500; i++) deny(i);
    expect(store.keptAudit.length - before).toBe(MAX_AUDITED);
    nowMs += DENIAL_WINDOW_MS;
    deny(501);
    expect(JSON.parse(store.keptAudit.at(-1)!.detail)).toMatchObject({ unwritten: 500 - MAX_AUDITED });
  });
});

describe('sessions', () => {
  const secretOf = async (role: Role) => {
    const { access, token, info } = await made(role);
    return { access, info, ...(await access.signIn(token, caller)) };
  };

  it('end when idle, and live on while used', async () => {
    const { access, secret } = await secretOf('operator');
    for (let i = 0; i < 3; i++) {
      nowMs += SESSION_IDLE_MS - 1;
      expect(access.identifySession(secret)).not.toBeNull();
    }
    nowMs += SESSION_IDLE_MS;
    expect(access.identifySession(secret)).toBeNull();
  });

  it('of one token are bounded: the one used least lately ends, and none of another token', async () => {
    const { access, token } = await made('viewer');
    const other = await access.create({ name: 'control room', role: 'operator' }, 'root');
    const room = await access.signIn(other.token, caller);
    const display = await access.signIn(token, caller);
    const forgotten = await access.signIn(token, caller);
    for (let i = 0; i < 400; i++) {
      nowMs += 1000;
      expect(access.identifySession(display.secret)).not.toBeNull();
      await access.signIn(token, caller);
    }
    expect(access.identifySession(room.secret)).not.toBeNull();
    expect(access.identifySession(display.secret)).not.toBeNull();
    expect(access.identifySession(forgotten.secret)).toBeNull();
    expect(JSON.parse(store.settings.get('sessions')!)).toHaveLength(33);
  });

  it.each([
    ['operator', SESSION_MS],
    ['viewer', VIEWER_SESSION_MS],
  ] as const)('of a %s end however much they are used', async (role, lastsMs) => {
    const { access, secret } = await secretOf(role);
    while (nowMs + SESSION_IDLE_MS / 2 < START_MS + lastsMs) {
      nowMs += SESSION_IDLE_MS / 2;
      expect(access.identifySession(secret)).not.toBeNull();
    }
    nowMs = START_MS + lastsMs;
    expect(access.identifySession(secret)).toBeNull();
  });

  it('end with their token, and by signing out, also after a restart', async () => {
    const first = await secretOf('operator');
    await first.access.revoke(first.info.id, 'root');
    expect(first.access.identifySession(first.secret)).toBeNull();
    const second = await secretOf('operator');
    second.access.signOut(second.secret, second.identity, caller);
    const { access } = await open();
    expect(access.identifySession(second.secret)).toBeNull();
  });

  it('outlive a restart, and are no key to it by what is stored', async () => {
    const { secret } = await secretOf('viewer');
    const { access } = await open();
    expect(access.identifySession(secret)?.identity).toMatchObject({ name: 'Ada', role: 'viewer' });
    const saved = store.settings.get('sessions')!;
    expect(saved).not.toContain(secret);
    expect(access.identifySession((JSON.parse(saved) as string[][])[0]![0]!)).toBeNull();
  });

  it('begin although nothing can be written: a full disk is when the page is needed', async () => {
    const { access, token } = await made('operator');
    store.isBroken = true;
    const { secret } = await access.signIn(token, caller);
    expect(access.identifySession(secret)).not.toBeNull();
    await vi.waitFor(() => expect(warn).toHaveBeenCalled());
  });

  it('that cannot be read cost a sign-in, not the start', async () => {
    await made('viewer');
    store.settings.set('sessions', '{broken');
    await open();
    expect(warn).toHaveBeenCalledOnce();
  });

  it('are audited at their beginning and end; a gateway has none', async () => {
    const { access, secret, identity } = await secretOf('operator');
    access.signOut(secret, identity, caller);
    expect(actions()).toEqual(expect.arrayContaining(['auth.signed-in', 'auth.signed-out']));
    const { token } = await access.create({ name: 'gw', role: 'gateway', modules: ['*'] }, 'root');
    await expect(access.signIn(token, caller)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

it('makes no token while the door stands open', async () => {
  const { access, firstToken } = await open('open');
  expect(firstToken).toBeNull();
  expect(access.list()).toEqual([]);
});
