/** Who delivers: when last, what was refused, which deliveries were stored. */
import type { IngestResult, Protocol } from './intake.ts';

/** Numbers of deliveries that are remembered for each gateway; older ones are told by the times of their frames. */
const NUMBERS_KEPT = 4096;
export const MAX_GATEWAYS = 4096;
/** So many names without modules are removed at once: a flood of names costs little. */
const REMOVED_AT_ONCE = 64;
/** Kinds of refusals that are told apart; of more, the gateway with most kinds loses its oldest. */
const MAX_REJECTED = 2000;
const MAX_REJECTED_OF_GATEWAY = 100;
/** Refusals are looked at over this and the period before. */
const PERIOD_MS = 150_000;

export interface GatewayState {
  readonly gatewayId: string;
  door: Protocol;
  firstMs: number;
  lastMs: number;
  /** Arrival of its last frame that was accepted, of whatever age; null: none yet. */
  lastFrameMs: number | null;
  deliveries: number;
  frames: number;
  late: number;
  repeated: number;
  rejected: number;
  rejectedValues: number;
  /** Messages of which nothing could be read; how many of them came one after another, until now. */
  rejectedBodies: number;
  rejectedBodiesInARow: number;
  /** Said goodbye, or was cut off, since its last delivery. */
  isGone: boolean;
  goneWhy: string | null;
  goneMs: number | null;
  /** Of this period and of the one before. */
  readonly recent: { period: number; now: Counts; before: Counts };
  /** Numbers stored, oldest first, as `epoch number`. */
  readonly numbers: Set<string>;
}

/** Rows and messages: all, and refused. */
interface Counts {
  rows: number;
  rejected: number;
  bodies: number;
  rejectedBodies: number;
}

type DeliveryCounts = Pick<IngestResult, 'accepted' | 'late' | 'repeated' | 'rejected' | 'rejectedValues'>;

const noCounts = (): Counts => ({ rows: 0, rejected: 0, bodies: 0, rejectedBodies: 0 });

/** Key of a delivery, or null where its sender counts nothing. */
export const numberKey = (sequence: { epoch: string; number: number } | null): string | null =>
  sequence && `${sequence.number} ${sequence.epoch}`;

/** Rows or values that were refused for one reason. */
export interface RejectionRecord {
  readonly gatewayId: string;
  readonly reason: string;
  readonly column: string | null;
  count: number;
  lastMs: number;
  /** As it stood in the source, cut at 60 characters. */
  lastValue: string | null;
}

export class Gateways {
  private readonly refused = new Map<string, RejectionRecord>();
  private readonly rejectedKinds = new Map<string, number>();
  private readonly states = new Map<string, GatewayState>();
  private readonly withModules: () => ReadonlySet<string>;

  /** @param withModules ids of the gateways that deliver a module which is monitored */
  constructor(withModules: () => ReadonlySet<string>) {
    this.withModules = withModules;
  }

  of(gatewayId: string, protocol: Protocol, nowMs: number): GatewayState {
    let state = this.states.get(gatewayId);
    if (!state) {
      if (this.states.size >= MAX_GATEWAYS) this.makeRoom();
      state = newState(gatewayId, protocol, nowMs);
      this.states.set(gatewayId, state);
    }
    return state;
  }

  find(gatewayId: string): GatewayState | undefined {
    return this.states.get(gatewayId);
  }

  all(): Iterable<GatewayState> {
    return this.states.values();
  }

  noteReject(
    gatewayId: string,
    reason: string,
    column: string | null,
    value: string | null,
    nowMs: number,
  ): void {
    const key = `${gatewayId}\u0000${reason}\u0000${column}`;
    let refused = this.refused.get(key);
    if (!refused) {
      const kinds = this.rejectedKinds.get(gatewayId) ?? 0;
      if (kinds >= MAX_REJECTED_OF_GATEWAY) return;
      if (this.refused.size >= MAX_REJECTED) this.removeRejectedOfLargest();
      this.rejectedKinds.set(gatewayId, (this.rejectedKinds.get(gatewayId) ?? 0) + 1);
      refused = { gatewayId, reason, column, count: 0, lastMs: nowMs, lastValue: value };
      this.refused.set(key, refused);
    }
    refused.count++;
    refused.lastMs = nowMs;
    refused.lastValue = value;
  }

  /** Since the start of the process. */
  refusals(): Iterable<RejectionRecord> {
    return this.refused.values();
  }

