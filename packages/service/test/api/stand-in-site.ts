/** A site made of small parts: the real fleet, door to door, with a judge and a store that can be foreseen. */
import { POLICY } from '@emberwatch/engine/detector';
import pino, { type DestinationStream } from 'pino';
import type { AlarmAction } from '../../src/alarms/actions.ts';
import { EventStream } from '../../src/api/events.ts';
import { buildServer, type Server, type ServerOptions } from '../../src/api/server.ts';
import type { AlarmActions, ApiContext } from '../../src/api/site.ts';
import { Access, type AccessMode } from '../../src/auth/access.ts';
import { ServiceError } from '../../src/errors.ts';
import { LIMITS, type Limits } from '../../src/limits.ts';
import { CommitQueue } from '../../src/monitor/commit-queue.ts';
import { Fleet } from '../../src/monitor/fleet.ts';
import type { BodyFormat, Delivery, IngestResult, Intake } from '../../src/monitor/intake.ts';
import { IngestPipeline } from '../../src/monitor/pipeline.ts';
import type { AlarmRecord, Identity } from '../../src/records.ts';
import { START_MS, StandInDetector } from '../stand-in.ts';
import { MemoryStore } from './memory-store.ts';

export interface StandInOptions {
  readonly mode?: AccessMode;
  readonly store?: MemoryStore;
  readonly limits?: Partial<Limits>;
  readonly log?: DestinationStream;
  readonly server?: Partial<ServerOptions>;
  readonly site?: Partial<ApiContext>;
}

export interface StandIn {
  readonly app: Server;
  readonly site: ApiContext;
  readonly store: MemoryStore;
  readonly alarms: StandInAlarms;
  readonly intake: StandInIntake;
  readonly firstToken: string | null;
  nowMs: number;
}

export class StandInAlarms implements AlarmActions {
  readonly alarms: AlarmRecord[] = [];
  readonly acts: { action: AlarmAction | { kind: string }; actor: Identity }[] = [];
  open = () => this.alarms.filter(({ state }) => state !== 'closed');
  metrics = () => ({ alarmsPerDay: 0 });
  maintenances = () => [];

  async act(action: AlarmAction, actor: Identity): Promise<AlarmRecord> {
    const alarm = this.alarms.find(({ id }) => id === action.id);
    if (!alarm) throw new ServiceError('UNKNOWN_ALARM');
    this.acts.push({ action, actor });
    return alarm;
  }

  async startMaintenance(input: Parameters<AlarmActions['startMaintenance']>[0], actor: Identity) {
    this.acts.push({ action: { kind: 'maintenance' }, actor });
    return { ...input, id: 'M000001', byName: actor.name, fromMs: START_MS };
  }

  async endMaintenance(id: string, actor: Identity) {
    this.acts.push({ action: { kind: 'end-maintenance' }, actor });
    return { id, scope: { kind: 'site' as const }, untilMs: 0, reason: 'x', byName: actor.name, fromMs: 0 };
  }
}

/** The real door, which can be told to fail, and tells what came to it. */
export class StandInIntake implements Intake {
  readonly pipeline: IngestPipeline;
  readonly deliveries: Delivery[] = [];
  /** What the next deliveries are answered with. */
  failure: ServiceError | null = null;

  constructor(fleet: Fleet, store: MemoryStore, now: () => number) {
    const pending = () => store.takePending();
    const commitQueue = new CommitQueue({
      store: store.asStore(),
      now,
      pending,
      lastSeq: 0,
      pendingBytes: 1,
      onNotices: () => {},
    });
    this.pipeline = new IngestPipeline({ fleet, commitQueue, now });
  }

  take(delivery: Delivery, format: BodyFormat, body: Uint8Array): Promise<IngestResult> {
    if (this.failure) return Promise.reject(this.failure);
    this.deliveries.push(delivery);
    return this.pipeline.take(delivery, format, body);
  }

