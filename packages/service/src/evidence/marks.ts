/** Levels by shape and word as well as by colour, and numbers with their units. */
import type { Level } from '@emberwatch/engine/detector';
import { type Html, html } from './html.ts';

/** In a square of 16. */
const SHAPES: Readonly<Record<Level, Html>> = {
  unknown: html`<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.4 2"/><circle cx="8" cy="8" r="1.3"/>`,
  normal: html`<circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2"/>`,
  advisory: html`<path d="M8 1L15 8L8 15L1 8Z"/>`,
  warning: html`<path d="M8 1L15.4 14.5H.6Z"/>`,
  critical: html`<path d="M5 1H11L15 5V11L11 15H5L1 11V5Z"/>`,
};

/** For a chart: inside its svg, with the middle at x and y. */
export const shapeAt = (level: Level, x: number, y: number, sizePx: number): Html =>
  html`<g class="mark ${level}" fill="currentColor" transform="translate(${(x - sizePx / 2).toFixed(1)} ${(y - sizePx / 2).toFixed(1)}) scale(${(sizePx / 16).toFixed(3)})">${SHAPES[level]}</g>`;

export const shapeOf = (level: Level): Html =>
  html`<svg class="mark ${level}" viewBox="0 0 16 16" width="14" height="14" fill="currentColor" aria-hidden="true">${SHAPES[level]}</svg>`;

export const levelName = (level: Level): Html =>
  html`<span class="level ${level}">${shapeOf(level)} ${level}</span>`;

const UNIT_TEXT: Readonly<Record<string, string>> = { degC: '°C', percent: '%', kOhm: 'kΩ', lpm: 'l/min' };

export const unitText = (unit: string): string => UNIT_TEXT[unit] ?? unit;

/** As many digits as the size of the number needs; `–` where there is none. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits))).replace('-', '−');
}

export const quantityText = (value: number | null | undefined, unit: string | null): string =>
  value === null || value === undefined
    ? '–'
    : `${numberText(value)}${unit === null || unit === '' ? '' : `\u00a0${unitText(unit)}`}`;
