/**
 * Who may hold a connection: strangers give way to whoever comes, so that idle sockets, handshakes that never end and
 * requests that never come shut out nobody; one token holds at most three quarters of all connections.
 */
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly connections: number;
  /** Of one address, as long as they have shown no token. */
  readonly strangersOfAddress: number;
  /** A stranger that asks nothing ends after so long, its TLS handshake included. */
  readonly strangerMs: number;
  /** A stranger that was let ask something (the page, the sign-in) ends after so long without an end of it. */
  readonly requestMs: number;
}

interface Entry {
  readonly socket: Socket;
  readonly address: string;
  /** Id of the token that it has shown; null: a stranger. */
  tokenId: string | null;
  /** A request is under way, or a session that stays open. */
  isBusy: boolean;
  /** When that began or ended. */
  sinceMs: number;
}

/** Of all connections, for one token. */
const SHARE_OF_TOKEN = 3 / 4;
/**
 * Who came a moment ago may be about to show a token: many gateways behind one address that connect at once do. They give way
 * only where all connections are taken.
 */
const YOUNG_MS = 3000;
/** All that are closed are counted; so often one is named in the log. */
const NOTE_EVERY_MS = 10_000;

export interface ConnectionLimiterOptions {
  readonly limits: ConnectionLimits;
  /** Wall clock, Unix ms. */
  readonly now: () => number;
  /** All that come through it have its address: it bounds them itself. Absent: there is none. */
  readonly isProxy?: (address: string) => boolean;
  /** Of one that was closed, why. */
  readonly note: (detail: { readonly address: string; readonly tokenId: string | null }, why: string) => void;
}

/** A socket and the TLS socket around it have the same. */
type Ends = Pick<Socket, 'remoteAddress' | 'remotePort'>;
const keyOf = ({ remoteAddress, remotePort }: Ends): string => `${remoteAddress} ${remotePort}`;

export class ConnectionLimiter {
  /** Closed for others, or turned away. */
  closed = 0;
  private readonly options: ConnectionLimiterOptions;
  private notedMs = Number.NEGATIVE_INFINITY;
  /** Oldest first. */
  private readonly entries = new Map<string, Entry>();

  constructor(options: ConnectionLimiterOptions) {
    this.options = options;
  }

  get size(): number {
    return this.entries.size;
  }

  /** A new one, before anything is read of it; where it cannot be held it is closed. */
  add(socket: Socket): void {
    const { remoteAddress: address } = socket;
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const entry = { socket, address, tokenId: null, isBusy: false, sinceMs: this.options.now() };
    if (!this.makeRoom(address)) {
      this.close(entry, 'all connections are taken by those who have shown a token');
      return;
    }
    const key = keyOf(socket);
    this.entries.set(key, entry);
    socket.once('close', () => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
  }

  /** It asks something; `tokenId` null: of what is open to strangers. */
  begin(ends: Ends, tokenId: string | null): void {
    const entry = this.entries.get(keyOf(ends));
    if (!entry) return;
    entry.isBusy = true;
    entry.sinceMs = this.options.now();
    if (tokenId === null || entry.tokenId === tokenId) return;
    const own = [...this.entries.values()].filter((other) => other.tokenId === tokenId);
    entry.tokenId = tokenId;
    if (own.length >= SHARE_OF_TOKEN * this.options.limits.connections)
      this.close(firstToGo(own), 'its token has too many connections');
  }

  /** It was answered. */
  end(ends: Ends): void {
    const entry = this.entries.get(keyOf(ends));
    if (!entry) return;
    entry.isBusy = false;
    entry.sinceMs = this.options.now();
  }

  /** To be called every second. */
  check(): void {
    const { strangerMs, requestMs } = this.options.limits;
    const nowMs = this.options.now();
    for (const entry of this.entries.values()) {
      const { tokenId, isBusy, sinceMs } = entry;
      if (tokenId === null && nowMs - sinceMs >= (isBusy ? requestMs : strangerMs))
        this.close(entry, 'it has shown no token in time');
    }
  }

  private makeRoom(address: string): boolean {
    const { connections, strangersOfAddress } = this.options.limits;
    const strangers = [...this.entries.values()].filter(({ tokenId }) => tokenId === null);
    const own = strangers.filter((entry) => entry.address === address);
    const nowMs = this.options.now();
    const settled = own.filter(({ sinceMs }) => nowMs - sinceMs >= YOUNG_MS);
    if (own.length >= strangersOfAddress && settled.length > 0 && !this.options.isProxy?.(address))
      this.close(firstToGo(settled), 'its address has too many connections that have shown no token');
    if (this.entries.size < connections) return true;
    const idle = [...this.entries.values()].filter(({ isBusy }) => !isBusy);
    const crowd = strangers.length > 0 ? largestGroup(strangers, (entry) => entry.address) : idle;
    this.close(firstToGo(crowd), 'others need a connection');
    return this.entries.size < connections;
  }

  private close(entry: Entry | undefined, why: string): void {
    if (!entry) return;
    const { address, tokenId, socket } = entry;
    this.closed++;
    this.entries.delete(keyOf(socket));
    socket.destroy();
    const nowMs = this.options.now();
    if (Math.abs(nowMs - this.notedMs) < NOTE_EVERY_MS) return;
    this.notedMs = nowMs;
    this.options.note({ address, tokenId }, why);
  }
}

/** The one that has been idle for the longest; where none is, the one that has been busy for the longest. */
function firstToGo(entries: readonly Entry[]): Entry | undefined {
  let first: Entry | undefined;
  for (const entry of entries) {
    const isBefore = first && (entry.isBusy === first.isBusy ? entry.sinceMs < first.sinceMs : first.isBusy);
    if (!first || isBefore) first = entry;
  }
  return first;
}

function largestGroup(entries: readonly Entry[], keyOfEntry: (entry: Entry) => string): Entry[] {
  const groups = new Map<string, Entry[]>();
  let largest: Entry[] = [];
  for (const entry of entries) {
    const group = groups.get(keyOfEntry(entry)) ?? [];
    group.push(entry);
    groups.set(keyOfEntry(entry), group);
    if (group.length > largest.length) largest = group;
  }
  return largest;
}