  noteDelivery(state: GatewayState, counts: Readonly<DeliveryCounts>, nowMs: number): void {
    const { accepted, late, repeated, rejected } = counts;
    state.deliveries++;
    state.lastMs = nowMs;
    if (accepted > 0) state.lastFrameMs = nowMs;
    state.frames += accepted;
    for (const what of ['late', 'repeated', 'rejected', 'rejectedValues'] as const)
      state[what] += counts[what];
    turn(state.recent, nowMs);
    state.recent.now.rows += accepted + late + repeated + rejected;
    state.recent.now.rejected += rejected;
  }

  /** A message that could be read, or one of which nothing could. */
  noteBody(state: GatewayState, isRead: boolean, nowMs: number): void {
    turn(state.recent, nowMs);
    state.recent.now.bodies++;
    state.rejectedBodiesInARow = isRead ? 0 : state.rejectedBodiesInARow + 1;
    if (isRead) return;
    state.rejectedBodies++;
    state.recent.now.rejectedBodies++;
  }

  /** Of the last minutes. */
  recent({ recent }: GatewayState, nowMs: number): Readonly<Counts> {
    turn(recent, nowMs);
    const { now, before } = recent;
    return {
      rows: now.rows + before.rows,
      rejected: now.rejected + before.rejected,
      bodies: now.bodies + before.bodies,
      rejectedBodies: now.rejectedBodies + before.rejectedBodies,
    };
  }

  /** A delivery is on disk. */
  stored(state: GatewayState, key: string | null): void {
    if (key === null) return;
    state.numbers.add(key);
    if (state.numbers.size <= NUMBERS_KEPT) return;
    for (const oldest of state.numbers) {
      state.numbers.delete(oldest);
      break;
    }
  }

  state(): (Omit<GatewayState, 'numbers'> & { numbers: string[] })[] {
    return Array.from(this.states.values(), (state) => ({
      ...state,
      recent: structuredClone(state.recent),
      numbers: [...state.numbers],
    }));
  }

  restoreState(saved: ReturnType<Gateways['state']>): void {
    for (const state of saved) {
      const { gatewayId, door: protocol, firstMs, recent, numbers } = state;
      const fresh = newState(gatewayId, protocol, firstMs);
      // Of an earlier version counts may be missing.
      const counts = recent.now ? recent : fresh.recent;
      this.states.set(gatewayId, { ...fresh, ...state, recent: counts, numbers: new Set(numbers) });
    }
  }

  /**
   * Whoever delivers a monitored module stays: its counts and its silence are what alarms are made of. Of the others
   * those go first that never delivered a frame, then those that delivered least, then those longest away.
   */
  private makeRoom(): void {
    const kept = this.withModules();
    const all = [...this.states.values()];
    const others = all.filter(({ gatewayId }) => !kept.has(gatewayId)).sort(byWeight);
    const removed = others.length > 0 ? others.slice(0, REMOVED_AT_ONCE) : all.sort(byWeight).slice(0, 1);
    for (const { gatewayId } of removed) this.states.delete(gatewayId);
  }

  /** A flood of names must not use all places: the gateway with most kinds gives one up, of equal ones the oldest. */
  private removeRejectedOfLargest(): void {
    let largest: string | undefined;
    let max = 0;
    for (const [gatewayId, kinds] of this.rejectedKinds)
      if (kinds > max) {
        largest = gatewayId;
        max = kinds;
      }
    for (const [key, { gatewayId }] of this.refused) {
      if (gatewayId !== largest) continue;
      this.refused.delete(key);
      if (max === 1) this.rejectedKinds.delete(gatewayId);
      else this.rejectedKinds.set(gatewayId, max - 1);
      return;
    }
  }
}

const weightOf = ({ deliveries, rejectedBodies }: GatewayState): number => deliveries + rejectedBodies;
const byWeight = (a: GatewayState, b: GatewayState): number =>
  Number(a.frames > 0) - Number(b.frames > 0) || weightOf(a) - weightOf(b) || a.lastMs - b.lastMs;

const newState = (gatewayId: string, protocol: Protocol, nowMs: number): GatewayState => ({
  gatewayId,
  door: protocol,
  firstMs: nowMs,
  lastMs: nowMs,
  lastFrameMs: null,
  deliveries: 0,
  frames: 0,
  late: 0,
  repeated: 0,
  rejected: 0,
  rejectedValues: 0,
  rejectedBodies: 0,
  rejectedBodiesInARow: 0,
  isGone: false,
  goneWhy: null,
  goneMs: null,
  recent: { period: Math.floor(nowMs / PERIOD_MS), now: noCounts(), before: noCounts() },
  numbers: new Set(),
});

function turn(recent: GatewayState['recent'], nowMs: number): void {
  const period = Math.floor(nowMs / PERIOD_MS);
  if (period === recent.period) return;
  recent.before = period === recent.period + 1 ? recent.now : noCounts();
  recent.now = noCounts();
  recent.period = period;
}
