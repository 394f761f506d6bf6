/** Opens the embedded store: a thread of its own keeps it, so that neither the disk nor a question stops judging. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN } from '@emberwatch/engine/units';
import { ServiceError } from '../errors.ts';
import { STORE_FILE } from './disk.ts';
import { bytesOf } from './sizes.ts';
import type {
  Commit,
  HistoryQuery,
  Rescue,
  Retention,
  Snapshot,
  Store,
  StoreMetrics,
  StoreSettings,
} from './store.ts';
import type { Methods, Reply, Request, WireError, WorkerTask } from './worker.ts';

export interface StoreOptions extends StoreSettings {
  /** With less room on the disk readings are refused, and alarms, audit log and notices are still kept. */
  readonly minFreeBytes?: number;
  /** Frames in memory are folded into chunks at so many bytes, or when the oldest is so old. */
  readonly foldBytes?: number;
  readonly foldAfterMs?: number;
  /** Deliveries that wait for the disk; more are refused as BUSY. */
  readonly maxPendingBytes?: number;
}

export const DEFAULT_RETENTION: Retention = {
  rawMs: 30 * MS_PER_DAY,
  oneMinuteMs: 2 * 365 * MS_PER_DAY,
  fifteenMinutesMs: 20 * 365 * MS_PER_DAY,
  alarmsMs: 10 * 365 * MS_PER_DAY,
  aroundAlarmMs: 6 * MS_PER_H,
};

const STORE_DEFAULTS = {
  minFreeBytes: 256 * 1024 * 1024,
  foldBytes: 64 * 1024 * 1024,
  foldAfterMs: 5 * MS_PER_MIN,
  maxPendingBytes: 256 * 1024 * 1024,
} as const;

/**
 * @param path data directory; made where it is missing, readable by its owner only
 * @throws ServiceError `STORE_LOCKED` where another process has it open; `STORE_UNUSABLE` for what is no store or is of a
 * newer version; `STORAGE_FULL`, `STORAGE_FAILED`
 */
export async function openStore(path: string, options: StoreOptions): Promise<Store> {
  const { now, retention, maxPendingBytes = STORE_DEFAULTS.maxPendingBytes, onRescue, ...rest } = options;
  const settings = {
    directory: path,
    minFreeBytes: rest.minFreeBytes ?? STORE_DEFAULTS.minFreeBytes,
    foldBytes: rest.foldBytes ?? STORE_DEFAULTS.foldBytes,
    foldAfterMs: rest.foldAfterMs ?? STORE_DEFAULTS.foldAfterMs,
    retention: { ...DEFAULT_RETENTION, ...retention },
  };
  const link = new Link(startThread({ task: 'serve', settings }), now);
  await link.ready;
  return new EmbeddedStore(link, path, maxPendingBytes, onRescue);
}

/** What is kept for ever: for work on a store whose settings are not known. */
const EVERYTHING: Retention = {
  rawMs: Number.POSITIVE_INFINITY,
  oneMinuteMs: Number.POSITIVE_INFINITY,
  fifteenMinutesMs: Number.POSITIVE_INFINITY,
  alarmsMs: Number.POSITIVE_INFINITY,
  aroundAlarmMs: 0,
};

/**
 * Does at once what a running service does in small steps: folds, rolls up, gives room back. Nothing is forgotten.
 *
 * @throws ServiceError as `openStore`; `STORE_UNUSABLE` where there is no store
 */
export async function maintainStore(
  path: string,
  nowMs: number,
): Promise<{ folded: number; rolledUp: number; metrics: StoreMetrics }> {
  if (!existsSync(join(path, STORE_FILE)))
    throw new ServiceError('STORE_UNUSABLE', `${path} holds no ${STORE_FILE}.`);
  const store = await openStore(path, { now: () => nowMs, retention: EVERYTHING, foldAfterMs: 0 });
  try {
    const done = { folded: 0, rolledUp: 0 };
    for (;;) {
      const { folded, rolledUp } = await store.maintain(nowMs);
      done.folded += folded;
      done.rolledUp += rolledUp;
      if (folded + rolledUp === 0) return { ...done, metrics: await store.metrics() };
    }
  } finally {
    await store.close();
  }
}

type Method = keyof Methods;
type Answer<M extends Method> = Awaited<ReturnType<Methods[M]>>;

interface Waiter {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** Requests to the thread, and its answers. */
class Link {
  /** Settles once the store is open. */
  readonly ready: Promise<unknown>;
  private readonly worker: Worker;
  private readonly now: () => number;
  private readonly waiting = new Map<number, Waiter>();
  private lastId = 0;
  private ended: Error | null = null;

  constructor(worker: Worker, now: () => number) {
    this.worker = worker;
    this.now = now;
    this.ready = this.expect(0);
    worker.on('message', (reply: Reply) => {
      const waiter = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if ('error' in reply) waiter?.reject(errorOfWire(reply.error));
      else waiter?.resolve(reply.result as never);
    });
    worker.on('error', (error) => this.end(error));
    worker.on('exit', () => this.end(new Error('the thread of the store has ended')));
  }

  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<Answer<M>> {
    return this.send(method, args);
  }

  /** @param given buffers that change hands instead of being copied */
  send<T>(
    method: Request['method'],
    args: readonly unknown[],
    given: readonly ArrayBuffer[] = [],
  ): Promise<T> {
    if (this.ended) return Promise.reject(new ServiceError('STORAGE_FAILED', this.ended.message, this.ended));
    const id = ++this.lastId;
    const answer = this.expect<T>(id);
    this.worker.postMessage({ id, method, args, nowMs: this.now() } satisfies Request, given);
    return answer;
  }

