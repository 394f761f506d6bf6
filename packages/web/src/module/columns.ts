/** Histories as columns for a chart: one axis of time for all lines of a panel, gaps as gaps. */
import type { AlignedData } from 'uplot';
import type { HistoryBody, HistorySeries } from '../wire.ts';
import { bandAt, type Siblings } from './siblings.ts';

/** A pause of more than so many usual steps is a gap in the line. */
const GAP_STEPS = 4;

export interface PanelColumns {
  /** Time in s; then the lines in the order of `LINES`, the compared modules, and the module itself. */
  readonly data: AlignedData;
  readonly hasSiblings: boolean;
}

/** Undefined: another line has a point here; null: there is a gap. */
type Cell = number | null | undefined;

function usualMs(timesMs: readonly number[], stepMs: number): number {
  const steps = timesMs.slice(1).map((timeMs, i) => timeMs - timesMs[i]!);
  return Math.max([...steps].sort((a, b) => a - b)[steps.length >> 1] ?? 0, stepMs);
}

/** Instants right behind a point after which nothing came for too long, ms. */
export function gapsOf({ timesMs, stepMs }: Pick<HistoryBody, 'timesMs' | 'stepMs'>): number[] {
  const stepUsualMs = usualMs(timesMs, stepMs);
  const limitMs = GAP_STEPS * stepUsualMs;
  return timesMs.flatMap((timeMs, i) =>
    i > 0 && timeMs - timesMs[i - 1]! > limitMs ? [timesMs[i - 1]! + stepUsualMs / 2] : [],
  );
}

const valuesOn = (
  axis: ReadonlyMap<number, number>,
  { timesMs }: HistoryBody,
  gapsMs: readonly number[],
  values: readonly (number | null)[] | undefined,
): Cell[] => {
  const column = new Array<Cell>(axis.size).fill(undefined);
  for (const [i, timeMs] of values ? timesMs.entries() : []) column[axis.get(timeMs)!] = values![i] ?? null;
  for (const gapMs of gapsMs) column[axis.get(gapMs)!] = null;
  return column;
};

const seriesOf = (history: HistoryBody, id: string): HistorySeries | undefined =>
  history.series.find((one) => one.id === id);

/** @param histories of the module and then of those it is compared with */
export function columnsFor(
  channelId: string,
  histories: readonly HistoryBody[],
  siblings: Siblings | null,
): PanelColumns {
  const gaps = histories.map(gapsOf);
  const timesMs = [...new Set([...histories.flatMap((one) => one.timesMs), ...gaps.flat()])].sort(
    (a, b) => a - b,
  );
  const axis = new Map(timesMs.map((timeMs, at) => [timeMs, at]));
  const columnOf = (k: number, pick: (one: HistorySeries) => (number | null)[]): Cell[] => {
    const own = seriesOf(histories[k]!, channelId);
    return valuesOn(axis, histories[k]!, gaps[k]!, own && pick(own));
  };
  const band = siblings?.bands.get(channelId);
  const sibling = (values: Float64Array | undefined): Cell[] =>
    siblings && values ? timesMs.map((timeMs) => bandAt(siblings, values, timeMs)) : timesMs.map(() => null);
  const data = [
    timesMs.map((timeMs) => timeMs / 1000),
    columnOf(0, ({ min }) => min),
    columnOf(0, ({ max }) => max),
    sibling(band?.low),
    sibling(band?.high),
    sibling(band?.median),
    ...histories.slice(1).map((_, k) => columnOf(k + 1, ({ mean }) => mean)),
    columnOf(0, ({ mean }) => mean),
  ] as AlignedData;
  return { data, hasSiblings: band !== undefined };
}
