/** The cells of the module as they stand at the playhead: temperature as colour and number, vent and runaway as shapes. */
import type { ModuleEvents, Trajectory } from '@emberwatch/engine/physics';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { fontOf, useTheme } from '../ui/theme.ts';
import { cellsOf, degCAt, rowAt } from './cells.ts';
import type { Playhead } from './playhead.ts';
import { colourOfDegC, degCAtPlace, inkOfDegC, placeOnScale, SCALE_MARKS_DEG_C } from './temperature.ts';

const WIDTH_PX = 236;
const GAP_PX = 3;
const MAX_HEIGHT_PX = 250;
/** Smaller cells have no room for a number. */
const NUMBER_FROM_PX = 34;

interface CellMapProps {
  readonly trajectory: Trajectory;
  readonly event: ModuleEvents;
  readonly playhead: Playhead;
}

/** Rows and columns, as square as can be; sixteen cells stand four by four. */
function gridOf(count: number): { columns: number; sizePx: number } {
  let columns = Math.max(1, Math.ceil(Math.sqrt(count)));
  const heightOf = (): number => (Math.ceil(count / columns) * WIDTH_PX) / columns;
  while (heightOf() > MAX_HEIGHT_PX) columns++;
  return { columns, sizePx: Math.min(76, WIDTH_PX / columns) - GAP_PX };
}

export function CellMap({ trajectory, event, playhead }: CellMapProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const said = useRef<HTMLParagraphElement>(null);
  const theme = useTheme();
  const cells = useMemo(() => cellsOf(trajectory, event.module), [trajectory, event.module]);
  const { columns, sizePx } = gridOf(cells.columnsK.length);
  const heightPx = Math.ceil(cells.columnsK.length / columns) * (sizePx + GAP_PX);
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in other colours, too
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context) return;
    const scale = window.devicePixelRatio;
    canvas.current.width = WIDTH_PX * scale;
    canvas.current.height = heightPx * scale;
    context.scale(scale, scale);
    const draw = (): void => {
      const timeS = playhead.timeS();
      const row = rowAt(trajectory, timeS);
      const degC = cells.columnsK.map((columnK) => degCAt(columnK, row));
      context.clearRect(0, 0, WIDTH_PX, heightPx);
      degC.forEach((temperatureDegC, cell) => {
        const xPx = (cell % columns) * (sizePx + GAP_PX);
        const yPx = Math.floor(cell / columns) * (sizePx + GAP_PX);
        drawCell(context, { cell, temperatureDegC, xPx, yPx, sizePx, shape: shapeOf(event, cell, timeS) });
      });
      if (said.current) said.current.textContent = sentenceOf(degC, event, timeS, cells.isWhole);
    };
    draw();
    return playhead.subscribe(draw);
  }, [cells, trajectory, event, playhead, columns, sizePx, heightPx, theme]);
  return (
    <div className="cell-map">
      <canvas ref={canvas} style={{ width: WIDTH_PX, height: heightPx }} aria-hidden />
      <p ref={said} className="cell-said" />
      <Legend />
    </div>
  );
}

type Shape = 'ran' | 'vented' | null;

const hasHappened = (list: ModuleEvents['vents'], cell: number, timeS: number): boolean =>
  list.some((one) => one.cell === cell && one.timeS <= timeS);

function shapeOf(event: ModuleEvents, cell: number, timeS: number): Shape {
  if (hasHappened(event.runaways, cell, timeS)) return 'ran';
  return hasHappened(event.vents, cell, timeS) ? 'vented' : null;
}

interface DrawnCell {
  readonly cell: number;
  readonly temperatureDegC: number;
  readonly xPx: number;
  readonly yPx: number;
  readonly sizePx: number;
  readonly shape: Shape;
}

function drawCell(context: CanvasRenderingContext2D, drawn: DrawnCell): void {
  const { cell, temperatureDegC, xPx, yPx, sizePx, shape } = drawn;
  context.fillStyle = colourOfDegC(temperatureDegC);
  context.beginPath();
  context.roundRect(xPx, yPx, sizePx, sizePx, Math.min(4, sizePx / 6));
  context.fill();
  context.fillStyle = inkOfDegC(temperatureDegC);
  if (sizePx >= NUMBER_FROM_PX) {
    context.font = fontOf(10);
    context.textAlign = 'left';
    context.fillText(String(cell), xPx + 5, yPx + 13);
    context.font = fontOf(sizePx >= 48 ? 16 : 12, 600);
    context.textAlign = 'center';
    context.fillText(temperatureDegC.toFixed(0), xPx + sizePx / 2, yPx + sizePx / 2 + 8);
  }
  if (shape === null) return;
  const markPx = Math.max(5, Math.min(10, sizePx / 4));
  const [x, y] = [xPx + sizePx - markPx - 4, yPx + 4];
  context.beginPath();
  if (shape === 'vented') context.arc(x + markPx / 2, y + markPx / 2, markPx / 2 - 0.5, 0, 2 * Math.PI);
  else {
    context.moveTo(x + markPx / 2, y);
    context.lineTo(x + markPx, y + markPx);
    context.lineTo(x, y + markPx);
    context.closePath();
  }
  context.strokeStyle = context.fillStyle;
  context.lineWidth = 1.5;
  if (shape === 'ran') context.fill();
  else context.stroke();
}

function sentenceOf(
  degC: readonly number[],
  { vents, runaways }: ModuleEvents,
  timeS: number,
  isWhole: boolean,
): string {
  const hottest = Math.max(...degC);
  const count = (list: ModuleEvents['vents']): number => list.filter((one) => one.timeS <= timeS).length;
  const where = isWhole ? `cell ${degC.indexOf(hottest)}` : 'the hottest';
  return `${hottest.toFixed(1)} °C in ${where} · ○ ${count(vents)} vented · ▲ ${count(runaways)} ran`;
}

/** The colours with their temperatures. */
export function Legend(): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    for (let x = 0; context && x < WIDTH_PX; x++) {
      context.fillStyle = colourOfDegC(degCAtPlace(x / WIDTH_PX));
      context.fillRect(x, 0, 1, 1);
    }
  }, []);
  return (
    <div className="legend" aria-hidden>
      <canvas ref={canvas} width={WIDTH_PX} height={1} />
      <span className="legend-marks">
        <span className="legend-unit">°C</span>
        {SCALE_MARKS_DEG_C.map((degC) => (
          <span key={degC} style={{ left: `${100 * placeOnScale(degC)}%` }}>
            {degC}
          </span>
        ))}
      </span>
    </div>
  );
}
