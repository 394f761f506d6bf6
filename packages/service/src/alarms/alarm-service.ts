/** Where conditions, people and the book of alarms meet, and what comes of it is handed on to be kept and told. */
import type { Policy } from '@emberwatch/engine/detector';
import { ServiceError } from '../errors.ts';
import type { AlarmRecord, AuditRow, Identity, OutboxRow, SettingRow } from '../records.ts';
import type { AuditChain, AuditEntry } from '../store/audit-chain.ts';

import type {
  AlarmAction,
  AlarmPersonAction,
  Maintenance,
  MaintenanceInput,
  OutOfService,
} from './actions.ts';
import type { Transition } from './alarm.ts';
import type { AlarmMetrics, AlarmMetricsKeeper } from './alarm-metrics.ts';
import { AlarmRegister, registerStateOf } from './alarm-register.ts';
import { auditOf } from './audit.ts';
import type { Condition, EvaluatedModule } from './condition.ts';
import type { GasMembers } from './gas.ts';
import { detector } from './hazard-conditions.ts';
import { isActive } from './open-alarms.ts';
import { reconcile } from './reconcile.ts';
import type { SuppressionListState } from './suppression.ts';

/** Under this name the store keeps what people have arranged. */
export const SUPPRESSIONS_KEY = 'alarms.arrangements';

export interface AlarmServiceOptions {
  readonly register: AlarmRegister;
  readonly gas: GasMembers;
  readonly chain: AuditChain;
  readonly metrics: AlarmMetricsKeeper;
  readonly now: () => number;
  readonly modelSha256: string | null;
  readonly policy: Policy;
  /** Notices that these transitions call for. */
  readonly rowsFor: (transitions: readonly Transition[]) => OutboxRow[];
  /** Writes what `gather` gives, together with what else waits. @throws ServiceError */
  readonly write: () => Promise<void>;
  readonly onTransition: (transition: Transition) => void;
  /** Stores what somebody does, and then does it. @throws ServiceError */
  readonly perform: <R>(what: AlarmPersonAction, byName: string, apply: (nowMs: number) => R) => Promise<R>;
}

/** What is to be kept since the last call. */
export interface PendingRecords {
  readonly alarms: readonly AlarmRecord[];
  readonly audit: readonly AuditRow[];
  readonly outbox: readonly OutboxRow[];
  readonly settings: readonly SettingRow[];
}

export class AlarmService {
  private readonly options: AlarmServiceOptions;
  private entries: AuditEntry[] = [];
  /** What people have arranged, as it was kept last, and as it is to be kept. */
  private suppressions: string;
  private changedSuppressions: SettingRow[] = [];

  constructor(options: AlarmServiceOptions) {
    this.options = options;
    this.suppressions = JSON.stringify(options.register.suppressions());
  }

  /** What the detector says of a module now. */
  onVerdict(verdict: EvaluatedModule): void {
    const { register, gas, modelSha256, policy, now } = this.options;
    const isGasChanged = detector(register, gas, verdict, modelSha256, now(), policy);
    if (isGasChanged) for (const one of gas.conditions(modelSha256)) register.hold(one, now());
  }

  /** All trouble that there is now, and what time has ended. @param isWaiting as of `reconcile` */
  supervise(conditions: readonly Condition[], isWaiting: boolean): void {
    const { register, gas, modelSha256, now } = this.options;
    const nowMs = now();
    for (const ended of register.tick(nowMs)) this.noteSuppression('ended', ended, 'emberwatch');
    reconcile(register, [...conditions, ...gas.conditions(modelSha256)], nowMs, isWaiting);
    this.noteSuppressions();
  }

  open(): readonly AlarmRecord[] {
    return this.options.register.open();
  }

  metrics(): AlarmMetrics {
    return this.options.metrics.metrics(this.options.now(), this.options.register.open());
  }

  maintenances(): readonly Maintenance[] {
    return this.options.register.suppressions().maintenances;
  }

  /** Number and hash of the last row of the audit log. */
  get auditHead(): AuditChain['head'] {
    return this.options.chain.head;
  }

  /** @throws ServiceError as `AlarmRegister.act`, and of the store: then nothing has changed */
  act(action: AlarmAction, { name }: Identity): Promise<AlarmRecord | null> {
    const seen = this.seenOf(action.id);
    return this.perform(
      { kind: 'alarm', action, seen },
      name,
      (register) => register.act(action, name, this.options.now()),
      (nowMs) => this.actNow(action, seen, name, nowMs),
    );
  }

  /** @throws ServiceError as `AlarmRegister.startMaintenance`, and of the store: then nothing has changed */
  startMaintenance(input: MaintenanceInput, { name }: Identity): Promise<Maintenance> {
    return this.perform(
      { kind: 'start-maintenance', input },
      name,
      (register) => register.startMaintenance(input, name, this.options.now()),
      (nowMs) => this.startMaintenanceNow(input, name, nowMs),
    );
  }

  /** @throws ServiceError as `AlarmRegister.endMaintenance`, and of the store: then nothing has changed */
  endMaintenance(id: string, { name }: Identity): Promise<Maintenance> {
    return this.perform(
      { kind: 'end-maintenance', id },
      name,
      (register) => register.endMaintenance(id, name, this.options.now()),
      (nowMs) => this.endMaintenanceNow(id, name, nowMs),
    );
  }

