/** Every error that leaves the service, in one table: the code is the contract, the words may change. */
export const ERRORS = {
  INVALID_JSON: { status: 400, retriable: false, message: 'The body is not valid JSON.' },
  INVALID_REQUEST: { status: 400, retriable: false, message: 'The request does not have the expected form.' },
  BROKEN_GZIP: { status: 400, retriable: false, message: 'The body is not a complete gzip stream.' },
  NO_TELEMETRY: { status: 400, retriable: false, message: 'The body contains no telemetry.' },
  SET_ASIDE: {
    status: 422,
    retriable: false,
    message:
      'The service failed on this several times. It is set aside for an engineer and was not evaluated.',
  },
  NOTHING_TAKEN: { status: 400, retriable: false, message: 'No row of the body could be accepted.' },
  FOREIGN_HOST: {
    status: 403,
    retriable: false,
    message: 'This service answers only under the names of this computer.',
  },
  UNAUTHENTICATED: {
    status: 401,
    retriable: false,
    message: 'A valid token is needed: "Authorization: Bearer ew_…", or a session of the page.',
  },
  FORBIDDEN: { status: 403, retriable: false, message: 'The token does not allow this.' },
  CROSS_ORIGIN: {
    status: 403,
    retriable: false,
    message: 'A page of another origin may not use the session of this browser.',
  },
  NOT_FOUND: { status: 404, retriable: false, message: 'Not found.' },
  UNKNOWN_MODULE: { status: 404, retriable: false, message: 'No data has been received from this module.' },
  UNKNOWN_GATEWAY: {
    status: 404,
    retriable: false,
    message: 'No data has been received from a gateway of this name.',
  },
  UNKNOWN_ALARM: { status: 404, retriable: false, message: 'No such alarm.' },
  UNKNOWN_TOKEN: { status: 404, retriable: false, message: 'No such token.' },
  NOT_CONFIGURED: { status: 404, retriable: false, message: 'This is not configured for this site.' },
  REASON_REQUIRED: { status: 400, retriable: false, message: 'This needs a reason.' },
  PERSON_REQUIRED: { status: 403, retriable: false, message: 'This must be done by a named person.' },
  SHELVE_LIMIT: {
    status: 400,
    retriable: false,
    message: 'An alarm is shelved for at most eight hours, an emergency never.',
  },
  OUT_OF_SERVICE_LIMIT: {
    status: 400,
    retriable: false,
    message: 'An alarm is out of service for at most thirty days, an emergency never.',
  },
  MAINTENANCE_LIMIT: { status: 400, retriable: false, message: 'Maintenance lasts at most a day.' },
  ALARM_STATE: { status: 409, retriable: false, message: 'The state of the alarm does not allow this.' },
  COMMENT_LIMIT: { status: 409, retriable: false, message: 'The alarm has the maximum number of comments.' },
  LAST_ADMIN: {
    status: 409,
    retriable: false,
    message: 'This is the last admin token. Create another one first.',
  },
  TOO_MANY_TOKENS: {
    status: 409,
    retriable: false,
    message: 'The maximum number of tokens is reached.',
  },
  BODY_TOO_LARGE: { status: 413, retriable: false, message: 'The body is too large; send smaller batches.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    retriable: false,
    message: 'Send application/json, application/x-ndjson or text/csv, in UTF-8.',
  },
  UNSUPPORTED_ENCODING: {
    status: 415,
    retriable: false,
    message: 'Content-Encoding must be gzip or identity.',
  },
  TOO_MANY_REQUESTS: { status: 429, retriable: true, message: 'Too many requests; try again later.' },
  TOO_MANY_ATTEMPTS: {
    status: 429,
    retriable: true,
    message: 'Too many invalid tokens from this address. Try again later.',
  },
  OPEN_TO_NETWORK: {
    status: 500,
    retriable: false,
    message: 'Without tokens the service listens on loopback only.',
  },
  BUSY: { status: 503, retriable: true, message: 'Too many batches at once; try again.' },
  STORAGE_FULL: {
    status: 507,
    retriable: true,
    message: 'The disk is too full to store readings. Nothing was stored.',
  },
  STORAGE_FAILED: { status: 503, retriable: true, message: 'The disk failed. Nothing was stored.' },
  STORE_LOCKED: { status: 500, retriable: true, message: 'Another service uses this data directory.' },
  STORE_UNUSABLE: { status: 500, retriable: false, message: 'The data directory cannot be used.' },
  TOO_MANY_CLIENTS: { status: 503, retriable: true, message: 'Too many pages are connected; try again.' },
  INTERNAL: { status: 500, retriable: true, message: 'The service failed; the reason is in its log.' },
  INVALID_SETTINGS: { status: 500, retriable: false, message: 'The settings cannot be used.' },
  FOREIGN_ADDRESS: {
    status: 502,
    retriable: true,
    message: 'A call to an address that the settings do not allow was blocked.',
  },
  NOT_DELIVERED: { status: 502, retriable: true, message: 'The receiver did not accept a message.' },
  LISTEN: { status: 500, retriable: true, message: 'The service cannot listen on its address.' },
} as const;

export type ErrorCode = keyof typeof ERRORS;

export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  /** What exactly was wrong: place and value, taken from the request. */
  readonly detail: string | undefined;

  constructor(code: ErrorCode, detail?: string, cause?: unknown) {
    super(
      detail === undefined ? ERRORS[code].message : `${ERRORS[code].message} ${detail}`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.detail = detail;
  }

  get retriable(): boolean {
    return ERRORS[this.code].retriable;
  }
}

export interface ErrorBody {
  error: { code: ErrorCode; message: string; retriable: boolean; detail?: string };
}

export const bodyOfError = (code: ErrorCode, detail?: string): ErrorBody => {
  const { message, retriable } = ERRORS[code];
  return { error: { code, message, retriable, ...(detail === undefined ? {} : { detail }) } };
};
