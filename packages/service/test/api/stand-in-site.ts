/** A site made of small parts: the real fleet, door to door, with a judge and a store that can be foreseen. */
import {
  CsvRecordingReader,
  type FrameSink,
  InputError,
  ModuleClocks,
  NdjsonRecordingReader,
  RecordDecoder,
} from '@emberwatch/engine/telemetry';
import pino, { type DestinationStream } from 'pino';
import type { AlarmAction } from '../../src/alarms/actions.ts';
import type { AlarmRecord } from '../../src/alarms/alarm.ts';
import { EventStream } from '../../src/api/events.ts';
import { buildServer, type Server, type ServerOptions } from '../../src/api/server.ts';
import type { AlarmDesk, Site } from '../../src/api/site.ts';
import { Access, type AccessMode } from '../../src/auth/access.ts';
import type { Identity } from '../../src/auth/roles.ts';
import { LIMITS, type Limits } from '../../src/config.ts';
import { ServiceError } from '../../src/errors.ts';
import { Fleet } from '../../src/fleet.ts';
import { Gateways } from '../../src/ingest/gateways.ts';
import type { BodyFormat, Delivery, IngestRejection, IngestResult, Intake } from '../../src/ingest/intake.ts';
import { readJsonBody } from '../../src/ingest/json-body.ts';
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

export class StandInIntake implements Intake {
  readonly figures = {
    batches: 0,
    accepted: 0,
    late: 0,
    repeated: 0,
    rejected: 0,
    rejectedValues: 0,
    rejectionsByReason: new Map<string, number>(),
  };
  readonly deliveries: Delivery[] = [];
  readonly gateways = new Gateways();
  /** What the next deliveries are answered with. */
  failure: ServiceError | null = null;
  private readonly fleet: Fleet;
  private readonly store: MemoryStore;
  private readonly now: () => number;
  private readonly clocks = new ModuleClocks();

  constructor(fleet: Fleet, store: MemoryStore, now: () => number) {
    this.now = now;
    this.fleet = fleet;
    this.store = store;
  }

  async take(delivery: Delivery, format: BodyFormat, body: Uint8Array): Promise<IngestResult> {
    return this.read(delivery, (sink) => {
      if (format === 'json') {
        readJsonBody(body, new RecordDecoder(null, sink, { clocks: this.clocks }));
        return;
      }
      const Reader = format === 'csv' ? CsvRecordingReader : NdjsonRecordingReader;
      const reader = new Reader(null, sink, { clocks: this.clocks });
      reader.push(body);
      reader.end();
    });
  }

  async takeRecords(delivery: Delivery, records: readonly Readonly<Record<string, unknown>>[]) {
    return this.read(delivery, (sink) => {
      const decoder = new RecordDecoder(null, sink, { clocks: this.clocks });
      for (const [i, record] of records.entries()) decoder.decode(record, i + 1);
    });
  }

  gatewayBorn(): void {}
  gatewayDied(): void {}

  private read(delivery: Delivery, read: (sink: FrameSink) => void): IngestResult {
    if (this.failure) throw this.failure;
    this.deliveries.push(delivery);
    const { figures } = this;
    const nowMs = this.now();
    this.gateways.of(delivery.gatewayId, delivery.door, nowMs).deliveries++;
    let accepted = 0;
    const rejections: IngestRejection[] = [];
    const sink: FrameSink = {
      frame: (frame, line = 1) => {
        const refusal = this.fleet.observe(frame, delivery.gatewayId, nowMs);
        if (refusal !== null && refusal !== 'behind') {
          rejections.push({ reason: refusal, scope: 'row', line, column: 'module', value: frame.moduleId });
          return;
        }
        this.store.keepFrame(frame);
        accepted++;
      },
      rejection: (rejection) => void rejections.push(rejection),
    };
    try {
      read(sink);
    } catch (error) {
      throw error instanceof InputError ? new ServiceError('NO_TELEMETRY', error.message, error) : error;
    } finally {
      this.clocks.flush(sink);
    }
    const rejected = rejections.filter(({ scope }) => scope === 'row').length;
    const rejectedValues = rejections.length - rejected;
    figures.batches++;
    figures.accepted += accepted;
    figures.rejected += rejected;
    figures.rejectedValues += rejectedValues;
    for (const { reason } of rejections)
      figures.rejectionsByReason.set(reason, (figures.rejectionsByReason.get(reason) ?? 0) + 1);
    return {
      accepted,
      late: 0,
      repeated: 0,
      rejected,
      rejectedValues,
      rejections: rejections.slice(0, this.fleet.limits.rejectionsListed),
      failure:
        accepted === 0 && !rejections.some(({ reason }) => reason === 'duplicate-time')
          ? 'NOTHING_TAKEN'
          : null,
    };
  }
}

export async function standInSite(options: StandInOptions = {}): Promise<StandIn> {
  const store = options.store ?? new MemoryStore();
  const limits = { ...LIMITS, ...options.limits };
  const clock = { nowMs: START_MS };
  const now = () => clock.nowMs;
  const audit: Site['audit'] = async (...row) => store.writeAudit(...row);
  const logger = options.log ? pino({ level: 'debug' }, options.log) : pino({ level: 'silent' });
  const mode = options.mode ?? 'tokens';
  const { access, firstToken } = await Access.open({ store: store.asStore(), mode, now, audit, log: logger });
  const events = new EventStream(limits);
  const fleet = new Fleet({
    now,
    limits,
    judge: (sink) => new StandInJudge(sink),
    onChange: (change) => {
      store.keptChanges.push(change);
      events.send('change', change);
    },
    onSensorFault: (fault) => {
      store.keepFault(fault);
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
    ingest: intake.figures,
    store: store.asStore(),
    desk,
    access,
    events,
    detector: {},
    startedMs: START_MS,
    now,
    gateways: () => intake.gateways.all(),
    obstacles: () => [],
    audit,
    takeSunSpec: null,
    ...options.site,
  };
  const app = await buildServer({ site, host: '127.0.0.1', pageDirectory: null, logger, ...options.server });
  return Object.assign(clock, { app, site, store, desk, intake, firstToken });
}

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
