/**
 * What a store keeps, and what it promises. One suite of tests holds every implementation to it
 * (`test/store/contract.ts`).
 */
import type { SensorFault } from '@emberwatch/engine/detector';
import type {
  AlarmRecord,
  AuditRow,
  ChangeEntry,
  JournalBatch,
  OutboxRow,
  SettingRow,
  TokenRow,
} from '../records.ts';

/** Everything that becomes durable together, or not at all. */
export interface Commit {
  readonly batches?: readonly JournalBatch[];
  readonly changes?: readonly ChangeEntry[];
  /** By module, channel, kind and beginning: the end of one replaces its row. */
  readonly sensorFaults?: readonly SensorFault[];
  /** By id: the last state of each. */
  readonly alarms?: readonly AlarmRecord[];
  readonly audit?: readonly AuditRow[];
  /** By id and channel. */
  readonly outbox?: readonly OutboxRow[];
  /** By key. */
  readonly settings?: readonly SettingRow[];
  /** By id. */
  readonly tokens?: readonly TokenRow[];
}

/** State of the detector as of a journal number. */
export interface Snapshot {
  readonly seq: number;
  readonly takenMs: number;
  /** What it belongs to (versions of state and model): another fingerprint cannot use it. */
  readonly fingerprint: string;
  readonly parts: readonly Uint8Array[];
}

export type Tier = 'raw' | '1min' | '15min';

export interface HistorySeries {
  /** Channel id (`CHANNELS`), or `cell_voltages_v[3]`, `cell_temperatures_degc[3]`, counted from 1. */
  readonly id: string;
  /** Lowest, mean and highest of each step; equal where a step is one frame. NaN where there is none. */
  readonly min: Float64Array;
  readonly mean: Float64Array;
  readonly max: Float64Array;
}

export interface History {
  readonly tier: Tier;
  /** Beginning of each step, Unix ms, rising; with `raw` and `stepMs` 0 the time of each frame. */
  readonly timesMs: Float64Array;
  readonly stepMs: number;
  readonly series: readonly HistorySeries[];
  /** Steps or frames with at least one late frame in them, as positions in `timesMs`. */
  readonly late: readonly number[];
}

export interface HistoryQuery {
  readonly moduleId: string;
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /** Coarser steps (whole multiples of the tier's) are made where there would be more. */
  readonly maxPoints: number;
  /** Ids of channels; unset: every channel that was measured. */
  readonly channels?: readonly string[];
  readonly withCells?: boolean;
  /** Unset: the finest tier that reaches back to `fromMs` and can be read without long waiting. */
  readonly tier?: Tier;
}

export interface StoreMetrics {
  readonly batches: number;
  readonly frames: number;
  readonly journalRows: number;
  readonly bytesOnDisk: number;
  readonly bytesFree: number;
  readonly schemaVersion: number;
  readonly oldestRawMs: number | null;
}

export interface Opening {
  /** Why the end of the audit log is not as it was written; null: it is. */
  readonly auditWhy: string | null;
  /** What others than its owner could read or write until now, in words. */
  readonly tightened: readonly string[];
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Give it back for the next page; null: there is none. */
  readonly cursor: string | null;
}

export interface Store {
  /** Bytes of deliveries that are given to `commit` and not yet on disk: what the doors answer BUSY by. */
  readonly pendingBytes: number;

  /** All or nothing, on disk when it resolves (survives the end of the process at any instant). @throws ServiceError
   * `STORAGE_FULL` or `STORAGE_FAILED`: nothing of it is kept, and the store goes on working once there is room. */
  commit(commit: Commit): Promise<void>;

  /** Journal after `seq`, in order, as far as it was not pruned. */
  journalAfter(seq: number, limit: number): Promise<readonly JournalBatch[]>;
  /** Highest stored number of each gateway and epoch (the latest epochs of each gateway are kept). */
  deliveries(): Promise<readonly { gatewayId: string; epoch: string; number: number }[]>;
  lastSeq(): Promise<number>;

  /** Replaces the last one, at once or not at all; journal rows up to its `seq` that are folded may then be pruned. The
   * parts are given away: nothing is left of them where they came from. */
  saveSnapshot(snapshot: Snapshot): Promise<void>;
  snapshot(): Promise<Snapshot | null>;

  history(query: HistoryQuery): Promise<History>;
  /** Exact frames of modules in time order, encoded by `FrameEncoder`, in pieces: for evidence, export and replay. */
  frames(moduleIds: readonly string[] | null, fromMs: number, toMs: number): AsyncIterable<Uint8Array>;
  /** Modules ever stored, with first and last time. */
  modules(): Promise<readonly { moduleId: string; rackId: string | null; firstMs: number; lastMs: number }[]>;

  changes(query: {
    moduleId?: string;
    fromMs?: number;
    toMs?: number;
    limit: number;
    cursor?: string;
  }): Promise<Page<ChangeEntry>>;
  sensorFaults(query: {
    moduleId?: string;
    openOnly?: boolean;
    limit: number;
    cursor?: string;
  }): Promise<Page<SensorFault>>;
  /** Newest first. */
  alarms(query: {
    open?: boolean;
    kind?: string;
    source?: string;
    fromMs?: number;
    toMs?: number;
    limit: number;
    cursor?: string;
  }): Promise<Page<AlarmRecord>>;
  alarm(id: string): Promise<AlarmRecord | null>;
  audit(query: { afterSeq: number; limit: number; subject?: string }): Promise<readonly AuditRow[]>;
  lastAudit(): Promise<AuditRow | null>;
  /** What was found when it was opened. */
  opening(): Promise<Opening>;
  waitingOutbox(limit: number): Promise<readonly OutboxRow[]>;

  tokens(): Promise<readonly TokenRow[]>;
  /** Small settings that outlive a restart, as JSON. */
  setting(key: string): Promise<string | null>;
  /** Those whose key begins so, in the order of their keys. */
  settings(prefix: string): Promise<readonly SettingRow[]>;

  /** Whether what is written can be found again: the directory is the one that was opened. To be asked every second.
   * @throws ServiceError `STORAGE_FAILED` with what differs; then nothing else is written either */
  checkPlace(): Promise<void>;
  /** Folds, rolls up, forgets what is older than the retention, gives room back; returns what it did. */
  maintain(nowMs: number): Promise<{ folded: number; rolledUp: number; forgotten: number }>;
  metrics(): Promise<StoreMetrics>;
  /** A whole copy that can be opened as it is, made while the service runs. */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Of a store that its path no longer names: where its copy is, null where none could be made. */
export interface Rescue {
  readonly copiedTo: string | null;
}

/** What a store is opened with. */
export interface StoreSettings {
  /** Wall clock, Unix ms. */
  readonly now: () => number;
  readonly retention?: Partial<Retention>;
  /** At the end, where the path names another directory by now: told where a copy of what was open is. */
  readonly onRescue?: (rescue: Rescue) => void;
}

/** @throws ServiceError `STORE_LOCKED`, `STORE_UNUSABLE`, `STORAGE_FULL`, `STORAGE_FAILED` */
export type OpenStore = (directory: string, settings: StoreSettings) => Promise<Store>;

/** How long each tier is kept; windows around alarms are kept in full for `alarmsMs`. */
export interface Retention {
  readonly rawMs: number;
  readonly oneMinuteMs: number;
  readonly fifteenMinutesMs: number;
  readonly alarmsMs: number;
  /** Raw frames so long before and after each hazard alarm live as long as the alarm. */
  readonly aroundAlarmMs: number;
}
