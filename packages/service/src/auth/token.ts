/** Tokens: made here, kept only as SHA-256. With 256 random bits a plain hash is enough: there is nothing to guess. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../errors.ts';
import { ROLES, type Role, type TokenRow } from '../records.ts';

export const TOKEN_PATTERN = /^ew_[A-Za-z0-9_-]{43}$/;

const SECRET_BYTES = 32;
const ID_BYTES = 6;
const MAX_PATTERNS = 64;
const MAX_PATTERN_CHARS = 128;
/** A name stands in the audit log; that of a gateway also in topics and headers. */
const PERSON_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@:'-]{0,63}$/u;
const GATEWAY_NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
/** Under this name the service itself acts. */
const OWN_NAME = 'emberwatch';

export interface TokenInput {
  readonly name: string;
  readonly role: Role;
  /** Of a gateway: what it may deliver, each a name or a beginning with `*` at its end; `*` alone: any module. */
  readonly modules?: readonly string[] | null;
  /** Unix ms; null or absent: never. */
  readonly expiresMs?: number | null;
}

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

export const isSameHash = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** @throws ServiceError `INVALID_REQUEST` with field and value */
export function newToken(
  input: TokenInput,
  nowMs: number,
): { readonly row: TokenRow; readonly token: string } {
  checkInput(input, nowMs);
  const token = `ew_${newSecret()}`;
  const row: TokenRow = {
    id: `t${randomBytes(ID_BYTES).toString('hex')}`,
    name: input.name,
    role: input.role,
    hash: hashOf(token),
    modules: input.modules ?? null,
    createdMs: nowMs,
    expiresMs: input.expiresMs ?? null,
    revokedMs: null,
  };
  return { row, token };
}

/** What the audit log says of a new token, and of one that was revoked. */
export const createdDetail = (row: TokenRow) => {
  const { name, role, modules, expiresMs } = row;
  return { name, role, modules, expiresMs, tokenSha256: hashOf(JSON.stringify(row)) };
};
export const revokedDetail = (row: TokenRow) => ({
  name: row.name,
  role: row.role,
  tokenSha256: hashOf(JSON.stringify(row)),
});

function checkInput({ name, role, modules, expiresMs }: TokenInput, nowMs: number): void {
  if (!ROLES.includes(role)) deny('role', role, `expected one of ${ROLES.join(', ')}`);
  const pattern = role === 'gateway' ? GATEWAY_NAME : PERSON_NAME;
  if (!pattern.test(name) || name.toLowerCase() === OWN_NAME) {
    const letters =
      role === 'gateway' ? 'letters A to Z, digits and ._:-' : "letters, digits, spaces and ._@:'-";
    deny('name', name, `expected 1 to 64 ${letters}, other than "${OWN_NAME}"`);
  }
  if (expiresMs !== undefined && expiresMs !== null && !(expiresMs > nowMs))
    deny('expiresMs', expiresMs, 'expected a time to come, Unix ms');
  if (modules === undefined || modules === null) {
    if (role === 'gateway')
      deny('modules', 'nothing', 'expected the modules that it may deliver, or "*" for any module');
    return;
  }
  if (role !== 'gateway') deny('modules', modules.join(', '), `only a gateway is bound to modules`);
  if (modules.length === 0 || modules.length > MAX_PATTERNS)
    deny('modules', modules.length, `expected 1 to ${MAX_PATTERNS} names`);
  for (const module of modules)
    if (!/^[^*]*\*?$/.test(module) || module === '' || module.length > MAX_PATTERN_CHARS)
      deny('modules', module, 'expected a name, or a beginning with * at its end');
}

function deny(field: string, value: unknown, expected: string): never {
  throw new ServiceError('INVALID_REQUEST', `${field}: ${expected}; got "${String(value).slice(0, 60)}".`);
}
