/** How large a share of the frames of a gateway, and of its modules, comes late, and by how much. */
import { MS_PER_MIN } from '@emberwatch/engine/units';
import type { LateFramesView } from '../alarms/sender-conditions.ts';

/** A period is over after a minute with enough rows, or after five. */
const PERIOD_MS = MS_PER_MIN;
const LONGEST_PERIOD_MS = 5 * MS_PER_MIN;
const PERIOD_ROWS = 20;
/** What is trouble: so many late frames, and so large a share. */
const MIN_LATE = 3;
const LATE_SHARE = 0.03;
const MAX_MODULES = 50;
const MAX_GATEWAYS = 1000;
/** Frames that are older did not only overtake each other. */
const OLD_MS = 10 * MS_PER_MIN;

interface Share {
  rows: number;
  late: number;
}

interface ModuleLate extends Share {
  readonly before: Share;
  /** Since the start. */
  all: number;
  /** How far the frame before it was ahead: the most of this period. */
  leadMs: number;
}

interface GatewayLate extends Share {
  readonly before: Share;
  startMs: number;
  /** Whose frames were ahead. */
  readonly aheadOf: Set<string>;
  /** Age of the first and of the last late frame of the period. */
  firstAgeMs: number;
  lastAgeMs: number;
  readonly modules: Map<string, ModuleLate>;
}

/** A late frame, as it came. */
export interface LateFrame {
  readonly moduleId: string;
  readonly timeMs: number;
  /** Stamp of the newest frame that was evaluated of the module, and who sent it. */
  readonly aheadMs: number;
  readonly aheadGatewayId: string | null;
}

export class LateFrames {
  private readonly gateways = new Map<string, GatewayLate>();

  /** A frame that was not late: it counts for a module of which some were. */
  noteInTime(gatewayId: string, moduleId: string): void {
    const module = this.gateways.get(gatewayId)?.modules.get(moduleId);
    if (module) module.rows++;
  }

  noteLate(
    gatewayId: string,
    { moduleId, timeMs, aheadMs, aheadGatewayId }: LateFrame,
    wallMs: number,
  ): void {
    const gateway = this.of(gatewayId, wallMs);
    if (!gateway) return;
    if (aheadGatewayId !== null && gateway.aheadOf.size < MAX_MODULES) gateway.aheadOf.add(aheadGatewayId);
    const ageMs = wallMs - timeMs;
    if (Number.isNaN(gateway.firstAgeMs)) gateway.firstAgeMs = ageMs;
    gateway.lastAgeMs = ageMs;
    let module = gateway.modules.get(moduleId);
    if (!module) {
      if (gateway.modules.size >= MAX_MODULES) return;
      module = { rows: 0, late: 0, all: 0, leadMs: 0, before: { rows: 0, late: 0 } };
      gateway.modules.set(moduleId, module);
    }
    module.rows++;
    module.late++;
    module.all++;
    module.leadMs = Math.max(module.leadMs, aheadMs - timeMs);
  }

  /** Of a whole delivery. */
  noteRows(gatewayId: string, rows: number, late: number, wallMs: number): void {
    const gateway = late > 0 ? this.of(gatewayId, wallMs) : this.gateways.get(gatewayId);
    if (!gateway) return;
    turn(gateway, wallMs);
    gateway.rows += rows;
    gateway.late += late;
  }

  /** Modules of a gateway with late frames since the start. */
  modulesOf(gatewayId: string): { moduleId: string; late: number; leadMs: number }[] {
    const modules = this.gateways.get(gatewayId)?.modules ?? new Map<string, ModuleLate>();
    return Array.from(modules, ([moduleId, { all: late, leadMs }]) => ({ moduleId, late, leadMs }));
  }

  /** Where it is trouble. */
  *views(wallMs: number): Generator<LateFramesView> {
    for (const [gatewayId, gateway] of this.gateways) {
      turn(gateway, wallMs);
      const modules = [...gateway.modules].filter(([, module]) => isMuch(module));
      if (modules.length === 0 && !isMuch(gateway)) continue;
      const named = modules.length > 0 ? modules : [...gateway.modules];
      const { rows, late, aheadOf, lastAgeMs } = gateway;
      yield {
        gatewayId,
        rows: rows + gateway.before.rows,
        late: late + gateway.before.late,
        leadMs: Math.max(0, ...named.map(([, { leadMs }]) => leadMs)),
        aheadGatewayIds: [...aheadOf].sort(),
        modules: named.map(([moduleId]) => moduleId),
        age: ageOf(gateway),
        ageMs: lastAgeMs,
      };
    }
  }

  clockSet(byMs: number): void {
    for (const gateway of this.gateways.values()) gateway.startMs += byMs;
  }

  forget(moduleId: string): void {
    for (const { modules } of this.gateways.values()) modules.delete(moduleId);
  }

  private of(gatewayId: string, wallMs: number): GatewayLate | null {
    const known = this.gateways.get(gatewayId);
    if (known) return known;
    if (this.gateways.size >= MAX_GATEWAYS) return null;
    const gateway: GatewayLate = {
      rows: 0,
      late: 0,
      before: { rows: 0, late: 0 },
      startMs: wallMs,
      aheadOf: new Set(),
      firstAgeMs: Number.NaN,
      lastAgeMs: Number.NaN,
      modules: new Map(),
    };
    this.gateways.set(gatewayId, gateway);
    return gateway;
  }
}

const isMuch = ({ rows, late, before }: Share & { readonly before: Share }): boolean => {
  const all = late + before.late;
  return all >= MIN_LATE && all >= LATE_SHARE * (rows + before.rows);
};

function ageOf({ firstAgeMs, lastAgeMs }: GatewayLate): LateFramesView['age'] {
  if (!(lastAgeMs > OLD_MS)) return 'recent';
  return firstAgeMs - lastAgeMs > MS_PER_MIN ? 'backlog' : 'old';
}

function turn(gateway: GatewayLate, wallMs: number): void {
  const sinceMs = wallMs - gateway.startMs;
  const isOver = sinceMs >= LONGEST_PERIOD_MS || (sinceMs >= PERIOD_MS && gateway.rows >= PERIOD_ROWS);
  if (!isOver) return;
  gateway.startMs = wallMs;
  shift(gateway);
  gateway.aheadOf.clear();
  gateway.firstAgeMs = Number.NaN;
  for (const module of gateway.modules.values()) shift(module);
}

function shift(share: Share & { readonly before: Share }): void {
  share.before.rows = share.rows;
  share.before.late = share.late;
  share.rows = 0;
  share.late = 0;
}
