/** `emberwatch audit`: whether the audit log is as it was written, and a copy of it to keep. */

import { createReadStream, createWriteStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError } from '@emberwatch/engine/telemetry';
import {
  type AuditHead,
  type AuditRow,
  type AuditVerdict,
  storedAudit,
  verifyAuditPages,
  verifyStoredAudit,
} from '@emberwatch/service/offline';
import { EXIT_FAILED } from './fail.ts';
import { plural } from './format.ts';
import { keepPrivate, mustBeWritable } from './outputs.ts';

export interface VerifyArguments {
  readonly data?: string;
  readonly file?: string;
  readonly head?: readonly string[];
  readonly json?: boolean;
}

export interface ExportArguments {
  readonly data: string;
  readonly output?: string;
}

export async function verify({ data, file, head = [], json }: VerifyArguments): Promise<void> {
  if ((data === undefined) === (file === undefined))
    throw new InputError('audit verify: name either --data or --file');
  const kept = head.map(headOf);
  const verdict = file === undefined ? verifyStored(data!, kept) : await verifyFile(file, kept);
  if (!verdict.isRight) process.exitCode = EXIT_FAILED;
  process.stdout.write(json ? `${JSON.stringify(verdict)}\n` : textOf(verdict));
}

const COVERED = ['seq', 'atMs', 'actor', 'action', 'subject', 'detail'] as const;

/** Writes the log as it stands, right or not; the last line says how much there was, and what the hashes cover. */
export async function exportTo({ data, output }: ExportArguments): Promise<void> {
  keepPrivate();
  await mustBeWritable([output]);
  let rows = 0;
  let last: AuditHead | null = null;
  const lines = function* (): Generator<string> {
    for (const page of stored(data)) {
      rows += page.length;
      last = page.at(-1)!;
      yield page.map((row) => `${lineOf(row)}\n`).join('');
    }
    const end = { rows, head: last && wordsOf(last), covers: COVERED };
    yield `${JSON.stringify({ end })}\n`;
  };
  if (output === undefined) await pipeline(Readable.from(lines()), process.stdout, { end: false });
  else {
    await pipeline(Readable.from(lines()), createWriteStream(output, { mode: 0o600 }));
    await chmod(output, 0o600);
  }
  process.stderr.write(`${plural(rows, 'row')}${last ? `; head ${wordsOf(last)}` : ''}\n`);
}

function verifyStored(data: string, kept: readonly AuditHead[]): AuditVerdict {
  try {
    return verifyStoredAudit(data, kept);
  } catch (error) {
    throw ofInput(error);
  }
}

/** A copy that ends with no last line is whole only where a head that was kept says so. */
async function verifyFile(file: string, kept: readonly AuditHead[]): Promise<AuditVerdict> {
  const ends: AuditHead[] = [];
  const verdict = await verifyAuditPages(exported(file, ends), kept);
  if (!verdict.isRight) return verdict;
  const { seq } = verdict.head;
  const isWhole = verdict.rows === 0 ? ends.length > 0 : [...ends, ...kept].some((head) => head.seq === seq);
  const [end] = ends;
  if (isWhole && (!end || (end.seq === seq && end.hash === verdict.head.hash))) return verdict;
  return {
    isRight: false,
    problem: 'cut-off',
    seq: seq + 1,
    text: `the file ends with row ${seq} and without the last line of an export: it was cut off, or comes from a version that wrote none (then give --head)`,
  };
}

/** A directory without a store is a wrong argument. */
function ofInput(error: unknown): unknown {
  return (error as { code?: unknown }).code === 'STORE_UNUSABLE'
    ? new InputError(`--data: ${(error as Error).message}`)
    : error;
}

function* stored(data: string): Generator<readonly AuditRow[]> {
  try {
    yield* storedAudit(data);
  } catch (error) {
    throw ofInput(error);
  }
}

const lineOf = ({ seq, atMs, actor, action, subject, detail, hash }: AuditRow): string =>
  JSON.stringify({ seq, atMs, actor, action, subject, detail, hash });

/** @param ends gets what the last line says */
async function* exported(file: string, ends: AuditHead[]): AsyncGenerator<readonly AuditRow[]> {
  const input = createReadStream(file);
  const failed = new Promise<never>((_, reject) => {
    input.once('error', (error) => reject(new InputError(`--file ${file}: ${error.message}`)));
  });
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (let line = 1; ; line++) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done) return;
    const end = /^\{"end":\{"rows":\d+,"head":(?:"(\d+:[0-9a-f]{64})"|null),/.exec(next.value);
    if (end) ends.push(end[1] === undefined ? { seq: 0, hash: '' } : headOf(end[1]));
    else yield [rowOf(next.value, `${file}, line ${line}`)];
  }
}

const TYPES = {
  seq: 'number',
  atMs: 'number',
  actor: 'string',
  action: 'string',
  subject: 'string',
  detail: 'string',
  hash: 'string',
} as const satisfies Record<keyof AuditRow, string>;

function rowOf(line: string, place: string): AuditRow {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    throw new InputError(`${place}: not JSON`);
  }
  for (const [field, type] of Object.entries(TYPES))
    if (typeof (row as Record<string, unknown> | null)?.[field] !== type)
      throw new InputError(`${place}: no row of an audit log (${field} is no ${type})`);
  return row as AuditRow;
}

function headOf(text: string): AuditHead {
  const match = /^(\d+):([0-9a-f]{64})$/.exec(text);
  if (!match) throw new InputError(`--head ${text}: expected NUMBER:HASH, as audit verify prints it`);
  return { seq: Number(match[1]), hash: match[2]! };
}

const wordsOf = ({ seq, hash }: AuditHead): string => `${seq}:${hash}`;

function textOf(verdict: AuditVerdict): string {
  if (!verdict.isRight) return `Audit log altered: ${verdict.text}.\n`;
  if (verdict.rows === 0) return 'Audit log intact: 0 rows.\n';
  return `Audit log intact: ${plural(verdict.rows, 'row')}.
Head ${wordsOf(verdict.head)}
Keep it somewhere else: with --head it shows whether the log was shortened or written anew since.
`;
}
