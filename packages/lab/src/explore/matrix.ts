/** Correlations as a square of numbers; strength is told by the number as well as by the colour. */

import { shapes, words } from '../report/chart.ts';
import { drawPicture } from '../report/picture.ts';
import type { Html } from '../svg/html.ts';
import { PAINT } from '../svg/paint.ts';
import type { Correlations } from './exploration.ts';
import { SIGNALS } from './survey.ts';

const LABEL_WIDTH = 250;
const CELL = 34;
const TOP = 22;
/** Weaker ones are drawn without their number. */
const MIN_NAMED = 0.25;

export async function drawMatrix({ signals, matrix }: Correlations): Promise<Html> {
  const labelOf = (id: string): string => SIGNALS.find((signal) => signal.id === id)!.label;
  const children: object[] = [];
  for (const [i, id] of signals.entries()) {
    const y = TOP + i * CELL;
    children.push(
      words({ x: LABEL_WIDTH - 8, y: y + CELL / 2, text: `${labelOf(id)}  ${i + 1}`, align: 'right' }),
      words({
        x: LABEL_WIDTH + (i + 0.5) * CELL,
        y: TOP - 10,
        text: String(i + 1),
        align: 'center',
        fill: PAINT.muted,
      }),
    );
    for (let j = 0; j <= i; j++)
      children.push(...cell(matrix[i]![j] ?? null, LABEL_WIDTH + j * CELL, y, i === j));
  }
  const width = LABEL_WIDTH + signals.length * CELL + 8;
  const option = {
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { type: 'value', show: false, min: 0, max: 1 },
    yAxis: { type: 'value', show: false, min: 0, max: 1 },
    series: shapes(children),
  };
  const label = `Correlation of ${signals.length} signals`;
  return drawPicture({
    id: 'matrix',
    label,
    width: Math.max(800, width),
    height: TOP + signals.length * CELL + 6,
    option,
  });
}

function cell(r: number | null, x: number, y: number, isSelf: boolean): object[] {
  const fill = r === null || isSelf ? PAINT.silence : r > 0 ? PAINT.first : PAINT.second;
  const square = {
    type: 'rect',
    shape: { x: x + 1, y: y + 1, width: CELL - 2, height: CELL - 2 },
    style: { fill, opacity: r === null || isSelf ? 1 : Math.max(0.04, 0.75 * Math.abs(r)) },
  };
  const text = r === null ? '–' : isSelf || Math.abs(r) < MIN_NAMED ? '' : r.toFixed(2).replace('-', '−');
  if (text === '') return [square];
  return [
    square,
    words({ x: x + CELL / 2, y: y + CELL / 2, text, align: 'center', font: '11px sans-serif' }),
  ];
}
