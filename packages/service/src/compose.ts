/** The parts of the service and who gets which, from top to bottom. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DetectorSink } from '@emberwatch/engine/detector';
import pino, { type Logger } from 'pino';
import { EventStream } from './api/events.ts';
import { findPage } from './api/page.ts';
import { buildServer, type Server } from './api/server.ts';
import { type ApiContext, healthOf } from './api/site.ts';
import { retiredOf } from './api/snapshot.ts';
import { Access, type Keeper } from './auth/access.ts';
import { findFirstToken, writeFirstToken } from './auth/first-token.ts';
import { Connections } from './connections.ts';
import { ServiceError } from './errors.ts';
import { canonicalJson, sha256Of } from './evidence/canonical.ts';
import {
  DEFAULT_HOST,
  HEALTH_EVERY_MS,
  LIMITS,
  TICK_MS,
  VERDICTS_AT_ONCE,
  VERDICTS_EVERY_MS,
} from './limits.ts';
import type { DetectorLike } from './monitor/detector-like.ts';
import { claimMode } from './monitor/mode.ts';
import { type LoadedModel, loadModelFile } from './monitor/model-file.ts';
import type { SignatureState } from './monitor/model-signature.ts';
import { Monitor } from './monitor/monitor.ts';
import { redactedHeartbeat, redactedNotify } from './notify/secrets.ts';
import type { ServiceOptions } from './options.ts';
import { takeSunSpec } from './protocols/sunspec/intake.ts';
import { openStore } from './store/open.ts';
import type { Opening, Store } from './store/store.ts';

const VERSION = '0.1.0';
const NAMELESS = { name: 'site' };

/** State of judgement of another version is not used, but made anew from the journal. */
const STATE_VERSION = 4;

export interface BuiltService {
  readonly app: Server;
  readonly site: ApiContext;
  readonly monitor: Monitor;
  readonly hasPage: boolean;
  readonly firstToken: string | null;
  readonly firstTokenFile: string | null;
  readonly opening: Opening;
  readonly modelSignature: SignatureState | null;
  /** Opens the doors beside HTTP, sends what has changed to the pages and looks at the clock. */
  start(): Promise<Connections>;
  close(): Promise<void>;
}

/**
 * Everything but the listening; `judge` takes the place of the detector in tests.
 *
 * @throws ServiceError of store and settings; InputError for a model that cannot be read
 */
export async function buildService(
  options: ServiceOptions = {},
  makeDetector?: (sink: DetectorSink) => DetectorLike,
): Promise<BuiltService> {
  const now = options.now ?? Date.now;
  const log = pino({ level: options.logLevel ?? 'warn' }, pino.destination(2));
  const loaded =
    options.modelFile === undefined ? null : await loadModelFile(options.modelFile, options.modelKeys);
  const temporary = options.dataDirectory === undefined ? await mkdtemp(join(tmpdir(), 'emberwatch-')) : null;
  const directory = options.dataDirectory ?? join(temporary!, 'data');
  const removeTemporary = async (): Promise<void> => {
    if (temporary !== null) await rm(temporary, { recursive: true, force: true });
  };
  const opened: (() => Promise<void>)[] = [removeTemporary];
  try {
    const store = await (options.store ?? openStore)(directory, {
      now,
      ...(options.retention && { retention: options.retention }),
      onRescue: ({ copiedTo }) => log.error({ directory, copiedTo }, rescueWords(copiedTo)),
    });
    opened.unshift(() => store.close());
    await claimMode(store, options.isPlayback ?? false);
    return await assemble({ options, makeDetector, now, log, loaded, store, directory, opened });
  } catch (error) {
    for (const close of opened) await close();
    throw error;
  }
}

const rescueWords = (copiedTo: string | null): string =>
  copiedTo === null
    ? 'the data directory was replaced while it was in use, and no copy of what was in it could be made'
    : 'the data directory was replaced while it was in use; a copy of what was in it was made beside it';

interface Parts {
  readonly options: ServiceOptions;
  readonly makeDetector: ((sink: DetectorSink) => DetectorLike) | undefined;
  readonly now: () => number;
  readonly log: Logger;
  readonly loaded: LoadedModel | null;
  readonly store: Store;
  readonly directory: string;
  /** What has to be closed, the last opened first. */
  readonly opened: (() => Promise<void>)[];
}

