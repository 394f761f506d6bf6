/**
 * A site that is watched: detector, door, alarms and what is kept of them, without any network and without a timer of
 * its own, so that the same code runs on a virtual clock.
 */
import {
  type DetectorOptions,
  type DetectorSink,
  POLICY,
  type Policy,
  policyWithModel,
  type Reason,
  type SensorFault,
  SpaceMap,
} from '@emberwatch/engine/detector';
import { BY_ITSELF, personOf, reasonOf } from '../alarms/actions.ts';
import type { Transition } from '../alarms/alarm.ts';
import { AlarmMetricsKeeper } from '../alarms/alarm-metrics.ts';
import { AlarmRegister } from '../alarms/alarm-register.ts';
import { AlarmService, registerFrom, SUPPRESSIONS_KEY } from '../alarms/alarm-service.ts';
import { troublesOf } from '../alarms/conditions.ts';
import { GasMembers } from '../alarms/gas.ts';
import type { SharedClientIdView } from '../alarms/sender-conditions.ts';
import { createdDetail, revokedDetail } from '../auth/token.ts';
import { ServiceError } from '../errors.ts';
import {
  CANARY_EVERY_MS,
  DEFAULT_SILENT_AFTER_MS,
  LIMITS,
  type Limits,
  MAINTAIN_EVERY_MS,
  SNAPSHOT_EVERY_FRAMES,
  SNAPSHOT_EVERY_MS,
} from '../limits.ts';
import { REASON_TEXTS } from '../messages.ts';
import type { AuditRow, ChangeEntry, OutboxRow, SettingRow, TokenRow } from '../records.ts';
import type { SiteDescription } from '../settings/site.ts';
import { AuditChain } from '../store/audit-chain.ts';
import type { Store } from '../store/store.ts';
import { type CanaryResult, testHazard } from './canary.ts';
import { CommitQueue } from './commit-queue.ts';
import type { DetectorLike } from './detector-like.ts';
import { Fleet } from './fleet.ts';
import { KnownModules } from './known-modules.ts';
import { isAlarm } from './module-entry.ts';
import { Ownership } from './ownership.ts';
import { IngestPipeline } from './pipeline.ts';
import { type Recovery, recover, Snapshots } from './recovery.ts';
import { RETIRED_KEY, RetiredModules } from './retired.ts';
import {
  checkDecidable,
  checkGateway,
  decideGateway,
  noteHandOvers,
  retireModulesOf,
} from './sender-actions.ts';
import { SET_ASIDE_PREFIX } from './set-aside.ts';
import { ACTION_PREFIX, type PersonAction, type StoredAction, StoredActions } from './stored-actions.ts';
import { isWaiting, storageWhy, viewOf } from './supervision.ts';
import { WallClock } from './wall-clock.ts';

export interface MonitorOptions {
  readonly store: Store;
  readonly now: () => number;
  /** Cannot be set, ms; default that of the system where `now` is. */
  readonly monotonicMs?: () => number;
  readonly site: SiteDescription;
  readonly limits?: Partial<Limits>;
  readonly silentAfterMs?: number;
  readonly ignoreFields?: readonly string[];
  /** The clock is that of the data. */
  readonly isPlayback?: boolean;
  readonly detector: Omit<DetectorOptions, 'sink' | 'clock'>;
  readonly modelSha256: string | null;
  /** What the state of judgement belongs to: that of another is not used. */
  readonly fingerprint: string;
  /** Takes the place of the detector in tests. */
  readonly makeDetector?: (sink: DetectorSink) => DetectorLike;
  readonly rowsFor?: (transitions: readonly Transition[]) => OutboxRow[];
  readonly onNotices?: (rows: readonly OutboxRow[]) => void;
  readonly onTransition?: (transition: Transition) => void;
  readonly onChange?: (change: ChangeEntry) => void;
  readonly onSensorFault?: (fault: SensorFault) => void;
  /** What is shown as retired has changed. */
  readonly onRetired?: () => void;
}

