/** Bounds and paces that hold whatever is set. */

/** Modules of one service; more are spread over several. */
export const MAX_TOTAL_MODULES = 20_000;

export const LIMITS = {
  /** A body as it arrives. */
  bodyBytes: 8 * 1024 * 1024,
  /** The same body after gzip: a bomb ends here. */
  inflatedBytes: 32 * 1024 * 1024,
  /** Bodies that are being received, unpacked or judged, all together. */
  bodiesBytes: 128 * 1024 * 1024,
  /** Rows of one body, taken or rejected: all modules of the largest site at one instant, and more. */
  rowsPerBody: 50_000,
  /** Values of cells in one body, taken or rejected. */
  valuesPerBody: 4_000_000,
  /** One record of JSON, or one line: thrice what a module with as many cells as there may be has to say. */
  recordBytes: 256 * 1024,
  /** SunSpec as JSON, unpacked: it is read in one slice. */
  sunspecBytes: 2 * 1024 * 1024,
  /** Columns of CSV. */
  recordFields: 10_000,
  /** Batches that are unpacked, or wait for the disk, at the same time. */
  batchesInFlight: 256,
  /** What may wait for the disk before deliveries are refused. */
  pendingBytes: 64 * 1024 * 1024,
  modules: MAX_TOTAL_MODULES,
  /** Frames that are evaluated apart from the main stream of their module, all modules together. */
  sideStreams: 2000,
  moduleIdChars: 128,
  changes: 500,
  sensorFaults: 500,
  /** Rejections that one answer lists; all are counted. */
  rejectionsListed: 20,
  /** Unknown fields that one answer names. */
  unknownFieldsListed: 20,
  /** Pages connected to the event stream. */
  clients: 32,
  /** What may wait for one slow page before it is dropped. */
  clientBufferBytes: 4 * 1024 * 1024,
  connections: 512,
  /** Of one address, as long as they have shown no token: a proxy has one address for all. */
  strangersOfAddress: 64,
  /** From a connection to the headers of its first request, with its TLS handshake. */
  strangerMs: 10_000,
  /** For the headers and the body of a request together. */
  requestMs: 30_000,
} as const;

export type Limits = { readonly [K in keyof typeof LIMITS]: number };

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 8080;
export const DEFAULT_SILENT_AFTER_MS = 30_000;

/** A clock is called wrong from here on. */
export const MAX_CLOCK_ERROR_MS = 300_000;

/** In playback, frames further behind the clock of the data are kept, but not judged. */
export const MAX_BEHIND_MS = 24 * 3_600_000;

/** What is further behind the main stream of its module, and behind the wall clock, is history. */
export const MAX_BESIDE_MS = 600_000;

/** How often the server looks for requests that take too long. */
export const REQUEST_CHECK_MS = 1000;
/** How often the wall-clock rules are looked at. */
export const TICK_MS = 1000;
/** At most four batches of verdicts a second. */
export const VERDICTS_EVERY_MS = 250;
/** Modules of one of them: of ten thousand each comes every few seconds. Changes of level are told at once. */
export const VERDICTS_AT_ONCE = 500;
export const HEALTH_EVERY_MS = 3000;
export const RETRY_AFTER_S = 1;
/** A test hazard is judged so often. */
export const CANARY_EVERY_MS = 300_000;
/** The store folds, rolls up and forgets so often, a little at a time. */
export const MAINTAIN_EVERY_MS = 5000;
/** State of judgement is written down after so many frames, or so long: what a restart has to judge again. */
export const SNAPSHOT_EVERY_FRAMES = 200_000;
export const SNAPSHOT_EVERY_MS = 60_000;