  takeRecords: Intake['takeRecords'] = (...args) => this.pipeline.takeRecords(...args);
  reject: Intake['reject'] = (...args) => this.pipeline.reject(...args);
  noteUnknownFields: Intake['noteUnknownFields'] = (...args) => this.pipeline.noteUnknownFields(...args);
  declareChannels: Intake['declareChannels'] = (...args) => this.pipeline.declareChannels(...args);
  gatewayBorn: Intake['gatewayBorn'] = (...args) => this.pipeline.gatewayBorn(...args);
  gatewayDied: Intake['gatewayDied'] = (...args) => this.pipeline.gatewayDied(...args);
}

export async function standInSite(options: StandInOptions = {}): Promise<StandIn> {
  const store = options.store ?? new MemoryStore();
  const limits = { ...LIMITS, ...options.limits };
  const clock = { nowMs: START_MS };
  const now = () => clock.nowMs;
  const audit: ApiContext['audit'] = async (...row) => store.writeAudit(...row);
  const logger = options.log ? pino({ level: 'debug' }, options.log) : pino({ level: 'silent' });
  const mode = options.mode ?? 'tokens';
  const { access, firstToken } = await Access.open({
    store: store.asStore(),
    keep: store.keeper,
    mode,
    now,
    audit,
    log: logger,
  });
  const events = new EventStream(limits);
  const fleet = new Fleet({
    now,
    limits,
    makeDetector: (sink) => new StandInDetector(sink),
    onChange: (change) => {
      store.pending.changes.push(change);
      events.send('change', change);
    },
    onSensorFault: (fault) => {
      store.pending.sensorFaults.push(fault);
      events.send('sensor-fault', fault);
    },
  });
  const intake = new StandInIntake(fleet, store, now);
  const alarms = new StandInAlarms();
  const site: ApiContext = {
    name: 'stand-in',
    model: null,
    fleet,
    intake,
    ingest: ingestOf(intake.pipeline),
    store: store.asStore(),
    alarms,
    access,
    events,
    detector: {},
    startedMs: START_MS,
    evidence: {
      store: store.asStore(),
      fleet,
      site: { name: 'stand-in' },
      policy: POLICY,
      model: null,
      softwareVersion: '0',
      configurationSha256: '0'.repeat(64),
      now,
    },
    isWatching: () => ({ ok: true, why: null }),
    testNotices: async () => [],
    retired: { find: () => undefined, shown: () => [] },
    retire: async () => {},
    decideGateway: async () => {},
    retireOf: async () => ({ retired: 0, kept: 0 }),
    setAside: () => [],
    removeSetAside: async () => {},
    lateModules: () => [],
    now,
    gateways: () => intake.pipeline.gateways.all(),
    refusals: () => intake.pipeline.gateways.refusals(),
    unknownFields: () => intake.pipeline.unknownFields.list(now()),
    deviceEvents: () => [],
    loaded: null,
    obstacles: () => [],
    audit,
    takeSunSpec: null,
    ...options.site,
  };
  const app = await buildServer({ site, host: '127.0.0.1', pageDirectory: null, logger, ...options.server });
  return Object.assign(clock, { app, site, store, alarms, intake, firstToken });
}

const ingestOf = ({ totals, rejectionsByReason }: IngestPipeline): ApiContext['ingest'] =>
  // The counts go on under the hand of the door.
  Object.assign(totals, { rejectionsByReason });

/** An alarm as the book would write it. */
export const alarmOf = (id: string, part: Partial<AlarmRecord> = {}): AlarmRecord => ({
  id,
  kind: 'hazard',
  source: 'A',
  rackId: 'A',
  gatewayId: null,
  priority: 1,
  highestPriority: 1,
  level: 'critical',
  highestLevel: 'critical',
  state: 'unacknowledged',
  suppression: null,
  text: 'Module A is endangered.',
  reasons: [],
  agreement: { physics: ['thermal', 'gas'], text: 'heat and gas' },
  members: [],
  hazardProbability: 0.9,
  raisedMs: START_MS,
  escalatedMs: START_MS,
  returnedMs: null,
  acknowledgedMs: null,
  acknowledgedBy: null,
  closedMs: null,
  dataRaisedMs: START_MS,
  dataChangedMs: START_MS,
  returns: 0,
  comments: [],
  modelSha256: null,
  ...part,
});
