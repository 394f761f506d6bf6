/** A site made of small parts: the real fleet, door to door, with a judge and a store that can be foreseen. */
import { POLICY } from '@emberwatch/engine/detector';
import pino, { type DestinationStream } from 'pino';
import type { AlarmAction } from '../../src/alarms/actions.ts';
import type { AlarmRecord } from '../../src/alarms/alarm.ts';
import { EventStream } from '../../src/api/events.ts';
import { buildServer, type Server, type ServerOptions } from '../../src/api/server.ts';
import type { AlarmDesk, Site } from '../../src/api/site.ts';
import { Access, type AccessMode } from '../../src/auth/access.ts';
import type { Identity } from '../../src/auth/roles.ts';
import { ServiceError } from '../../src/errors.ts';
import { IngestDoor } from '../../src/ingest/door.ts';
import type { BodyFormat, Delivery, IngestResult, Intake } from '../../src/ingest/intake.ts';
import { LIMITS, type Limits } from '../../src/limits.ts';
import { Fleet } from '../../src/site/fleet.ts';
import { Ledger } from '../../src/site/ledger.ts';
import { START_MS, StandInJudge } from '../stand-in.ts';
import { MemoryStore } from './memory-store.ts';

export interface StandInOptions {
  readonly mode?: AccessMode;
  readonly store?: MemoryStore;
  readonly limits?: Partial<Limits>;
  readonly log?: DestinationStream;
  readonly server?: Partial<ServerOptions>;
  readonly site?: Partial<Site>;
}

export interface StandIn {
  readonly app: Server;
  readonly site: Site;
  readonly store: MemoryStore;
  readonly desk: StandInDesk;
  readonly intake: StandInIntake;
  readonly firstToken: string | null;
  nowMs: number;
}

export class StandInDesk implements AlarmDesk {
  readonly alarms: AlarmRecord[] = [];
  readonly acts: { action: AlarmAction | { kind: string }; actor: Identity }[] = [];
  open = () => this.alarms.filter(({ state }) => state !== 'closed');
  figures = () => ({ alarmsPerDay: 0 });
  maintenances = () => [];

  async act(action: AlarmAction, actor: Identity): Promise<AlarmRecord> {
    const alarm = this.alarms.find(({ id }) => id === action.id);
    if (!alarm) throw new ServiceError('UNKNOWN_ALARM');
    this.acts.push({ action, actor });
    return alarm;
  }

  async startMaintenance(input: Parameters<AlarmDesk['startMaintenance']>[0], actor: Identity) {
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
  readonly door: IngestDoor;
  readonly deliveries: Delivery[] = [];
  /** What the next deliveries are answered with. */
  failure: ServiceError | null = null;

  constructor(fleet: Fleet, store: MemoryStore, now: () => number) {
    const news = () => store.takeNews();
    const ledger = new Ledger({
      store: store.asStore(),
      now,
      news,
      lastSeq: 0,
      pendingBytes: 1,
      onNotices: () => {},
    });
    this.door = new IngestDoor({ fleet, ledger, now });
  }

  take(delivery: Delivery, format: BodyFormat, body: Uint8Array): Promise<IngestResult> {
    if (this.failure) return Promise.reject(this.failure);
    this.deliveries.push(delivery);
    return this.door.take(delivery, format, body);
  }

  takeRecords: Intake['takeRecords'] = (...args) => this.door.takeRecords(...args);
  reject: Intake['reject'] = (...args) => this.door.reject(...args);
  noteUnknownFields: Intake['noteUnknownFields'] = (...args) => this.door.noteUnknownFields(...args);
  declareChannels: Intake['declareChannels'] = (...args) => this.door.declareChannels(...args);
  gatewayBorn: Intake['gatewayBorn'] = (...args) => this.door.gatewayBorn(...args);
  gatewayDied: Intake['gatewayDied'] = (...args) => this.door.gatewayDied(...args);
}

export async function standInSite(options: StandInOptions = {}): Promise<StandIn> {
  const store = options.store ?? new MemoryStore();
  const limits = { ...LIMITS, ...options.limits };
  const clock = { nowMs: START_MS };
  const now = () => clock.nowMs;
  const audit: Site['audit'] = async (...row) => store.writeAudit(...row);
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
    judge: (sink) => new StandInJudge(sink),
    onChange: (change) => {
      store.news.changes.push(change);
      events.send('change', change);
    },
    onSensorFault: (fault) => {
      store.news.sensorFaults.push(fault);
      events.send('sensor-fault', fault);
    },
  });
  const intake = new StandInIntake(fleet, store, now);
  const desk = new StandInDesk();
  const site: Site = {
    name: 'stand-in',
    model: null,
    fleet,
    intake,
    ingest: ingestOf(intake.door),
    store: store.asStore(),
    desk,
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
    gateways: () => intake.door.gateways.all(),
    refusals: () => intake.door.gateways.refusals(),
    unknownFields: () => intake.door.unknownFields.list(now()),
    deviceEvents: () => [],
    loaded: null,
    obstacles: () => [],
    audit,
    takeSunSpec: null,
    ...options.site,
  };
  const app = await buildServer({ site, host: '127.0.0.1', pageDirectory: null, logger, ...options.server });
  return Object.assign(clock, { app, site, store, desk, intake, firstToken });
}

const ingestOf = ({ totals, rejectionsByReason }: IngestDoor): Site['ingest'] =>
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
