/**
 * Modules that people took out of the watch: burnt, taken away, or a mistyped name. Kept by name, so that no restart
 * brings one back, and so that the place of one that was in alarm is never shown as if nothing had been there.
 */

import type { Level } from '@emberwatch/engine/detector';
import { MS_PER_DAY } from '@emberwatch/engine/units';
import { MAX_TOTAL_MODULES } from '../limits.ts';
import type { SettingRow } from '../records.ts';

/** Under this name the store keeps them. */
export const RETIRED_KEY = 'modules.retired';

/** The oldest of more are forgotten, first those that deliver again. */
const MAX_RETIRED = 5000;
/** Of those that were retired together with others of their gateway: names that were never in alarm. */
const MAX_RETIRED_TOGETHER = MAX_TOTAL_MODULES;
/** So long its place is shown as empty. */
const SHOWN_FOR_MS = 30 * MS_PER_DAY;

export interface RetiredModule {
  readonly moduleId: string;
  readonly rackId: string | null;
  readonly gatewayId: string | null;
  readonly retiredMs: number;
  readonly byName: string;
  readonly reason: string;
  /** Time of its last frame; null where none is known. */
  readonly lastFrameMs: number | null;
  /** The last level that was more than unknown, and the hottest temperature of the last frame. */
  readonly lastLevel: Level | null;
  readonly lastHottestDegC: number | null;
  /** Number of the last delivery that was evaluated before. */
  readonly seq: number;
  /** Since when it delivers again, as a new module; null while it does not. */
  readonly returnedMs: number | null;
  /** One of many of a gateway: its place is not shown. */
  readonly isTogether?: true;
}

export class RetiredModules {
  private readonly modules: Map<string, RetiredModule>;
  private isChanged = false;

  /** @param text as the store keeps it; null where nothing is kept */
  constructor(text: string | null) {
    const kept = text === null ? [] : (JSON.parse(text) as RetiredModule[]);
    this.modules = new Map(kept.map((one) => [one.moduleId, one]));
  }

  /** Retired, and has not delivered since. */
  find(moduleId: string): RetiredModule | undefined {
    const found = this.modules.get(moduleId);
    return found?.returnedMs === null ? found : undefined;
  }

  /** Those whose retirement a replay of the journal has to repeat, in the order in which they were retired. */
  *inOrder(): Generator<RetiredModule> {
    yield* [...this.modules.values()].sort((a, b) => a.seq - b.seq);
  }

  /** What is shown as an empty place, the last retired first. */
  shown(nowMs: number): RetiredModule[] {
    return [...this.modules.values()]
      .filter(
        ({ returnedMs, retiredMs, isTogether }) =>
          returnedMs === null && !isTogether && nowMs - retiredMs < SHOWN_FOR_MS,
      )
      .sort((a, b) => b.retiredMs - a.retiredMs);
  }

  add(module: Omit<RetiredModule, 'returnedMs'>): void {
    this.put({ ...module, returnedMs: null });
    this.makeRoom((one) => !one.isTogether, MAX_RETIRED);
  }

  /** Many of one gateway that were never in alarm. */
  addTogether(modules: readonly Omit<RetiredModule, 'returnedMs' | 'isTogether'>[]): void {
    for (const module of modules) this.put({ ...module, returnedMs: null, isTogether: true });
    this.makeRoom((one) => one.isTogether === true, MAX_RETIRED_TOGETHER);
  }

  private makeRoom(isOfKind: (module: RetiredModule) => boolean, max: number): void {
    const all = [...this.modules.values()].filter(isOfKind);
    const returned = all.filter(({ returnedMs }) => returnedMs !== null);
    const others = all.filter(({ returnedMs }) => returnedMs === null);
    const over = Math.max(0, all.length - max);
    for (const { moduleId } of [...returned, ...others].slice(0, over)) this.modules.delete(moduleId);
  }

  /** @returns whether any of them delivers again */
  noteReturned(isWatched: (moduleId: string) => boolean, nowMs: number): boolean {
    const returned = [...this.modules.values()].filter(
      ({ moduleId, returnedMs }) => returnedMs === null && isWatched(moduleId),
    );
    for (const one of returned) this.put({ ...one, returnedMs: nowMs });
    return returned.length > 0;
  }

  /** What is to be kept since the last call. */
  takeRows(): SettingRow[] {
    if (!this.isChanged) return [];
    this.isChanged = false;
    return [{ key: RETIRED_KEY, value: JSON.stringify([...this.modules.values()]) }];
  }

  /** The last retired is the last of the map. */
  private put(module: RetiredModule): void {
    this.modules.delete(module.moduleId);
    this.modules.set(module.moduleId, module);
    this.isChanged = true;
  }
}
