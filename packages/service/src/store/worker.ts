/** The thread of the store: answers requests, and writes commits that wait together in one transaction. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { ServiceError } from '../errors.ts';
import { backupStore } from './backup.ts';
import { storageError } from './disk.ts';
import { bytesOf } from './sizes.ts';
import { type EngineSettings, StoreEngine } from './sqlite-store.ts';
import type { Commit } from './store.ts';

/** What the thread is started with: to serve a store, or to copy one and end. */
export type WorkerTask =
  | { readonly task: 'serve'; readonly settings: EngineSettings }
  | { readonly task: 'backup'; readonly from: string; readonly to: string };

export interface Request {
  readonly id: number;
  readonly method: keyof Methods | 'commit';
  readonly args: readonly unknown[];
  /** Wall clock, Unix ms. */
  readonly nowMs: number;
}

export interface WireError {
  readonly code: ServiceError['code'] | null;
  /** Of a ServiceError its detail. */
  readonly text: string | undefined;
  readonly isRange: boolean;
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WireError };

/** Bytes of one transaction: a commit waits for no more than this before its own. */
const GROUP_BYTES = 8 * 1024 * 1024;

const methodsOf = (engine: StoreEngine) => ({
  journalAfter: (seq: number, limit: number) => engine.journal.after(seq, limit),
  deliveries: () => engine.journal.deliveries(),
  lastSeq: () => engine.journal.lastSeq,
  saveSnapshot: engine.saveSnapshot.bind(engine),
  snapshot: () => engine.journal.snapshot(),
  history: engine.history.bind(engine),
  piece: engine.piece.bind(engine),
  modules: () => engine.moduleList(),
  changes: engine.tables.changes.bind(engine.tables),
  sensorFaults: engine.tables.sensorFaults.bind(engine.tables),
  alarms: engine.tables.alarms.bind(engine.tables),
  alarm: engine.tables.alarm.bind(engine.tables),
  audit: engine.tables.audit.bind(engine.tables),
  lastAudit: () => engine.tables.lastAudit(),
  opening: () => engine.opening,
  waitingOutbox: engine.tables.waitingOutbox.bind(engine.tables),
  tokens: () => engine.tables.tokens(),
  setting: engine.tables.setting.bind(engine.tables),
  settings: engine.tables.settings.bind(engine.tables),
  checkPlace: engine.checkPlace.bind(engine),
  maintain: engine.maintain.bind(engine),
  metrics: engine.metrics.bind(engine),
  close: () => engine.close(),
});
export type Methods = ReturnType<typeof methodsOf>;

const wireError = (error: unknown): WireError =>
  error instanceof ServiceError
    ? { code: error.code, text: error.detail, isRange: false }
    : { code: null, text: String((error as Error).message ?? error), isRange: error instanceof RangeError };

function serve(port: MessagePort, settings: EngineSettings): void {
  const engine = new StoreEngine(settings, () => new Promise((done) => setImmediate(done)));
  const methods = methodsOf(engine) as Record<string, (...args: never[]) => unknown>;
  let waiting: Request[] = [];

  const answer = (reply: Reply): void => port.postMessage(reply);
  const call = async ({ id, method, args }: Request): Promise<void> => {
    try {
      answer({ id, result: await methods[method]!(...(args as never[])) });
    } catch (error) {
      answer({ id, error: wireError(storageError(error)) });
    }
    if (method === 'close') port.close();
  };
  const take = (request: Request): void => {
    if (request.method === 'commit') waiting.push(request);
    else {
      // What was given before the end is written before it.
      if (request.method === 'close') writeAll();
      void call(request);
    }
  };
  const writeGroup = (): void => {
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && bytes < GROUP_BYTES)
      bytes += bytesOf(waiting[count++]!.args[0] as Commit);
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    const outcomes = engine.commitAll(
      group.map(({ args }) => args[0] as Commit),
      group.at(-1)!.nowMs,
    );
    for (const [at, { id }] of group.entries()) {
      const error = outcomes[at];
      answer(error === null ? { id, result: undefined } : { id, error: wireError(error) });
    }
  };
  const writeAll = (): void => {
    while (waiting.length > 0) writeGroup();
  };
  port.on('message', (request: Request) => {
    take(request);
    // What came in while the last group was written joins this one.
    for (let next: { message: Request } | undefined; (next = receiveMessageOnPort(port) as typeof next); )
      take(next.message);
    writeAll();
  });
  answer({ id: 0, result: undefined });
}

const task = workerData as WorkerTask;
const port = parentPort!;
try {
  if (task.task === 'serve') serve(port, task.settings);
  else port.postMessage({ id: 0, result: backupStore(task.from, task.to) } satisfies Reply);
} catch (error) {
  port.postMessage({ id: 0, error: wireError(storageError(error)) } satisfies Reply);
}
