/** Who is looking, and every request that asks for a right. The secret is a cookie that no script can read. */
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Role, SessionBody } from '../wire.ts';
import { RequestError, requestErrorOf, UNREACHABLE } from './request-error.ts';

export type Who =
  | { readonly state: 'asking' }
  /** The service does not say: it cannot be reached, or is none of ours. */
  | { readonly state: 'unknown' }
  | ({ readonly state: 'in' } & SessionBody)
  | { readonly state: 'out'; readonly why: 'never' | 'ended' | 'signed-out' };

const API = '/api/v1';

type Method = 'GET' | 'POST' | 'DELETE';

export class Session {
  private who: Who = { state: 'asking' };
  private asking: Promise<void> | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly fetch: typeof globalThis.fetch;

  /** @param fetch takes the place of the browser's in tests */
  constructor(fetch: typeof globalThis.fetch = (...requested) => globalThis.fetch(...requested)) {
    this.fetch = fetch;
  }

  readonly current = (): Who => this.who;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Asks the service who one is. Where it does not answer, what was known stays. */
  ask(): Promise<void> {
    this.asking ??= this.askNow().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** @throws Refusal */
  async signIn(token: string): Promise<void> {
    const body = await this.send<SessionBody>('POST', '/session', { token });
    this.become({ state: 'in', ...body });
  }

  /** @throws Refusal where the service does not answer: then one is still signed in */
  async signOut(): Promise<void> {
    await this.request('DELETE', '/session');
    this.become({ state: 'out', why: 'signed-out' });
    // With an open door one is somebody else now.
    await this.ask();
  }

  /**
   * Asks for something under one's own name.
   *
   * @param path behind `/api/v1`
   * @returns the answer; null where it has no body
   * @throws Refusal
   */
  async request<T>(method: Method, path: string, body?: object, signal?: AbortSignal): Promise<T | null> {
    try {
      return await this.send<T | null>(method, path, body, signal);
    } catch (error) {
      if (error instanceof RequestError && error.status === 401) this.end();
      throw error;
    }
  }

  private async askNow(): Promise<void> {
    try {
      const body = await this.send<SessionBody>('GET', '/session');
      this.become({ state: 'in', ...body });
    } catch (error) {
      if (error instanceof RequestError && error.status === 401) this.end();
      else if (this.who.state === 'asking') this.become({ state: 'unknown' });
    }
  }

  private end(): void {
    if (this.who.state === 'out') return;
    this.become({ state: 'out', why: this.who.state === 'in' ? 'ended' : 'never' });
  }

  private async send<T>(method: Method, path: string, body?: object, signal?: AbortSignal): Promise<T> {
    let answer: Response;
    let text: string;
    try {
      answer = await this.fetch(API + path, {
        method,
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
      text = await answer.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new RequestError(
        0,
        UNREACHABLE,
        'The service does not answer: whether this was done is not known.',
      );
    }
    if (!answer.ok) throw requestErrorOf(answer.status, text);
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  private become(who: Who): void {
    this.who = who;
    for (const listener of this.listeners) listener();
  }
}

export const SessionContext = createContext<Session>(new Session());

export const useSession = (): Session => useContext(SessionContext);

export function useWho(): Who {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, session.current);
}

/** Null while nobody is known. */
export function useRole(): Role | null {
  const who = useWho();
  return who.state === 'in' ? who.role : null;
}
