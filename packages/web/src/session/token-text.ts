/** What is wrong with a token before it is sent: refusals are counted, and ten block an address for a minute. */
import { RequestError, wordsOf } from './request-error.ts';

/** `ew_` and 43 letters. */
const TOKEN_CHARS = 46;
const TOKEN_PATTERN = /^ew_[A-Za-z0-9_-]{43}$/;

/** Null where it may be one. */
export function slipOf(token: string): string | null {
  if (token === '') return 'Enter a token.';
  if (TOKEN_PATTERN.test(token)) return null;
  if (!token.startsWith('ew_')) return 'This is no token: a token begins with "ew_".';
  if (token.length !== TOKEN_CHARS)
    return `This token is not complete: it has ${token.length} characters instead of ${TOKEN_CHARS}.`;
  return 'This token holds characters that no token has.';
}

/** Why signing in was refused, in words for who holds the token. */
export function whyDenied(error: unknown): string {
  if (!(error instanceof RequestError)) return wordsOf(error);
  if (error.code === 'UNAUTHENTICATED') return 'This token is unknown here, has expired, or was revoked.';
  if (error.code === 'FORBIDDEN')
    return 'This is the token of a gateway: it delivers readings, and looks at nothing.';
  if (error.code === 'UNREACHABLE') return 'The service does not answer. Try again in a moment.';
  return error.words;
}