/** Which gateway delivers which module, as people have decided. */
const DECISIONS_KEY = 'module-gateways';
/** Alarms and changes of before that are read at a start. */
const READ_AT_START = 5000;
const CHANGES_READ = 500;

export class Monitor {
  readonly fleet: Fleet;
  readonly pipeline: IngestPipeline;
  readonly commitQueue: CommitQueue;
  readonly alarms: AlarmService;
  readonly snapshots: Snapshots;
  recovery: Recovery = {
    from: 'nothing',
    rejectedWhy: null,
    deliveries: 0,
    frames: 0,
    tookMs: 0,
    snapshotMs: 0,
  };
  canary: CanaryResult | null = null;
  /** Channels through which nobody could be told, and why. */
  readonly notifications = new Map<string, string>();
  /** MQTT client ids that several connections have. */
  sharedClientIds: () => readonly SharedClientIdView[] = () => [];
  readonly retired: RetiredModules;
  readonly actions: StoredActions;
  private readonly knownModules = new KnownModules();
  readonly policy: Policy;
  /** By the clock as it is now. */
  startedMs: number;
  /** When `tick` was last called. */
  tickedMs: number;
  private readonly options: MonitorOptions;
  private changes: ChangeEntry[] = [];
  private faults: SensorFault[] = [];
  /** The latest instant that the store knows of at the start, wall clock. */
  private readonly seenMs: number;
  private decisionsChanged = false;
  private canaryAtMs = Number.NEGATIVE_INFINITY;
  private maintainedAtMs: number;
  private maintaining: Promise<unknown> | null = null;
  /** How far the clock was set forward, and until when that is doubted, wall clock. */
  private doubt = { byMs: 0, untilMs: Number.NEGATIVE_INFINITY };

  private constructor(options: MonitorOptions, kept: Kept) {
    const { store, detector, silentAfterMs, limits, makeDetector, fingerprint } = options;
    const monotonicMs =
      options.monotonicMs ?? (options.now === Date.now ? () => performance.now() : options.now);
    const { now } = new WallClock(options.now, monotonicMs, (byMs) => this.clockSet(byMs));
    this.options = { ...options, now };
    this.policy = detector.policy ?? (detector.model ? policyWithModel(detector.model.thresholds) : POLICY);
    this.startedMs = now();
    this.tickedMs = this.startedMs;
    this.maintainedAtMs = this.startedMs;
    this.fleet = new Fleet({
      now,
      ...(limits && { limits }),
      ...(silentAfterMs !== undefined && { silentAfterMs }),
      detector,
      ownership: ownershipOf(options.site, kept.decisions),
      ...(makeDetector && { makeDetector }),
      ...(options.isPlayback && { isPlayback: true }),
      onChange: (change) => this.takeChange(change),
      onCurrent: (moduleId) => {
        const state = this.fleet.state(moduleId);
        if (state) this.alarms.onVerdict(state);
      },
      onSensorFault: (fault) => {
        this.faults.push(fault);
        options.onSensorFault?.(fault);
      },
    });
    this.retired = new RetiredModules(kept.retired);
    const { lastSeq, lastAudit } = kept;
    const pendingBytes = limits?.pendingBytes ?? LIMITS.pendingBytes;
    const onNotices = options.onNotices ?? (() => {});
    const auditHead = lastAudit && { seq: lastAudit.seq, hash: lastAudit.hash };
    const pending = () => this.pending();
    this.commitQueue = new CommitQueue({ store, now, lastSeq, auditHead, pendingBytes, onNotices, pending });
    this.pipeline = new IngestPipeline({
      fleet: this.fleet,
      commitQueue: this.commitQueue,
      now,
      ignoreFields: options.ignoreFields ?? [],
      setAside: kept.setAside,
    });
    const seenMs = Math.max(lastAudit?.atMs ?? -1, kept.lastReceivedMs);
    this.seenMs = seenMs;
    const { commitQueue: to } = this;
    this.actions = new StoredActions(
      { now, writeFirst: (...rows) => to.writeFirst(...rows), write: () => to.writePending() },
      kept.actions,
    );
    const metrics = new AlarmMetricsKeeper();
    metrics.rebuild(kept.alarms);
    this.alarms = new AlarmService({
      gas: new GasMembers(new SpaceMap(detector.spaces), kept.open),
      register: new AlarmRegister(registerFrom(kept.open, kept.newestId, kept.suppressionList, seenMs)),
      chain: new AuditChain(lastAudit),
      metrics,
      now,
      modelSha256: options.modelSha256,
      policy: this.policy,
      rowsFor: options.rowsFor ?? (() => []),
      write: () => this.commitQueue.writePending(),
      perform: (...args) => this.actions.perform(...args),
      onTransition: (transition) => options.onTransition?.(transition),
    });
    this.fleet.remember(kept.changes);
    const { pipeline, commitQueue, fleet } = this;
    const every = { everyFrames: SNAPSHOT_EVERY_FRAMES, everyMs: SNAPSHOT_EVERY_MS };
    this.snapshots = new Snapshots({ store, fleet, pipeline, commitQueue, fingerprint, now, ...every });
  }

