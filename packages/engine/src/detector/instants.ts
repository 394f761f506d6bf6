/**
 * Instants that come in parts. Each part is evaluated at once, and the instant with all its parts as if it had come as
 * one frame: the module goes back to its state before the instant first. That state is kept only of modules that have
 * sent parts.
 */
import type { WatchedModule } from './module.ts';

/** A module whose instants have been whole for so long no longer sends parts. */
const WHOLE_INSTANTS = 1000;

interface Before {
  readonly state: WatchedModule;
  wholeInstants: number;
}

export class Instants {
  private readonly before = new Map<string, Before>();
  private readonly makeLike: (module: WatchedModule) => WatchedModule;

  /** @param makeLike a module of the same name that has seen nothing, and that no other is compared with */
  constructor(makeLike: (module: WatchedModule) => WatchedModule) {
    this.makeLike = makeLike;
  }

  /** A new instant of the module begins. */
  begin(module: WatchedModule): void {
    if (this.before.size === 0) return;
    const before = this.before.get(module.moduleId);
    if (!before) return;
    if (++before.wholeInstants > WHOLE_INSTANTS) this.before.delete(module.moduleId);
    else before.state.copyFrom(module);
  }

  /** The instant comes anew with a further part. Of the very first such instant of a module the state before is not known. */
  again(module: WatchedModule): void {
    const before = this.before.get(module.moduleId);
    if (!before) {
      const state = this.makeLike(module);
      this.before.set(module.moduleId, { state, wholeInstants: 0 });
      if (module.frames === 1) module.goBackTo(state);
      return;
    }
    before.wholeInstants = 0;
    module.goBackTo(before.state);
  }

  forget(moduleId: string): void {
    this.before.delete(moduleId);
  }

  clear(): void {
    this.before.clear();
  }

  /** For a snapshot. */
  beforeOf(moduleId: string): Before | undefined {
    return this.before.get(moduleId);
  }

  /** @returns the state to be filled */
  restore(module: WatchedModule, wholeInstants: number): WatchedModule {
    const state = this.makeLike(module);
    this.before.set(module.moduleId, { state, wholeInstants });
    return state;
  }
}
