/** Where conditions, people and the book of alarms meet, and what comes of it is handed on to be kept and told. */
import type { Policy } from '@emberwatch/engine/detector';
import { ServiceError } from '../errors.ts';
import type { AuditRow, Identity, OutboxRow, SettingRow } from '../records.ts';
import type { AuditChain, AuditEntry } from '../store/audit-chain.ts';

import type {
  AlarmAction,
  AlarmPersonAction,
  Maintenance,
  MaintenanceInput,
  OutOfService,
} from './actions.ts';
import type { AlarmRecord, Transition } from './alarm.ts';
import type { ArrangementsState } from './arrangements.ts';
import { auditOf } from './audit.ts';
import { AlarmBook, bookStateOf } from './book.ts';
import type { Condition, Judged } from './condition.ts';
import type { AlarmFigures, FigureKeeper } from './figures.ts';
import type { GasMembers } from './gas.ts';
import { judge } from './hazards.ts';
import { isActive } from './open-alarms.ts';
import { reconcile } from './reconcile.ts';

/** Under this name the store keeps what people have arranged. */
export const ARRANGEMENTS_KEY = 'alarms.arrangements';

export interface DeskOptions {
  readonly book: AlarmBook;
  readonly gas: GasMembers;
  readonly chain: AuditChain;
  readonly figures: FigureKeeper;
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
export interface DeskNews {
  readonly alarms: readonly AlarmRecord[];
  readonly audit: readonly AuditRow[];
  readonly outbox: readonly OutboxRow[];
  readonly settings: readonly SettingRow[];
}

export class Desk {
  private readonly options: DeskOptions;
  private entries: AuditEntry[] = [];
  /** What people have arranged, as it was kept last, and as it is to be kept. */
  private arranged: string;
  private rearranged: SettingRow[] = [];

  constructor(options: DeskOptions) {
    this.options = options;
    this.arranged = JSON.stringify(options.book.arranged());
  }

  /** What the detector says of a module now. */
  heed(verdict: Judged): void {
    const { book, gas, modelSha256, policy, now } = this.options;
    const isGasNews = judge(book, gas, verdict, modelSha256, now(), policy);
    if (isGasNews) for (const one of gas.conditions(modelSha256)) book.hold(one, now());
  }

  /** All trouble that there is now, and what time has ended. @param isWaiting as of `reconcile` */
  supervise(conditions: readonly Condition[], isWaiting: boolean): void {
    const { book, gas, modelSha256, now } = this.options;
    const nowMs = now();
    for (const ended of book.tick(nowMs)) this.noteArranged('ended', ended, 'emberwatch');
    reconcile(book, [...conditions, ...gas.conditions(modelSha256)], nowMs, isWaiting);
    this.noteArrangements();
  }

  open(): readonly AlarmRecord[] {
    return this.options.book.open();
  }

  figures(): AlarmFigures {
    return this.options.figures.figures(this.options.now(), this.options.book.open());
  }

  maintenances(): readonly Maintenance[] {
    return this.options.book.arranged().maintenances;
  }

  /** Number and hash of the last row of the audit log. */
  get auditHead(): AuditChain['head'] {
    return this.options.chain.head;
  }

  /** @throws ServiceError as `AlarmBook.act`, and of the store: then nothing has changed */
  act(action: AlarmAction, { name }: Identity): Promise<AlarmRecord | null> {
    const seen = this.seenOf(action.id);
    return this.perform(
      { kind: 'alarm', action, seen },
      name,
      (book) => book.act(action, name, this.options.now()),
      (nowMs) => this.actNow(action, seen, name, nowMs),
    );
  }

  /** @throws ServiceError as `AlarmBook.startMaintenance`, and of the store: then nothing has changed */
  startMaintenance(input: MaintenanceInput, { name }: Identity): Promise<Maintenance> {
    return this.perform(
      { kind: 'start-maintenance', input },
      name,
      (book) => book.startMaintenance(input, name, this.options.now()),
      (nowMs) => this.startMaintenanceNow(input, name, nowMs),
    );
  }

  /** @throws ServiceError as `AlarmBook.endMaintenance`, and of the store: then nothing has changed */
  endMaintenance(id: string, { name }: Identity): Promise<Maintenance> {
    return this.perform(
      { kind: 'end-maintenance', id },
      name,
      (book) => book.endMaintenance(id, name, this.options.now()),
      (nowMs) => this.endMaintenanceNow(id, name, nowMs),
    );
  }

