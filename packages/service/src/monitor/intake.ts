/** The one way in for all doors: HTTP, MQTT, Sparkplug B, SunSpec, Modbus. */
import type { Rejection, RejectionReason, UnknownField } from '@emberwatch/engine/telemetry';
import type { ErrorCode } from '../errors.ts';
import type { RejectCode } from './reject-codes.ts';

export type BodyFormat = 'json' | 'ndjson' | 'csv';

export const PROTOCOLS = ['http', 'mqtt', 'sparkplug', 'sunspec', 'modbus'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Who delivers, and which delivery it is. */
export interface Delivery {
  readonly gatewayId: string;
  readonly door: Protocol;
  /** Id of its token, where it has one: each sender has its turn, whatever the names it delivers under. */
  readonly sender?: string | undefined;
  /**
   * Numbers of one epoch rise by any step; a number that was stored is answered as before and changes nothing.
   * Null: the sender counts nothing, and only the times of the modules tell a repetition.
   */
  readonly sequence: { readonly epoch: string; readonly number: number } | null;
  /** Modules that this sender may deliver (`Identity.modules`); null: all. */
  readonly modules: readonly string[] | null;
  /** A broker had kept it: whatever its stamps say, it is not news. */
  readonly isRetained?: boolean;
}

export interface IngestRejection extends Omit<Rejection, 'reason'> {
  readonly reason: RejectionReason | RejectCode;
}

export interface IngestResult {
  /** Frames that were judged and stored. */
  readonly accepted: number;
  /** Of these, how many were older than a few usual intervals when they arrived: absent where none was. */
  readonly old?: number;
  /** Frames older than what was judged of their module: stored, not judged. */
  readonly late: number;
  /** Frames that had been stored before: nothing changes. */
  readonly repeated: number;
  /** Rows refused. */
  readonly rejected: number;
  /** Single values taken as missing; their rows were judged. */
  readonly rejectedValues: number;
  /** The first of them; all are counted. */
  readonly rejections: readonly IngestRejection[];
  /** The first fields that are not known, each once: they were ignored. */
  readonly unknownFields: readonly UnknownField[];
  /** How often further ones stood there. */
  readonly moreUnknownFields: number;
  /** Set where nothing was taken although it did not come a second time. */
  readonly failure: ErrorCode | null;
}

/** What a delivery of nothing comes to. */
export const NOTHING_DELIVERED: IngestResult = {
  accepted: 0,
  late: 0,
  repeated: 0,
  rejected: 0,
  rejectedValues: 0,
  rejections: [],
  unknownFields: [],
  moreUnknownFields: 0,
  failure: null,
};

export interface Intake {
  /**
   * Resolves once everything that is taken is on disk.
   *
   * @throws ServiceError `NO_TELEMETRY`, `INVALID_JSON`, `BODY_TOO_LARGE` (final); `BUSY`, `STORAGE_FULL`, `STORAGE_FAILED` (try again:
   * nothing of it is acknowledged)
   */
  take(delivery: Delivery, format: BodyFormat, body: Uint8Array): Promise<IngestResult>;
  /** Records in the native schema (`time`, `module_id`, `rack_id`, channel ids, `cell_voltages_v`, …); as `take`. */
  takeRecords(
    delivery: Delivery,
    records: readonly Readonly<Record<string, unknown>>[],
  ): Promise<IngestResult>;
  /** A message that never becomes a delivery, because nothing of it can be read: it counts for its gateway. */
  reject(
    gatewayId: string,
    protocol: Protocol,
    reason: 'bad-body' | 'no-birth' | 'failed',
    detail: string,
  ): void;
  /** Fields that an adapter does not understand and left out of its records. */
  noteUnknownFields(gatewayId: string, names: readonly string[]): void;
  /** The birth of a module that says what changes, and only that: what it will deliver. */
  declareChannels(moduleId: string, channels: readonly string[]): void;
  /** A gateway says that it is there (birth, connection). */
  gatewayBorn(gatewayId: string, protocol: Protocol): void;
  /**
   * A gateway or some of its modules are known to be gone (death, will); null: all of its modules. Those that another
   * gateway delivers, and those beyond `scope` (`Identity.modules` of the sender; null: all), stay as they are.
   */
  gatewayDied(
    gatewayId: string,
    modules: readonly string[] | null,
    why: string,
    scope: readonly string[] | null,
  ): void;
}
