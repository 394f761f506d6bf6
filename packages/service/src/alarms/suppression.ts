/** What people have arranged ahead of alarms: maintenance, and conditions out of service. */
import { ServiceError } from '../errors.ts';
import type { AlarmKind, AlarmRecord, Suppression } from '../records.ts';
import {
  endOf,
  MAX_MAINTENANCE_MS,
  MAX_MAINTENANCES,
  MAX_OUT_OF_SERVICE_MS,
  MAX_OUT_OF_SERVICES,
  type Maintenance,
  type MaintenanceInput,
  type MaintenanceScope,
  type OutOfService,
  personOf,
  reasonOf,
} from './actions.ts';

export interface SuppressionListState {
  readonly lastMaintenance: number;
  readonly maintenances: readonly Maintenance[];
  readonly outOfServices: readonly OutOfService[];
}

/** Work on batteries is no excuse for a service that fails. */
const KINDS_OF_THE_SERVICE: ReadonlySet<AlarmKind> = new Set([
  'storage',
  'detector',
  'canary',
  'notification',
]);
/** Of one module each: what a maintenance of a module covers. */
const KINDS_OF_GROUPS: ReadonlySet<AlarmKind> = new Set([
  'gateway-silence',
  'site-silence',
  'rejections',
  'ignored-fields',
]);

export class SuppressionList {
  private lastMaintenance: number;
  private maintenances: Maintenance[];
  private outOfServices: OutOfService[];

  constructor(state: SuppressionListState) {
    this.lastMaintenance = state.lastMaintenance;
    this.maintenances = [...state.maintenances];
    this.outOfServices = [...state.outOfServices];
  }

  toState(): SuppressionListState {
    const { lastMaintenance, maintenances, outOfServices } = this;
    return { lastMaintenance, maintenances: [...maintenances], outOfServices: [...outOfServices] };
  }

  /** Null where people are to be told; out of service goes before maintenance, which ends sooner. */
  suppressionOf(alarm: Pick<AlarmRecord, 'kind' | 'source' | 'rackId'>, nowMs: number): Suppression | null {
    const out = this.outOfServices.find((one) => isOf(one, alarm) && one.untilMs > nowMs);
    if (out) return suppressionBy('out-of-service', out);
    let longest: Maintenance | null = null;
    for (const one of this.maintenances)
      if (one.untilMs > (longest?.untilMs ?? nowMs) && covers(one.scope, alarm)) longest = one;
    return longest && suppressionBy('maintenance', longest);
  }

  /** @throws ServiceError `PERSON_REQUIRED`, `REASON_REQUIRED`, `MAINTENANCE_LIMIT`, `INVALID_REQUEST` */
  startMaintenance({ scope, untilMs, reason }: MaintenanceInput, byName: string, nowMs: number): Maintenance {
    const by = { byName: personOf(byName), reason: reasonOf(reason), fromMs: nowMs };
    if (scope.kind !== 'site' && scope.id === '')
      throw new ServiceError('INVALID_REQUEST', 'scope.id: it is empty.');
    endOf(untilMs, nowMs, MAX_MAINTENANCE_MS, 'MAINTENANCE_LIMIT');
    if (this.maintenances.length >= MAX_MAINTENANCES)
      throw new ServiceError('MAINTENANCE_LIMIT', `There are ${MAX_MAINTENANCES} already; end one first.`);
    const id = `M${String(++this.lastMaintenance).padStart(6, '0')}`;
    const maintenance: Maintenance = { id, scope, untilMs, ...by };
    this.maintenances.push(maintenance);
    return maintenance;
  }

  /** @throws ServiceError `NOT_FOUND` */
  endMaintenance(id: string): Maintenance {
    const ended = this.maintenances.find((one) => one.id === id);
    if (!ended) throw new ServiceError('NOT_FOUND', `Maintenance ${id} does not run.`);
    this.maintenances = this.maintenances.filter((one) => one !== ended);
    return ended;
  }

  /** A second time replaces the first. @throws ServiceError `REASON_REQUIRED`, `OUT_OF_SERVICE_LIMIT`, … */
  takeOut(
    { id, kind, source, highestPriority }: AlarmRecord,
    untilMs: number,
    reason: string,
    byName: string,
    nowMs: number,
  ): void {
    if (highestPriority === 1) throw new ServiceError('OUT_OF_SERVICE_LIMIT', `${id} is one.`);
    endOf(untilMs, nowMs, MAX_OUT_OF_SERVICE_MS, 'OUT_OF_SERVICE_LIMIT');
    const others = this.outOfServices.filter((one) => !isOf(one, { kind, source }));
    if (others.length >= MAX_OUT_OF_SERVICES)
      throw new ServiceError('OUT_OF_SERVICE_LIMIT', `There are ${MAX_OUT_OF_SERVICES} already.`);
    const by = { byName, reason: reasonOf(reason), fromMs: nowMs, untilMs };
    this.outOfServices = [...others, { kind, source, alarmId: id, ...by }];
  }

  /** By the alarm that it was taken out by, or its condition; undefined where nothing is out of service. */
  putBack(alarmId: string, condition?: Pick<AlarmRecord, 'kind' | 'source'>): OutOfService | undefined {
    const found = this.outOfServices.find(
      (one) => one.alarmId === alarmId || (condition && isOf(one, condition)),
    );
    this.outOfServices = this.outOfServices.filter((one) => one !== found);
    return found;
  }

  /** Takes away what has ended, and returns it. */
  expire(nowMs: number): readonly (Maintenance | OutOfService)[] {
    const isOver = (one: { untilMs: number }): boolean => one.untilMs <= nowMs;
    const ended = [...this.maintenances.filter(isOver), ...this.outOfServices.filter(isOver)];
    if (ended.length === 0) return ended;
    this.maintenances = this.maintenances.filter((one) => !isOver(one));
    this.outOfServices = this.outOfServices.filter((one) => !isOver(one));
    return ended;
  }

  /** The clock was set back: what remains stays as long as it was. */
  shift(backMs: number): void {
    const shifted = <T extends { untilMs: number }>(one: T): T => ({ ...one, untilMs: one.untilMs - backMs });
    this.maintenances = this.maintenances.map(shifted);
    this.outOfServices = this.outOfServices.map(shifted);
  }
}

const isOf = (one: OutOfService, { kind, source }: Pick<AlarmRecord, 'kind' | 'source'>): boolean =>
  one.kind === kind && one.source === source;

function covers(
  scope: MaintenanceScope,
  { kind, source, rackId }: Pick<AlarmRecord, 'kind' | 'source' | 'rackId'>,
): boolean {
  if (KINDS_OF_THE_SERVICE.has(kind)) return false;
  if (scope.kind === 'site') return true;
  // Gas does not stay where people work.
  if (kind === 'gas') return false;
  return scope.kind === 'rack' ? rackId === scope.id : source === scope.id && !KINDS_OF_GROUPS.has(kind);
}

const suppressionBy = (
  kind: Suppression['kind'],
  { byName, reason, fromMs, untilMs }: Omit<Suppression, 'kind'>,
): Suppression => ({ kind, byName, reason, fromMs, untilMs });
