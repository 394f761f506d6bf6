import { type ReactNode, useEffect, useRef, useSyncExternalStore } from 'react';
import uPlot from 'uplot';
import { quantity, unitText } from './format.ts';
import type { TrendBody, TrendSeries } from './wire.ts';

const HEIGHT_PX = 104;
const AXIS_FONT = '11px system-ui, sans-serif';
/** A pause of more than so many usual steps is a gap in the line. */
const GAP_STEPS = 4;

const darkQuery = window.matchMedia('(prefers-color-scheme: dark)');

const useIsDark = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      darkQuery.addEventListener('change', listener);
      return () => darkQuery.removeEventListener('change', listener);
    },
    () => darkQuery.matches,
  );

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function gapsAfter(timesMs: readonly number[], stepMs: number): Set<number> {
  const steps = timesMs.slice(1).map((timeMs, i) => timeMs - timesMs[i]!);
  const usualMs = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? stepMs;
  const limitMs = GAP_STEPS * Math.max(usualMs, stepMs);
  return new Set(steps.flatMap((step, i) => (step > limitMs ? [i] : [])));
}

/** Columns for uPlot: time in seconds, then highest and lowest of each series, with a hole in every gap. */
export function columnsOf({ timesMs, stepMs }: TrendBody, series: readonly TrendSeries[]): uPlot.AlignedData {
  const gaps = gapsAfter(timesMs, stepMs);
  const spread = <T,>(values: readonly T[], inGap: (at: number) => T): T[] =>
    values.flatMap((value, i) => (gaps.has(i) ? [value, inGap(i)] : [value]));
  const times = spread(
    timesMs.map((timeMs) => timeMs / 1000),
    (i) => timesMs[i]! / 1000 + stepMs / 2000,
  );
  const values = series.flatMap(({ min, max }) => [spread(max, () => null), spread(min, () => null)]);
  return [times, ...values] as uPlot.AlignedData;
}

const rangeOf: uPlot.Range.Function = (_chart, min, max) => {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const pad = Math.max((max - min) * 0.12, Math.abs(max) * 0.002, 0.05);
  return [min - pad, max + pad];
};

function optionsOf(series: readonly TrendSeries[], widthPx: number, hasTimes: boolean): uPlot.Options {
  const [ink, line] = [colour('--muted'), colour('--line')];
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: AXIS_FONT };
  const lines = series.flatMap((_, i): uPlot.Series[] => {
    const stroke = colour(`--series-${i + 1}`);
    const half = { stroke, width: 1.5, points: { show: false }, spanGaps: false };
    return [{ ...half }, { ...half }];
  });
  return {
    width: widthPx,
    height: HEIGHT_PX + (hasTimes ? 18 : 0),
    padding: [6, 8, hasTimes ? 0 : 4, 0],
    legend: { show: false },
    cursor: { sync: { key: 'module' }, points: { size: 6 }, y: false, drag: { x: false, y: false } },
    tzDate: (timeS) => uPlot.tzDate(new Date(timeS * 1000), 'UTC'),
    scales: { y: { range: rangeOf } },
    axes: [
      {
        ...axis,
        size: hasTimes ? 20 : 2,
        values: hasTimes
          ? (_chart, splits) => splits.map((timeS) => new Date(timeS * 1000).toISOString().slice(11, 16))
          : () => [],
      },
      {
        ...axis,
        size: 48,
        splits: (_c, _a, min, max) => splitsOf(min, max),
        values: (_c, s) => s.map(tickText),
      },
    ],
    series: [{}, ...lines],
    bands: series.map((_, i) => ({
      series: [1 + 2 * i, 2 + 2 * i],
      fill: `${colour(`--series-${i + 1}`)}38`,
    })),
  };
}

/** Three or four round numbers: enough to read a value, few enough to stay quiet. */
function splitsOf(min: number, max: number): number[] {
  const rough = (max - min) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(min / step);
  const count = Math.floor(max / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

const tickText = (value: number): string => String(Number(value.toPrecision(5))).replace('-', '−');

interface ChartProps {
  readonly title: string;
  readonly trend: TrendBody;
  readonly series: readonly TrendSeries[];
  /** Only the last chart of a stack names the times. */
  readonly hasTimes: boolean;
}

export function Chart({ title, trend, series, hasTimes }: ChartProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const isDark = useIsDark();
  const shape = series.map(({ id }) => id).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew only where series or colours change
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    chart.current = new uPlot(
      optionsOf(series, element.clientWidth, hasTimes),
      columnsOf(trend, series),
      element,
    );
    const observer = new ResizeObserver(() => {
      const { height } = chart.current ?? { height: HEIGHT_PX };
      chart.current?.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [shape, isDark, hasTimes]);
  useEffect(() => {
    chart.current?.setData(columnsOf(trend, series));
  }, [trend, series]);
  const unit = series[0]?.unit ?? '';
  return (
    <figure className="chart">
      <figcaption>
        <span>
          {title} <small>{unitText(unit)}</small>
        </span>
        {series.map(({ id, label, max }, i) => (
          <span key={id} className={`key key-${i + 1}`}>
            {series.length > 1 && `${label} `}
            <b>{quantity(max.at(-1), unit)}</b>
          </span>
        ))}
      </figcaption>
      <div ref={box} className="plot" />
    </figure>
  );
}