  /**
   * Of an action that is stored.
   *
   * @param seen what the person looked at: what has grown graver since asks to be looked at again
   * @throws ServiceError as `AlarmBook.act`
   */
  actNow(action: AlarmAction, seen: string | null, byName: string, nowMs: number): AlarmRecord | null {
    if (this.seenOf(action.id) !== seen && action.kind !== 'comment')
      throw new ServiceError('ALARM_STATE', `${action.id} has grown graver since: look at it again.`);
    const alarm = this.options.book.act(action, byName, nowMs);
    if (alarm === null)
      this.note(byName, 'alarm.in-service', action.id, { reason: 'reason' in action ? action.reason : null });
    this.noteArrangements();
    return alarm;
  }

  /** Of an action that is stored. @throws ServiceError as `AlarmBook.startMaintenance` */
  startMaintenanceNow(input: MaintenanceInput, byName: string, nowMs: number): Maintenance {
    const maintenance = this.options.book.startMaintenance(input, byName, nowMs);
    this.noteArranged('started', maintenance, byName);
    this.noteArrangements();
    return maintenance;
  }

  /** Of an action that is stored. @throws ServiceError as `AlarmBook.endMaintenance` */
  endMaintenanceNow(id: string, byName: string, nowMs: number): Maintenance {
    const maintenance = this.options.book.endMaintenance(id, byName, nowMs);
    this.noteArranged('ended', maintenance, byName);
    this.noteArrangements();
    return maintenance;
  }

  /** Whether a hazard of the module holds, or gas at it, as far as the book knows. */
  isInAlarm(moduleId: string): boolean {
    const { book, gas } = this.options;
    const hazard = book.find('hazard', moduleId);
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
    const { book, gas } = this.options;
    gas.leave(moduleId);
    book.retire(moduleId, byName, reason, nowMs);
    this.note(byName, 'module.retired', moduleId, { reason, ...detail });
  }

  /** Resolves once it is on disk. */
  audit(actor: string, action: string, subject: string, detail: unknown): Promise<void> {
    this.note(actor, action, subject, asDetail(detail));
    return this.options.write();
  }

  gather(): DeskNews {
    const { book, chain, figures, rowsFor, onTransition } = this.options;
    const transitions = book.drain();
    const alarms = new Map<string, AlarmRecord>();
    const audit = this.entries.map((entry) => chain.append(entry));
    this.entries = [];
    for (const transition of transitions) {
      alarms.set(transition.alarm.id, transition.alarm);
      audit.push(chain.append(auditOf(transition)));
      figures.take(transition);
      onTransition(transition);
    }
    const settings = this.rearranged;
    this.rearranged = [];
    const outbox = transitions.length > 0 ? rowsFor(transitions) : [];
    return { alarms: [...alarms.values()], audit, outbox, settings };
  }

  /** Also a clock that was set back moves what is arranged. */
  private noteArrangements(): void {
    const value = JSON.stringify(this.options.book.arranged());
    if (value === this.arranged) return;
    this.arranged = value;
    this.rearranged = [{ key: ARRANGEMENTS_KEY, value }];
  }

  private noteArranged(what: 'started' | 'ended', one: Maintenance | OutOfService, actor: string): void {
    const isMaintenance = 'scope' in one;
    const subject = isMaintenance ? one.id : one.alarmId;
    this.note(actor, `${isMaintenance ? 'maintenance' : 'out-of-service'}.${what}`, subject, { ...one });
  }

  /** How grave an open alarm was, and since when; null where it is not open. */
  private seenOf(id: string): string | null {
    const alarm = this.options.book.open().find((one) => one.id === id);
    return alarm ? `${alarm.highestPriority} ${alarm.returns} ${alarm.escalatedMs}` : null;
  }

  /** What cannot be done is refused before it is stored. */
  private async perform<R>(
    what: AlarmPersonAction,
    byName: string,
    rehearse: (book: AlarmBook) => unknown,
    apply: (nowMs: number) => R,
  ): Promise<R> {
    rehearse(new AlarmBook(this.options.book.toState()));
    return this.options.perform(what, byName, apply);
  }

  /** A row that goes with the next write. */
  note(actor: string, action: string, subject: string, detail: AuditEntry['detail']): void {
    this.entries.push({ atMs: this.options.now(), actor, action, subject, detail });
  }
}

const asDetail = (detail: unknown): AuditEntry['detail'] =>
  typeof detail === 'object' && detail !== null ? (detail as AuditEntry['detail']) : { detail };

const NOTHING_ARRANGED: ArrangementsState = { lastMaintenance: 0, maintenances: [], outOfServices: [] };

/** A book from what the store keeps. */
export const bookFrom = (
  open: readonly AlarmRecord[],
  newestId: string | null,
  arrangements: string | null,
  seenMs: number,
) =>
  bookStateOf(
    open,
    newestId === null ? 0 : Number(newestId.slice(1)),
    arrangements === null ? NOTHING_ARRANGED : (JSON.parse(arrangements) as ArrangementsState),
    seenMs,
  );
