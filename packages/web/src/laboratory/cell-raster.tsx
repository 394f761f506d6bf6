/** Cells from top to bottom, time from left to right: how the heat goes from one to the next. */
import { degCOfKelvin } from '@emberwatch/engine/units';
import { type ReactNode, useEffect, useRef } from 'react';
import type { CellTemperatures } from './cells.ts';
import type { Playhead } from './playhead.ts';
import { LEFT_PX, RIGHT_PX } from './plot-area.ts';
import type { Span } from './span.ts';
import { rgbOfDegC } from './temperature.ts';

const WIDTH = 720;
const MIN_PX = 4;
const MAX_PX = 14;
const WANTED_PX = 84;

interface RasterProps {
  readonly cells: CellTemperatures;
  readonly intervalS: number;
  readonly span: Span;
  readonly playhead: Playhead;
}

/** One pixel per column and cell: the hottest of the rows that fall into it, so that no short peak is lost. */
function paint(canvas: HTMLCanvasElement, { cells, intervalS, span }: RasterProps): void {
  const context = canvas.getContext('2d');
  const { columnsK } = cells;
  canvas.width = WIDTH;
  canvas.height = columnsK.length;
  if (!context) return;
  const image = context.createImageData(WIDTH, columnsK.length);
  const rows = columnsK[0]!.length;
  const rowOf = (x: number): number => (span.fromS + ((span.toS - span.fromS) * x) / WIDTH) / intervalS;
  columnsK.forEach((columnK, cell) => {
    for (let x = 0; x < WIDTH; x++) {
      const first = Math.min(rows - 1, Math.floor(rowOf(x)));
      const last = Math.min(rows - 1, Math.max(first, Math.ceil(rowOf(x + 1)) - 1));
      let hottestK = columnK[first]!;
      for (let row = first + 1; row <= last; row++) hottestK = Math.max(hottestK, columnK[row]!);
      const [red, green, blue] = rgbOfDegC(degCOfKelvin(hottestK));
      image.data.set([red, green, blue, 255], 4 * (cell * WIDTH + x));
    }
  });
  context.putImageData(image, 0, 0);
}

export function CellRaster(props: RasterProps): ReactNode {
  const { cells, intervalS, span, playhead } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const curtain = useRef<HTMLDivElement>(null);
  const count = cells.columnsK.length;
  const rowPx = Math.min(MAX_PX, Math.max(MIN_PX, Math.round(WANTED_PX / count)));
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is painted stands in these
  useEffect(() => {
    if (canvas.current) paint(canvas.current, props);
  }, [cells, intervalS, span]);
  useEffect(() => {
    const draw = (): void => {
      if (!curtain.current) return;
      const share = (playhead.timeS() - span.fromS) / (span.toS - span.fromS);
      curtain.current.style.left = `${Math.min(Math.max(share, 0), 1) * 100}%`;
      curtain.current.hidden = share >= 1;
    };
    draw();
    return playhead.subscribe(draw);
  }, [playhead, span]);
  return (
    <figure className="run-chart">
      <figcaption>
        <span>{cells.isWhole ? `Cells 0 to ${count - 1}, top to bottom` : 'Hottest cell'}</span>
      </figcaption>
      <div className="raster" style={{ marginInline: `${LEFT_PX}px ${RIGHT_PX}px`, height: count * rowPx }}>
        <canvas ref={canvas} role="img" aria-label="Temperature of each cell over time, as colours" />
        <div className="curtain" ref={curtain} />
      </div>
    </figure>
  );
}
