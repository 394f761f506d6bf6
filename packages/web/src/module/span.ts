/** Which time a view shows: the last so long, which goes on, or a stretch of the past. */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN } from '@emberwatch/engine/units';

export const QUICK = [
  { id: '15min', text: '15 min', lengthMs: 15 * MS_PER_MIN },
  { id: '2h', text: '2 h', lengthMs: 2 * MS_PER_H },
  { id: '24h', text: '24 h', lengthMs: MS_PER_DAY },
  { id: '7d', text: '7 d', lengthMs: 7 * MS_PER_DAY },
  { id: 'all', text: 'All', lengthMs: Number.POSITIVE_INFINITY },
] as const;
export type QuickId = (typeof QUICK)[number]['id'];
const FIRST: QuickId = '2h';

export type Span =
  | { readonly kind: 'last'; readonly id: QuickId }
  | { readonly kind: 'between'; readonly fromMs: number; readonly toMs: number };

export interface Between {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The stretch that an address names, Unix ms; null where it names none. */
export function betweenOf(parameters: URLSearchParams): Between | null {
  const [from, to] = [parameters.get('from'), parameters.get('to')];
  if (!from || !to) return null;
  const [fromMs, toMs] = [Number(from), Number(to)];
  return Number.isFinite(fromMs) && Number.isFinite(toMs) && fromMs < toMs ? { fromMs, toMs } : null;
}

/** An address that says nothing, or something that is no time, shows the last two hours. */
export function spanOf(parameters: URLSearchParams): Span {
  const between = betweenOf(parameters);
  if (between) return { kind: 'between', ...between };
  const last = parameters.get('last');
  return { kind: 'last', id: QUICK.find(({ id }) => id === last)?.id ?? FIRST };
}

/** For an address; the usual span needs none. */
export const parametersOf = (span: Span): Record<string, string | null> =>
  span.kind === 'between'
    ? { from: String(Math.floor(span.fromMs)), to: String(Math.ceil(span.toMs)), last: null }
    : { from: null, to: null, last: span.id === FIRST ? null : span.id };

/** @param clockMs time of the site; null before the first frame */
export function boundsOf(span: Span, clockMs: number | null): Between | null {
  if (span.kind === 'between') return span;
  if (clockMs === null) return null;
  const { lengthMs } = QUICK.find(({ id }) => id === span.id)!;
  return { fromMs: Math.max(0, clockMs + 1 - lengthMs), toMs: clockMs + 1 };
}

/** Beyond this, steps of a pixel are longer than a minute, or a quarter of an hour: coarser data show the same. */
const FRAMES_UP_TO_MS = 6 * MS_PER_H;
const MINUTES_UP_TO_MS = 8 * MS_PER_DAY;

/** The data that are read for a stretch; null: the service chooses. */
export function tierOf({ fromMs, toMs }: Between): '1min' | '15min' | null {
  if (toMs - fromMs <= FRAMES_UP_TO_MS) return null;
  return toMs - fromMs <= MINUTES_UP_TO_MS ? '1min' : '15min';
}
