/** The map of run-away and no run-away as one SVG, drawn by hand: its axes may be logarithmic lists. */
import { S_PER_H, S_PER_MIN } from '@emberwatch/engine/units';
import { html } from '../svg/html.ts';
import { PAINT } from '../svg/paint.ts';
import type { Axis } from './axis.ts';
import type { TruthMap } from './map.ts';

const PLOT_PX = { left: 96, top: 74, width: 720, height: 520 };
const LEGEND_PX = 210;
const BOTTOM_PX = 64;
/** Figures are written into the fields where they fit. */
const PICTURE_PX = { width: 44, height: 18 };
const MAX_TICKS = 11;

/** From soon to late, and from hot to cold: lightness alone tells them apart. */
const RUNAWAY = ['#7d0524', '#b30f37', '#d9542f', '#f08a24', '#f7b267'] as const;
const AVERTED = ['#8fb1cc', '#b4cce0', '#d3e1ec', '#eaf1f6'] as const;
const VENTED = '#ffe28a';

export function mapSvg(map: TruthMap): string {
  const width = PLOT_PX.left + PLOT_PX.width + LEGEND_PX;
  const height = PLOT_PX.top + PLOT_PX.height + BOTTOM_PX;
  const ran = map.runaway.reduce((sum, one) => sum + one, 0);
  const parts = [
    text(16, 28, `${map.module} in ${map.name}`, { size: 17, weight: 'bold' }),
    text(
      16,
      48,
      `${ran} of ${map.runaway.length} pairs run away. Figures: point of no return by threshold, from the start of the run; else highest temperature.`,
      { size: 12, fill: PAINT.muted },
    ),
    ...fields(map),
    boundary(map),
    ...axes(map),
    ...legend(map),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" role="img" aria-label="Which pairs of ${escaped(map.x.path)} and ${escaped(map.y.path)} run away"><rect width="100%" height="100%" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

interface TextStyle {
  readonly size?: number;
  readonly weight?: string;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly rotate?: number;
}

function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 11, weight, fill = PAINT.ink, anchor, rotate } = style;
  const extra = [
    weight && ` font-weight="${weight}"`,
    anchor && ` text-anchor="${anchor}"`,
    rotate !== undefined && ` transform="rotate(${rotate} ${x} ${y})"`,
  ];
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}"${extra.filter(Boolean).join('')}>${escaped(content)}</text>`;
}

/** Paths and names come from files. */
const escaped = (content: string): string => html`${content}`.text;

const round = (px: number): number => Math.round(px * 10) / 10;

const sizeOf = ({ x, y }: TruthMap): { w: number; h: number } => ({
  w: PLOT_PX.width / x.values.length,
  h: PLOT_PX.height / y.values.length,
});

/** Bounds of the times and temperatures that the shades stand for. */
interface Scale {
  readonly soonS: number;
  readonly lateS: number;
  readonly coldDegC: number;
  readonly hotDegC: number;
}

function scaleOf(map: TruthMap): Scale {
  const times = [...map.pnrS].filter((timeS, at) => map.runaway[at] === 1 && !Number.isNaN(timeS));
  const peaks = [...map.peakDegC].filter((_, at) => map.runaway[at] === 0 && map.vented[at] === 0);
  return {
    soonS: Math.min(...times),
    lateS: Math.max(...times),
    coldDegC: Math.min(...peaks),
    hotDegC: Math.max(...peaks),
  };
}

function shade(shades: readonly string[], share: number): string {
  const at = Math.floor((Number.isFinite(share) ? share : 0) * shades.length);
  return shades[Math.min(Math.max(at, 0), shades.length - 1)]!;
}

function fillOf(map: TruthMap, at: number, scale: Scale): string {
  if (map.runaway[at] === 1)
    return shade(RUNAWAY, (map.pnrS[at]! - scale.soonS) / (scale.lateS - scale.soonS));
  if (map.vented[at] === 1) return VENTED;
  return shade(AVERTED, (scale.hotDegC - map.peakDegC[at]!) / (scale.hotDegC - scale.coldDegC));
}

function fields(map: TruthMap): string[] {
  const { w, h } = sizeOf(map);
  const scale = scaleOf(map);
  const isRoomy = w >= PICTURE_PX.width && h >= PICTURE_PX.height;
  const parts: string[] = [];
  for (let at = 0; at < map.runaway.length; at++) {
    const i = at % map.x.values.length;
    const j = (at - i) / map.x.values.length;
    const left = PLOT_PX.left + i * w;
    const top = PLOT_PX.top + PLOT_PX.height - (j + 1) * h;
    const fill = fillOf(map, at, scale);
    const about = `${map.x.path} ${map.x.values[i]}, ${map.y.path} ${map.y.values[j]}: ${outcome(map, at, scale)}`;
    parts.push(
      `<rect x="${round(left)}" y="${round(top)}" width="${round(w)}" height="${round(h)}" fill="${fill}" stroke="#fff" stroke-width="0.5"><title>${escaped(about)}</title></rect>`,
    );
    if (!isRoomy) continue;
    const isDark = map.runaway[at] === 1 && RUNAWAY.indexOf(fill as (typeof RUNAWAY)[number]) < 3;
    parts.push(
      text(left + w / 2, top + h / 2 + 4, stat(map, at, scale), {
        anchor: 'middle',
        fill: isDark ? '#fff' : PAINT.ink,
      }),
    );
  }
  return parts;
}

