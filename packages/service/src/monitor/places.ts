/** Places of modules that the settings do not name, and who asked for one that there was not. */
import { mayTake, quotaOf } from './share.ts';

/** Turned away so recently that it is trouble now. */
const TURNED_AWAY_FOR_MS = 300_000;
const MAX_GATEWAYS = 1000;
const MAX_NAMED = 50;
/** Modules without a gateway. */
const NOBODY = '';

export interface TurnedAway {
  readonly gatewayId: string;
  /** The first of them; `frames` counts all of their frames. */
  readonly modules: Set<string>;
  frames: number;
  lastMs: number;
}

export class Places {
  private readonly max: number;
  private readonly taken = new Map<string, number>();
  private readonly away = new Map<string, TurnedAway>();
  private all = 0;

  /** @param max places that are not kept for modules of the settings */
  constructor(max: number) {
    this.max = max;
  }

  mayTake(gatewayId: string | null): boolean {
    return mayTake(this.of(gatewayId), this.all, this.max);
  }

  /** How many it may take in all, as things are. */
  quotaOf(gatewayId: string): number {
    return quotaOf(this.of(gatewayId), this.all, this.max);
  }

  of(gatewayId: string | null): number {
    return this.taken.get(gatewayId ?? NOBODY) ?? 0;
  }

  add(gatewayId: string | null, count: 1 | -1): void {
    this.all += count;
    const left = this.of(gatewayId) + count;
    if (left > 0) this.taken.set(gatewayId ?? NOBODY, left);
    else this.taken.delete(gatewayId ?? NOBODY);
  }

  /** Which gateway has most of the places. */
  get largest(): { readonly gatewayId: string; readonly places: number } {
    let largest = { gatewayId: NOBODY, places: 0 };
    for (const [gatewayId, places] of this.taken)
      if (places > largest.places) largest = { gatewayId, places };
    return largest;
  }

  noteTurnedAway(gatewayId: string, moduleId: string, wallMs: number): void {
    let one = this.away.get(gatewayId);
    if (!one) {
      if (this.away.size >= MAX_GATEWAYS) return;
      one = { gatewayId, modules: new Set(), frames: 0, lastMs: wallMs };
      this.away.set(gatewayId, one);
    }
    if (one.modules.size < MAX_NAMED) one.modules.add(moduleId);
    one.frames++;
    one.lastMs = wallMs;
  }

  turnedAway(wallMs: number): TurnedAway[] {
    for (const [gatewayId, { lastMs }] of this.away)
      if (wallMs - lastMs > TURNED_AWAY_FOR_MS) this.away.delete(gatewayId);
    return [...this.away.values()];
  }
}
