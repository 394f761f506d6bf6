/** Channels that a module used to deliver and no longer does: what the detector calls a dropout. */
import type { SensorFault } from '@emberwatch/engine/detector';

export interface LostChannelsState {
  readonly lost: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly declared: ReadonlyMap<string, ReadonlySet<string>>;
}

export class LostChannels {
  /** By module: when each came last, ms of data. */
  private readonly lost = new Map<string, Map<string, number>>();
  /** Of modules that report by exception: what their birth says that they deliver. */
  private readonly declared = new Map<string, ReadonlySet<string>>();
  private readonly maxModules: number;

  constructor(maxModules: number) {
    this.maxModules = maxModules;
  }

  /** @returns false where it is another kind of fault */
  take({ kind, moduleId, channel, fromMs, toMs }: SensorFault): boolean {
    if (kind !== 'dropout') return false;
    const channels = this.lost.get(moduleId) ?? new Map<string, number>();
    if (toMs === null) this.lost.set(moduleId, channels.set(channel, fromMs));
    else if (channels.delete(channel) && channels.size === 0) this.lost.delete(moduleId);
    return true;
  }

  /** The birth of a module that reports by exception: these are not lost while nothing is said of them. */
  declare(moduleId: string, channels: Iterable<string>): void {
    if (this.declared.has(moduleId) || this.declared.size < this.maxModules)
      this.declared.set(moduleId, new Set(channels));
  }

  of(moduleId: string): ReadonlyMap<string, number> {
    const lost = this.lost.get(moduleId) ?? NONE;
    const declared = this.declared.get(moduleId);
    if (!declared || lost.size === 0) return lost;
    return new Map([...lost].filter(([channel]) => !declared.has(channel)));
  }

  forget(moduleId: string): void {
    this.lost.delete(moduleId);
    this.declared.delete(moduleId);
  }

  state(): LostChannelsState {
    const lost = new Map([...this.lost].map(([moduleId, channels]) => [moduleId, new Map(channels)]));
    return { lost, declared: new Map(this.declared) };
  }

  restoreState(state: LostChannelsState): void {
    for (const [moduleId, channels] of state.lost) this.lost.set(moduleId, new Map(channels));
    for (const [moduleId, channels] of state.declared) this.declared.set(moduleId, channels);
  }
}

const NONE: ReadonlyMap<string, number> = new Map();
