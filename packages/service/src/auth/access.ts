/**
 * Who is asking. All tokens are held in memory, so that a failing disk keeps out nobody who is known: it stops new
 * tokens, never readings.
 */
import { ServiceError } from '../errors.ts';
import type { Identity, TokenRow } from '../records.ts';
import type { Store } from '../store/store.ts';
import { Sessions } from './sessions.ts';
import { Throttle } from './throttle.ts';
import { hashOf, isSameHash, newToken, TOKEN_PATTERN, type TokenInput } from './token.ts';

/** `open`: whoever asks from this computer is an engineer, without a token. For trying out. */
export type AccessMode = 'tokens' | 'open';

export interface AccessOptions {
  readonly store: Pick<Store, 'tokens' | 'setting'>;
  /** Where tokens and sessions are kept, each token together with its row of the audit log. */
  readonly keep: Keeper;
  /** Puts the token of the first admin where who runs the service finds it, before it is valid. */
  readonly announce?: (token: string) => void;
  readonly mode: AccessMode;
  readonly now: () => number;
  /** Gateways that are the service itself: devices that it reads. */
  readonly ownGateways?: readonly string[];
  /** Resolves once it is on disk. */
  readonly audit: (actor: string, action: string, subject: string, detail: unknown) => Promise<void>;
  /** What could not be written down. */
  readonly log: { warn(what: object, words: string): void };
}

export interface Keeper {
  /** Nothing of it is kept where it fails. @throws ServiceError of the store */
  createToken(row: TokenRow, byName: string): Promise<void>;
  /** Where it fails it is tried again. @throws ServiceError of the store */
  revokeToken(row: TokenRow, byName: string): Promise<void>;
  isTokenStored(id: string): boolean;
  /** As `revokeToken`. */
  saveSetting(key: string, value: string): Promise<void>;
}

/** Where somebody knocks. */
export interface Caller {
  readonly address: string;
  /** `http`, `mqtt`, …, as it stands in the audit log. */
  readonly door: string;
}

export interface TokenInfo extends Omit<TokenRow, 'hash'> {
  /** False: its revocation holds, and is lost where the service ends before the disk takes it. */
  readonly isStored: boolean;
}

export interface SignedIn {
  readonly identity: Identity;
  /** For the cookie. */
  readonly secret: string;
  readonly endsMs: number;
}

/**
 * An engineer, because the demo delivers, and everything on the page is to be tried. Not an admin: a token that was made
 * while the door stood open would be valid after it was closed.
 */
export const OPEN_IDENTITY: Identity = {
  tokenId: 'open',
  name: 'open access',
  role: 'engineer',
  modules: null,
};

const SESSIONS_KEY = 'sessions';
/** Revoked ones are kept, for the audit log to have its names. */
const MAX_TOKENS = 10_000;

export class Access {
  readonly mode: AccessMode;
  private readonly options: AccessOptions;
  private readonly byHash = new Map<string, TokenRow>();
  private readonly byId = new Map<string, TokenRow>();
  private readonly gatewayNames: Set<string>;
  private readonly sessions = new Sessions();
  private readonly throttle = new Throttle();

  private constructor(options: AccessOptions) {
    this.options = options;
    this.mode = options.mode;
    this.gatewayNames = new Set(options.ownGateways);
  }

  /**
   * `firstToken`: that of the first admin, made where there never was one; to be shown once.
   *
   * @throws ServiceError of the store
   */
  static async open(options: AccessOptions): Promise<{ access: Access; firstToken: string | null }> {
    const access = new Access(options);
    for (const row of await options.store.tokens()) access.remember(row);
    await access.loadSessions();
    if (options.mode === 'open' || access.hasHadAdmin()) return { access, firstToken: null };
    const { row, token } = newToken({ name: 'first admin', role: 'admin' }, options.now());
    options.announce?.(token);
    await options.keep.createToken(row, 'emberwatch');
    access.remember(row);
    return { access, firstToken: token };
  }

