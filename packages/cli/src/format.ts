/** Figures and times as the terminal shows them. */
import { MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';

export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** `2019-05-10 08:53:00`, UTC. */
export const stamp = (timeMs: number): string =>
  new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');

export function duration(ms: number): string {
  if (ms < MS_PER_MIN) return `${Math.round(ms / MS_PER_S)} s`;
  if (ms < 2 * MS_PER_H) return `${Math.round(ms / MS_PER_MIN)} min`;
  const days = Math.floor(ms / (24 * MS_PER_H));
  if (days >= 2) return `${days} d ${Math.round(ms / MS_PER_H) % 24} h`;
  return `${(ms / MS_PER_H).toFixed(1)} h`;
}

export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** `V_1, V_2, … V_96`: a list cut to its first and last. */
export const shortList = (items: readonly string[], max = 4): string =>
  items.length <= max
    ? items.join(', ')
    : `${items.slice(0, max - 1).join(', ')}, … ${items.at(-1)} (${items.length})`;
