/** What can be set when the service starts, and the limits that hold whatever is set. */
import type { DetectorOptions } from '@emberwatch/engine/detector';

export interface ServiceOptions {
  /** Default 127.0.0.1: there are no accounts yet, so other machines are let in only on purpose. */
  readonly host?: string;
  /** Default 8080; 0 takes a free port. */
  readonly port?: number;
  /** Directory of the built page; found next to the service where absent. */
  readonly pageDirectory?: string;
  /** What is known of the modules beforehand. */
  readonly detector?: Omit<DetectorOptions, 'sink'>;
  /** File of the model that judges beside the rules; without one the rules judge alone. */
  readonly modelFile?: string;
  /** Nothing for so long, on the wall clock: the state is shown as unknown. Default 30 s. */
  readonly silentAfterMs?: number;
  /** Default `warn`; written to standard error. */
  readonly logLevel?: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Wall clock, Unix ms. */
  readonly now?: () => number;
  readonly limits?: Partial<Limits>;
}

export const LIMITS = {
  /** A body as it arrives. */
  bodyBytes: 8 * 1024 * 1024,
  /** The same body after gzip: a bomb ends here. */
  inflatedBytes: 32 * 1024 * 1024,
  /** Batches that are read or unpacked at the same time. */
  batchesInFlight: 8,
  modules: 2048,
  moduleIdChars: 128,
  changes: 500,
  sensorFaults: 500,
  /** Rejections that one answer lists; all are counted. */
  rejectionsListed: 20,
  /** Pages connected to the event stream. */
  clients: 32,
  /** What may wait for one slow page before it is dropped. */
  clientBufferBytes: 4 * 1024 * 1024,
  connections: 512,
  /** For the headers and the body of a request together. */
  requestMs: 30_000,
} as const;

export type Limits = { readonly [K in keyof typeof LIMITS]: number };

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 8080;
export const DEFAULT_SILENT_AFTER_MS = 30_000;

/** A module's clock further ahead of the wall than this is broken, and would make all others look late. */
export const MAX_AHEAD_MS = 24 * 3_600_000;
/** A stamp that leaps so far, away from the wall clock, is believed only when the next frame follows it. */
export const MAX_LEAP_MS = 3_600_000;
/** Frames further behind the site's clock belong to another recording. */
export const MAX_BEHIND_MS = 24 * 3_600_000;

/** How often the server looks for requests that take too long. */
export const REQUEST_CHECK_MS = 1000;
/** How often the wall-clock rules are looked at. */
export const TICK_MS = 1000;
/** At most four batches of verdicts a second. */
export const VERDICTS_EVERY_MS = 250;
export const HEALTH_EVERY_MS = 3000;
export const RETRY_AFTER_S = 1;
