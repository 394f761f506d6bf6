/** The time between frames as bars, from milliseconds to days. */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { shapes, words } from '../report/chart.ts';
import { drawPicture } from '../report/picture.ts';
import { type Html, withThousands } from '../svg/html.ts';
import { PAINT } from '../svg/paint.ts';
import type { SamplingSummary } from './sampling.ts';

const WIDTH = 800;
const LEFT = 70;
const RIGHT = 16;
const TOP = 10;
const PLOT_PX = 130;
const BOTTOM = 26;
const TICKS: readonly [ms: number, text: string][] = [
  [1, '1 ms'],
  [10, '10 ms'],
  [100, '0.1 s'],
  [MS_PER_S, '1 s'],
  [10 * MS_PER_S, '10 s'],
  [MS_PER_MIN, '1 min'],
  [10 * MS_PER_MIN, '10 min'],
  [MS_PER_H, '1 h'],
  [10 * MS_PER_H, '10 h'],
  [10 * MS_PER_DAY, '10 d'],
  [1000 * MS_PER_DAY, '1000 d'],
];

export async function drawIntervals({ bars }: SamplingSummary): Promise<Html> {
  const first = Math.min(...bars.map(({ from }) => from));
  const last = Math.max(...bars.map(({ to }) => to));
  const [low, high] = [Math.log(first / 2), Math.log(last * 2)];
  const x = (ms: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * (Math.log(ms) - low)) / (high - low);
  const max = Math.max(...bars.map(({ count }) => count));
  const decades = Math.max(1, Math.ceil(Math.log10(max)));
  const bottom = TOP + PLOT_PX;
  /** One frame is still a stub. */
  const y = (count: number): number => bottom - (PLOT_PX * (Math.log10(count) + 0.15)) / (decades + 0.15);
  const children: object[] = [];
  for (let power = 0; power <= decades; power++)
    children.push(
      {
        type: 'line',
        shape: { x1: LEFT, y1: y(10 ** power), x2: WIDTH - RIGHT, y2: y(10 ** power) },
        style: { stroke: PAINT.grid, lineWidth: 1 },
      },
      words({
        x: LEFT - 6,
        y: y(10 ** power),
        text: withThousands(10 ** power),
        align: 'right',
        font: '11px sans-serif',
      }),
    );
  for (const { from, to, count } of bars)
    children.push({
      type: 'rect',
      shape: { x: x(from), y: y(count), width: Math.max(2, x(to) - x(from) - 1), height: bottom - y(count) },
      style: { fill: PAINT.second },
    });
  for (const [ms, text] of TICKS)
    if (ms >= first / 2 && ms <= last * 2)
      children.push(words({ x: x(ms), y: bottom + 12, text, align: 'center' }));
  const option = {
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { type: 'value', show: false, min: 0, max: 1 },
    yAxis: { type: 'value', show: false, min: 0, max: 1 },
    series: shapes(children),
  };
  const label = 'How often which time passes between two frames of a module';
  return drawPicture({ id: 'intervals', label, width: WIDTH, height: bottom + BOTTOM, option });
}
