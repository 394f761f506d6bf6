/** One picture of all modules that had an alarm: a row for each, a bar for each time in alarm. */
import { ALARM_LEVELS, type AlarmLevel, levelRank } from '@emberwatch/engine/detector';
import { type Html, html, printable } from '../svg/html.ts';
import { LEVEL_PAINT, PAINT, WARNING_STRIPES } from '../svg/paint.ts';
import type { Episode } from '../watch/episodes.ts';
import type { WatchResult } from '../watch/watch.ts';
import { BrokenTimeAxis, timeAxis } from './broken-time-axis.ts';
import { shapes, widthOf, words } from './chart.ts';
import { groupBy } from './grouping.ts';
import { drawPicture } from './picture.ts';
import { presenceOf, type Span } from './points.ts';
import { LEVEL_SHAPES, naturalOrder, plural } from './wording.ts';

const WIDTH = 800;
const RIGHT = 36;
const TOP = 34;
const ROW_PX = 24;
const BOTTOM = 40;
const MAX_ROWS = 64;
const MAX_NAME_CHARS = 24;
const MIN_BAR_PX = 3;

/** Columns of the picture, from the left edge of the plot. */
interface Plot {
  readonly left: number;
  readonly width: number;
  readonly xOf: (timeMs: number) => number;
}

export async function drawTimeline(result: WatchResult): Promise<Html | null> {
  const { firstMs, lastMs, episodes } = result;
  if (episodes.length === 0 || !Number.isFinite(lastMs - firstMs)) return null;
  const byModule = groupBy(episodes, ({ moduleId }) => moduleId);
  const modules = chooseRows(byModule);
  const names = modules.map(shortName);
  const height = TOP + modules.length * ROW_PX + BOTTOM;
  // Nothing is folded here: the calendar is what this picture is for.
  const time = new BrokenTimeAxis({ fromMs: firstMs, toMs: lastMs }, []);
  const left = Math.round(Math.max(...names.map(widthOf))) + 18;
  const width = WIDTH - left - RIGHT;
  const plot: Plot = { left, width, xOf: (timeMs) => (time.at(timeMs) / time.length) * width };
  const overviews = result.signals?.overviews;
  const children = modules.flatMap((moduleId, row) => [
    words({ x: left - 8, y: middleOf(row), text: names[row]!, align: 'right' }),
    ...presenceBars(overviews?.get(moduleId)?.timesMs ?? [], row, plot),
    ...levelRuns(byModule.get(moduleId)!, lastMs, plot).map((run) => levelBar(run, row, plot)),
  ]);
  const option = {
    grid: { left, right: RIGHT, top: TOP, height: modules.length * ROW_PX },
    xAxis: timeAxis(time, 0, true),
    yAxis: { type: 'value', show: false, min: 0, max: 1 },
    series: { ...shapes([...legend(left), ...children]), z: 3 },
  };
  const label = `Timeline of ${plural(episodes.length, 'alarm episode')} in ${plural(byModule.size, 'module')}`;
  const svg = await drawPicture({ id: 'timeline', width: WIDTH, height, label, option });
  const more = byModule.size - modules.length;
  const presence = overviews ? 'Grey line: frames arrived; none: silence.' : '';
  return html`<figure>${svg}<figcaption>Times in UTC. ${presence}${
    more > 0 ? ` The ${MAX_ROWS} modules with the most severe alarms are drawn … and ${more} more.` : ''
  }</figcaption></figure>`;
}

/** The gravest where not all have room, in the order of their names. */
function chooseRows(byModule: ReadonlyMap<string, readonly Episode[]>): string[] {
  const mostSevere = (moduleId: string): number =>
    byModule.get(moduleId)!.reduce((rank, { level }) => Math.max(rank, levelRank(level)), 0);
  return [...byModule.keys()]
    .sort((a, b) => mostSevere(b) - mostSevere(a) || naturalOrder(a, b))
    .slice(0, MAX_ROWS)
    .sort(naturalOrder);
}

function shortName(moduleId: string): string {
  const name = printable(moduleId);
  return name.length > MAX_NAME_CHARS ? `${name.slice(0, MAX_NAME_CHARS - 1)}…` : name;
}

interface Run {
  readonly level: AlarmLevel;
  readonly x: number;
  width: number;
}

/** Thousands of episodes become at most one bar per pixel, of the gravest level there. */
function levelRuns(episodes: readonly Episode[], lastMs: number, { width, xOf }: Plot): Run[] {
  const ranks = new Uint8Array(width);
  for (const { fromMs, toMs, level } of episodes) {
    const from = Math.min(width - MIN_BAR_PX, Math.floor(xOf(fromMs)));
    const to = Math.max(from + MIN_BAR_PX, Math.ceil(xOf(toMs ?? lastMs)));
    for (let x = from; x < Math.min(to, width); x++) ranks[x] = Math.max(ranks[x]!, levelRank(level));
  }
  const runs: Run[] = [];
  ranks.forEach((rank, x) => {
    const level = ALARM_LEVELS.find((candidate) => levelRank(candidate) === rank);
    if (!level) return;
    const last = runs.at(-1);
    if (last && last.level === level && last.x + last.width === x) last.width++;
    else runs.push({ level, x, width: 1 });
  });
  return runs;
}

const middleOf = (row: number): number => TOP + (row + 0.5) * ROW_PX;

const bar = (level: AlarmLevel, x: number, middle: number, width: number): object => ({
  type: 'rect',
  shape: { x, y: middle - LEVEL_PAINT[level].barPx / 2, width, height: LEVEL_PAINT[level].barPx },
  style: {
    fill: LEVEL_PAINT[level].fill,
    stroke: LEVEL_PAINT[level].edge,
    lineWidth: 1,
    ...(level === 'warning' ? { decal: WARNING_STRIPES } : {}),
  },
});

const levelBar = ({ level, x, width }: Run, row: number, { left }: Plot): object =>
  bar(level, left + x, middleOf(row), width);

/** Frames that arrived; a pause shorter than a pixel is not seen. */
function presenceBars(timesMs: readonly number[], row: number, { left, xOf }: Plot): object[] {
  const spans: Span[] = [];
  for (const span of presenceOf(timesMs).spans) {
    const last = spans.at(-1);
    if (last && xOf(span.fromMs) - xOf(last.toMs) < 1)
      spans[spans.length - 1] = { fromMs: last.fromMs, toMs: span.toMs };
    else spans.push(span);
  }
  return spans.map(({ fromMs, toMs }) => ({
    type: 'rect',
    shape: {
      x: Number((left + xOf(fromMs)).toFixed(1)),
      y: middleOf(row) - 1,
      width: Number(Math.max(0.5, xOf(toMs) - xOf(fromMs)).toFixed(1)),
      height: 2,
    },
    style: { fill: PAINT.presence },
  }));
}

function legend(left: number): object[] {
  return ALARM_LEVELS.flatMap((level, i) => {
    const x = left + i * 120;
    return [
      {
        type: 'path',
        shape: { pathData: LEVEL_SHAPES[level], x, y: 7, width: 14, height: 14 },
        style: { fill: LEVEL_PAINT[level].fill, stroke: LEVEL_PAINT[level].edge, lineWidth: 1 },
      },
      bar(level, x + 20, 14, 22),
      words({ x: x + 48, y: 14, text: level }),
    ];
  });
}
