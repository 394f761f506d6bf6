/** What people do about senders, once it is stored that they asked for it. */

import type { AlarmService } from '../alarms/alarm-service.ts';
import { ServiceError } from '../errors.ts';
import type { AlarmRecord } from '../records.ts';
import type { Fleet } from './fleet.ts';
import type { WatchedEntry } from './module-entry.ts';
import type { HandOver } from './ownership.ts';
import type { IngestPipeline } from './pipeline.ts';
import type { RetiredModules } from './retired.ts';

/** Names of modules in one row of the audit log. */
const MAX_MODULES_AUDITED = 100;

export interface SenderParts {
  readonly fleet: Fleet;
  readonly pipeline: IngestPipeline;
  readonly alarms: AlarmService;
  readonly retired: RetiredModules;
}

/** @throws ServiceError `UNKNOWN_MODULE`, `UNKNOWN_GATEWAY` */
export function checkDecidable({ fleet, pipeline }: SenderParts, moduleId: string, gatewayId: string): void {
  const latest = fleet.latest(moduleId);
  if (!latest) throw new ServiceError('UNKNOWN_MODULE', `Module "${moduleId.slice(0, 60)}".`);
  if (pipeline.gateways.find(gatewayId) === undefined && latest.gatewayId !== gatewayId)
    throw new ServiceError('UNKNOWN_GATEWAY', `Gateway "${gatewayId.slice(0, 60)}".`);
}

/** From now on frames of the module from any other gateway are rejected. */
export function decideGateway(
  { fleet, alarms }: SenderParts,
  decision: { readonly moduleId: string; readonly gatewayId: string; readonly reason: string },
  byName: string,
  atMs: number,
): void {
  const { moduleId, gatewayId, reason } = decision;
  const before = fleet.latest(moduleId)?.gatewayId ?? null;
  fleet.decide({ moduleId, gatewayId, atMs, byName });
  alarms.note(byName, 'module.gateway-decided', moduleId, { gatewayId, before, reason });
}

/** @throws ServiceError `UNKNOWN_GATEWAY` */
export function checkGateway({ fleet, pipeline }: SenderParts, gatewayId: string): void {
  if (pipeline.gateways.find(gatewayId) || modulesOf(fleet, gatewayId).length > 0) return;
  throw new ServiceError('UNKNOWN_GATEWAY', `Gateway "${gatewayId.slice(0, 60)}".`);
}

/**
 * Frees the places of a gateway: of every module that it delivers, that the settings do not name and that was never in
 * alarm.
 */
export function retireModulesOf(
  { fleet, pipeline, alarms, retired }: SenderParts,
  gatewayId: string,
  { byName, reason, retiredMs, seq }: { byName: string; reason: string; retiredMs: number; seq: number },
): { readonly retired: number; readonly kept: number } {
  const own = modulesOf(fleet, gatewayId);
  const mayGo = retirableIn(fleet, alarms);
  const gone = own.filter(mayGo);
  for (const { moduleId } of gone) pipeline.forget(moduleId);
  retired.addTogether(
    gone.map(({ moduleId, rackId, timeMs: lastFrameMs }) => {
      const last = { lastFrameMs, lastLevel: null, lastHottestDegC: null };
      return { moduleId, rackId, gatewayId, ...last, retiredMs, byName, reason, seq };
    }),
  );
  const modules = gone.slice(0, MAX_MODULES_AUDITED).map(({ moduleId }) => moduleId);
  alarms.note(byName, 'gateway.modules-retired', gatewayId, { count: gone.length, modules, reason });
  return { retired: gone.length, kept: own.length - gone.length };
}

/** A gateway that takes over takes many modules: one row tells of all. */
export function noteHandOvers({ fleet, alarms }: SenderParts): void {
  const byPair = new Map<string, HandOver[]>();
  for (const one of fleet.ownership.takeHandOvers()) {
    const key = `${one.fromGatewayId} ${one.toGatewayId}`;
    byPair.set(key, [...(byPair.get(key) ?? []), one]);
  }
  for (const pair of byPair.values()) {
    const { fromGatewayId, toGatewayId } = pair[0]!;
    const modules = pair.slice(0, MAX_MODULES_AUDITED).map(({ moduleId }) => moduleId);
    const detail = { fromGatewayId, toGatewayId, count: pair.length, modules };
    alarms.note('emberwatch', 'module.gateway-changed', toGatewayId, detail);
  }
}

/** What would be retired: never in alarm, and not of the settings. */
function retirableIn(
  fleet: Fleet,
  alarms: { open(): readonly Pick<AlarmRecord, 'kind' | 'source'>[] },
): (entry: WatchedEntry) => boolean {
  const hazards = alarms.open().filter(({ kind }) => kind === 'hazard');
  const inAlarm = new Set(hazards.map(({ source }) => source));
  return ({ moduleId, hadHazard }) =>
    !hadHazard && !fleet.ownership.isRegistered(moduleId) && !inAlarm.has(moduleId);
}

export interface ModulesOfGateway {
  claimed: number;
  delivering: number;
  /** Retired where a person frees the places of the gateway. */
  retirable: number;
  /** Places of new modules that it takes, and how many it may take. */
  places: number;
  quota: number;
}

/** By gateway. */
export function modulesByGateway(
  fleet: Fleet,
  alarms: { open(): readonly Pick<AlarmRecord, 'kind' | 'source'>[] },
  gatewayIds: Iterable<string>,
): Map<string, ModulesOfGateway> {
  const { places } = fleet;
  const byGateway = new Map<string, ModulesOfGateway>();
  for (const id of gatewayIds) {
    const counts = { claimed: 0, delivering: 0, retirable: 0 };
    byGateway.set(id, { ...counts, places: places.of(id), quota: places.quotaOf(id) });
  }
  const mayGo = retirableIn(fleet, alarms);
  for (const entry of fleet.watched()) {
    const own = byGateway.get(entry.gatewayId ?? '');
    if (!own) continue;
    own.claimed++;
    if (!entry.isSilent) own.delivering++;
    if (mayGo(entry)) own.retirable++;
  }
  return byGateway;
}

const modulesOf = (fleet: Fleet, gatewayId: string): WatchedEntry[] =>
  [...fleet.watched()].filter((entry) => entry.gatewayId === gatewayId).map((entry) => ({ ...entry }));
