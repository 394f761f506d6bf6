/** All cells of a module over time: a row for each, coloured by how far it stands from the others. */
import { type MouseEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useSession } from '../session/session.ts';
import { quantity } from '../ui/format.ts';
import { colourOf, useTheme } from '../ui/theme.ts';
import { useTimes } from '../ui/times.ts';
import type { HistoryBody } from '../wire.ts';
import { type CellTable, cellTableOf } from './cells.ts';
import { historyOf } from './history.ts';
import { PLOT_LEFT_PX, PLOT_RIGHT_PX } from './panel-options.ts';
import type { Between } from './span.ts';

const POINTS = 360;
const MOVED_SHARE = 1 / 60;

/** Deviations of this size, at least, have the full colour: below it all cells are alike. */
const ARRAYS = [
  {
    id: 'cell_voltages_v',
    title: 'Cell voltages',
    unit: 'V',
    deviationUnit: 'mV',
    perUnit: 1000,
    min: 0.02,
  },
  {
    id: 'cell_temperatures_degc',
    title: 'Cell temperatures',
    unit: 'degC',
    deviationUnit: 'K',
    perUnit: 1,
    min: 2,
  },
] as const;
type CellArray = (typeof ARRAYS)[number];

/** Rows are as high as there is room for. */
const heightPx = (cells: number): number => Math.min(Math.max(cells * 3, 48), 180);

function useCells(moduleId: string, bounds: Between | null): HistoryBody | null {
  const session = useSession();
  const [history, setHistory] = useState<HistoryBody | null>(null);
  const [requested, setRequested] = useState<Between | null>(null);
  const limitMs = bounds ? (bounds.toMs - bounds.fromMs) * MOVED_SHARE : 0;
  const isMoved =
    bounds &&
    (!requested ||
      Math.abs(requested.toMs - bounds.toMs) > limitMs ||
      Math.abs(requested.fromMs - bounds.fromMs) > limitMs);
  if (isMoved && requested !== bounds) setRequested(bounds);
  useEffect(() => {
    if (!requested) return;
    const stop = new AbortController();
    const query = { ...requested, maxPoints: POINTS, channels: ['voltage_v'], withCells: true };
    // The panels, asked for at the same time, say what is wrong with the line.
    historyOf(session, moduleId, query, stop.signal).then(setHistory, () => {});
    return () => stop.abort();
  }, [session, moduleId, requested]);
  return history?.moduleId === moduleId ? history : null;
}

const rgbOf = (name: string): [number, number, number] => {
  const hex = colourOf(name);
  const at = (k: number): number => Number.parseInt(hex.slice(k, k + 2), 16);
  return [at(1), at(3), at(5)];
};

