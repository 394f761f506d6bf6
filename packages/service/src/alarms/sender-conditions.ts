/** Senders that contradict each other, that are behind, or that take the places of others. */
import { MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
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

export interface SendersView {
  readonly duplicates: Iterable<DuplicateView>;
  readonly unevaluated: Iterable<UnevaluatedView>;
  readonly lateFrames: Iterable<LateFramesView>;
  readonly turnedAway: Iterable<TurnedAwayView>;
}

/** As many modules of one pair of gateways are told singly. */
const MOST_TOLD_SINGLY = 10;
const MOST_NAMED = 3;

export function sendersConditions(view: SendersView, nowMs: number): Condition[] {
  const conditions = duplicatesOf([...view.duplicates], nowMs);
  for (const one of view.unevaluated) conditions.push(unevaluated(one, nowMs));
  for (const one of view.lateFrames) conditions.push(late(one, nowMs));
  for (const one of view.turnedAway) conditions.push(turnedAway(one, nowMs));
  return conditions;
}

function duplicatesOf(duplicates: readonly DuplicateView[], nowMs: number): Condition[] {
  const pairs = new Map<string, DuplicateView[]>();
  for (const one of duplicates) {
    const key = `${one.gatewayId} ${one.otherGatewayId}`;
    pairs.set(key, [...(pairs.get(key) ?? []), one]);
  }
  return [...pairs.values()].flatMap((pair) =>
    pair.length > MOST_TOLD_SINGLY ? [groupOf(pair, nowMs)] : pair.map((one) => singleOf(one, nowMs)),
  );
}

function singleOf(one: DuplicateView, nowMs: number): Condition {
  const { moduleId, rackId, gatewayId, otherGatewayId, mainDegC, sideDegC } = one;
  const values = `${inDegC(mainDegC)} and ${inDegC(sideDegC)}`;
  const text =
    gatewayId === otherGatewayId
      ? `${moduleId}: ${gatewayId} delivers two series of values that contradict each other (${values}). The graver counts. Find the second sender under its name, or the sensor that alternates; then decide which gateway delivers the module.`
      : `${moduleId}: ${gatewayId} and ${otherGatewayId} deliver it (${values}). The graver counts. Stop one of them or decide which one delivers it; where each sends a part of the channels, name both in site.modules[].gateway.`;
  return { ...trouble('duplicate-sender', moduleId, text, nowMs), rackId, gatewayId };
}

function groupOf(pair: readonly DuplicateView[], nowMs: number): Condition {
  const { gatewayId, otherGatewayId } = pair[0]!;
  const who =
    gatewayId === otherGatewayId
      ? `two senders deliver ${pair.length} modules under the name ${gatewayId}`
      : `${gatewayId} and ${otherGatewayId} deliver the same ${pair.length} modules`;
  const source = gatewayId === otherGatewayId ? gatewayId : `${gatewayId} and ${otherGatewayId}`;
  const text = `${source}: ${who}. The graver values count. Stop one of the two, or decide which one delivers each module.`;
  const members = pair.map(({ moduleId }) => moduleId);
  return { ...trouble('duplicate-sender', source, text, nowMs), gatewayId, members };
}

function unevaluated({ gatewayId, frames, modules }: UnevaluatedView, nowMs: number): Condition {
  const text = `${gatewayId}: ${frames} frames of modules that others deliver too are not evaluated (${named(modules)}): there are as many contradicting streams as this service takes. Stop the second senders.`;
  const condition = trouble('duplicate-sender', `${gatewayId}, not evaluated`, text, nowMs);
  return { ...condition, gatewayId, members: modules };
}

function late(view: LateFramesView, nowMs: number): Condition {
  const { gatewayId, rows, late: count, leadMs, aheadGatewayIds, modules, age, ageMs } = view;
  const ahead = aheadGatewayIds.length === 0 ? gatewayId : aheadGatewayIds.join(', ');
  const why =
    age === 'backlog'
      ? `They are ${duration(ageMs)} old and their age falls: it sends what it kept during an outage.`
      : age === 'old'
        ? `They are ${duration(ageMs)} old: its clock is behind, or it sends what it kept.`
        : aheadGatewayIds.some((id) => id !== gatewayId)
          ? `Set the clock of ${ahead} or of ${gatewayId} right.`
          : 'A second sender uses its name with a clock that leads, or its messages overtake each other.';
  const text = `${gatewayId}: ${count} of its last ${rows} frames came late (${named(modules)}). Frames of ${ahead} are ahead by up to ${duration(leadMs)}. ${why}`;
  return { ...trouble('late-frames', gatewayId, text, nowMs), members: modules };
}

function turnedAway(view: TurnedAwayView, nowMs: number): Condition {
  const { gatewayId, modules, places, largestGatewayId, largestPlaces, allPlaces } = view;
  const text = `${gatewayId}: new modules are turned away and not watched (${named(modules)}). It has ${places} of ${allPlaces} places; ${largestGatewayId} has most, ${largestPlaces}. Retire the modules of ${largestGatewayId} that do not exist, or register modules in site.modules.`;
  return { ...trouble('module-limit', gatewayId, text, nowMs), members: modules };
}

function named(modules: readonly string[]): string {
  const first = modules.slice(0, MOST_NAMED).join(', ');
  return modules.length > MOST_NAMED ? `${first} and ${modules.length - MOST_NAMED} more` : first;
}

const inDegC = (value: number | null): string =>
  value === null ? 'no temperature' : `${value.toFixed(1)} °C`;

const duration = (ms: number): string =>
  ms >= MS_PER_H
    ? `${(ms / MS_PER_H).toFixed(1)} h`
    : ms >= MS_PER_MIN
      ? `${(ms / MS_PER_MIN).toFixed(1)} min`
      : `${(ms / MS_PER_S).toFixed(1)} s`;