  /** Reads what is kept and judges again what was judged since the last snapshot. @throws ServiceError of the store */
  static async open(options: MonitorOptions): Promise<Monitor> {
    const monitor = new Monitor(options, await readKept(options.store));
    const { fleet, pipeline } = monitor;
    const { store, fingerprint, now } = monitor.options;
    const { retired } = monitor;
    monitor.recovery = await recover({ store, fleet, pipeline, retired, fingerprint, now });
    fleet.arrivedUntil(now());
    for (const decision of [...fleet.ownership.allDecisions()]) fleet.decide(decision);
    monitor.actions.repeat((action) => monitor.repeat(action));
    // What was of now when the service ended may be old.
    fleet.tick();
    // What was lost between judging and keeping is told now.
    for (const state of fleet.states()) monitor.alarms.onVerdict(state);
    monitor.testHazard();
    return monitor;
  }

  /** Why nobody may rely on the watch; empty: all is sound. */
  obstacles(): string[] {
    const { now } = this.options;
    const { fleet, commitQueue, canary } = this;
    return [
      ...(storageWhy(commitQueue, now()) === null ? [] : ['storage']),
      ...(fleet.isFailing() ? ['detector'] : []),
      ...(canary?.isFound === false ? ['canary'] : []),
    ];
  }

  /** To be called every second. */
  tick(): void {
    const { store, now, silentAfterMs, site } = this.options;
    const { fleet, commitQueue, canary, notifications, startedMs, retired } = this;
    const nowMs = now();
    this.tickedMs = nowMs;
    if (!fleet.isPlayback) fleet.host.consider(this.pipeline.stamps.votes(nowMs), nowMs);
    fleet.tick();
    if (retired.noteReturned((id) => fleet.lastTimeMs(id) !== undefined, nowMs)) this.options.onRetired?.();
    if (nowMs - this.canaryAtMs >= CANARY_EVERY_MS) this.testHazard();
    const { gateways, lateFrames, unknownFields } = this.pipeline;
    const graceMs = silentAfterMs ?? DEFAULT_SILENT_AFTER_MS;
    const watched = {
      fleet,
      gateways,
      setAside: this.pipeline.setAside,
      lateFrames,
      unknownFields,
      commitQueue,
      canary,
      notifications,
      sharedClientIds: this.sharedClientIds(),
      expected: site.modules,
      retired,
      startedMs,
      graceMs,
    };
    // What else speaks for them changes no level, and must not stay hidden behind the gas.
    for (const moduleId of this.alarms.gasMembers()) {
      const state = fleet.state(moduleId);
      if (state) this.alarms.onVerdict(state);
    }
    this.alarms.supervise(troublesOf(viewOf(watched, nowMs)), isWaiting(watched, nowMs));
    void commitQueue.checkPlace();
    noteHandOvers(this);
    // A failure is known to the ledger, which tries again with the next tick.
    commitQueue.writePending().catch(() => {});
    this.snapshots.takeIfDue().catch(() => {});
    if (nowMs - this.maintainedAtMs < MAINTAIN_EVERY_MS || this.maintaining) return;
    this.maintainedAtMs = nowMs;
    // A clock that was set far ahead by mistake must not make old what is new.
    const doubtedMs = nowMs < this.doubt.untilMs ? this.doubt.byMs : 0;
    this.maintaining = store
      .maintain(nowMs - doubtedMs)
      .catch(() => {})
      .finally(() => {
        this.maintaining = null;
      });
  }