/** One pixel for each cell and instant; the browser stretches it. */
function paint(canvas: HTMLCanvasElement, table: CellTable, bounds: Between, min: number): void {
  const { timesMs, cells, deviations } = table;
  const context = canvas.getContext('2d');
  if (!context || timesMs.length === 0) return;
  const full = Math.max(min, Math.abs(table.max?.by ?? 0));
  const [low, middle, high] = [rgbOf('--cell-low'), rgbOf('--cell-middle'), rgbOf('--cell-high')];
  canvas.width = POINTS;
  canvas.height = cells;
  const image = context.createImageData(POINTS, cells);
  const atOf = columnsAt(table, bounds);
  for (let x = 0; x < POINTS; x++) {
    const at = atOf[x]!;
    if (at < 0) continue;
    for (let cell = 0; cell < cells; cell++) {
      const deviation = deviations[cell * timesMs.length + at]!;
      if (Number.isNaN(deviation)) continue;
      const share = Math.min(Math.abs(deviation) / full, 1);
      const end = deviation < 0 ? low : high;
      const pixel = 4 * (cell * POINTS + x);
      for (let k = 0; k < 3; k++) image.data[pixel + k] = middle[k]! + share * (end[k]! - middle[k]!);
      image.data[pixel + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

/** A value is shown for so many steps where no other comes. */
const HELD_STEPS = 4;

/** Position in the table for each pixel; -1 in a gap. */
function columnsAt({ timesMs, stepMs }: CellTable, { fromMs, toMs }: Between): number[] {
  const pixelMs = (toMs - fromMs) / POINTS;
  const usualMs = Math.max(
    stepMs,
    (timesMs.at(-1)! - timesMs[0]!) / Math.max(timesMs.length - 1, 1),
    pixelMs,
  );
  let at = -1;
  return Array.from({ length: POINTS }, (_, x) => {
    const endMs = fromMs + (x + 1) * pixelMs;
    while (at + 1 < timesMs.length && timesMs[at + 1]! < endMs) at++;
    return at >= 0 && endMs - timesMs[at]! <= HELD_STEPS * usualMs ? at : -1;
  });
}

interface StripProps {
  readonly array: CellArray;
  readonly table: CellTable;
  readonly bounds: Between;
}

function Strip({ array, table, bounds }: StripProps): ReactNode {
  const { title, unit, deviationUnit, perUnit, min } = array;
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const times = useTimes();
  const [pointed, setPointed] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are those of the theme
  useEffect(() => {
    if (canvas.current) paint(canvas.current, table, bounds, min);
  }, [table, bounds, min, theme]);
  const deviationText = (by: number): string =>
    `${by < 0 ? '' : '+'}${quantity(by * perUnit, deviationUnit)}`;
  const onMouseMove = (event: MouseEvent<HTMLElement>): void => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const cell = Math.min(Math.floor(((event.clientY - top) / height) * table.cells), table.cells - 1);
    const x = Math.min(Math.floor(((event.clientX - left) / width) * POINTS), POINTS - 1);
    const at = columnsAt(table, bounds)[x] ?? -1;
    const value = at < 0 || cell < 0 ? Number.NaN : table.values[cell * table.timesMs.length + at]!;
    setPointed(
      Number.isNaN(value)
        ? null
        : `Cell ${cell + 1}: ${quantity(value, unit)}, ${deviationText(table.deviations[cell * table.timesMs.length + at]!)} at ${times.time(table.timesMs[at]!)}`,
    );
  };
  const { max } = table;
  const said = max
    ? `cell ${max.cell} stands farthest from the others: ${deviationText(max.by)} at ${times.time(max.atMs)}`
    : 'all alike';
  return (
    <figure className="chart cell-strip">
      <figcaption>
        <span>
          {title} <small>{table.cells} cells, from the middle of them</small>
        </span>
        <span className={max && Math.abs(max.by) >= min ? 'cell-most' : 'quiet'}>{pointed ?? said}</span>
      </figcaption>
      <div
        role="img"
        aria-label={`${title} of ${table.cells} cells over time: ${said}`}
        style={{
          marginInline: `${PLOT_LEFT_PX}px ${PLOT_RIGHT_PX}px`,
          height: heightPx(table.cells),
          position: 'relative',
        }}
        onMouseMove={onMouseMove}
        onMouseLeave={() => setPointed(null)}
      >
        <canvas ref={canvas} aria-hidden />
        {max && (
          <span
            className="cell-name"
            style={{ top: `${(100 * (max.cell - 0.5)) / table.cells}%` }}
            aria-hidden
          >
            {max.cell} ▸
          </span>
        )}
      </div>
    </figure>
  );
}

/** Nothing where a module reports no single cells. */
export function CellStrips({ moduleId, bounds }: { moduleId: string; bounds: Between }): ReactNode {
  const history = useCells(moduleId, bounds);
  const tables = useMemo(
    () =>
      history
        ? ARRAYS.flatMap((array) => {
            const table = cellTableOf(history, array.id);
            return table ? [{ array, table }] : [];
          })
        : [],
    [history],
  );
  return tables.map(({ array, table }) => (
    <Strip key={array.id} array={array} table={table} bounds={bounds} />
  ));
}
