/** Times, durations, levels and the verdict as a person reads them. */
import { ALARM_LEVELS, type AlarmLevel } from '@emberwatch/engine/detector';
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { type Html, html, withThousands } from '../svg/html.ts';
import type { WatchResult } from '../watch/watch.ts';

/** 2024-01-01 00:00:10, in UTC. */
export function utc(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? 'no time' : date.toISOString().slice(0, 19).replace('T', ' ');
}

/** The two largest units: `2 d 3 h`, `4 min 10 s`, `0.5 s`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 10 * MS_PER_S) return `${Number((ms / MS_PER_S).toFixed(1))} s`;
  const s = Math.round(ms / MS_PER_S) * MS_PER_S;
  const parts: [number, string][] = [
    [Math.floor(s / MS_PER_DAY), 'd'],
    [Math.floor((s % MS_PER_DAY) / MS_PER_H), 'h'],
    [Math.floor((s % MS_PER_H) / MS_PER_MIN), 'min'],
    [(s % MS_PER_MIN) / MS_PER_S, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

export const hours = (h: number): string => (h < 10 ? h.toFixed(2) : withThousands(Math.round(h * 10) / 10));

export const plural = (n: number, noun: string): string => `${withThousands(n)} ${noun}${n === 1 ? '' : 's'}`;

/** Outlines in a square of 16: a level is told by shape and word as well as by colour. */
export const LEVEL_SHAPES: Readonly<Record<AlarmLevel, string>> = {
  advisory: 'M8 1L15 8L8 15L1 8Z',
  warning: 'M8 1L15.4 14.5L.6 14.5Z',
  critical: 'M5 1L11 1L15 5L15 11L11 15L5 15L1 11L1 5Z',
};

export const levelMark = (level: AlarmLevel): Html =>
  html`<span class="level ${level}"><svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="${LEVEL_SHAPES[level]}"/></svg> ${level}</span>`;

export const mostSevereFirst = [...ALARM_LEVELS].reverse();

/** One sentence: what the whole recording came to. */
export function verdictOf(result: WatchResult): string {
  const { episodes, episodeCounts, moduleHours } = result;
  const mostSevere = mostSevereFirst.find((level) => episodeCounts[level] > 0);
  if (!mostSevere) {
    if (moduleHours === 0) return 'Nothing could be judged: no alarm, and no all-clear either.';
    return `No alarm in ${hours(moduleHours)} module-hours.`;
  }
  let first = episodes[0]!;
  for (const episode of episodes) if (episode.fromMs < first.fromMs) first = episode;
  let reached = episodes.find(({ level }) => level === mostSevere)!;
  for (const episode of episodes)
    if (episode.level === mostSevere && episode.peakMs < reached.peakMs) reached = episode;
  const levels = mostSevereFirst.filter((level) => episodeCounts[level] > 0);
  const counts = levels.map((level) => `${withThousands(episodeCounts[level])} ${level}`);
  const modules = new Set(episodes.map(({ moduleId }) => moduleId)).size;
  return (
    `${plural(episodes.length, 'alarm episode')} in ${plural(modules, 'module')}, gravest level ${mostSevere}` +
    `${levels.length > 1 ? ` (${counts.join(', ')})` : ''}. ` +
    `The first began at ${utc(first.fromMs)} UTC in ${first.moduleId}; ` +
    `${mostSevere} was first reached at ${utc(reached.peakMs)} UTC in ${reached.moduleId}.`
  );
}

/** Digits count as numbers: Module2 before Module10. The same on every machine. */
export function naturalOrder(a: string, b: string): number {
  const [as, bs] = [a.split(/(\d+)/), b.split(/(\d+)/)];
  for (let i = 0; i < Math.min(as.length, bs.length); i++) {
    const [x, y] = [as[i]!, bs[i]!];
    const difference = i % 2 === 1 ? Number(x) - Number(y) : 0;
    if (difference !== 0) return difference;
    if (x !== y) return x < y ? -1 : 1;
  }
  return as.length - bs.length;
}
