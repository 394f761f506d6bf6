/** `emberwatch audit`: whether the audit log is as it was written, and a copy of it to keep. */

import { createReadStream, createWriteStream } from 'node:fs';
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
} from '@emberwatch/service/offline';
import { EXIT_FAILED } from './fail.ts';
import { plural } from './format.ts';
import { mustBeWritable } from './outputs.ts';

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
  const pages = file === undefined ? stored(data!) : exported(file);
  const verdict = await verifyAuditPages(pages, kept);
  if (!verdict.isRight) process.exitCode = EXIT_FAILED;
  process.stdout.write(json ? `${JSON.stringify(verdict)}\n` : textOf(verdict));
}

/** Writes the log as it stands, right or not. */
export async function exportTo({ data, output }: ExportArguments): Promise<void> {
  await mustBeWritable([output]);
  let rows = 0;
  let last: AuditHead | null = null;
  const lines = function* (): Generator<string> {
    for (const page of stored(data)) {
      rows += page.length;
      last = page.at(-1)!;
      yield page.map((row) => `${lineOf(row)}\n`).join('');
    }
  };
  if (output === undefined) await pipeline(Readable.from(lines()), process.stdout, { end: false });
  else await pipeline(Readable.from(lines()), createWriteStream(output));
  process.stderr.write(`${plural(rows, 'row')}${last ? `; head ${wordsOf(last)}` : ''}\n`);
}

function* stored(data: string): Generator<readonly AuditRow[]> {
  try {
    yield* storedAudit(data);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'STORE_UNUSABLE') throw error;
    throw new InputError(`--data: ${(error as Error).message}`);
  }
}

const lineOf = ({ seq, atMs, actor, action, subject, detail, hash }: AuditRow): string =>
  JSON.stringify({ seq, atMs, actor, action, subject, detail, hash });

async function* exported(file: string): AsyncGenerator<readonly AuditRow[]> {
  const input = createReadStream(file);
  const failed = new Promise<never>((_, reject) => {
    input.once('error', (error) => reject(new InputError(`--file ${file}: ${error.message}`)));
  });
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (let line = 1; ; line++) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done) return;
    yield [rowOf(next.value, `${file}, line ${line}`)];
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
  if (!verdict.isRight) return `WRONG (${verdict.problem}): ${verdict.text}\n`;
  if (verdict.rows === 0) return 'The log is empty.\n';
  return `Right: ${plural(verdict.rows, 'row')}. Head ${wordsOf(verdict.head)}
Kept elsewhere, it shows with --head whether the log was cut off or written anew since.
`;
}
