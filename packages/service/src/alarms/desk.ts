/** Where conditions, people and the book of alarms meet, and what comes of it is handed on to be kept and told. */
import type { Policy } from '@emberwatch/engine/detector';
import type { Identity } from '../auth/roles.ts';
import type { AuditRow, OutboxRow, SettingRow } from '../store/store.ts';
import type { AlarmAction, Maintenance, MaintenanceInput, OutOfService } from './actions.ts';
import type { AlarmRecord, Transition } from './alarm.ts';
import type { ArrangementsState } from './arrangements.ts';
import { type AuditChain, type AuditEntry, auditOf } from './audit.ts';
import { type AlarmBook, bookStateOf } from './book.ts';
import type { Condition } from './condition.ts';
import type { AlarmFigures, FigureKeeper } from './figures.ts';
import type { GasMembers } from './gas.ts';
import { type Judged, judge } from './hazards.ts';
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

  /** @throws ServiceError as `AlarmBook.act`, and of the store */
  async act(action: AlarmAction, actor: Identity): Promise<AlarmRecord | null> {
    const { book, now, write } = this.options;
    const alarm = book.act(action, actor.name, now());
    if (alarm === null)
      this.note(actor.name, 'alarm.in-service', action.id, {
        reason: 'reason' in action ? action.reason : null,
      });
    this.noteArrangements();
    await write();
    return alarm;
  }

  /** @throws ServiceError as `AlarmBook.startMaintenance`, and of the store */
  async startMaintenance(input: MaintenanceInput, actor: Identity): Promise<Maintenance> {
    const { book, now, write } = this.options;
    const maintenance = book.startMaintenance(input, actor.name, now());
    this.noteArranged('started', maintenance, actor.name);
    this.noteArrangements();
    await write();
    return maintenance;
  }

  /** @throws ServiceError as `AlarmBook.endMaintenance`, and of the store */
  async endMaintenance(id: string, actor: Identity): Promise<Maintenance> {
    const { book, now, write } = this.options;
    const maintenance = book.endMaintenance(id, actor.name, now());
    this.noteArranged('ended', maintenance, actor.name);
    this.noteArrangements();
    await write();
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

  /** @throws ServiceError of the store */
  retire(moduleId: string, byName: string, reason: string, detail: AuditEntry['detail']): Promise<void> {
    const { book, gas, now, write } = this.options;
    gas.leave(moduleId);
    book.retire(moduleId, byName, reason, now());
    this.note(byName, 'module.retired', moduleId, { reason, ...detail });
    return write();
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

  private note(actor: string, action: string, subject: string, detail: AuditEntry['detail']): void {
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