async function assemble({
  options,
  makeDetector,
  now,
  log,
  loaded,
  store,
  directory,
  opened,
}: Parts): Promise<BuiltService> {
  const events = new EventStream({ ...LIMITS, ...options.limits });
  const { spaces } = options.site ?? {};
  const detector = { ...options.detector, ...(spaces && { spaces }), ...(loaded && { model: loaded.model }) };
  const connections = new Connections({ settings: options, log, now, store });
  const monitor = await Monitor.open({
    store,
    now,
    site: options.site ?? NAMELESS,
    ...(options.limits && { limits: options.limits }),
    ...(options.silentAfterMs !== undefined && { silentAfterMs: options.silentAfterMs }),
    ...(options.ignoreFields && { ignoreFields: options.ignoreFields }),
    ...(options.isPlayback && { isPlayback: true }),
    detector,
    modelSha256: loaded?.sha256 ?? null,
    fingerprint: fingerprintOf(options, loaded),
    ...(makeDetector && { makeDetector }),
    rowsFor: (transitions) => connections.rowsFor(transitions),
    onNotices: (rows) => connections.notify(rows),
    onTransition: ({ alarm }) => {
      events.send('alarm', alarm);
      connections.show(alarm);
    },
    onChange: (change) => events.send('change', change),
    onSensorFault: (fault) => events.send('sensor-fault', fault),
    onRetired: () => events.send('retired', retiredOf(site)),
  });
  const audit: ApiContext['audit'] = (...entry) => monitor.alarms.audit(...entry);
  const { access, firstToken } = await openAccess({ options, store, now, log, monitor, audit, directory });
  const site = siteOf({ options, monitor, store, access, events, detector, loaded, now, audit, connections });
  const pageDirectory = findPage(options.pageDirectory);
  const app = await buildServer({
    site,
    host: options.host ?? DEFAULT_HOST,
    pageDirectory,
    logger: log,
    ...(options.tls && { tls: await readTls(options.tls) }),
    ...(options.trustedProxies && { trustedProxies: options.trustedProxies }),
    ...(options.hasPublicMetrics !== undefined && { hasPublicMetrics: options.hasPublicMetrics }),
  });
  const timers: NodeJS.Timeout[] = [];
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    timers.forEach(clearInterval);
    events.close();
    // Doors first: what they have taken is kept, and nothing comes after.
    await app.close();
    await connections.close();
    await monitor.close();
    for (const one of opened) await one();
  };
  return {
    app,
    site,
    monitor,
    hasPage: pageDirectory !== null,
    firstToken,
    firstTokenFile: findFirstToken(directory, (token) => access.identify(token) !== null),
    opening: await store.opening(),
    modelSignature: loaded?.signature ?? null,
    start: async () => {
      timers.push(...startTimers(site, monitor));
      await connections.open(monitor, access);
      return connections;
    },
    close: () => (closing ??= close()),
  };
}

const keeperOf = (monitor: Monitor): Keeper => ({
  createToken: (...what) => monitor.createToken(...what),
  revokeToken: (...what) => monitor.revokeToken(...what),
  isTokenStored: (id) => monitor.commitQueue.isTokenStored(id),
  saveSetting: (key, value) => monitor.commitQueue.keepSetting({ key, value }),
});

/** Says which gateways may deliver any module: tokens from before they had to name theirs. */
async function openAccess({
  options,
  store,
  now,
  log,
  monitor,
  audit,
  directory,
}: Pick<Parts, 'options' | 'store' | 'now' | 'log' | 'directory'> & {
  monitor: Monitor;
  audit: ApiContext['audit'];
}) {
  const opened = await Access.open({
    store,
    mode: options.access ?? 'tokens',
    now,
    ownGateways: options.modbus?.devices.map(({ name }) => name) ?? [],
    audit,
    log,
    keep: keeperOf(monitor),
    announce: (token) => void writeFirstToken(directory, token),
  });
  const gateways = opened.access.gatewaysOfAnyModule();
  if (gateways.length > 0)
    log.warn({ gateways }, 'tokens of these gateways may deliver any module: bind them to theirs');
  return opened;
}

