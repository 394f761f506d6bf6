/** Why the service did not do what it was asked for. */
import type { ErrorBody } from '../wire.ts';

/** The service did not answer at all. */
export const UNREACHABLE = 'UNREACHABLE';

export class RequestError extends Error {
  override readonly name = 'Refusal';
  /** As in the table of the service, or `UNREACHABLE`. */
  readonly code: string;
  readonly status: number;
  /** What exactly was wrong. */
  readonly detail: string | null;

  constructor(status: number, code: string, message: string, detail: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }

  /** The sentence for people. */
  get words(): string {
    return this.detail === null ? this.message : `${this.message} ${this.detail}`;
  }
}

/** An answer that is no error body came from something else than the service, such as a proxy. */
export function requestErrorOf(status: number, text: string): RequestError {
  const { error } = bodyOf(text);
  if (error) return new RequestError(status, error.code, error.message, error.detail ?? null);
  return new RequestError(status, 'UNEXPECTED', `The service answered ${status}.`);
}

function bodyOf(text: string): Partial<ErrorBody> {
  try {
    return JSON.parse(text) as Partial<ErrorBody>;
  } catch {
    return {};
  }
}

export const wordsOf = (error: unknown): string =>
  error instanceof RequestError ? error.words : error instanceof Error ? error.message : String(error);
