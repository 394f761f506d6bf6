/** Sessions of the page. They outlive a restart: a display on the wall comes back by itself. */

import type { Role } from '../records.ts';
import { hashOf, newSecret } from './token.ts';

/** Nothing asked for so long, and no event stream open. */
export const SESSION_IDLE_MS = 30 * 60_000;
/** One shift. */
export const SESSION_MS = 12 * 3_600_000;
/** A display may only look, and must not go dark at the end of a shift. */
export const VIEWER_SESSION_MS = 7 * 24 * 3_600_000;
/** Of one token: of more the one that was used least lately ends. Displays share a token. */
const MAX_SESSIONS_OF_TOKEN = 32;
const MAX_SESSIONS = 4096;

interface Session {
  readonly tokenId: string;
  readonly startedMs: number;
  readonly endsMs: number;
  seenMs: number;
}

type SavedSession = readonly [hash: string, tokenId: string, startedMs: number, endsMs: number];

export class Sessions {
  private readonly byHash = new Map<string, Session>();

  /** The value of the cookie: kept nowhere but in the browser. */
  start(tokenId: string, role: Role, nowMs: number): { readonly secret: string; readonly endsMs: number } {
    const secret = newSecret();
    const endsMs = nowMs + (role === 'viewer' ? VIEWER_SESSION_MS : SESSION_MS);
    this.sweep(nowMs);
    this.makeRoom(tokenId);
    this.byHash.set(hashOf(secret), { tokenId, startedMs: nowMs, endsMs, seenMs: nowMs });
    return { secret, endsMs };
  }

  /** A session that is used lives on, up to its end. */
  use(secret: string, nowMs: number): { readonly tokenId: string; readonly endsMs: number } | null {
    const hash = hashOf(secret);
    const session = this.byHash.get(hash);
    if (!session) return null;
    if (isOver(session, nowMs)) {
      this.byHash.delete(hash);
      return null;
    }
    session.seenMs = nowMs;
    return session;
  }

  end(secret: string): boolean {
    return this.byHash.delete(hashOf(secret));
  }

  endAllOf(tokenId: string): void {
    for (const [hash, session] of this.byHash) if (session.tokenId === tokenId) this.byHash.delete(hash);
  }

  /** As JSON, for the store. */
  toText(): string {
    const saved: SavedSession[] = [...this.byHash].map(([hash, s]) => [
      hash,
      s.tokenId,
      s.startedMs,
      s.endsMs,
    ]);
    return JSON.stringify(saved);
  }

  /** When each was used last is not kept: the idle time begins anew. */
  load(text: string | null, nowMs: number): void {
    for (const [hash, tokenId, startedMs, endsMs] of JSON.parse(text ?? '[]') as SavedSession[])
      this.byHash.set(hash, { tokenId, startedMs, endsMs, seenMs: nowMs });
    this.sweep(nowMs);
  }

  private sweep(nowMs: number): void {
    for (const [hash, session] of this.byHash) if (isOver(session, nowMs)) this.byHash.delete(hash);
  }

  /** No token signs out another one: of its own sessions one gives way, or of those of the token that has most. */
  private makeRoom(tokenId: string): void {
    const own = this.of(tokenId);
    if (own.length >= MAX_SESSIONS_OF_TOKEN) this.byHash.delete(leastUsed(own));
    if (this.byHash.size < MAX_SESSIONS) return;
    const counts = new Map<string, number>();
    let max = tokenId;
    for (const session of this.byHash.values()) {
      const count = (counts.get(session.tokenId) ?? 0) + 1;
      counts.set(session.tokenId, count);
      if (count > (counts.get(max) ?? 0)) max = session.tokenId;
    }
    this.byHash.delete(leastUsed(this.of(max)));
  }

  private of(tokenId: string): [hash: string, session: Session][] {
    return [...this.byHash].filter(([, session]) => session.tokenId === tokenId);
  }
}

const leastUsed = (sessions: readonly (readonly [hash: string, session: Session])[]): string =>
  sessions.reduce((min, one) => (one[1].seenMs < min[1].seenMs ? one : min))[0];

/** A clock that was set back far before the beginning ends a session: its length could not be held. */
const isOver = ({ startedMs, endsMs, seenMs }: Session, nowMs: number): boolean =>
  nowMs < startedMs - SESSION_IDLE_MS || nowMs >= endsMs || nowMs - seenMs >= SESSION_IDLE_MS;