  /**
   * A module that burnt or was taken away, or a name that was mistyped, is no longer missed. What is kept of it stays,
   * its emergency waits for a reset, and should it deliver again it is a new module.
   *
   * @throws ServiceError `UNKNOWN_MODULE`; `ALARM_STATE` while it delivers and is in alarm; `REASON_REQUIRED`,
   * `PERSON_REQUIRED`; of the store
   */
  async retire(moduleId: string, byName: string, reason: string): Promise<void> {
    this.checkRetirable(moduleId);
    const why = reasonOf(reason);
    const person = personOf(byName);
    await this.actions.perform({ kind: 'retire', moduleId, reason: why }, person, (nowMs) => {
      // It may have begun to deliver while this was being stored.
      this.checkRetirable(moduleId);
      this.retireNow(moduleId, person, why, nowMs);
    });
  }

  /** The token and its row of the audit log, or nothing of it. @throws ServiceError of the store */
  createToken(row: TokenRow, byName: string): Promise<void> {
    return this.actions.perform({ kind: 'create-token', row }, byName, () => this.noteToken(row, byName));
  }

  /** Waits where it cannot be stored. @throws ServiceError of the store */
  revokeToken(row: TokenRow, byName: string): Promise<void> {
    this.alarms.note(byName, 'token.revoked', row.id, revokedDetail(row));
    return this.commitQueue.keepToken(row);
  }

  /**
   * A person says which gateway delivers a module: from now on its frames from any other are rejected.
   *
   * @throws ServiceError `UNKNOWN_MODULE`, `UNKNOWN_GATEWAY`, `REASON_REQUIRED`, `PERSON_REQUIRED`, or of the store
   */
  async decideGateway(moduleId: string, gatewayId: string, byName: string, reason: string): Promise<void> {
    checkDecidable(this, moduleId, gatewayId);
    const what = { kind: 'decide-gateway', moduleId, gatewayId, reason: reasonOf(reason) } as const;
    const person = personOf(byName);
    await this.actions.perform(what, person, (nowMs) => this.decideNow(what, person, nowMs));
  }

  /** Frees the places of a gateway. @throws ServiceError as `decideGateway` */
  async retireOf(
    gatewayId: string,
    byName: string,
    reason: string,
  ): Promise<{ retired: number; kept: number }> {
    checkGateway(this, gatewayId);
    const what = { kind: 'retire-gateway', gatewayId, reason: reasonOf(reason) } as const;
    const person = personOf(byName);
    return this.actions.perform(what, person, (nowMs) => this.retireOfNow(what, person, nowMs));
  }

  /** Waits where it cannot be stored. @throws ServiceError `NOT_FOUND`, `REASON_REQUIRED`, `PERSON_REQUIRED`; of the store */
  removeSetAside(id: string, byName: string, reason: string): Promise<void> {
    const why = reasonOf(reason);
    const person = personOf(byName);
    const row = this.pipeline.setAside.remove(id);
    this.alarms.note(person, 'delivery.removed', id, { reason: why });
    return this.commitQueue.keepSetting(row);
  }

  /** Everything judged is on disk, with a last snapshot. */
  async close(): Promise<void> {
    await this.maintaining;
    await this.pipeline.turns.idle();
    await this.commitQueue.settled();
    this.knownModules.hurry();
    await this.commitQueue.writePending().catch(() => {});
    await this.snapshots.take().catch(() => {});
  }

