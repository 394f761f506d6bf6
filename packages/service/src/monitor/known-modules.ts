/**
 * Which modules there are, in which rack, of which gateway: kept apart from the state of judgement, which another version,
 * model or nameplate cannot use. After every start all of them are known, silent and unknown until they deliver.
 */

import type { SettingRow } from '../records.ts';
import type { Store } from '../store/store.ts';
import type { Fleet } from './fleet.ts';
import type { Gateways } from './gateways.ts';
import { PROTOCOLS, type Protocol } from './intake.ts';
import type { RetiredModules } from './retired.ts';

/** Under this name the store keeps it. */
const KNOWN_MODULES_KEY = 'modules.roster';
/** Written so often at most, where it has changed. */
const WRITE_EVERY_MS = 30_000;

interface KnownModulesState {
  readonly gateways: readonly (readonly [gatewayId: string, protocol: Protocol])[];
  readonly modules: readonly (readonly [moduleId: string, rackId: string | null, gatewayId: string | null])[];
}

export interface KnownModulesParts {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly gateways: Gateways;
  readonly retired: RetiredModules;
}

/** Modules that the store knows and the state of judgement does not. */
export async function addKnownModules({ store, fleet, gateways, retired }: KnownModulesParts): Promise<void> {
  const [text, stored, changes] = await Promise.all([
    store.setting(KNOWN_MODULES_KEY),
    store.modules(),
    store.changes({ limit: 500 }),
  ]);
  const knownModules = knownModulesOf(text);
  const gatewayOf = new Map(knownModules.modules.map(([moduleId, , gatewayId]) => [moduleId, gatewayId]));
  const levels = new Map<string, (typeof changes.rows)[number]['to']>();
  for (const { moduleId, to } of changes.rows)
    if (to !== 'unknown' && !levels.has(moduleId)) levels.set(moduleId, to);
  const add = (moduleId: string, rackId: string | null, lastMs: number): void => {
    if (fleet.lastTimeMs(moduleId) !== undefined || retired.find(moduleId)) return;
    const gatewayId = gatewayOf.get(moduleId) ?? null;
    fleet.addKnown({ moduleId, rackId, gatewayId, lastMs, lastKnownLevel: levels.get(moduleId) ?? null });
    if (gatewayId === null || gateways.find(gatewayId)) return;
    const protocol = knownModules.gateways.find(([id]) => id === gatewayId)?.[1] ?? PROTOCOLS[0];
    gateways.of(gatewayId, protocol, lastMs);
  };
  for (const { moduleId, rackId, lastMs } of stored) add(moduleId, rackId, lastMs);
}

/** Writes who there is, now and then. */
export class KnownModules {
  private text: string | null = null;
  private writtenMs = Number.NEGATIVE_INFINITY;

  /** Does not wait for its time. */
  hurry(): void {
    this.writtenMs = Number.NEGATIVE_INFINITY;
  }

  /** What is to be kept since the last call. */
  takeRows(fleet: Fleet, gateways: Gateways, nowMs: number): SettingRow[] {
    if (Math.abs(nowMs - this.writtenMs) < WRITE_EVERY_MS) return [];
    this.writtenMs = nowMs;
    const knownModules: KnownModulesState = {
      gateways: Array.from(gateways.all(), ({ gatewayId, door: protocol }) => [gatewayId, protocol] as const),
      modules: Array.from(
        fleet.watched(),
        ({ moduleId, rackId, gatewayId }) => [moduleId, rackId, gatewayId] as const,
      ),
    };
    const text = JSON.stringify(knownModules);
    if (text === this.text) return [];
    this.text = text;
    return knownModules.modules.length === 0 ? [] : [{ key: KNOWN_MODULES_KEY, value: text }];
  }
}

/** One that cannot be read is as good as none: the store has the modules all the same. */
function knownModulesOf(text: string | null): KnownModulesState {
  try {
    return JSON.parse(text ?? '{"gateways":[],"modules":[]}') as KnownModulesState;
  } catch {
    return { gateways: [], modules: [] };
  }
}
