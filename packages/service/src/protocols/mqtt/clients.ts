/** Clients by their ids: which connection follows another one, and which ids are used by two devices at once. */

import type { SharedClientIdView } from '../../alarms/sender-conditions.ts';

/** A device that comes back takes its own place a few times in so long; two devices do it without end. */
const DUEL_MS = 60_000;
const TAKEOVERS_OF_DUEL = 3;
const NOTE_EVERY_MS = 600_000;
const MAX_NOTED = 4096;

/** As the token, the user name and the client id of a CONNECT say. */
export interface ClientName {
  readonly tokenId: string;
  readonly user: string;
  readonly clientId: string;
}

export class Clients<T extends object> {
  private readonly note: (client: T, what: string) => void;
  /** Outlives the connection: how often its place was taken. */
  private readonly byKey = new Map<string, { client: T; takeoversMs: number[] }>();
  private readonly names = new Map<T, ClientName>();
  private readonly notedMs = new Map<string, number>();

  constructor(note: (client: T, what: string) => void) {
    this.note = note;
  }

  /**
   * @returns the connection whose place it takes. None where two devices take it from each other again and again: both
   * stay, so that the readings of both are evaluated.
   */
  take(client: T, name: ClientName, nowMs: number): T | undefined {
    const key = keyOf(name);
    const former = this.byKey.get(key);
    const takeoversMs = (former?.takeoversMs ?? []).filter((atMs) => Math.abs(nowMs - atMs) < DUEL_MS);
    this.noteNamesakes(client, name, nowMs);
    this.names.set(client, name);
    this.byKey.delete(key);
    this.byKey.set(key, { client, takeoversMs });
    if (!former || !this.names.has(former.client)) return undefined;
    takeoversMs.push(nowMs);
    if (takeoversMs.length <= TAKEOVERS_OF_DUEL) return former.client;
    this.noteDuel(client, name, 'two devices take it from each other; both are kept connected', nowMs);
    return undefined;
  }

  /** Ids that several connections have now, those of one device that follow each other left out. */
  shared(): SharedClientIdView[] {
    const connected = new Map<string, SharedClientIdView & { readonly users: string[] }>();
    for (const { tokenId, user, clientId } of this.names.values()) {
      const key = `${tokenId}\u0000${clientId}`;
      const one = connected.get(key) ?? { clientId, connections: 0, users: [] };
      if (!one.users.includes(user)) one.users.push(user);
      connected.set(key, { ...one, connections: one.connections + 1 });
    }
    return [...connected.values()].filter(({ connections }) => connections > 1);
  }

  gone(client: T): void {
    this.names.delete(client);
    if (this.byKey.size > MAX_NOTED) this.byKey.delete(this.byKey.keys().next().value!);
  }

  /** The same client id under another user name is another client; whoever set it up should know all the same. */
  private noteNamesakes(client: T, { tokenId, user, clientId }: ClientName, nowMs: number): void {
    for (const other of this.names.values())
      if (other.clientId === clientId && other.tokenId === tokenId && other.user !== user) {
        const users = `"${other.user}" and "${user}"`;
        this.noteDuel(client, { tokenId, user: '', clientId }, `the users ${users} both have it`, nowMs);
        return;
      }
  }

  private noteDuel(client: T, name: ClientName, what: string, nowMs: number): void {
    const key = keyOf(name);
    const before = this.notedMs.get(key);
    if (before !== undefined && Math.abs(nowMs - before) < NOTE_EVERY_MS) return;
    if (this.notedMs.size >= MAX_NOTED) this.notedMs.clear();
    this.notedMs.set(key, nowMs);
    this.note(client, `client id "${name.clientId}": ${what}. Give each device a client id of its own`);
  }
}

export const keyOf = ({ tokenId, user, clientId }: ClientName): string =>
  `${tokenId}\u0000${user}\u0000${clientId}`;
