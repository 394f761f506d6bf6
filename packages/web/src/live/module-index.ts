/**
 * The modules of the site as they stand. Renewed in place, four times a second: what is counted or listed of them is kept
 * in step, so that a change costs what changed and not the size of the site.
 */
import { LEVELS, type Level, levelRank } from '@emberwatch/engine/detector';
import type { ModuleState } from '../wire.ts';
import { concernOf, isAlarm } from './severity.ts';

export class ModuleIndex {
  readonly counts = Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>;
  /** In alarm, or silent since they were; in the order of coming. */
  readonly concerned = new Map<string, ModuleState>();
  /** Cannot be judged and were in no alarm before. */
  readonly unjudged = new Map<string, ModuleState>();
  /** Rises when modules come or go: what is laid out must be laid out again. */
  layout = 0;
  private readonly byId = new Map<string, ModuleState>();

  get size(): number {
    return this.byId.size;
  }

  get(moduleId: string): ModuleState | undefined {
    return this.byId.get(moduleId);
  }

  all(): Iterable<ModuleState> {
    return this.byId.values();
  }

  /** The gravest level that anything stands at; `unknown` where nothing can be judged. */
  get worst(): Level {
    let worst: Level = this.counts.normal > 0 ? 'normal' : 'unknown';
    for (const module of this.concerned.values()) {
      const level = concernOf(module);
      if (levelRank(level) > levelRank(worst)) worst = level;
    }
    return worst;
  }

  replace(modules: readonly ModuleState[]): void {
    for (const level of LEVELS) this.counts[level] = 0;
    this.byId.clear();
    this.concerned.clear();
    this.unjudged.clear();
    this.layout++;
    this.update(modules);
  }

  remove(moduleIds: readonly string[]): void {
    for (const moduleId of moduleIds) {
      const module = this.byId.get(moduleId);
      if (!module) continue;
      this.counts[module.level]--;
      this.byId.delete(moduleId);
      this.concerned.delete(moduleId);
      this.unjudged.delete(moduleId);
      this.layout++;
    }
  }

  update(changed: readonly ModuleState[]): void {
    for (const module of changed) {
      const { moduleId, level } = module;
      const before = this.byId.get(moduleId);
      if (before) this.counts[before.level]--;
      if (!before || before.rackId !== module.rackId) this.layout++;
      this.counts[level]++;
      this.byId.set(moduleId, module);
      const isConcern = isAlarm(concernOf(module));
      place(this.concerned, module, isConcern);
      place(this.unjudged, module, !isConcern && level === 'unknown');
    }
  }
}

function place(list: Map<string, ModuleState>, module: ModuleState, belongs: boolean): void {
  if (belongs) list.set(module.moduleId, module);
  else list.delete(module.moduleId);
}
