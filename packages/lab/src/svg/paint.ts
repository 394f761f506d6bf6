/** Colours and patterns of the pictures. Lines differ by dash, levels by pattern, height and shape as well. */
import type { AlarmLevel } from '@emberwatch/engine/detector';

export const PAINT = {
  ink: '#1d252b',
  muted: '#5b6770',
  grid: '#dce1e5',
  presence: '#93a0ab',
  silence: '#e9ecef',
  first: '#c2410c',
  second: '#2b6cb0',
  third: '#2f7d5b',
} as const;

interface LevelPaint {
  readonly fill: string;
  readonly edge: string;
  /** Of the limit's line. */
  readonly dash: number[];
  /** Of its bar on the timeline, px. */
  readonly barPx: number;
}

export const LEVEL_PAINT: Readonly<Record<AlarmLevel, LevelPaint>> = {
  advisory: { fill: '#ffe28a', edge: '#8a6a00', dash: [2, 3], barPx: 8 },
  warning: { fill: '#f08a24', edge: '#9a4d00', dash: [7, 3], barPx: 13 },
  critical: { fill: '#b30f37', edge: '#7d0524', dash: [12, 2], barPx: 18 },
};

/** Stripes over the bars of warnings: without colour they still differ. One object: drawn as one pattern. */
export const WARNING_STRIPES = {
  symbol: 'rect',
  dashArrayX: [1, 0],
  dashArrayY: [2, 4],
  rotation: -Math.PI / 4,
  color: LEVEL_PAINT.warning.edge,
};

/** On dark screens; paper stays light. */
export const DARK_PAINT: Readonly<Record<string, string>> = {
  [PAINT.ink]: '#dfe5e9',
  [PAINT.muted]: '#9aa7b1',
  [PAINT.grid]: '#2f383f',
  [PAINT.presence]: '#5c6a75',
  [PAINT.silence]: '#262d33',
  [PAINT.first]: '#fb923c',
  [PAINT.second]: '#6ba7e5',
  [PAINT.third]: '#6fc79d',
  [LEVEL_PAINT.advisory.edge]: '#cfa928',
  [LEVEL_PAINT.warning.edge]: '#ffb066',
  [LEVEL_PAINT.critical.edge]: '#ff7d9a',
};
