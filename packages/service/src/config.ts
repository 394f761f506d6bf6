/** What can be set when the service starts, and the limits that hold whatever is set. */
import type { DetectorOptions } from '@emberwatch/engine/detector';
import type { AccessMode } from './auth/access.ts';
import type { ModbusSettings } from './ingest/modbus/settings.ts';
import type { MqttSettings } from './ingest/mqtt/settings.ts';
import type { SunSpecSettings } from './ingest/sunspec/settings.ts';
import type { HeartbeatSettings, NotifySettings, OutboundSettings } from './notify/settings.ts';
import type { SiteDescription } from './settings.ts';
import type { Retention } from './store/store.ts';

export interface ServiceOptions {
  /** What the site is, and which modules it has. Default: a site called `site` of which nothing is known. */
  readonly site?: SiteDescription;
  /** Default 127.0.0.1: other machines are let in only on purpose. */
  readonly host?: string;
  /** Default 8080; 0 takes a free port. */
  readonly port?: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Where everything is kept; unset: in a temporary directory that goes with the service. */
  readonly dataDirectory?: string;
  /** `tokens` (default), or `open`: whoever asks from this computer is let in. Only on loopback. */
  readonly access?: AccessMode;
  /** The answer to `GET /metrics` is for everybody. */
  readonly hasPublicMetrics?: boolean;
  /** Directory of the built page; found next to the service where absent. */
  readonly pageDirectory?: string;
  /** What is known of the modules beforehand. */
  readonly detector?: Omit<DetectorOptions, 'sink'>;
  /** File of the model that judges beside the rules; without one the rules judge alone. */
  readonly modelFile?: string;
  /** Nothing for so long, on the wall clock: the state is shown as unknown. Default 30 s. */
  readonly silentAfterMs?: number;
  readonly retention?: Partial<Retention>;
  readonly mqtt?: MqttSettings;
  readonly sunspec?: SunSpecSettings;
  readonly modbus?: ModbusSettings;
  readonly outbound?: OutboundSettings;
  readonly notify?: NotifySettings;
  readonly heartbeat?: HeartbeatSettings;
  /** Default `warn`; written to standard error. */
  readonly logLevel?: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Wall clock, Unix ms. */
  readonly now?: () => number;
  readonly limits?: Partial<Limits>;
}

/** Modules of one service; more are spread over several. */
export const MAX_TOTAL_MODULES = 20_000;

export const LIMITS = {
  /** A body as it arrives. */
  bodyBytes: 8 * 1024 * 1024,
  /** The same body after gzip: a bomb ends here. */
  inflatedBytes: 32 * 1024 * 1024,
  /** Bodies that are being received, unpacked or judged, all together. */
  bodiesBytes: 64 * 1024 * 1024,
  /** Batches that are unpacked, or wait for the disk, at the same time. */
  batchesInFlight: 256,
  /** What may wait for the disk before deliveries are refused. */
  pendingBytes: 64 * 1024 * 1024,
  modules: MAX_TOTAL_MODULES,
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
/** Frames further behind the site's clock are kept, but not judged. */
export const MAX_BEHIND_MS = 24 * 3_600_000;

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
export const SNAPSHOT_EVERY_FRAMES = 300_000;
export const SNAPSHOT_EVERY_MS = 60_000;
