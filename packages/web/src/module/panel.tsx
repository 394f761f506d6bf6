/** One channel of a module over time, beside its siblings and the modules it is compared with. */
import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { quantity, unitText } from '../ui/format.ts';
import { useTheme } from '../ui/theme.ts';
import { useTimes } from '../ui/times.ts';
import type { PanelColumns } from './columns.ts';
import { drawBefore, drawBehind, type Marks } from './marks.ts';
import { FIRST_COMPARED, LINES, ownLine, PANEL_HEIGHT_PX, panelOptions } from './panel-options.ts';
import type { Between } from './span.ts';

export interface PanelFrame {
  readonly bounds: Between;
  readonly compared: readonly string[];
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onBack: () => void;
  /** Told where the pointer is, Unix ms; null: nowhere. */
  readonly onPoint: (timeMs: number | null) => void;
  /** Charts that stand on the page, by channel: for a picture of them. */
  readonly charts: Map<string, uPlot>;
}

interface PanelProps {
  readonly channelId: string;
  readonly label: string;
  readonly unit: string;
  readonly columns: PanelColumns;
  readonly marks: Marks;
  readonly frame: PanelFrame;
}

/** Value of a line at the pointer, or the last one there is. */
function valueAt(chart: uPlot, line: number): number | null {
  const values = chart.data[line];
  const at = chart.cursor.idx ?? null;
  if (!values) return null;
  if (at !== null) return values[at] ?? null;
  for (let k = values.length - 1; k >= 0; k--) if (typeof values[k] === 'number') return values[k]!;
  return null;
}

/** Charts are made anew only where lines or colours change; what is drawn in them comes through here. */
function useChart(props: PanelProps, box: React.RefObject<HTMLDivElement | null>, write: () => void) {
  const { channelId, unit, columns, marks, frame } = props;
  const chart = useRef<uPlot | null>(null);
  const latest = useRef({ marks, frame, write });
  latest.current = { marks, frame, write };
  const theme = useTheme();
  const times = useTimes();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rest is read when it is drawn
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const now = latest;
    const { charts } = frame;
    const made = new uPlot(
      panelOptions(unit, frame.compared.length, element.clientWidth, times, {
        bounds: () => now.current.frame.bounds,
        limits: () => now.current.marks.limits,
        behind: (drawn) => drawBehind(drawn, now.current.marks),
        before: (drawn) => drawBefore(drawn, now.current.marks),
        onCursor: (drawn) => {
          now.current.write();
          const { idx } = drawn.cursor;
          const timeS = idx === null || idx === undefined ? null : drawn.data[0][idx];
          now.current.frame.onPoint(timeS === null || timeS === undefined ? null : timeS * 1000);
        },
        onZoom: (fromMs, toMs) => now.current.frame.onZoom(fromMs, toMs),
      }),
      columns.data,
      element,
    );
    chart.current = made;
    charts.set(channelId, made);
    now.current.write();
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: PANEL_HEIGHT_PX }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      charts.delete(channelId);
      made.destroy();
      chart.current = null;
    };
  }, [channelId, unit, frame.compared.length, frame.charts, theme, times]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: marks and bounds are drawn, too
  useEffect(() => {
    chart.current?.setData(columns.data);
    latest.current.write();
  }, [columns, marks, frame.bounds]);
  return chart;
}

export function Panel(props: PanelProps): ReactNode {
  const { channelId, label, unit, columns, marks, frame } = props;
  const box = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLElement>(null);
  // Past React: values follow the pointer in every panel at once.
  const write = (): void => {
    if (!chart.current) return;
    for (const element of head.current?.querySelectorAll<HTMLElement>('[data-line]') ?? [])
      element.textContent = quantity(valueAt(chart.current, Number(element.dataset['line'])), unit);
  };
  const chart = useChart(props, box, write);
  const limits = marks.limits.map(({ value }) => String(Number(value.toPrecision(4)))).join(' · ');
  return (
    <figure className="chart module-panel" data-channel={channelId} onDoubleClick={frame.onBack}>
      <figcaption ref={head}>
        <span>
          {label} <small>{unitText(unit)}</small>
          {limits && <small className="panel-limits"> limits {limits}</small>}
        </span>
        <span className="key key-1">
          <b data-line={ownLine(frame.compared.length)} />
        </span>
        {columns.hasSiblings && (
          <span className="key key-2">
            rack <b data-line={LINES.siblingMedian} />
          </span>
        )}
        {frame.compared.map((moduleId, k) => (
          <span key={moduleId} className={`key compared-${k + 1}`}>
            {moduleId} <b data-line={FIRST_COMPARED + k} />
          </span>
        ))}
      </figcaption>
      <div ref={box} className="plot" />
    </figure>
  );
}