  /**
   * Of an action that is stored.
   *
   * @param seen what the person looked at: what has grown graver since asks to be looked at again
   * @throws ServiceError as `AlarmRegister.act`
   */
  actNow(action: AlarmAction, seen: string | null, byName: string, nowMs: number): AlarmRecord | null {
    if (this.seenOf(action.id) !== seen && action.kind !== 'comment')
      throw new ServiceError('ALARM_STATE', `${action.id} has grown graver since: look at it again.`);
    const alarm = this.options.register.act(action, byName, nowMs);
    if (alarm === null)
      this.note(byName, 'alarm.in-service', action.id, { reason: 'reason' in action ? action.reason : null });
    this.noteSuppressions();
    return alarm;
  }

  /** Of an action that is stored. @throws ServiceError as `AlarmRegister.startMaintenance` */
  startMaintenanceNow(input: MaintenanceInput, byName: string, nowMs: number): Maintenance {
    const maintenance = this.options.register.startMaintenance(input, byName, nowMs);
    this.noteSuppression('started', maintenance, byName);
    this.noteSuppressions();
    return maintenance;
  }

  /** Of an action that is stored. @throws ServiceError as `AlarmRegister.endMaintenance` */
  endMaintenanceNow(id: string, byName: string, nowMs: number): Maintenance {
    const maintenance = this.options.register.endMaintenance(id, byName, nowMs);
    this.noteSuppression('ended', maintenance, byName);
    this.noteSuppressions();
    return maintenance;
  }

  /** Whether a hazard of the module holds, or gas at it, as far as the book knows. */
  isInAlarm(moduleId: string): boolean {
    const { register, gas } = this.options;
    const hazard = register.find('hazard', moduleId);
    return gas.has(moduleId) || (hazard !== undefined && isActive(hazard));
  }

  /** Modules that are told with their air space: what else speaks for them by now is to be heeded. */
  gasMembers(): string[] {
    return this.options.gas.ids();
  }

  /** Of an action that is stored. */
  retireNow(
    moduleId: string,
    byName: string,
    reason: string,
    nowMs: number,
    detail: AuditEntry['detail'],
  ): void {
    const { register, gas } = this.options;
    gas.leave(moduleId);
    register.retire(moduleId, byName, reason, nowMs);
    this.note(byName, 'module.retired', moduleId, { reason, ...detail });
  }

  /** Resolves once it is on disk. */
  audit(actor: string, action: string, subject: string, detail: unknown): Promise<void> {
    this.note(actor, action, subject, asDetail(detail));
    return this.options.write();
  }

  drain(): PendingRecords {
    const { register, chain, metrics, rowsFor, onTransition } = this.options;
    const transitions = register.drain();
    const alarms = new Map<string, AlarmRecord>();
    const audit = this.entries.map((entry) => chain.append(entry));
    this.entries = [];
    for (const transition of transitions) {
      alarms.set(transition.alarm.id, transition.alarm);
      audit.push(chain.append(auditOf(transition)));
      metrics.take(transition);
      onTransition(transition);
    }
    const settings = this.changedSuppressions;
    this.changedSuppressions = [];
    const outbox = transitions.length > 0 ? rowsFor(transitions) : [];
    return { alarms: [...alarms.values()], audit, outbox, settings };
  }

  /** Also a clock that was set back moves what is arranged. */
  private noteSuppressions(): void {
    const value = JSON.stringify(this.options.register.suppressions());
    if (value === this.suppressions) return;
    this.suppressions = value;
    this.changedSuppressions = [{ key: SUPPRESSIONS_KEY, value }];
  }

  private noteSuppression(what: 'started' | 'ended', one: Maintenance | OutOfService, actor: string): void {
    const isMaintenance = 'scope' in one;
    const subject = isMaintenance ? one.id : one.alarmId;
    this.note(actor, `${isMaintenance ? 'maintenance' : 'out-of-service'}.${what}`, subject, { ...one });
  }

  /** How grave an open alarm was, and since when; null where it is not open. */
  private seenOf(id: string): string | null {
    const alarm = this.options.register.open().find((one) => one.id === id);
    return alarm ? `${alarm.highestPriority} ${alarm.returns} ${alarm.escalatedMs}` : null;
  }

  /** What cannot be done is refused before it is stored. */
  private async perform<R>(
    what: AlarmPersonAction,
    byName: string,
    rehearse: (register: AlarmRegister) => unknown,
    apply: (nowMs: number) => R,
  ): Promise<R> {
    rehearse(new AlarmRegister(this.options.register.toState()));
    return this.options.perform(what, byName, apply);
  }

  /** A row that goes with the next write. */
  note(actor: string, action: string, subject: string, detail: AuditEntry['detail']): void {
    this.entries.push({ atMs: this.options.now(), actor, action, subject, detail });
  }
}

const asDetail = (detail: unknown): AuditEntry['detail'] =>
  typeof detail === 'object' && detail !== null ? (detail as AuditEntry['detail']) : { detail };

const NO_SUPPRESSIONS: SuppressionListState = { lastMaintenance: 0, maintenances: [], outOfServices: [] };

/** A book from what the store keeps. */
export const registerFrom = (
  open: readonly AlarmRecord[],
  newestId: string | null,
  suppressions: string | null,
  seenMs: number,
) =>
  registerStateOf(
    open,
    newestId === null ? 0 : Number(newestId.slice(1)),
    suppressions === null ? NO_SUPPRESSIONS : (JSON.parse(suppressions) as SuppressionListState),
    seenMs,
  );
