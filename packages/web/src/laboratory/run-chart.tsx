/** Lines of a run over its time: events as upright lines, and what is still to come behind a curtain. */
import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { colourOf, fontOf, useTheme } from '../ui/theme.ts';
import { clockText } from './durations.ts';
import type { Mark } from './marks.ts';
import type { Playhead } from './playhead.ts';
import { LEFT_PX, RIGHT_PX } from './plot-area.ts';
import type { Span } from './span.ts';

export interface Line {
  readonly label: string;
  /** Custom property of the theme. */
  readonly colour: string;
  readonly dash?: readonly number[];
  readonly widthPx?: number;
  readonly values: ArrayLike<number | null>;
}

interface RunChartProps {
  readonly title: string;
  readonly timesS: Float64Array;
  readonly lines: readonly Line[];
  readonly heightPx: number;
  readonly isLog?: boolean;
  /** Bounds of the upright axis; found from the lines where absent. */
  readonly range?: readonly [number, number];
  readonly span: Span;
  readonly marks: readonly Mark[];
  readonly playhead: Playhead;
  readonly hasTimeAxis: boolean;
  readonly onSpan: (span: Span | null) => void;
}

function optionsOf(props: RunChartProps, widthPx: number): uPlot.Options {
  const { lines, heightPx, isLog = false, range, marks, hasTimeAxis, onSpan } = props;
  const axis = {
    stroke: colourOf('--muted'),
    grid: { stroke: colourOf('--line'), width: 1 },
    ticks: { show: false },
    font: fontOf(11),
  };
  return {
    width: widthPx,
    height: heightPx,
    padding: [6, RIGHT_PX, hasTimeAxis ? 0 : 4, 0],
    legend: { show: false },
    cursor: {
      sync: { key: 'run' },
      points: { size: 6 },
      y: false,
      drag: { x: true, y: false, setScale: false },
    },
    scales: {
      x: { time: false },
      y: isLog
        ? { distr: 3, range: (_chart, _low, high) => [0.1, Math.max(100, 10 ** Math.ceil(Math.log10(high)))] }
        : range
          ? { range: [...range] }
          : {},
    },
    axes: [
      {
        ...axis,
        show: hasTimeAxis,
        size: 20,
        gap: 3,
        space: 70,
        incrs: [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800],
        values: (_chart, splits) => splits.map(axisClock),
      },
      {
        ...axis,
        size: LEFT_PX,
        gap: 4,
        space: isLog ? 16 : 26,
        ...(isLog && { splits: decadesOf, filter: (_chart: uPlot, splits: number[]) => splits }),
        values: (_chart, splits) => splits.map(isLog ? decadeText : plainText),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, dash, widthPx: lineWidthPx = 1.5 }) => ({
        label,
        stroke: colourOf(colour),
        width: lineWidthPx,
        ...(dash && { dash: [...dash] }),
        points: { show: false },
      })),
    ],
    hooks: {
      draw: [(chart) => drawMarks(chart, marks)],
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width > 4) onSpan({ fromS: chart.posToVal(left, 'x'), toS: chart.posToVal(left + width, 'x') });
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

const axisClock = (timeS: number): string => clockText(timeS).replace(/:00$/, '');
const plainText = (value: number): string => String(Number(value.toPrecision(6))).replace('-', '−');
/** Every other power of ten. */
const decadesOf = (_chart: uPlot, _axis: number, low: number, high: number): number[] => {
  const first = Math.round(Math.log10(low));
  const count = Math.floor((Math.log10(high) - first) / 2) + 1;
  return Array.from({ length: count }, (_, k) => 10 ** (first + 2 * k));
};
const decadeText = (value: number): string =>
  value >= 1000 ? `${value / 1000} k` : String(Number(value.toPrecision(1)));

function drawMarks(chart: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = chart;
  ctx.save();
  for (const { timeS, colour, dash } of marks) {
    const x = chart.valToPos(timeS, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colourOf(colour);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([...dash].map((px) => px * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** What lies after the playhead is seen as through mist; the edge of the mist is the present. */
function followPlayhead(chart: uPlot, playhead: Playhead, span: Span): () => void {
  const curtain = document.createElement('div');
  curtain.className = 'curtain';
  chart.over.append(curtain);
  const draw = (): void => {
    const share = (playhead.timeS() - span.fromS) / (span.toS - span.fromS);
    curtain.style.left = `${Math.min(Math.max(share, 0), 1) * 100}%`;
    curtain.hidden = share >= 1;
  };
  draw();
  const stop = playhead.subscribe(draw);
  return () => {
    stop();
    curtain.remove();
  };
}

export function RunChart(props: RunChartProps): ReactNode {
  const { title, timesS, lines, heightPx, span, marks, playhead, onSpan } = props;
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew where what it shows or its colours change
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const data = [timesS, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
    const chart = new uPlot(optionsOf(props, element.clientWidth), data, element);
    chart.setScale('x', { min: span.fromS, max: span.toS });
    const stop = followPlayhead(chart, playhead, span);
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: heightPx }),
    );
    observer.observe(element);
    return () => {
      stop();
      observer.disconnect();
      chart.destroy();
    };
  }, [timesS, lines, marks, span, playhead, theme, heightPx]);
  return (
    <figure className="run-chart" onDoubleClick={() => onSpan(null)}>
      <figcaption>
        <span>{title}</span>
        {lines.length > 1 &&
          lines.map(({ label, colour, dash }) => (
            <span key={label} className="line-key">
              <svg width="18" height="6" viewBox="0 0 18 6" aria-hidden>
                <path
                  d="M0 3h18"
                  stroke={`var(${colour})`}
                  strokeWidth="2"
                  strokeDasharray={dash?.join(' ')}
                  fill="none"
                />
              </svg>
              {label}
            </span>
          ))}
      </figcaption>
      <div ref={box} style={{ height: heightPx }} />
    </figure>
  );
}
