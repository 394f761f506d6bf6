/**
 * Which gateway speaks for a module: the one that a person has decided on, those that the settings name, or else the one
 * that delivers it. Another may take over once that one is silent, but never a module in alarm: its data would end it.
 */
import type { SiteDescription } from '../settings/site.ts';

/**
 * `owner`: its frames are the main stream. `new-owner`: from this frame on, by the decision of a person. `contender`: a
 * stream of its own. `foreign`: a person has decided against it.
 */
export type Claim = 'owner' | 'new-owner' | 'contender' | 'foreign';

export interface Decision {
  readonly moduleId: string;
  readonly gatewayId: string;
  /** Wall clock: frames that arrived before are not concerned. */
  readonly atMs: number;
  readonly byName: string;
}

/** A module went from one gateway to another without a person. */
export interface HandOver {
  readonly moduleId: string;
  readonly fromGatewayId: string;
  readonly toGatewayId: string;
}

export interface Owned {
  readonly moduleId: string;
  gatewayId: string | null;
}

export class Ownership {
  private readonly named = new Map<string, readonly string[]>();
  private readonly decisions = new Map<string, Decision>();
  private handOvers: HandOver[] = [];

  constructor(modules: SiteDescription['modules'] = []) {
    for (const { id, gateway } of modules) this.named.set(id, gateway === undefined ? [] : [gateway].flat());
  }

  /** Modules of the settings always have a place. */
  isRegistered(moduleId: string): boolean {
    return this.named.has(moduleId);
  }

  get registeredCount(): number {
    return this.named.size;
  }

  /** @param mayPass its gateway is silent, and no alarm of the module stands in the way */
  claim(owned: Owned, gatewayId: string, wallMs: number, mayPass: () => boolean): Claim {
    const decision = this.decisions.get(owned.moduleId);
    if (decision && wallMs >= decision.atMs) {
      if (decision.gatewayId !== gatewayId) return 'foreign';
      const isNew = owned.gatewayId !== null && owned.gatewayId !== gatewayId;
      owned.gatewayId = gatewayId;
      return isNew ? 'new-owner' : 'owner';
    }
    if (owned.gatewayId === null || owned.gatewayId === gatewayId) return 'owner';
    const named = this.named.get(owned.moduleId) ?? [];
    // Several that the settings name deliver parts of one module: none of them takes it from another.
    if (named.includes(gatewayId) && named.includes(owned.gatewayId)) return 'owner';
    if (!named.includes(gatewayId) && !mayPass()) return 'contender';
    this.handOvers.push({ moduleId: owned.moduleId, fromGatewayId: owned.gatewayId, toGatewayId: gatewayId });
    owned.gatewayId = gatewayId;
    return 'owner';
  }

  decide(decision: Decision): void {
    this.decisions.set(decision.moduleId, decision);
  }

  decisionOn(moduleId: string): Decision | undefined {
    return this.decisions.get(moduleId);
  }

  /** Nobody contradicts its gateway any more. */
  isDecided(moduleId: string, wallMs: number): boolean {
    return wallMs > (this.decisions.get(moduleId)?.atMs ?? Number.POSITIVE_INFINITY);
  }

  forget(moduleId: string): void {
    this.decisions.delete(moduleId);
  }

  *allDecisions(): Iterable<Decision> {
    yield* this.decisions.values();
  }

  /** The wall clock was set: what was decided holds. */
  clockSet(byMs: number): void {
    for (const decision of this.decisions.values())
      this.decisions.set(decision.moduleId, { ...decision, atMs: decision.atMs + byMs });
  }

  takeHandOvers(): readonly HandOver[] {
    const { handOvers } = this;
    this.handOvers = [];
    return handOvers;
  }

  /** For the store: decisions outlive every state of judgement. */
  toText(): string {
    return JSON.stringify([...this.decisions.values()]);
  }

  load(text: string | null): void {
    for (const decision of JSON.parse(text ?? '[]') as Decision[])
      this.decisions.set(decision.moduleId, decision);
  }
}