  /** What was stored as asked for, and not done when the process ended. */
  private repeat({ atMs, byName, what }: StoredAction): void {
    const { alarms } = this;
    // The clock must not seem to have been set back.
    const nowMs = Math.max(atMs, this.seenMs);
    try {
      if (what.kind === 'alarm') alarms.actNow(what.action, what.seen, byName, nowMs);
      else if (what.kind === 'start-maintenance') alarms.startMaintenanceNow(what.input, byName, nowMs);
      else if (what.kind === 'end-maintenance') alarms.endMaintenanceNow(what.id, byName, nowMs);
      else if (what.kind === 'retire') this.retireNow(what.moduleId, byName, what.reason, nowMs);
      else if (what.kind === 'decide-gateway') this.decideNow(what, byName, nowMs);
      else if (what.kind === 'retire-gateway') this.retireOfNow(what, byName, nowMs);
      else this.noteToken(what.row, byName);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      alarms.note(BY_ITSELF, 'action.not-repeated', '', { ...what, byName, why: error.message });
    }
  }

  private decideNow(
    what: Extract<PersonAction, { kind: 'decide-gateway' }>,
    byName: string,
    nowMs: number,
  ): void {
    decideGateway(this, what, byName, nowMs);
    this.decisionsChanged = true;
  }

  private retireOfNow(
    { gatewayId, reason }: { gatewayId: string; reason: string },
    byName: string,
    nowMs: number,
  ) {
    const result = retireModulesOf(this, gatewayId, {
      byName,
      reason,
      retiredMs: nowMs,
      seq: this.commitQueue.seq,
    });
    this.decisionsChanged = true;
    this.options.onRetired?.();
    return result;
  }

  private checkRetirable(moduleId: string): void {
    const state = this.fleet.state(moduleId);
    const isInAlarm = this.alarms.isInAlarm(moduleId);
    // An alarm may outlast what the service knows of its module.
    if (!state && !isInAlarm) throw new ServiceError('UNKNOWN_MODULE', `Module "${moduleId.slice(0, 60)}".`);
    if (state && !state.isSilent && (isInAlarm || isAlarm(state.level)))
      throw new ServiceError(
        'ALARM_STATE',
        `${moduleId} still delivers and is in alarm: only its readings end that. It can be retired once it is silent.`,
      );
  }

  private retireNow(moduleId: string, byName: string, reason: string, nowMs: number): void {
    const { fleet, pipeline, alarms, commitQueue, retired, options } = this;
    const state = fleet.state(moduleId);
    const { rackId = null, gatewayId = null, timeMs: lastFrameMs = null } = state ?? {};
    const lastLevel = state?.lastKnownLevel ?? null;
    const lastHottestDegC = state?.values['hottest_degc'] ?? null;
    const last = { rackId, gatewayId, lastFrameMs, lastLevel, lastHottestDegC };
    this.decisionsChanged ||= fleet.ownership.decisionOn(moduleId) !== undefined;
    pipeline.forget(moduleId, retiredReason(byName, reason));
    retired.add({ moduleId, ...last, retiredMs: nowMs, byName, reason, seq: commitQueue.seq });
    options.onRetired?.();
    alarms.retireNow(moduleId, byName, reason, nowMs, last);
  }

  private noteToken(row: TokenRow, byName: string): void {
    this.alarms.note(byName, 'token.created', row.id, createdDetail(row));
  }

  /** What waits goes on as if nobody had set the clock: a leap makes nobody silent, and lets no silence pass. */
  private clockSet(byMs: number): void {
    if (byMs > 0) this.doubt = { byMs: this.doubt.byMs + byMs, untilMs: this.options.now() + DOUBTED_MS };
    else this.doubt = { ...this.doubt, byMs: Math.max(0, this.doubt.byMs + byMs) };
    this.startedMs += byMs;
    this.tickedMs += byMs;
    this.canaryAtMs += byMs;
    this.maintainedAtMs += byMs;
    this.snapshots.lastMs += byMs;
    this.commitQueue.clockSet(byMs);
    this.fleet.clockSet(byMs);
    this.pipeline.lateFrames.clockSet(byMs);
    this.pipeline.unknownFields.clockSet(byMs);
    this.pipeline.stamps.clockSet(byMs);
    // What is evaluated again after a restart must not cross the leap.
    this.snapshots.take().catch(() => {});
  }

