/** Starts the service: one process that takes frames, judges them, keeps everything, and tells people. */
import { buildService } from './compose.ts';
import { ServiceError } from './errors.ts';
import { DEFAULT_HOST, DEFAULT_PORT } from './limits.ts';
import type { SignatureState } from './monitor/model-signature.ts';
import type { Monitor } from './monitor/monitor.ts';
import type { ServiceOptions } from './options.ts';
import { textOfHead } from './store/audit-head.ts';

export { ServiceError } from './errors.ts';
export type { Limits } from './limits.ts';
export type { ServiceOptions } from './options.ts';
export { optionsOf, readSettings } from './settings/load.ts';

export interface Service {
  /** Where it answers, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** False where the page was not built: the API answers all the same. */
  readonly hasPage: boolean;
  /** Of the first admin, where there was no token at all: to be shown once. */
  readonly firstToken: string | null;
  /** File of that token, or of an earlier one that nobody has deleted and that is still valid. */
  readonly firstTokenFile: string | null;
  /** What others than its owner could read or write in the data directory until this start, in words. */
  readonly tightened: readonly string[];
  readonly modelSignature: SignatureState | null;
  /** Of the embedded MQTT broker. */
  readonly mqttPort: number | null;
  readonly recovery: Monitor['recovery'];
  /** Why the end of the audit log is not as it was written; null: it is. */
  readonly auditWhy: string | null;
  /** Number and hash of its last row on disk, as `audit verify --head` takes them; null where there is none. */
  auditHead(): string | null;
  /** Takes no more, keeps what was taken, and ends. */
  close(): Promise<void>;
}

/** @throws ServiceError with code LISTEN where the address is taken or not allowed, and as `buildService` */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const service = await buildService(options);
  const { host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
  try {
    const url = await service.app.listen({ host, port }).catch((error: Error) => {
      throw new ServiceError('LISTEN', `${host}:${port}: ${error.message}`, error);
    });
    const { mqttPort } = await service.start();
    const { hasPage, firstToken, monitor, close } = service;
    const { recovery, commitQueue } = monitor;
    const auditHead = (): string | null => commitQueue.auditHead && textOfHead(commitQueue.auditHead);
    const { firstTokenFile, modelSignature } = service;
    return {
      url,
      hasPage,
      firstToken,
      firstTokenFile,
      modelSignature,
      ...service.opening,
      mqttPort,
      recovery,
      auditHead,
      close,
    };
  } catch (error) {
    await service.close();
    throw error;
  }
}
