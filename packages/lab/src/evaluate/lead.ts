/** How long before the point of no return an alarm came. */
import { S_PER_MIN } from '@emberwatch/engine/units';
import type { FaultMetrics, RunMetrics } from '../rows/outcome.ts';
import { ascending, type Interval, quantileOf, wilson } from './statistics.ts';

/** Which point of no return: the hot cell, or the last moment at which help averts runaway. */
export type PnrKind = 'threshold' | 'intervention';

export interface LeadStats {
  readonly events: number;
  /** Alarm before the point of no return. */
  readonly caught: number;
  /** Alarm only after it. */
  readonly late: number;
  readonly recall: number;
  /** 95 %, by event (Wilson). */
  readonly recallInterval: Interval;
  /** Over all events, s; a missed one counts as 0. NaN without events. */
  readonly minS: number;
  readonly p10S: number;
  readonly medianS: number;
  readonly p90S: number;
  /** Shares of all events. */
  readonly share60S: number;
  readonly share5Min: number;
  readonly share15Min: number;
}

export interface Event {
  readonly run: RunMetrics;
  readonly fault: FaultMetrics;
}

/** Modules with a fault of their own that reached the point of no return. */
export const eventsOf = (runMetrics: readonly RunMetrics[]): Event[] =>
  runMetrics.flatMap((run) =>
    run.faults.filter(({ isOwn, pnrS }) => isOwn && pnrS !== null).map((fault) => ({ run, fault })),
  );

/** Modules with a fault of their own that never reached it: the hard negatives. */
export const harmlessOf = (runMetrics: readonly RunMetrics[]): Event[] =>
  runMetrics.flatMap((run) =>
    run.faults.filter(({ isOwn, pnrS }) => isOwn && pnrS === null).map((fault) => ({ run, fault })),
  );

/** Lead of each event, s; negative where late, −∞ where no alarm came. */
export function leadsOf(
  events: readonly Event[],
  alarmS: (fault: FaultMetrics) => number,
  pnr: PnrKind = 'threshold',
): number[] {
  return events.flatMap(({ fault }) => {
    const pnrS = pnr === 'threshold' ? fault.pnrS : fault.pnrInterventionS;
    if (pnrS === null) return [];
    const atS = alarmS(fault);
    return [Number.isNaN(atS) ? Number.NEGATIVE_INFINITY : pnrS - atS];
  });
}

export const crossingAt =
  (k: number, level: number | null) =>
  (fault: FaultMetrics): number =>
    level === null ? Number.NaN : fault.crossedS[k]![level]!;

export function leadStats(leadsS: readonly number[]): LeadStats {
  const events = leadsS.length;
  const caught = leadsS.filter((leadS) => leadS > 0).length;
  const sorted = ascending(leadsS.map((leadS) => Math.max(0, leadS)));
  const share = (atMinS: number): number => sorted.filter((leadS) => leadS >= atMinS).length / events;
  return {
    events,
    caught,
    late: leadsS.filter((leadS) => leadS <= 0 && leadS > Number.NEGATIVE_INFINITY).length,
    recall: caught / events,
    recallInterval: wilson(caught, events),
    minS: quantileOf(sorted, 0),
    p10S: quantileOf(sorted, 0.1),
    medianS: quantileOf(sorted, 0.5),
    p90S: quantileOf(sorted, 0.9),
    share60S: share(S_PER_MIN),
    share5Min: share(5 * S_PER_MIN),
    share15Min: share(15 * S_PER_MIN),
  };
}
