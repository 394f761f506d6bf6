import { type ReactNode, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { quantity, unitText } from '../ui/format.ts';
import { colourOf, fontOf, useTheme } from '../ui/theme.ts';
import { type Times, useTimes } from '../ui/times.ts';
import type { TrendBody, TrendSeries } from '../wire.ts';
import { columnsOf } from './chart-columns.ts';

const HEIGHT_PX = 112;

/** A line that does not move is drawn as one, not as noise at full height. */
const MIN_PAD: Readonly<Record<string, number>> = { degC: 0.5, V: 0.02, A: 0.5, mV: 2, ppm: 2 };

const rangeFor =
  (unit: string): uPlot.Range.Function =>
  (_chart, min, max) => {
    if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
    const pad = Math.max((max - min) * 0.12, Math.abs(max) * 0.002, MIN_PAD[unit] ?? 0.05);
    return [min - pad, max + pad];
  };

function optionsOf(
  series: readonly TrendSeries[],
  widthPx: number,
  times: Times,
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const [ink, line] = [colourOf('--muted'), colourOf('--line')];
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: fontOf(11) };
  const lines = series.flatMap((_, i): uPlot.Series[] => {
    const stroke = colourOf(`--series-${i + 1}`);
    const half = { stroke, width: 1.5, points: { show: false }, spanGaps: false };
    return [{ ...half }, { ...half }];
  });
  return {
    width: widthPx,
    height: HEIGHT_PX,
    padding: [6, 8, 0, 0],
    hooks: { setCursor: [(chart) => onCursor(chart.cursor.idx ?? null)] },
    legend: { show: false },
    cursor: { sync: { key: 'module' }, points: { size: 6 }, y: false, drag: { x: false, y: false } },
    tzDate: (timeS) => uPlot.tzDate(new Date(timeS * 1000), times.zone),
    scales: { y: { range: rangeFor(series[0]?.unit ?? '') } },
    axes: [
      {
        ...axis,
        size: 18,
        gap: 2,
        space: 70,
        values: (_chart, splits) => splits.map((timeS) => times.time(timeS * 1000).slice(0, 5)),
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
      fill: `${colourOf(`--series-${i + 1}`)}38`,
    })),
  };
}

const STEPS = [5, 2, 1, 0.5, 0.2, 0.1];
const FEWEST_TICKS = 3;

/** Three or four round numbers: enough to read a value, few enough to stay quiet. */
function splitsOf(min: number, max: number): number[] {
  const power = 10 ** Math.floor(Math.log10(max - min));
  const countOf = (step: number): number => Math.floor(max / step) - Math.ceil(min / step) + 1;
  const step = power * (STEPS.find((factor) => countOf(factor * power) >= FEWEST_TICKS) ?? 0.1);
  return Array.from({ length: countOf(step) }, (_, i) => (Math.ceil(min / step) + i) * step);
}

const tickText = (value: number): string => String(Number(value.toPrecision(5))).replace('-', '−');

const SHORT_LABEL: Readonly<Record<string, string>> = {
  hottest_degc: 'Hottest',
  ambient_temperature_degc: 'Ambient',
  co_ppm: 'CO',
  h2_ppm: 'H₂',
  voc_ppm: 'VOC',
};

interface ChartProps {
  readonly title: string;
  readonly trend: TrendBody;
  readonly series: readonly TrendSeries[];
}

export function Chart({ title, trend, series }: ChartProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const theme = useTheme();
  const times = useTimes();
  const [cursor, setCursor] = useState<number | null>(null);
  const shape = series.map(({ id }) => id).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew only where series or colours change
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    chart.current = new uPlot(
      optionsOf(series, element.clientWidth, times, setCursor),
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
  }, [shape, theme, times]);
  useEffect(() => {
    chart.current?.setData(columnsOf(trend, series));
  }, [trend, series]);
  const unit = series[0]?.unit ?? '';
  const columns = cursor === null ? null : chart.current?.data;
  const timeS = columns?.[0][cursor!];
  return (
    <figure className="chart">
      <figcaption>
        <span>
          {title} <small>{timeS === undefined ? unitText(unit) : times.time(timeS * 1000)}</small>
        </span>
        {series.map(({ id, label, max }, i) => (
          <span key={id} className={`key key-${i + 1}`}>
            {series.length > 1 && `${SHORT_LABEL[id] ?? label} `}
            <b>{quantity(columns ? columns[1 + 2 * i]?.[cursor!] : max.at(-1), unit)}</b>
          </span>
        ))}
      </figcaption>
      <div ref={box} className="plot" />
    </figure>
  );
}