  get nowMs(): number {
    return this.now();
  }

  /** The end of the thread, after its last answer. */
  async close(): Promise<Rescue | null> {
    if (this.ended) return null;
    const exited = new Promise((done) => this.worker.once('exit', done));
    const rescue = await this.call('close');
    await exited;
    return rescue;
  }

  private expect<T>(id: number): Promise<T> {
    return new Promise<T>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  private end(error: Error): void {
    this.ended ??= error;
    const failed = new ServiceError('STORAGE_FAILED', `${this.ended.message}.`, this.ended);
    for (const { reject } of this.waiting.values()) reject(failed);
    this.waiting.clear();
  }
}

const errorOfWire = ({ code, text, isRange }: WireError): Error =>
  code !== null
    ? new ServiceError(code, text)
    : isRange
      ? new RangeError(text)
      : new ServiceError('INTERNAL', text);

class EmbeddedStore implements Store {
  private readonly link: Link;
  private readonly path: string;
  private readonly maxPendingBytes: number;
  private readonly onRescue: StoreOptions['onRescue'];
  private pending = 0;

  constructor(link: Link, path: string, maxPendingBytes: number, onRescue: StoreOptions['onRescue']) {
    this.link = link;
    this.path = path;
    this.maxPendingBytes = maxPendingBytes;
    this.onRescue = onRescue;
  }

  get pendingBytes(): number {
    return this.pending;
  }

  async commit(commit: Commit): Promise<void> {
    const bytes = bytesOf(commit);
    if (bytes > 0 && this.pending > 0 && this.pending + bytes > this.maxPendingBytes)
      throw new ServiceError('BUSY', `${this.pending} bytes wait for the disk.`);
    this.pending += bytes;
    try {
      await this.link.send('commit', [commit]);
    } finally {
      this.pending -= bytes;
    }
  }

  journalAfter(seq: number, limit: number) {
    return this.link.call('journalAfter', seq, limit);
  }

  deliveries() {
    return this.link.call('deliveries');
  }

  lastSeq() {
    return this.link.call('lastSeq');
  }

  saveSnapshot(snapshot: Snapshot): Promise<void> {
    // What is a view of something larger is copied.
    const given = snapshot.parts.flatMap(({ buffer, byteLength }) =>
      buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
    );
    return this.link.send('saveSnapshot', [snapshot], given);
  }

  snapshot() {
    return this.link.call('snapshot');
  }

  history(query: HistoryQuery) {
    return this.link.call('history', query);
  }

  async *frames(
    moduleIds: readonly string[] | null,
    fromMs: number,
    toMs: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let next: number | null = fromMs; next !== null; ) {
      const piece: Answer<'piece'> = await this.link.call('piece', moduleIds, next, toMs);
      if (!piece) return;
      yield piece.bytes;
      next = piece.nextMs;
    }
  }

  modules() {
    return this.link.call('modules');
  }

  changes(query: Parameters<Store['changes']>[0]) {
    return this.link.call('changes', query);
  }

  sensorFaults(query: Parameters<Store['sensorFaults']>[0]) {
    return this.link.call('sensorFaults', query);
  }

  alarms(query: Parameters<Store['alarms']>[0]) {
    return this.link.call('alarms', query);
  }

  alarm(id: string) {
    return this.link.call('alarm', id);
  }

  audit(query: Parameters<Store['audit']>[0]) {
    return this.link.call('audit', query);
  }

  lastAudit() {
    return this.link.call('lastAudit');
  }

  opening() {
    return this.link.call('opening');
  }

  waitingOutbox(limit: number) {
    return this.link.call('waitingOutbox', limit);
  }

  tokens() {
    return this.link.call('tokens');
  }

  setting(key: string) {
    return this.link.call('setting', key);
  }

  settings(prefix: string) {
    return this.link.call('settings', prefix);
  }

  checkPlace() {
    return this.link.call('checkPlace');
  }

  maintain(nowMs: number) {
    return this.link.call('maintain', nowMs);
  }

  metrics() {
    return this.link.call('metrics', this.link.nowMs);
  }

  /** In another thread, beside the work of this one. */
  async backup(path: string): Promise<void> {
    // It is opened by its path.
    await this.checkPlace();
    const worker = startThread({ task: 'backup', from: this.path, to: path });
    return new Promise((resolve, reject) => {
      worker.once('message', (reply: Reply) =>
        'error' in reply ? reject(errorOfWire(reply.error)) : resolve(),
      );
      worker.once('error', reject);
    });
  }

  async close(): Promise<void> {
    const rescue = await this.link.close();
    if (rescue) this.onRescue?.(rescue);
  }
}

/** The source of the worker beside this one, or, in a bundle, the file that `build.mjs` makes of it. */
function startThread(workerData: WorkerTask): Worker {
  const extension = /\.\w+$/.exec(new URL(import.meta.url).pathname)![0];
  if (extension !== '.ts')
    return new Worker(new URL(`./store-worker${extension}`, import.meta.url), { workerData });
  // A thread cannot start with a file that has to be translated first, so it starts with what translates.
  const path = fileURLToPath(new URL('./worker.ts', import.meta.url));
  const translator = createRequire(import.meta.url).resolve('tsx/cjs/api');
  const start = `require(${JSON.stringify(translator)}).register(); require(${JSON.stringify(path)})`;
  return new Worker(start, { eval: true, workerData });
}
