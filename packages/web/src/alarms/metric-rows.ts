/** How many alarms people get, beside what is held for bearable. */
import { spanText } from '../ui/format.ts';
import type { AlarmMetrics } from '../wire.ts';

export interface MetricRow {
  readonly name: string;
  readonly value: string;
  readonly target: string;
  /** Null: not known yet, or without a target. */
  readonly isWithin: boolean | null;
  /** Where the target comes from. */
  readonly source: string;
}

/** Shares of fewer alarms say nothing. */
const FEWEST_FOR_SHARES = 20;

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const number = (value: number): string =>
  value >= 10 ? Math.round(value).toLocaleString('en') : String(Number(value.toFixed(1)));

function atMost(
  name: string,
  value: number | null,
  { atMost: max, source }: { atMost: number; source: string },
  text: (value: number) => string = number,
): MetricRow {
  const target = max === 0 ? 'none' : `≤ ${text(max)}`;
  return {
    name,
    value: value === null ? '–' : text(value),
    target,
    isWithin: value === null ? null : value <= max,
    source,
  };
}

export function metricRows(metrics: AlarmMetrics): MetricRow[] {
  const { targets, topSources, topTenShare, prioritySplit, medianToAcknowledgeMs } = metrics;
  const counted = topSources.reduce((sum, { alarms }) => sum + alarms, 0);
  const isEnough = topTenShare !== null && topTenShare > 0 && counted / topTenShare >= FEWEST_FOR_SHARES;
  const split = targets.prioritySplit;
  const { floods } = metrics;
  const isFlood = floods[0]?.toMs === null;
  return [
    atMost('Each operator, a day', metrics.perOperatorDay, targets.perOperatorDay),
    atMost('Last ten minutes', metrics.lastTenMinutes, targets.perTenMinutes),
    atMost('Busiest ten minutes', metrics.busiestTenMinutes, {
      atMost: 10,
      source: 'EEMUA 191: at most 10 after an upset',
    }),
    {
      ...atMost(
        isFlood ? 'In a flood now' : 'Time in floods',
        metrics.floodShare,
        targets.floodShare,
        percent,
      ),
      ...(isFlood && { isWithin: false }),
    },
    atMost('Chattering', metrics.chattering.length, targets.chattering),
    atMost('Stale, over 24 h', metrics.stale.length, targets.stale),
    {
      name: 'Emergency / high / low',
      value: prioritySplit === null ? '–' : prioritySplit.map((share) => Math.round(share * 100)).join(' / '),
      target: split.shares.map((share) => Math.round(share * 100)).join(' / '),
      // Emergencies and high ones may be fewer.
      isWithin:
        prioritySplit === null || !isEnough
          ? null
          : prioritySplit[0]! <= split.shares[0]! && prioritySplit[1]! <= split.shares[1]!,
      source: split.source,
    },
    {
      ...atMost('Ten most frequent', topTenShare, targets.topTenShare, percent),
      ...(!isEnough && { isWithin: null }),
    },
    {
      name: 'Until acknowledged',
      value: medianToAcknowledgeMs === null ? '–' : spanText(medianToAcknowledgeMs),
      target: '',
      isWithin: null,
      source: 'Median',
    },
  ];
}
