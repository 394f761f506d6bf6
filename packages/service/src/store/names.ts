/**
 * Names come from other machines and may hold anything that JSON can: a NUL ends a text in SQLite, and half a pair of
 * UTF-16 has no UTF-8. Such names are kept quoted; all others stand as they are.
 */
const NEEDS_QUOTES = /^"|[\0\ud800-\udfff]/u;

export const storedName = (name: string): string => (NEEDS_QUOTES.test(name) ? JSON.stringify(name) : name);

export const nameOfStored = (stored: string): string =>
  stored.startsWith('"') ? (JSON.parse(stored) as string) : stored;
