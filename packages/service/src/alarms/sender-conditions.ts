/** Senders that contradict each other, that are behind, or that take the places of others. */
import { ALARM_TEXTS } from '../messages.ts';
import type { Condition } from './condition.ts';
import { trouble } from './trouble.ts';

/** Two senders of one module. */
export interface DuplicateView {
  readonly moduleId: string;
  readonly rackId: string | null;
  /** Whose frames are the main stream, and who sends others; the same where both use one name. */
  readonly gatewayId: string;
  readonly otherGatewayId: string;
  /** What both said last; null where they do not say it. */
  readonly mainDegC: number | null;
  readonly sideDegC: number | null;
}

/** Frames of other senders for which there was no stream. */
export interface UnevaluatedView {
  readonly gatewayId: string;
  readonly frames: number;
  readonly modules: readonly string[];
}

export interface LateFramesView {
  readonly gatewayId: string;
  readonly rows: number;
  readonly late: number;
  /** By how much the newest frame before was ahead. */
  readonly leadMs: number;
  readonly aheadGatewayIds: readonly string[];
  readonly modules: readonly string[];
  readonly age: 'recent' | 'old' | 'backlog';
  readonly ageMs: number;
}

export interface TurnedAwayView {
  readonly gatewayId: string;
  readonly modules: readonly string[];
  readonly frames: number;
  readonly places: number;
  readonly largestGatewayId: string;
  readonly largestPlaces: number;
  readonly allPlaces: number;
}

/** An MQTT client id that several connections have. */
export interface SharedClientIdView {
  readonly clientId: string;
  readonly connections: number;
  readonly users: readonly string[];
}

export interface SendersView {
  readonly duplicates: Iterable<DuplicateView>;
  readonly unevaluated: Iterable<UnevaluatedView>;
  readonly lateFrames: Iterable<LateFramesView>;
  readonly turnedAway: Iterable<TurnedAwayView>;
  readonly sharedClientIds: Iterable<SharedClientIdView>;
}

/** As many modules of one pair of gateways are told singly. */
const MAX_REPORTED_SINGLY = 10;

export function sendersConditions(view: SendersView, nowMs: number): Condition[] {
  const conditions = duplicatesOf([...view.duplicates], nowMs);
  for (const one of view.unevaluated) conditions.push(unevaluated(one, nowMs));
  for (const one of view.lateFrames) conditions.push(late(one, nowMs));
  for (const one of view.turnedAway) conditions.push(turnedAway(one, nowMs));
  for (const one of view.sharedClientIds) conditions.push(sharedClientId(one, nowMs));
  return conditions;
}

function duplicatesOf(duplicates: readonly DuplicateView[], nowMs: number): Condition[] {
  const pairs = new Map<string, DuplicateView[]>();
  for (const one of duplicates) {
    const key = `${one.gatewayId} ${one.otherGatewayId}`;
    pairs.set(key, [...(pairs.get(key) ?? []), one]);
  }
  return [...pairs.values()].flatMap((pair) =>
    pair.length > MAX_REPORTED_SINGLY ? [groupOf(pair, nowMs)] : pair.map((one) => singleOf(one, nowMs)),
  );
}

function singleOf(one: DuplicateView, nowMs: number): Condition {
  const { moduleId, rackId, gatewayId, otherGatewayId, mainDegC, sideDegC } = one;
  const text = ALARM_TEXTS.duplicateSender(moduleId, gatewayId, otherGatewayId, [mainDegC, sideDegC]);
  return { ...trouble('duplicate-sender', moduleId, text, nowMs), rackId, gatewayId };
}

function groupOf(pair: readonly DuplicateView[], nowMs: number): Condition {
  const { gatewayId, otherGatewayId } = pair[0]!;
  const source = gatewayId === otherGatewayId ? gatewayId : `${gatewayId} and ${otherGatewayId}`;
  const text = ALARM_TEXTS.duplicateSenders(source, gatewayId, otherGatewayId, pair.length);
  const members = pair.map(({ moduleId }) => moduleId);
  return { ...trouble('duplicate-sender', source, text, nowMs), gatewayId, members };
}

function unevaluated({ gatewayId, frames, modules }: UnevaluatedView, nowMs: number): Condition {
  const text = ALARM_TEXTS.unevaluated(gatewayId, frames, modules);
  const condition = trouble('duplicate-sender', `${gatewayId}, not evaluated`, text, nowMs);
  return { ...condition, gatewayId, members: modules };
}

function late(view: LateFramesView, nowMs: number): Condition {
  const { gatewayId, rows, late: count, leadMs, aheadGatewayIds, modules, age, ageMs } = view;
  const ahead = aheadGatewayIds.length === 0 ? gatewayId : aheadGatewayIds.join(', ');
  const cause =
    age === 'backlog'
      ? ALARM_TEXTS.lateBacklog(ageMs)
      : age === 'old'
        ? ALARM_TEXTS.lateOld(ageMs)
        : aheadGatewayIds.some((id) => id !== gatewayId)
          ? ALARM_TEXTS.lateClocks(ahead, gatewayId)
          : ALARM_TEXTS.lateSameName;
  const text = ALARM_TEXTS.lateFrames(gatewayId, count, rows, modules, ahead, leadMs, cause);
  return { ...trouble('late-frames', gatewayId, text, nowMs), members: modules };
}

/** Readings of both are evaluated: what is missing is only who sent them. */
function sharedClientId({ clientId, connections, users }: SharedClientIdView, nowMs: number): Condition {
  const text = ALARM_TEXTS.sharedClientId(clientId, connections, users);
  return { ...trouble('duplicate-sender', `client id ${clientId}`, text, nowMs), priority: 3 };
}

function turnedAway(view: TurnedAwayView, nowMs: number): Condition {
  const { gatewayId, modules, places, largestGatewayId, largestPlaces, allPlaces } = view;
  const text = ALARM_TEXTS.moduleLimit(
    gatewayId,
    modules,
    places,
    allPlaces,
    largestGatewayId,
    largestPlaces,
  );
  return { ...trouble('module-limit', gatewayId, text, nowMs), members: modules };
}
