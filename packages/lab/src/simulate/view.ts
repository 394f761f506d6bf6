/** What of a run is drawn: one module over a stretch of time, and the events in it. */
import type { ModuleEvents, Trajectory } from '@emberwatch/engine/physics';
import { S_PER_H, S_PER_MIN } from '@emberwatch/engine/units';
import { PAINT } from '../svg/paint.ts';

export const RUNAWAY_COLOR = '#b30f37';

/** Stretch of a run. */
export interface Span {
  readonly fromS: number;
  readonly toS: number;
}

export interface View {
  readonly trajectory: Trajectory;
  readonly event: ModuleEvents;
  readonly span: Span;
  /** Unit of the time axis. */
  readonly unit: { readonly name: string; readonly seconds: number };
}

/** The first of which the axis shows more than three. */
const TIME_UNITS = [
  { name: 'days', seconds: 24 * S_PER_H },
  { name: 'h', seconds: S_PER_H },
  { name: 'min', seconds: S_PER_MIN },
  { name: 's', seconds: 1 },
];

export function viewOf(trajectory: Trajectory, event: ModuleEvents, span: Span): View {
  const lengthS = span.toS - span.fromS;
  const unit = TIME_UNITS.find(({ seconds }) => lengthS > 3 * seconds) ?? TIME_UNITS.at(-1)!;
  return { trajectory, event, span, unit };
}

export const isWithin = (timeS: number, { fromS, toS }: Span): boolean => timeS >= fromS && timeS <= toS;

/** A moment that is marked in every panel. */
export interface Mark {
  readonly timeS: number;
  readonly name: string;
  readonly color: string;
}

/** In order of time. */
export function marksOf({ event, span }: View): Mark[] {
  const marks = [
    { timeS: event.faultOnsetS, name: 'fault begins', color: PAINT.muted },
    { timeS: event.pnrInterventionS, name: 'last moment to intervene', color: PAINT.second },
    { timeS: event.ventS, name: 'vent opens', color: PAINT.third },
    { timeS: event.pnrThresholdS, name: 'point of no return', color: PAINT.first },
    { timeS: event.runawayS, name: 'runaway', color: RUNAWAY_COLOR },
  ];
  return marks
    .flatMap(({ timeS, ...mark }) => (timeS !== null && isWithin(timeS, span) ? [{ timeS, ...mark }] : []))
    .sort((a, b) => a.timeS - b.timeS);
}

/** `3:27:20` from the start of the run. */
export function clock(timeS: number): string {
  const total = Math.round(timeS);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(total / S_PER_H)}:${pad(Math.floor(total / S_PER_MIN) % 60)}:${pad(total % 60)}`;
}
