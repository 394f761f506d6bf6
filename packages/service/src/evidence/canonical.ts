/** JSON of which there is one form only, so that a hash over it can be checked by anyone (RFC 8785). */
import { createHash } from 'node:crypto';

/** Keys in order of UTF-16, no blanks; numbers as ECMAScript writes them. @throws TypeError for what JSON cannot say */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
  }
  throw new TypeError(`${String(value)} cannot stand in JSON`);
}

export const sha256Of = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
