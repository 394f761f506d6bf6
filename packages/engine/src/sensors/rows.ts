/** When rows are taken, what the gateway does to them, and how the clock stamps them: the same for all of a rack. */
import type { Trajectory } from '../physics/index.ts';
import { createRandom, type Random } from '../random.ts';
import { MS_PER_DAY, MS_PER_S } from '../units.ts';
import type { SensorFaultTruth } from './measured.ts';
import type { ClockPlan, GatewayPlan, SensorPlan, Span } from './plan.ts';

const S_PER_DAY = MS_PER_DAY / MS_PER_S;
const GATEWAY = 'gateway';
const CLOCK = 'clock';

/** Rows in the order in which they were measured. */
export interface Rows {
  readonly count: number;
  /** When, s from the start of the run; rises. Shape [count]. */
  readonly truthS: Float64Array;
  /** Row of the trajectory before it, and the way from there to the next, 0 to 1. `share` null: all stand on a row. */
  readonly index: Int32Array;
  readonly share: Float64Array | null;
  readonly starts: readonly Start[];
  /** Unix ms. Shape [count]. */
  readonly stampMs: Float64Array;
  /** Order of arrival where it is another: positions in the columns. */
  readonly order: Int32Array | null;
  readonly faults: readonly SensorFaultTruth[];
}

/** Modules were switched on. */
export interface Start {
  /** First instant at which something can be delivered, s. */
  readonly timeS: number;
  /** How much of the first scan was over by then, and where it began, as shares of a scan. */
  readonly doneShare: number;
  readonly firstShare: number;
}

export const drawn = (random: Random, [low, high]: Span): number =>
  low === high ? low : random.uniformBetween(low, high);

/** Steps to the next of events that happen with `share` each time: at least 1. */
export function stepsToNext(random: Random, share: number): number {
  if (share >= 1) return 1;
  return 1 + Math.floor(Math.log(1 - random.uniform()) / Math.log1p(-share));
}

export function rowsOf(
  trajectory: Trajectory,
  plan: SensorPlan,
  rackId: string,
  options: { readonly seed: number; readonly startMs: number },
): Rows {
  const { seed, startMs } = options;
  const stream = (name: string): Random => createRandom(seed, `sensors/${rackId}/${name}`);
  const faults: SensorFaultTruth[] = [];
  const all = instants(trajectory, plan, stream('sampling'));
  const dropouts = dropoutsOf(plan.gateway, trajectory, stream('dropouts'));
  const truthS = dropouts.length > 0 ? outside(all, dropouts) : all;
  for (const [fromS, toS] of dropouts) faults.push({ channel: GATEWAY, kind: 'dropout', fromS, toS });
  const restarts = stream('restarts');
  const starts = [0, ...dropouts.map(([, toS]) => toS)].flatMap((timeS) => {
    const start = { timeS, doneShare: restarts.uniform(), firstShare: restarts.uniform() };
    return restarts.uniform() < plan.gateway.restartChance ? [start] : [];
  });
  const stampMs = stamps(truthS, plan.clock, startMs, trajectory, stream('clock'), faults);
  const order = arrivals(truthS, plan.gateway, stream('late'), faults);
  return {
    count: truthS.length,
    truthS,
    ...placesOf(truthS, trajectory.header.intervalS),
    starts,
    stampMs,
    order,
    faults,
  };
}

function instants(trajectory: Trajectory, { sampling }: SensorPlan, random: Random): Float64Array {
  const { intervalS, rows } = trajectory.header;
  const endS = (rows - 1) * intervalS;
  const [low, high] = sampling.intervalS ?? [intervalS, intervalS];
  const { jitterS } = sampling;
  const timesS = new Float64Array(Math.floor(endS / low + 1e-9) + 1);
  let count = 0;
  let beforeS = -1;
  // Multiples, not sums: 0.1 s added ten thousand times is not 1000 s.
  for (let timeS = 0; count < timesS.length && timeS <= endS + 1e-9 * low; ) {
    const trembling = jitterS > 0 ? timeS + Math.max(-2, Math.min(2, random.normal())) * jitterS : timeS;
    const atS = Math.min(Math.max(trembling, 0), endS);
    if (atS > beforeS) {
      timesS[count++] = atS;
      beforeS = atS;
    }
    timeS = low === high ? (Math.round(timeS / low) + 1) * low : timeS + random.uniformBetween(low, high);
  }
  return timesS.subarray(0, count);
}