  /** Whose token it is; null where it is unknown, expired or revoked. */
  identify(token: string): Identity | null {
    const row = this.rowOf(token);
    return row && this.isLive(row) ? identityOf(row) : null;
  }

  /** Whose session it is; a session that is used lives on. */
  identifySession(secret: string): { readonly identity: Identity; readonly endsMs: number } | null {
    const session = this.sessions.use(secret, this.options.now());
    const row = session && this.byId.get(session.tokenId);
    return row && this.isLive(row) ? { identity: identityOf(row), endsMs: session.endsMs } : null;
  }

  /**
   * As `identify`, for a door: refusals are counted and audited.
   *
   * @throws ServiceError `UNAUTHENTICATED`, `TOO_MANY_ATTEMPTS`
   */
  admit(token: string, caller: Caller): Identity {
    const identity = this.identify(token);
    if (identity) return identity;
    const row = this.rowOf(token);
    const why = row === null ? 'unknown' : row.revokedMs === null ? 'expired' : 'revoked';
    return this.deny(caller, row, why);
  }

  /** As `admit`; null where it refuses. */
  tryAdmit(token: string, caller: Caller): Identity | null {
    try {
      return this.admit(token, caller);
    } catch (error) {
      if (error instanceof ServiceError) return null;
      throw error;
    }
  }

  /** What an identity may do now: null once its token was revoked or has expired. */
  isStillLive({ tokenId }: Identity): boolean {
    if (tokenId === OPEN_IDENTITY.tokenId) return this.mode === 'open';
    const row = this.byId.get(tokenId);
    return row !== undefined && this.isLive(row);
  }

  /** @throws ServiceError `UNAUTHENTICATED`, `TOO_MANY_ATTEMPTS`; `FORBIDDEN` to a gateway: it has nothing to look at */
  async signIn(token: string, caller: Caller): Promise<SignedIn> {
    const identity = this.admit(token, caller);
    if (identity.role === 'gateway') {
      this.write(identity.name, 'auth.refused', identity.tokenId, { ...caller, why: 'gateway' });
      throw new ServiceError('FORBIDDEN', 'The token of a gateway opens no page.');
    }
    const { secret, endsMs } = this.sessions.start(identity.tokenId, identity.role, this.options.now());
    // Who is known comes in even where this cannot be written: a full disk is when the page is needed.
    this.write(identity.name, 'auth.signed-in', identity.tokenId, caller);
    this.saveSessions();
    return { identity, secret, endsMs };
  }

  signOut(secret: string, identity: Identity, caller: Caller): void {
    if (!this.sessions.end(secret)) return;
    this.write(identity.name, 'auth.signed-out', identity.tokenId, caller);
    this.saveSessions();
  }

  /** Names of the gateways whose tokens may deliver any module. */
  gatewaysOfAnyModule(): string[] {
    const names = new Set<string>();
    for (const row of this.byId.values())
      if (row.role === 'gateway' && this.isLive(row) && (row.modules === null || row.modules.includes('*')))
        names.add(row.name);
    return [...names].sort();
  }

  /** Names under which nobody delivers but the gateway itself. */
  isGatewayName(name: string): boolean {
    return this.gatewayNames.has(name);
  }

  /** Newest first, without hashes. */
  list(): TokenInfo[] {
    const rows = [...this.byId.values()].sort((a, b) => b.createdMs - a.createdMs);
    return rows.map((row) => this.infoOf(row));
  }

  /** The token itself is in the answer, and nowhere else ever. @throws ServiceError `INVALID_REQUEST`, or of the store */
  async create(input: TokenInput, actor: string): Promise<{ info: TokenInfo; token: string }> {
    if (this.byId.size >= MAX_TOKENS)
      throw new ServiceError('TOO_MANY_TOKENS', `The limit is ${MAX_TOKENS}.`);
    const { row, token } = newToken(input, this.options.now());
    await this.options.keep.createToken(row, actor);
    this.remember(row);
    return { info: this.infoOf(row), token };
  }