function stat(map: TruthMap, at: number, scale: Scale): string {
  const pnrS = map.pnrS[at]!;
  return map.runaway[at] === 1 && !Number.isNaN(pnrS)
    ? timeText(pnrS, scale)
    : `${map.peakDegC[at]!.toFixed(0)} °C`;
}

function outcome(map: TruthMap, at: number, scale: Scale): string {
  const peak = `${map.peakDegC[at]!.toFixed(0)} °C at most`;
  const pnrS = map.pnrS[at]!;
  const pnr = Number.isNaN(pnrS) ? 'no point of no return' : `point of no return at ${timeText(pnrS, scale)}`;
  const what =
    map.runaway[at] === 1 ? 'runs away' : map.vented[at] === 1 ? 'vents without running away' : 'no runaway';
  return `${what}, ${pnr}, ${peak}`;
}

/** From the start of the run: `2:18 h`, or `95 min` where no time of the map is longer than two hours. */
function timeText(timeS: number, { lateS }: Scale): string {
  const minutes = Math.round(timeS / S_PER_MIN);
  if (lateS < 2 * S_PER_H) return `${minutes} min`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}

/** A heavy line between pairs that run away and pairs that do not. */
function boundary(map: TruthMap): string {
  const { w, h } = sizeOf(map);
  const columns = map.x.values.length;
  const rows = map.y.values.length;
  const bottom = PLOT_PX.top + PLOT_PX.height;
  let path = '';
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const here = map.runaway[j * columns + i];
      if (i + 1 < columns && here !== map.runaway[j * columns + i + 1])
        path += `M${round(PLOT_PX.left + (i + 1) * w)} ${round(bottom - j * h)}v${round(-h)}`;
      if (j + 1 < rows && here !== map.runaway[(j + 1) * columns + i])
        path += `M${round(PLOT_PX.left + i * w)} ${round(bottom - (j + 1) * h)}h${round(w)}`;
    }
  }
  return path === ''
    ? ''
    : `<path d="${path}" fill="none" stroke="${PAINT.ink}" stroke-width="2.5" stroke-linecap="square"/>`;
}

function axes({ x, y }: TruthMap): string[] {
  const bottom = PLOT_PX.top + PLOT_PX.height;
  const w = PLOT_PX.width / x.values.length;
  const h = PLOT_PX.height / y.values.length;
  return [
    ...ticksOf(x).map((i) =>
      text(PLOT_PX.left + (i + 0.5) * w, bottom + 18, numberText(x.values[i]!), {
        anchor: 'middle',
        fill: PAINT.muted,
      }),
    ),
    ...ticksOf(y).map((j) =>
      text(PLOT_PX.left - 8, bottom - (j + 0.5) * h + 4, numberText(y.values[j]!), {
        anchor: 'end',
        fill: PAINT.muted,
      }),
    ),
    text(PLOT_PX.left + PLOT_PX.width / 2, bottom + 44, nameOf(x), { anchor: 'middle', size: 13 }),
    text(24, PLOT_PX.top + PLOT_PX.height / 2, nameOf(y), { anchor: 'middle', size: 13, rotate: -90 }),
  ];
}

const nameOf = ({ path, isLog }: Axis): string => `${path}${isLog ? ' (logarithmic)' : ''}`;

/** At most eleven, evenly spread, first and last among them where the steps allow it. */
function ticksOf({ values }: Axis): number[] {
  const every = Math.ceil((values.length - 1) / (MAX_TICKS - 1));
  return values.flatMap((_, i) => (i % every === 0 ? [i] : []));
}

const numberText = (value: number): string => String(Number(value.toPrecision(3)));

function legend(map: TruthMap): string[] {
  const left = PLOT_PX.left + PLOT_PX.width + 24;
  const scale = scaleOf(map);
  const parts: string[] = [];
  let at = PLOT_PX.top + 8;
  const row = (fill: string, label: string): void => {
    parts.push(
      `<rect x="${left}" y="${at - 11}" width="18" height="14" fill="${fill}" stroke="${PAINT.grid}"/>`,
      text(left + 26, at, label),
    );
    at += 19;
  };
  const head = (label: string): void => {
    parts.push(text(left, at, label, { weight: 'bold' }));
    at += 20;
  };
  if (Number.isFinite(scale.soonS)) {
    head('Runs away');
    const shades = scale.lateS > scale.soonS ? RUNAWAY : RUNAWAY.slice(0, 1);
    shades.forEach((fill, k) => {
      const late = scale.soonS + ((scale.lateS - scale.soonS) * (k + 1)) / shades.length;
      row(fill, `no return by ${timeText(late, scale)}`);
    });
    at += 8;
  }
  if (map.vented.includes(1)) {
    row(VENTED, 'vents, no runaway');
    at += 8;
  }
  if (Number.isFinite(scale.hotDegC)) {
    head('No runaway');
    const shades = scale.hotDegC > scale.coldDegC ? AVERTED : AVERTED.slice(0, 1);
    shades.forEach((fill, k) => {
      const hot = scale.hotDegC - ((scale.hotDegC - scale.coldDegC) * k) / shades.length;
      row(fill, `up to ${hot.toFixed(0)} °C`);
    });
  }
  return parts;
}
