/** Pictures of a model card: lead time, calibration, what a lower threshold costs. */
import type { Evaluation } from '../evaluate/evaluate.ts';
import { PAINT } from '../svg/paint.ts';
import { drawInside } from '../svg/svg.ts';

export interface CardPicture {
  readonly file: string;
  readonly label: string;
  readonly svg: string;
}

const WIDTH = 760;
const HEIGHT = 320;
const COLORS = [PAINT.first, PAINT.second, PAINT.third, PAINT.ink];
const DASHES = ['solid', [6, 3], [2, 3], [10, 3, 2, 3]] as const;

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Axes {
  readonly x: string;
  readonly y: string;
  readonly xLog?: boolean;
  readonly xMin?: number;
  readonly xMax?: number;
}

export async function cardPictures(name: string, evaluation: Evaluation): Promise<CardPicture[]> {
  const pictures: CardPicture[] = [];
  const add = async (kind: string, label: string, axes: Axes, lines: readonly Line[]): Promise<void> => {
    const drawn = lines.filter(({ points }) => points.length > 0);
    if (drawn.length > 0)
      pictures.push({ file: `${name}-${kind}.svg`, label, svg: await draw(kind, axes, drawn) });
  };
  await add(
    'lead',
    'Share of events with at least so much lead time',
    { x: 'lead time before the point of no return, min', y: 'share of events', xLog: true, xMin: 0.1 },
    evaluation.survival.slice(0, COLORS.length).map(({ name: of, points }) => ({
      name: of,
      points: points.map(({ leadS, share }) => [Math.max(0.1, leadS / 60), share] as const),
    })),
  );
  await add(
    'calibration',
    'Observed share of hazard over predicted probability',
    { x: 'predicted probability', y: 'observed', xMax: 1 },
    evaluation.reliability
      ? [
          {
            name: 'model',
            points: evaluation.reliability.bins.map(
              ({ predicted, observed }) => [predicted, observed] as const,
            ),
          },
          { name: 'perfect', points: [[0, 0] as const, [1, 1] as const] },
        ]
      : [],
  );
  const [model, ...rules] = evaluation.scores.filter(({ curve }) => curve.length > 1);
  const best = rules.sort((x, y) => y.auroc - x.auroc);
  await add(
    'recall',
    'Recall by event over false alarms',
    { x: 'false alarms per module-year', y: 'recall by event', xLog: true },
    [...(model ? [model] : []), ...best].slice(0, COLORS.length).map(({ label, curve }) => ({
      name: label,
      points: bestRecalls(curve),
    })),
  );
  return pictures;
}

/** At no more false alarms than so many, the best recall of any threshold. */
function bestRecalls(curve: Evaluation['scores'][number]['curve']): (readonly [number, number])[] {
  let best = 0;
  return curve
    .filter(({ falsePerModuleYear }) => falsePerModuleYear > 0)
    .toSorted((a, b) => a.falsePerModuleYear - b.falsePerModuleYear)
    .map(({ falsePerModuleYear, recall }) => {
      best = Math.max(best, recall);
      return [falsePerModuleYear, best] as const;
    });
}

async function draw(
  id: string,
  { x, y, xLog = false, xMin, xMax }: Axes,
  lines: readonly Line[],
): Promise<string> {
  const axis = {
    axisLine: { lineStyle: { color: PAINT.muted } },
    splitLine: { lineStyle: { color: PAINT.grid } },
    axisLabel: { color: PAINT.ink },
    nameTextStyle: { color: PAINT.muted },
    nameLocation: 'middle',
  };
  const option = {
    backgroundColor: '#ffffff',
    legend: { top: 4, itemWidth: 34, textStyle: { color: PAINT.ink } },
    grid: { left: 62, right: 20, top: 52, bottom: 52 },
    xAxis: {
      ...axis,
      type: xLog ? 'log' : 'value',
      name: x,
      nameGap: 30,
      ...(xMin !== undefined && { min: xMin }),
      ...(xMax !== undefined && { max: xMax }),
    },
    yAxis: { ...axis, type: 'value', name: y, nameGap: 42, min: 0, max: 1 },
    series: lines.map(({ name, points }, i) => ({
      type: 'line',
      name,
      symbol: 'none',
      data: points.filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value)),
      itemStyle: { color: COLORS[i % COLORS.length] },
      lineStyle: { width: 2, color: COLORS[i % COLORS.length], type: DASHES[i % DASHES.length] },
    })),
  };
  const inside = await drawInside({ id, width: WIDTH, height: HEIGHT, option });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif">\n${inside.text}</svg>\n`;
}