function siteOf(parts: {
  options: ServiceOptions;
  monitor: Monitor;
  store: Store;
  access: Access;
  events: EventStream;
  detector: ApiContext['detector'];
  loaded: LoadedModel | null;
  now: () => number;
  audit: ApiContext['audit'];
  connections: Connections;
}): ApiContext {
  const { options, monitor, store, access, events, detector, loaded, now, audit, connections } = parts;
  const { pipeline, fleet, alarms } = monitor;
  const sunspec = options.sunspec ?? {};
  const description = options.site ?? NAMELESS;
  const model = loaded && { name: loaded.model.name, sha256: loaded.sha256, signature: loaded.signature };
  return {
    name: description.name,
    model,
    loaded,
    evidence: {
      store,
      fleet,
      site: description,
      policy: monitor.policy,
      model,
      softwareVersion: VERSION,
      configurationSha256: configurationSha256(options),
      now,
    },
    isWatching: () => connections.isWatching(monitor),
    testNotices: (byName) => connections.test(byName),
    retired: monitor.retired,
    retire: (...what) => monitor.retire(...what),
    decideGateway: (...what) => monitor.decideGateway(...what),
    retireOf: (...what) => monitor.retireOf(...what),
    setAside: () => pipeline.setAside.list(),
    removeSetAside: (...what) => monitor.removeSetAside(...what),
    lateModules: (gatewayId) => pipeline.lateFrames.modulesOf(gatewayId),
    fleet,
    intake: pipeline,
    get ingest() {
      return pipeline.metrics;
    },
    store,
    alarms,
    access,
    events,
    detector,
    startedMs: monitor.startedMs,
    now,
    gateways: () => pipeline.gateways.all(),
    refusals: () => pipeline.gateways.refusals(),
    unknownFields: () => pipeline.unknownFields.list(now()),
    deviceEvents: (gatewayId) => connections.deviceEvents.get(gatewayId) ?? [],
    obstacles: () => monitor.obstacles(),
    audit,
    takeSunSpec: async (delivery, body) => {
      const result = await takeSunSpec(pipeline, delivery, body, sunspec, now());
      connections.deviceEvents.set(delivery.gatewayId, result.events);
      return result;
    },
  };
}

/** Of what was set, without secrets: a report names the configuration that it comes from. */
function configurationSha256(options: ServiceOptions): string {
  const { notify, heartbeat, now: _clock, detector, ...rest } = options;
  const { nameplate, intervalMs } = detector ?? {};
  const shown = {
    ...rest,
    detector: { nameplate, intervalMs },
    ...(notify && { notify: redactedNotify(notify) }),
    ...(heartbeat && { heartbeat: redactedHeartbeat(heartbeat) }),
  };
  return sha256Of(canonicalJson(JSON.parse(JSON.stringify(shown))));
}

async function readTls({ certFile, keyFile }: NonNullable<ServiceOptions['tls']>) {
  try {
    return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  } catch (error) {
    throw new ServiceError('INVALID_SETTINGS', `listen.tls: ${(error as Error).message}.`, error);
  }
}

function fingerprintOf({ detector = {}, site }: ServiceOptions, loaded: LoadedModel | null): string {
  const { nameplate, intervalMs, policy } = detector;
  const { spaces } = site ?? {};
  const parts = { STATE_VERSION, model: loaded?.sha256 ?? null, nameplate, intervalMs, policy, spaces };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function startTimers(site: ApiContext, monitor: Monitor): NodeJS.Timeout[] {
  const { fleet, events } = site;
  return [
    setInterval(() => monitor.tick(), TICK_MS),
    setInterval(() => {
      // Nobody looks: nothing is put into words.
      if (events.size === 0) {
        fleet.forgetChanged();
        return;
      }
      const modules = fleet.takeChanged(VERDICTS_AT_ONCE);
      if (modules.length > 0) events.send('verdicts', { clockMs: fleet.clock.timeMs, modules });
    }, VERDICTS_EVERY_MS),
    setInterval(() => events.send('health', healthOf(site)), HEALTH_EVERY_MS),
  ];
}