  /**
   * Holds at once, with its sessions, even where the disk fails: then `isStored` is false until the disk takes it, and the
   * error says so.
   *
   * @throws ServiceError `UNKNOWN_TOKEN`, `LAST_ADMIN`, or of the store
   */
  async revoke(id: string, actor: string): Promise<TokenInfo> {
    const row = this.byId.get(id);
    if (!row) throw new ServiceError('UNKNOWN_TOKEN', `Id "${id.slice(0, 40)}".`);
    if (this.isLastAdmin(row)) throw new ServiceError('LAST_ADMIN');
    const revoked = { ...row, revokedMs: row.revokedMs ?? this.options.now() };
    this.remember(revoked);
    this.sessions.endAllOf(id);
    this.saveSessions();
    await this.options.keep.revokeToken(revoked, actor);
    return this.infoOf(revoked);
  }

  /** Somebody may not do what he asked for. */
  forbid(identity: Identity, caller: Caller, what: string): void {
    this.write(identity.name, 'auth.forbidden', identity.tokenId, { ...caller, what });
  }

  private deny(caller: Caller, row: TokenRow | null, why: string): never {
    const nowMs = this.options.now();
    const blockedMs = this.throttle.blockedForMs(caller.address, nowMs);
    if (blockedMs > 0)
      throw new ServiceError('TOO_MANY_ATTEMPTS', `Again in ${Math.ceil(blockedMs / 1000)} s.`);
    const isBlocked = this.throttle.deny(caller.address, nowMs);
    this.write(row?.name ?? 'unknown', 'auth.refused', row?.id ?? '', { ...caller, why, isBlocked });
    throw new ServiceError('UNAUTHENTICATED');
  }

  /** Refusals are written as far as the throttle lets them; a disk that fails is told to the log. */
  private write(
    actor: string,
    action: string,
    subject: string,
    detail: Record<string, unknown> | Caller,
  ): void {
    const isDenial = action === 'auth.refused' || action === 'auth.forbidden';
    const unwritten = isDenial ? this.throttle.toWrite(this.options.now()) : 0;
    if (unwritten === null) return;
    this.options
      .audit(actor, action, subject, unwritten > 0 ? { ...detail, unwritten } : detail)
      .catch((error: unknown) => this.options.log.warn({ err: error, action }, 'audit row was not written'));
  }

  private async loadSessions(): Promise<void> {
    try {
      this.sessions.load(await this.options.store.setting(SESSIONS_KEY), this.options.now());
    } catch (error) {
      // People sign in once more; that is no reason to watch nothing.
      this.options.log.warn({ err: error }, 'sessions were not read');
    }
  }

  private saveSessions(): void {
    this.options.keep
      .saveSetting(SESSIONS_KEY, this.sessions.toText())
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'sessions were not saved'));
  }

  private infoOf({ hash: _, ...info }: TokenRow): TokenInfo {
    return { ...info, isStored: this.options.keep.isTokenStored(info.id) };
  }

  private rowOf(token: string): TokenRow | null {
    if (!TOKEN_PATTERN.test(token)) return null;
    const hash = hashOf(token);
    const row = this.byHash.get(hash);
    return row && isSameHash(row.hash, hash) ? row : null;
  }

  private remember(row: TokenRow): void {
    this.byHash.set(row.hash, row);
    if (row.role === 'gateway') this.gatewayNames.add(row.name);
    this.byId.set(row.id, row);
  }

  private isLive({ revokedMs, expiresMs }: TokenRow): boolean {
    return revokedMs === null && (expiresMs === null || this.options.now() < expiresMs);
  }

  /** Revoked and expired ones count: otherwise a restart would make a new one behind the back of who revoked it. */
  private hasHadAdmin(): boolean {
    return [...this.byId.values()].some(({ role }) => role === 'admin');
  }

  private isLastAdmin(row: TokenRow): boolean {
    if (row.role !== 'admin' || !this.isLive(row)) return false;
    for (const other of this.byId.values())
      if (other.id !== row.id && other.role === 'admin' && this.isLive(other)) return false;
    return true;
  }
}

const identityOf = ({ id, name, role, modules }: TokenRow): Identity => ({
  tokenId: id,
  name,
  role,
  modules,
});