function dropoutsOf(plan: GatewayPlan, trajectory: Trajectory, random: Random): Span[] {
  if (plan.dropoutsPerDay === 0) return [];
  const endS = trajectory.timeS(trajectory.rows - 1);
  const meanGapS = S_PER_DAY / plan.dropoutsPerDay;
  const found: Span[] = [];
  for (let atS = 0; ; ) {
    atS -= meanGapS * Math.log(1 - random.uniform());
    if (atS >= endS) return found;
    const [low, high] = plan.dropoutS;
    const toS = atS + (low > 0 ? low * (high / low) ** random.uniform() : drawn(random, plan.dropoutS));
    found.push([atS, toS]);
    atS = toS;
  }
}

function outside(timesS: Float64Array, gaps: readonly Span[]): Float64Array {
  let gap = 0;
  return timesS.filter((timeS) => {
    while (gap < gaps.length && timeS >= gaps[gap]![1]) gap++;
    return !(gap < gaps.length && timeS >= gaps[gap]![0]);
  });
}

/** Where instants stand between the rows of a trajectory with a row every `intervalS`. */
export function placesOf(truthS: Float64Array, intervalS: number): Pick<Rows, 'index' | 'share'> {
  const index = new Int32Array(truthS.length);
  const share = new Float64Array(truthS.length);
  let isOnRows = true;
  for (let i = 0; i < truthS.length; i++) {
    const at = truthS[i]! / intervalS;
    const nearest = Math.round(at);
    if (Math.abs(at - nearest) < 1e-9 * Math.max(1, at)) index[i] = nearest;
    else {
      index[i] = Math.floor(at);
      share[i] = at - index[i]!;
      isOnRows = false;
    }
  }
  return { index, share: isOnRows ? null : share };
}

function stamps(
  truthS: Float64Array,
  clock: ClockPlan,
  startMs: number,
  trajectory: Trajectory,
  random: Random,
  faults: SensorFaultTruth[],
): Float64Array {
  const { offsetS, driftPpm, jumpsPerDay, jumpS, resolutionS } = clock;
  const endS = trajectory.timeS(trajectory.rows - 1);
  const jumps = [...clock.jumps];
  if (jumpsPerDay > 0)
    for (let atS = 0; ; ) {
      atS -= (S_PER_DAY / jumpsPerDay) * Math.log(1 - random.uniform());
      if (atS >= endS) break;
      jumps.push({ atS, byS: drawn(random, jumpS) });
    }
  jumps.sort((a, b) => a.atS - b.atS);
  if (offsetS !== 0) faults.push({ channel: CLOCK, kind: 'offset', fromS: 0, toS: null });
  if (driftPpm !== 0) faults.push({ channel: CLOCK, kind: 'drifting', fromS: 0, toS: null });
  for (const { atS } of jumps)
    if (atS <= endS) faults.push({ channel: CLOCK, kind: 'jump', fromS: atS, toS: null });
  const stepMs = resolutionS * MS_PER_S;
  const rate = 1 + driftPpm * 1e-6;
  const result = new Float64Array(truthS.length);
  let next = 0;
  let aheadS = offsetS;
  for (let i = 0; i < truthS.length; i++) {
    while (next < jumps.length && jumps[next]!.atS <= truthS[i]!) aheadS += jumps[next++]!.byS;
    result[i] = Math.round((startMs + (truthS[i]! * rate + aheadS) * MS_PER_S) / stepMs) * stepMs;
  }
  return result;
}

/** A late row stands behind the last one that arrived before it. */
function arrivals(
  truthS: Float64Array,
  { lateShare, lateS }: GatewayPlan,
  random: Random,
  faults: SensorFaultTruth[],
): Int32Array | null {
  if (lateShare === 0) return null;
  const arrivalS = truthS.slice();
  let isAny = false;
  for (let i = stepsToNext(random, lateShare) - 1; i < truthS.length; i += stepsToNext(random, lateShare)) {
    const byS = drawn(random, lateS);
    arrivalS[i]! += byS;
    faults.push({ channel: GATEWAY, kind: 'late', fromS: truthS[i]!, toS: truthS[i]! + byS });
    isAny = true;
  }
  if (!isAny) return null;
  const order = Int32Array.from(truthS.keys());
  return order.sort((a, b) => arrivalS[a]! - arrivalS[b]! || a - b);
}
