import { describe, expect, it } from 'vitest';
import { RequestError, requestErrorOf } from '../src/session/request-error.ts';
import { mayDo } from '../src/session/role.ts';
import { Session } from '../src/session/session.ts';
import { slipOf, whyDenied } from '../src/session/token-text.ts';

const ADA = { name: 'Ada', role: 'operator', endsMs: 1, isOpen: false } as const;
const TOKEN = `ew_${'x'.repeat(43)}`;
const UNAUTHENTICATED = {
  error: { code: 'UNAUTHENTICATED', message: 'A valid token is needed.', retriable: false },
};

type Answer = readonly [status: number, body: unknown] | null;

/** A session before a service that gives these answers in turn; null: it does not answer. */
function sessionWith(...answers: Answer[]) {
  const requested: { path: string; method: string; body: string | undefined }[] = [];
  const session = new Session(async (path, init) => {
    requested.push({
      path: String(path),
      method: init?.method ?? '',
      body: init?.body as string | undefined,
    });
    const answer = answers.shift();
    if (!answer) throw new TypeError('Failed to fetch');
    const [status, body] = answer;
    return new Response(body === null ? null : JSON.stringify(body), { status });
  });
  return { session, polled: requested };
}

describe('who is looking', () => {
  it('is asked of the service; before anybody is known nobody is signed in', async () => {
    const { session } = sessionWith([401, UNAUTHENTICATED], [200, ADA]);
    await session.ask();
    expect(session.current()).toEqual({ state: 'out', why: 'never' });
    await session.signIn(TOKEN);
    expect(session.current()).toEqual({ state: 'in', ...ADA });
  });

  it('is an engineer without a token before an open door', async () => {
    const open = { name: 'open access', role: 'engineer', endsMs: null, isOpen: true };
    const { session } = sessionWith([200, open]);
    await session.ask();
    expect(session.current()).toMatchObject({ state: 'in', role: 'engineer', endsMs: null });
  });

  it('stays as it was while the service does not answer: that is no reason to sign in', async () => {
    const { session } = sessionWith([200, ADA], null, [503, {}]);
    await session.ask();
    await session.ask();
    await session.ask();
    expect(session.current()).toMatchObject({ state: 'in', name: 'Ada' });
    const lost = sessionWith(null);
    await lost.session.ask();
    expect(lost.session.current()).toEqual({ state: 'unknown' });
  });

  it('ends where the service says so, whatever was asked for', async () => {
    const { session } = sessionWith([200, ADA], [401, UNAUTHENTICATED]);
    await session.ask();
    await expect(session.request('POST', '/alarms/A1/acknowledge', {})).rejects.toThrow(RequestError);
    expect(session.current()).toEqual({ state: 'out', why: 'ended' });
  });

  it('is asked once where many want to know at once', async () => {
    const { session, polled: requested } = sessionWith([200, ADA]);
    await Promise.all([session.ask(), session.ask(), session.ask()]);
    expect(requested).toHaveLength(1);
  });

  it('is signed out only where the service has done it', async () => {
    const { session, polled: requested } = sessionWith([200, ADA], null, [204, null], [401, UNAUTHENTICATED]);
    await session.ask();
    await expect(session.signOut()).rejects.toThrow('does not answer');
    expect(session.current().state).toBe('in');
    await session.signOut();
    expect(session.current()).toEqual({ state: 'out', why: 'signed-out' });
    expect(requested.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'DELETE', 'GET']);
  });

  it('stays out where a token was refused, and says why in words', async () => {
    const blocked = {
      error: { code: 'TOO_MANY_ATTEMPTS', message: 'Too many.', retriable: true, detail: 'Again in 40 s.' },
    };
    const { session } = sessionWith([401, UNAUTHENTICATED], [401, UNAUTHENTICATED], [429, blocked]);
    await session.ask();
    const first = await session.signIn(TOKEN).catch(whyDenied);
    expect(first).toBe('This token is unknown here, has expired, or was revoked.');
    expect(await session.signIn(TOKEN).catch(whyDenied)).toBe('Too many. Again in 40 s.');
    expect(session.current()).toEqual({ state: 'out', why: 'never' });
  });
});

it('names what is wrong with a token before it is sent', () => {
  expect(slipOf(TOKEN)).toBeNull();
  expect(slipOf('')).toBe('Enter a token.');
  expect(slipOf('hunter2')).toContain('begins with "ew_"');
  expect(slipOf(TOKEN.slice(0, -1))).toContain('45 characters instead of 46');
  expect(slipOf(`${TOKEN.slice(0, -1)}!`)).toContain('characters that no token has');
});

it('keeps the words of the service, and does without where something else answers', () => {
  const body = {
    error: { code: 'ALARM_STATE', message: 'Not now.', retriable: false, detail: 'A1 is closed.' },
  };
  expect(requestErrorOf(409, JSON.stringify(body))).toMatchObject({
    code: 'ALARM_STATE',
    words: 'Not now. A1 is closed.',
  });
  expect(requestErrorOf(502, '<html>').words).toBe('The service answered 502.');
});

it('lets each role do what the one before may, and a gateway nothing', () => {
  const may = (role: Parameters<typeof mayDo>[0]) =>
    (['viewer', 'operator', 'engineer', 'admin'] as const).map((min) => mayDo(role, min));
  expect(may('operator')).toEqual([true, true, false, false]);
  expect(may('admin')).toEqual([true, true, true, true]);
  expect(may('gateway')).toEqual([false, false, false, false]);
  expect(may(null)).toEqual([false, false, false, false]);
});
