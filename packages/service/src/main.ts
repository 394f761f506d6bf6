/** Starts the service: one process that takes frames over HTTP, judges them and shows what it finds. */
import type { DetectorSink } from '@emberwatch/engine/detector';
import pino from 'pino';
import { EventStream } from './api/events.ts';
import { findPage } from './api/page.ts';
import { buildServer, type Server } from './api/server.ts';
import { healthOf, type Site } from './api/site.ts';
import {
  DEFAULT_HOST,
  DEFAULT_PORT,
  HEALTH_EVERY_MS,
  LIMITS,
  type ServiceOptions,
  TICK_MS,
  VERDICTS_EVERY_MS,
} from './config.ts';
import { ServiceError } from './errors.ts';
import { Fleet, type Judge } from './fleet.ts';
import { IngestDoor } from './ingest/door.ts';
import { loadModelFile } from './model.ts';

export type { Limits, ServiceOptions } from './config.ts';
export { ServiceError } from './errors.ts';

export interface Service {
  /** Where it answers, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** False where the page was not built: the API answers all the same. */
  readonly hasPage: boolean;
  close(): Promise<void>;
}

export interface BuiltService {
  readonly app: Server;
  readonly site: Site;
  readonly hasPage: boolean;
  /** Sends what has changed to the pages and looks at the clock. */
  startTimers(): void;
  close(): Promise<void>;
}

/** Everything but the listening; `judge` takes the place of the detector in tests. */
export async function buildService(
  options: ServiceOptions = {},
  judge?: (sink: DetectorSink) => Judge,
): Promise<BuiltService> {
  const now = options.now ?? Date.now;
  const limits = { ...LIMITS, ...options.limits };
  const loaded = options.modelFile === undefined ? null : await loadModelFile(options.modelFile);
  const events = new EventStream(limits);
  const fleet = new Fleet({
    now,
    limits,
    ...(options.silentAfterMs === undefined ? {} : { silentAfterMs: options.silentAfterMs }),
    detector: { ...options.detector, ...(loaded && { model: loaded.model }) },
    ...(judge === undefined ? {} : { judge }),
    onChange: (change) => events.send('change', change),
    onSensorFault: (fault) => events.send('sensor-fault', fault),
  });
  const model = loaded && { name: loaded.model.name, sha256: loaded.sha256 };
  const site: Site = { model, fleet, door: new IngestDoor(fleet), events, startedMs: now(), now };
  const pageDirectory = findPage(options.pageDirectory);
  const logger = pino({ level: options.logLevel ?? 'warn' }, pino.destination(2));
  const app = await buildServer({ site, host: options.host ?? DEFAULT_HOST, pageDirectory, logger });
  const timers: NodeJS.Timeout[] = [];
  return {
    app,
    site,
    hasPage: pageDirectory !== null,
    startTimers: () => timers.push(...startTimers(site)),
    close: async () => {
      timers.forEach(clearInterval);
      fleet.finish();
      events.close();
      await app.close();
    },
  };
}

function startTimers({ fleet, events, ...rest }: Site): NodeJS.Timeout[] {
  return [
    setInterval(() => fleet.tick(), TICK_MS),
    setInterval(() => {
      const modules = fleet.takeChanged();
      if (modules.length > 0) events.send('verdicts', { clockMs: fleet.clock.timeMs, modules });
    }, VERDICTS_EVERY_MS),
    setInterval(() => events.send('health', healthOf({ fleet, events, ...rest })), HEALTH_EVERY_MS),
  ];
}

/** Throws ServiceError with code LISTEN where the address is taken or not allowed. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const service = await buildService(options);
  const { host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
  try {
    const url = await service.app.listen({ host, port });
    service.startTimers();
    return { url, hasPage: service.hasPage, close: service.close };
  } catch (error) {
    await service.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError('LISTEN', `${host}:${port}: ${reason}`, error);
  }
}
