/** Once a second: what is silent, unjudged, refused or broken, as the alarms want to know it. */

import type { UnknownField } from '@emberwatch/engine/telemetry';
import type { GatewayView, ModuleView, SiteView, WrongClock } from '../alarms/conditions.ts';
import type { SharedClientIdView } from '../alarms/sender-conditions.ts';
import type { SiteDescription } from '../settings/site.ts';
import type { CanaryResult } from './canary.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Fleet } from './fleet.ts';
import type { Gateways } from './gateways.ts';
import { AGREEMENT_MS } from './host-clock.ts';
import type { LateFrames } from './late-frames.ts';
import type { RetiredModules } from './retired.ts';
import { sendersOf } from './senders.ts';
import type { SetAside } from './set-aside.ts';
import type { UnknownFieldsOfGateways } from './unknown-fields.ts';

/** A store that fails for so long is trouble; a single slow write is none. */
const STORAGE_GRACE_MS = 2000;
/** A write that takes so long. */
const STORAGE_WAIT_MS = 10_000;

export interface Watched {
  readonly fleet: Fleet;
  readonly gateways: Gateways;
  readonly setAside: Pick<SetAside, 'countOf'>;
  readonly lateFrames: LateFrames;
  readonly unknownFields: UnknownFieldsOfGateways;
  readonly commitQueue: CommitQueue;
  readonly canary: CanaryResult | null;
  /** Channels through which nobody could be told, and why. */
  readonly notifications: ReadonlyMap<string, string>;
  readonly sharedClientIds: readonly SharedClientIdView[];
  readonly expected: SiteDescription['modules'];
  readonly retired: Pick<RetiredModules, 'find'>;
  readonly startedMs: number;
  /** Senders get so long after a start to come back before their silence is an alarm. */
  readonly graceMs: number;
}

export function viewOf(watched: Watched, nowMs: number): SiteView {
  const { fleet, commitQueue, canary, notifications } = watched;
  return {
    nowMs,
    modules: modulesOf(watched, nowMs),
    gateways: gatewaysOf(watched, nowMs),
    storageWhy: storageWhy(commitQueue, nowMs),
    detectorWhy: fleet.isFailing() ? fleet.failure.message : null,
    canaryWhy: canary?.why ?? null,
    hostClockErrorMs: fleet.host.suspectedByMs,
    clocks: clocksOf(fleet),
    notifications: [...notifications].map(([channel, why]) => ({ channel, why })),
    senders: { ...sendersOf(fleet, watched.lateFrames, nowMs), sharedClientIds: watched.sharedClientIds },
  };
}

export function storageWhy({ failure, placeWhy, waitingSinceMs }: CommitQueue, nowMs: number): string | null {
  if (placeWhy !== null) return placeWhy;
  if (waitingSinceMs !== null && nowMs - waitingSinceMs >= STORAGE_WAIT_MS)
    return `the disk has not answered for more than ${STORAGE_WAIT_MS / 1000} s`;
  if (failure.sinceMs === null || nowMs - failure.sinceMs < STORAGE_GRACE_MS) return null;
  return failure.message ?? 'no reason is given';
}

/** Senders have time to come back after a start. */
export const isWaiting = (
  { startedMs, graceMs }: Pick<Watched, 'startedMs' | 'graceMs'>,
  nowMs: number,
): boolean => nowMs - startedMs < graceMs;

function* modulesOf(watched: Watched, nowMs: number): Iterable<ModuleView> {
  const { fleet, expected, retired, startedMs } = watched;
  const isGrace = isWaiting(watched, nowMs);
  for (const entry of fleet.watched())
    yield {
      ...entry,
      lost: fleet.lostChannels.of(entry.moduleId),
      isSilent: entry.isSilent && !isGrace,
    };
  if (isGrace) return;
  for (const { id, rack, gateway } of expected ?? []) {
    if (fleet.lastTimeMs(id) !== undefined || retired.find(id)) continue;
    yield {
      moduleId: id,
      rackId: rack ?? null,
      gatewayId: [gateway ?? []].flat()[0] ?? null,
      isSilent: true,
      silentSinceMs: startedMs,
      arrivals: { lastMs: Number.NEGATIVE_INFINITY },
      unjudgedSinceMs: Number.NaN,
      faults: 0,
      lost: new Map(),
    };
  }
}

function* gatewaysOf({ gateways, setAside, unknownFields }: Watched, nowMs: number): Iterable<GatewayView> {
  const unknownOf = new Map<string, UnknownField[]>();
  for (const field of unknownFields.list(nowMs)) {
    const known = unknownOf.get(field.gatewayId);
    if (known) known.push(field);
    else unknownOf.set(field.gatewayId, [field]);
  }
  for (const state of gateways.all()) {
    const { rows, rejected, bodies, rejectedBodies } = gateways.recent(state, nowMs);
    const { gatewayId, isGone, goneWhy, rejectedBodiesInARow } = state;
    yield {
      gatewayId,
      isGone,
      goneWhy,
      recentRows: rows,
      recentRejected: rejected,
      recentBodies: bodies,
      recentRejectedBodies: rejectedBodies,
      rejectedBodiesInARow,
      setAside: setAside.countOf(gatewayId),
      unknownFields: unknownOf.get(gatewayId) ?? [],
    };
  }
}

/** By gateway: its modules have one clock, or one that sets theirs. What is told of this computer is not told of them. */
function clocksOf(fleet: Fleet): SiteView['clocks'] {
  const { host, isPlayback } = fleet;
  if (isPlayback) return [];
  const wrong = new Map<string, WrongClock>();
  for (const { moduleId, gatewayId, clockErrorMs, isSilent } of fleet.watched()) {
    const isOfHost =
      host.suspectedByMs !== null && Math.abs(clockErrorMs + host.suspectedByMs) <= AGREEMENT_MS;
    if (isSilent || clockErrorMs === 0 || isOfHost) continue;
    const source = gatewayId ?? moduleId;
    const known = wrong.get(source);
    const isWorse = Math.abs(clockErrorMs) > Math.abs(known?.errorMs ?? 0);
    const modules = (known?.modules ?? 0) + 1;
    wrong.set(
      source,
      isWorse || !known ? { source, moduleId, modules, errorMs: clockErrorMs } : { ...known, modules },
    );
  }
  return [...wrong.values()];
}
