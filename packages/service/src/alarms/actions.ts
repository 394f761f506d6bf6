/** What people do to alarms, how long it may hide one, and what they have to say for it. */
import { MS_PER_DAY, MS_PER_H } from '@emberwatch/engine/units';
import { type ErrorCode, ServiceError } from '../errors.ts';
import type { AlarmKind } from '../records.ts';

export type AlarmAction =
  | { readonly kind: 'acknowledge'; readonly id: string; readonly comment?: string }
  | { readonly kind: 'comment'; readonly id: string; readonly text: string }
  | { readonly kind: 'shelve'; readonly id: string; readonly untilMs: number; readonly reason: string }
  | { readonly kind: 'unshelve'; readonly id: string; readonly reason: string }
  | { readonly kind: 'reset'; readonly id: string; readonly reason: string }
  | {
      readonly kind: 'out-of-service';
      readonly id: string;
      readonly untilMs: number;
      readonly reason: string;
    }
  /** `id` of the open alarm, or of the alarm that was open when the condition was taken out of service. */
  | { readonly kind: 'in-service'; readonly id: string; readonly reason: string };

export type MaintenanceScope =
  | { readonly kind: 'site' }
  | { readonly kind: 'rack' | 'module'; readonly id: string };

/** What people do to alarms, as it is stored before it is done. */
export type AlarmPersonAction =
  | { readonly kind: 'alarm'; readonly action: AlarmAction; readonly seen: string | null }
  | { readonly kind: 'start-maintenance'; readonly input: MaintenanceInput }
  | { readonly kind: 'end-maintenance'; readonly id: string };

export interface MaintenanceInput {
  readonly scope: MaintenanceScope;
  readonly untilMs: number;
  readonly reason: string;
}

/** What is covered stays watched: alarms are raised and kept, only told of to nobody; an emergency is told of always. */
export interface Maintenance extends MaintenanceInput {
  /** `M000001`: rising, never used twice. */
  readonly id: string;
  readonly byName: string;
  readonly fromMs: number;
}

/** A condition that nobody is told of, whatever its alarms do: a module that is being replaced, a sensor on order. */
export interface OutOfService {
  readonly kind: AlarmKind;
  readonly source: string;
  /** The alarm by which it was taken out. */
  readonly alarmId: string;
  readonly byName: string;
  readonly reason: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A shift: who shelves is there when it ends. */
export const MAX_SHELVED_MS = 8 * MS_PER_H;
export const MAX_OUT_OF_SERVICE_MS = 30 * MS_PER_DAY;
/**
 * A protection that was off for maintenance, and stayed off unseen, let the Victorian Big Battery burn (2021): it ends
 * by itself and hides no emergency.
 */
export const MAX_MAINTENANCE_MS = MS_PER_DAY;
export const MAX_MAINTENANCES = 200;
export const MAX_OUT_OF_SERVICES = 1000;
export const MAX_REASON_CHARS = 500;
export const MAX_COMMENT_CHARS = 2000;
export const MAX_COMMENTS = 100;
const MAX_NAME_CHARS = 128;

/** What the service does by itself stands under this name; no person may act under it. */
export const BY_ITSELF = 'emberwatch';

/** @throws ServiceError `PERSON_REQUIRED` */
export function personOf(name: string): string {
  const person = name.trim();
  if (person === '' || person.toLowerCase() === BY_ITSELF)
    throw new ServiceError('PERSON_REQUIRED', `Name: "${name.slice(0, MAX_NAME_CHARS)}".`);
  if (person.length > MAX_NAME_CHARS) throw tooLong('name', person, MAX_NAME_CHARS);
  return person;
}

/** @throws ServiceError `REASON_REQUIRED`, `INVALID_REQUEST` where it is too long */
export function reasonOf(reason: string): string {
  const text = reason.trim();
  if (text === '') throw new ServiceError('REASON_REQUIRED');
  if (text.length > MAX_REASON_CHARS) throw tooLong('reason', text, MAX_REASON_CHARS);
  return text;
}

/** @throws ServiceError `REASON_REQUIRED` where there is none, `INVALID_REQUEST` where it is too long */
export function commentOf(comment: string): string {
  const text = comment.trim();
  if (text === '') throw new ServiceError('REASON_REQUIRED', 'text: it is empty.');
  if (text.length > MAX_COMMENT_CHARS) throw tooLong('text', text, MAX_COMMENT_CHARS);
  return text;
}

/** @throws ServiceError `code` where the end is not after now or further than `maxMs` away */
export function endOf(untilMs: number, nowMs: number, maxMs: number, code: ErrorCode): number {
  const lastsMs = untilMs - nowMs;
  if (lastsMs > 0 && lastsMs <= maxMs) return untilMs;
  throw new ServiceError(
    code,
    `untilMs: ${untilMs} is ${Math.round(lastsMs / 1000)} s from now; more than 0 and at most ${maxMs / 1000} s are allowed.`,
  );
}

const tooLong = (place: string, text: string, max: number): ServiceError =>
  new ServiceError('INVALID_REQUEST', `${place}: ${text.length} characters; at most ${max} are kept.`);
