/** Times of a run, from its start. */
import { S_PER_H, S_PER_MIN } from '@emberwatch/engine/units';

/** `3:27:20`, as the command line writes it. */
export function clockText(timeS: number): string {
  const total = Math.round(timeS);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(total / S_PER_H)}:${pad(Math.floor(total / S_PER_MIN) % 60)}:${pad(total % 60)}`;
}

/** `47 min`, `2 h 5 min`, `12 s`: how long something was before something else. */
export function lengthText(lengthS: number): string {
  const s = Math.abs(Math.round(lengthS));
  if (s < 2 * S_PER_MIN) return `${s} s`;
  if (s < 2 * S_PER_H) return `${Math.round(s / S_PER_MIN)} min`;
  const minutes = Math.round(s / S_PER_MIN);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
