/**
 * The audit log as a chain: each row carries a hash over the row before it and all of its own fields, so that no row
 * can be changed, left out, put in or moved without the rows behind it showing it. A log that was rewritten from some
 * row to its end is found by a head (number and hash of a row) that was kept somewhere else.
 */
import { createHash } from 'node:crypto';
import type { AuditRow } from '../records.ts';

export interface AuditEntry {
  /** Wall clock, Unix ms. */
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  /** Becomes JSON; longer than `MAX_DETAIL_CHARS` it is cut, with the hash of the whole. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A row that is known to be right. */
export type AuditHead = Pick<AuditRow, 'seq' | 'hash'>;

export const MAX_DETAIL_CHARS = 16_384;
const MAX_FIELD_CHARS = 256;
/** Before the first row; the name is part of every hash, so that no other chain can be taken for this one. */
const BEGINNING: AuditHead = { seq: 0, hash: sha256('emberwatch audit log, version 1') };

export class AuditChain {
  private last: AuditHead;

  /** @param last row of the log; null for a new one */
  constructor(last: AuditHead | null) {
    this.last = last ?? BEGINNING;
  }

  /** Number and hash of the last row: worth keeping elsewhere. */
  get head(): AuditHead {
    return this.last;
  }

  append({ atMs, actor, action, subject, detail }: AuditEntry): AuditRow {
    if (!Number.isFinite(atMs)) throw new RangeError(`audit: atMs ${atMs} is no time`);
    const fields = {
      seq: this.last.seq + 1,
      // -0 and 0 are one time.
      atMs: atMs + 0,
      actor: neutral(actor.slice(0, MAX_FIELD_CHARS)),
      action: neutral(action.slice(0, MAX_FIELD_CHARS)),
      subject: neutral(subject.slice(0, MAX_FIELD_CHARS)),
      detail: detailOf(detail),
    };
    const row = { ...fields, hash: hashOf(this.last.hash, fields) };
    this.last = { seq: row.seq, hash: row.hash };
    return row;
  }
}

export type AuditVerdict =
  | { readonly isRight: true; readonly rows: number; readonly head: AuditHead }
  | {
      readonly isRight: false;
      /** What is wrong with the first row that is wrong. */
      readonly problem: 'changed' | 'missing' | 'moved' | 'cut-off';
      readonly seq: number;
      readonly text: string;
    };

/**
 * @param rows in the order in which they stand, all of the log or one page of it
 * @param after the row before the first of them; null for the beginning
 * @param kept heads that were kept elsewhere; of a page only those that it can hold
 */
export function verifyAudit(
  rows: readonly AuditRow[],
  after: AuditHead | null = null,
  kept: readonly AuditHead[] = [],
): AuditVerdict {
  let last = after ?? BEGINNING;
  for (const row of rows) {
    const seq = last.seq + 1;
    if (row.seq !== seq) {
      const isLater = rows.some((other) => other.seq === seq);
      return isLater || row.seq < seq
        ? wrong('moved', seq, `row ${seq} does not stand in its place: row ${row.seq} does`)
        : wrong('missing', seq, `row ${seq} is missing: row ${row.seq} follows row ${last.seq}`);
    }
    if (!isWritten(row) || hashOf(last.hash, row) !== row.hash)
      return wrong(
        'changed',
        seq,
        `row ${seq} (${row.action}) was changed, or a row before it was put in anew`,
      );
    const head = kept.find((one) => one.seq === seq);
    if (head && head.hash !== row.hash)
      return wrong(
        'changed',
        seq,
        `row ${seq} is not the one that was kept: the log was written anew up to it`,
      );
    last = row;
  }
  const beyond = kept.find(({ seq }) => seq > last.seq);
  if (beyond)
    return wrong('cut-off', last.seq + 1, `the log ends with row ${last.seq}; row ${beyond.seq} was kept`);
  return { isRight: true, rows: rows.length, head: { seq: last.seq, hash: last.hash } };
}

/** All of a log that comes in pages; as `verifyAudit`. */
export async function verifyAuditPages(
  pages: Iterable<readonly AuditRow[]> | AsyncIterable<readonly AuditRow[]>,
  kept: readonly AuditHead[] = [],
): Promise<AuditVerdict> {
  let head: AuditHead | null = null;
  let rows = 0;
  for await (const page of pages) {
    const reached = (head?.seq ?? 0) + page.length;
    const verdict: AuditVerdict = verifyAudit(
      page,
      head,
      kept.filter(({ seq }) => seq <= reached),
    );
    if (!verdict.isRight) return verdict;
    head = verdict.head;
    rows += verdict.rows;
  }
  const end = verifyAudit([], head, kept);
  return end.isRight ? { ...end, rows } : end;
}

const wrong = (
  problem: Extract<AuditVerdict, { isRight: false }>['problem'],
  seq: number,
  text: string,
): AuditVerdict => ({ isRight: false, problem, seq, text });

/** Only what `append` can have written: otherwise two rows that read differently could hash alike. */
const isWritten = ({ atMs, actor, action, subject, detail }: AuditRow): boolean =>
  Number.isFinite(atMs) && [actor, action, subject, detail].every((field) => neutral(field) === field);

type Fields = Omit<AuditRow, 'hash'>;

/** Every field with its length in front: no two rows have the same bytes. */
function hashOf(previous: string, { seq, atMs, actor, action, subject, detail }: Fields): string {
  const hash = createHash('sha256');
  for (const field of [previous, String(seq), String(atMs), actor, action, subject, detail]) {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Control characters, ends of lines, marks that turn the direction of text, halves of pairs. */
const UNRULY = /[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** One line that reads as it is: what could forge a second row in a text file is written out. */
const neutral = (text: string): string =>
  text.replace(UNRULY, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);

function detailOf(detail: AuditEntry['detail']): string {
  const whole = neutral(JSON.stringify(detail));
  if (whole.length <= MAX_DETAIL_CHARS) return whole;
  const cut = { sha256: sha256(whole), chars: whole.length, begins: whole.slice(0, MAX_DETAIL_CHARS / 4) };
  return neutral(JSON.stringify(cut));
}
