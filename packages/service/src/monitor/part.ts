/** A part of a delivery that is evaluated at once: what of it is stored, repeated or rejected. */
import { quoteValue } from '@emberwatch/engine/telemetry';
import type { Arrival } from '../store/frames.ts';
import type { BatchItem } from './delivery/batch-item.ts';
import { type IngestRejection, type IngestResult, NOTHING_DELIVERED } from './intake.ts';
import type { RejectCode } from './reject-codes.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Answer = Mutable<Omit<IngestResult, 'rejections' | 'failure'>> & {
  rejections: IngestRejection[];
};

export function newAnswer(): Answer {
  const { failure: _failure, ...nothing } = NOTHING_DELIVERED;
  return { ...nothing, rejections: [] };
}

/** Times of the frames of a module in one delivery. */
export interface Span {
  readonly firstMs: number;
  readonly lastMs: number;
}

export const both = (a: Span, b: Span = a): Span => ({
  firstMs: Math.min(a.firstMs, b.firstMs),
  lastMs: Math.max(a.lastMs, b.lastMs),
});

/** What is stored of a delivery. */
export type Kept = Pick<BatchItem, 'frame' | 'rows' | 'stampMs'>;

/** What is being evaluated at once, and what becomes of it. */
export interface Part {
  readonly gatewayId: string;
  readonly wallMs: number;
  readonly answer: Answer;
  readonly isRetained: boolean;
  readonly modules: Map<string, Span>;
  readonly repeated: Repeated[];
  /** What goes to the store, in this order. */
  readonly kept: Kept[];
}

/** A frame of the journal, with what is kept of how it came. */
export type ReplayedItem = BatchItem & { readonly isLate: boolean; readonly isRetained: boolean };

export interface Repeated {
  readonly moduleId: string;
  readonly timeMs: number;
}

export const arrivalOf = ({ isRetained }: Part, item: Kept | ReplayedItem): Arrival => ({
  stampMs: item.stampMs,
  isRetained: 'isRetained' in item ? item.isRetained : isRetained,
});

export function rejectionOf(code: RejectCode, moduleId: string, line: number): IngestRejection {
  return { reason: code, scope: 'row', line, column: 'module', value: quoteValue(moduleId) };
}

/** As of its time; another reason may be put into it. */
export const timeRejectionOf = ({ frame, line }: BatchItem) =>
  ({
    reason: 'time-leaps',
    scope: 'row',
    line,
    column: 'time',
    value: new Date(frame.timeMs).toISOString(),
  }) as const;
