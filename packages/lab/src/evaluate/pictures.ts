/** Curves of an evaluation. Lines differ by dash as well as by colour. */

import { drawPicture } from '../report/picture.ts';
import { MODEL_SCORE, SCORES } from '../rows/scores.ts';
import type { Html } from '../svg/html.ts';
import { LEVEL_PAINT, PAINT } from '../svg/paint.ts';
import type { Evaluation } from './evaluate.ts';
import type { Reliability } from './score-stats.ts';

const WIDTH = 800;
const HEIGHT = 420;
const GRID = { left: 62, right: 24, top: 64, bottom: 52 };

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly paint: string;
  readonly dash: readonly number[];
  readonly width?: number;
}

const RULE_PAINTS = [PAINT.second, PAINT.third, PAINT.muted, PAINT.ink] as const;
const DASHES = [[], [6, 3], [2, 3], [10, 3, 2, 3]] as const;

/** The model stands out, the rules differ by colour and dash, alike in all pictures. */
function styleOf(label: string): Pick<Line, 'paint' | 'dash' | 'width'> {
  const i = SCORES.findIndex((score) => score.label === label);
  if (i === MODEL_SCORE) return { paint: PAINT.first, dash: [], width: 3 };
  return { paint: RULE_PAINTS[i % RULE_PAINTS.length]!, dash: DASHES[Math.floor(i / 2) % DASHES.length]! };
}

const axisText = { color: PAINT.ink, fontSize: 12 };

function chart(
  id: string,
  label: string,
  lines: readonly Line[],
  xAxis: object,
  yName: string,
): Promise<Html> {
  const option = {
    grid: GRID,
    legend: {
      top: 4,
      left: 8,
      right: 8,
      textStyle: axisText,
      itemWidth: 34,
      data: lines.map(({ name }) => name),
    },
    xAxis: {
      nameLocation: 'middle',
      nameGap: 32,
      nameTextStyle: axisText,
      axisLabel: axisText,
      splitLine: { lineStyle: { color: PAINT.grid } },
      ...xAxis,
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: 1,
      name: yName,
      nameLocation: 'middle',
      nameGap: 44,
      nameTextStyle: axisText,
      axisLabel: { ...axisText, formatter: (share: number) => `${Math.round(share * 100)} %` },
      splitLine: { lineStyle: { color: PAINT.grid } },
    },
    series: lines.map(({ name, points, paint, dash, width = 1.8 }) => ({
      type: 'line',
      name,
      data: points,
      step: 'end',
      symbol: 'none',
      itemStyle: { color: paint },
      lineStyle: { color: paint, width, type: dash.length > 0 ? dash : 'solid' },
    })),
  };
  return drawPicture({ id, label, width: WIDTH, height: HEIGHT, option });
}

/** Leads shorter than this are drawn at the left edge, s. */
const SHORTEST_LEAD_S = 1;

export function survivalPicture({ survival }: Evaluation): Promise<Html> {
  const lines = survival
    .filter(({ points }) => points.length > 0)
    .map(({ name, points }): Line => {
      const level = name.startsWith('policy: ') ? name.slice(8) : null;
      const drawn = points.map(({ leadS, share }) => [Math.max(SHORTEST_LEAD_S, leadS), share] as const);
      const style =
        level === null
          ? styleOf(name)
          : {
              paint: LEVEL_PAINT[level as keyof typeof LEVEL_PAINT].edge,
              dash: LEVEL_PAINT[level as keyof typeof LEVEL_PAINT].dash,
              width: 2.6,
            };
      return { name, points: [[SHORTEST_LEAD_S, points[0]!.share], ...drawn], ...style };
    });
  const axis = {
    type: 'log',
    min: SHORTEST_LEAD_S,
    name: 'lead time before the point of no return, s',
  };
  return chart('survival', 'Share of events by lead time', lines, axis, 'share of events');
}

/** Where no false alarm was seen: a point on the left edge. */
const edgeOf = (moduleYears: number): number => 10 ** Math.floor(Math.log10(0.3 / moduleYears));

export function budgetCurves({ scores, moduleYears }: Evaluation): Promise<Html> {
  const edge = edgeOf(moduleYears);
  const lines = scores.map(({ label, curve }): Line => {
    // Lower envelope: of thresholds with as many false alarms, the one that catches most.
    const best = new Map<number, number>();
    for (const { falsePerModuleYear, recall } of curve) {
      const x = Math.max(edge, falsePerModuleYear);
      best.set(x, Math.max(best.get(x) ?? 0, recall));
    }
    let max = 0;
    const points = [...best]
      .sort((a, b) => a[0] - b[0])
      .map(([x, recall]) => [x, (max = Math.max(max, recall))] as const);
    return { name: label, points, ...styleOf(label) };
  });
  const axis = { type: 'log', min: edge, name: 'false alarms per module-year (left edge: none seen)' };
  return chart('budget', 'Recall against false alarms', lines, axis, 'events caught before the PNR');
}

export function reliabilityPicture({ bins }: Reliability): Promise<Html> {
  const text = axisText;
  const axis = (name: string, gap: number): object => ({
    type: 'value',
    min: 0,
    max: 1,
    name,
    nameLocation: 'middle',
    nameGap: gap,
    nameTextStyle: text,
    axisLabel: { ...text, formatter: (share: number) => `${Math.round(share * 100)} %` },
    splitLine: { lineStyle: { color: PAINT.grid } },
  });
  const option = {
    grid: { ...GRID, top: 16 },
    xAxis: axis('probability given', 32),
    yAxis: axis('share in the hazard window', 44),
    series: [
      {
        type: 'line',
        data: [
          [0, 0],
          [1, 1],
        ],
        showSymbol: false,
        lineStyle: { color: PAINT.muted, type: [4, 4], width: 1 },
      },
      {
        type: 'line',
        data: bins.map(({ predicted, observed, share }) => ({
          value: [predicted, observed],
          symbolSize: 5 + 16 * Math.sqrt(share),
        })),
        symbol: 'circle',
        itemStyle: { color: PAINT.first },
        lineStyle: { color: PAINT.first, width: 2 },
      },
    ],
  };
  return drawPicture({
    id: 'reliability',
    label: 'Reliability of probabilities',
    width: WIDTH,
    height: 380,
    option,
  });
}