  private testHazard(): void {
    this.canaryAtMs = this.options.now();
    if (!this.options.makeDetector) this.canary = testHazard(this.options.detector);
  }

  private takeChange(change: ChangeEntry): void {
    this.changes.push(change);
    const state = this.fleet.state(change.moduleId);
    if (state)
      this.alarms.onVerdict({ ...state, level: change.to, reasons: change.reasons, timeMs: change.timeMs });
    this.options.onChange?.(change);
  }

  private decisionRows(): SettingRow[] {
    if (!this.decisionsChanged) return [];
    this.decisionsChanged = false;
    return [{ key: DECISIONS_KEY, value: this.fleet.ownership.toText() }];
  }

  private knownModuleRows() {
    return this.knownModules.takeRows(this.fleet, this.pipeline.gateways, this.options.now());
  }

  private pending() {
    const { changes, faults: sensorFaults } = this;
    this.changes = [];
    this.faults = [];
    const { settings, ...pending } = this.alarms.drain();
    return {
      changes,
      sensorFaults,
      ...pending,
      settings: [
        ...settings,
        ...this.retired.takeRows(),
        ...this.actions.takeRows(),
        ...this.decisionRows(),
        ...this.knownModuleRows(),
      ],
    };
  }
}

const retiredReason = (byName: string, reason: string): Reason => ({
  rule: 'retired',
  physics: null,
  text: REASON_TEXTS.retired(byName, reason),
  value: null,
  limit: null,
  unit: null,
});

/** Nothing is forgotten by a clock that was set forward until it has stood so for a day. */
const DOUBTED_MS = 24 * 3_600_000;

interface Kept {
  readonly lastSeq: number;
  /** Arrival of the last delivery in the journal, wall clock; -1 where it is empty. */
  readonly lastReceivedMs: number;
  readonly lastAudit: AuditRow | null;
  readonly open: Parameters<typeof registerFrom>[0];
  /** Oldest first. */
  readonly alarms: Parameters<typeof registerFrom>[0];
  readonly newestId: string | null;
  readonly suppressionList: string | null;
  /** As `RetiredModules` wrote them. */
  readonly retired: string | null;
  readonly actions: readonly SettingRow[];
  readonly setAside: readonly SettingRow[];
  readonly decisions: string | null;
  readonly changes: readonly ChangeEntry[];
}

function ownershipOf({ modules }: SiteDescription, decisions: string | null): Ownership {
  const ownership = new Ownership(modules);
  ownership.load(decisions);
  return ownership;
}

async function readKept(store: Store): Promise<Kept> {
  const [lastSeq, lastAudit, open, newest, suppressions, retired, actions, setAside, decisions, changes] =
    await Promise.all([
      store.lastSeq(),
      store.lastAudit(),
      store.alarms({ open: true, limit: READ_AT_START }),
      store.alarms({ limit: READ_AT_START }),
      store.setting(SUPPRESSIONS_KEY),
      store.setting(RETIRED_KEY),
      store.settings(ACTION_PREFIX),
      store.settings(SET_ASIDE_PREFIX),
      store.setting(DECISIONS_KEY),
      store.changes({ limit: CHANGES_READ }),
    ]);
  const [last] = lastSeq === 0 ? [] : await store.journalAfter(lastSeq - 1, 1);
  return {
    lastSeq,
    lastReceivedMs: last?.receivedMs ?? -1,
    lastAudit,
    open: [...open.rows].reverse(),
    alarms: [...newest.rows].reverse(),
    newestId: newest.rows[0]?.id ?? null,
    suppressionList: suppressions,
    retired,
    actions,
    setAside,
    decisions,
    changes: [...changes.rows].reverse(),
  };
}
