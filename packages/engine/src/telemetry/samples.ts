/**
 * Rows of one module that carry one stamp: parts of one sample, or, where a logger writes several rows a second under
 * stamps of whole seconds, several samples. These are spread evenly over the time until the next stamp.
 */
import { MS_PER_S } from '../units.ts';
import type { Frame } from './frame.ts';
import { LastValues } from './instant.ts';

export interface StampedRow {
  readonly frame: Frame;
  /** Rising within a stamp where the mapping names such a column; NaN where it does not. */
  readonly order: number;
}

export interface Sample<R extends StampedRow> {
  readonly frame: Frame;
  /** The rows that it is made of. */
  readonly rows: R[];
}

export interface Samples<R extends StampedRow> {
  readonly samples: readonly Sample<R>[];
  /** The same again. */
  readonly repeated: readonly R[];
}

/** Whether a stamp is of the kind that several samples may share. */
export const isWholeSecond = (timeMs: number): boolean => timeMs % MS_PER_S === 0;

/**
 * @param rows of one stamp, as they came
 * @param areSeveral equal rows are samples of their own: a module at rest
 */
export function samplesOf<R extends StampedRow>(rows: readonly R[], areSeveral: boolean): Samples<R> {
  const samples: { frame: Frame; rows: R[] }[] = [];
  const repeated: R[] = [];
  let present: LastValues | null = null;
  for (const row of inOrder(rows)) {
    const relation = present?.compare(row.frame);
    if (relation === 'part') {
      present!.merge(row.frame);
      samples.at(-1)!.rows.push(row);
    } else if (relation === 'repetition' && !areSeveral) repeated.push(row);
    else {
      present = new LastValues();
      present.begin(row.frame);
      samples.push({ frame: present.frame, rows: [row] });
    }
  }
  return { samples, repeated };
}

function inOrder<R extends StampedRow>(rows: readonly R[]): readonly R[] {
  if (rows.every(({ order }) => Number.isNaN(order))) return rows;
  return [...rows].sort((a, b) => a.order - b.order || 0);
}

/**
 * Gives each sample a time of its own. @returns false where there is no room: less than a millisecond each
 *
 * @param stepMs from this stamp to the next
 */
export function spread(samples: readonly Sample<StampedRow>[], stepMs: number): boolean {
  if (!(stepMs >= samples.length)) return false;
  samples.forEach(({ frame }, i) => {
    frame.timeMs += Math.round((i * stepMs) / samples.length);
  });
  return true;
}
