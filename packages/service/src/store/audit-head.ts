/** The head of the audit log beside the database: a log that was shortened or emptied there no longer fits it. */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditHead } from './audit-chain.ts';

export const AUDIT_HEAD_FILE = 'audit-head';
const WRITTEN_EVERY_MS = 1000;

export const textOfHead = ({ seq, hash }: AuditHead): string => `${seq}:${hash}`;

/** Null where it has no such form. */
export function headOfText(text: string): AuditHead | null {
  const match = /^(\d{1,15}):([0-9a-f]{64})\s*$/.exec(text);
  return match && { seq: Number(match[1]), hash: match[2]! };
}

/** Null where there is none. */
export function readHeadFile(directory: string): AuditHead | null {
  try {
    return headOfText(readFileSync(join(directory, AUDIT_HEAD_FILE), 'utf8'));
  } catch {
    return null;
  }
}

export function writeHeadFile(directory: string, head: AuditHead): void {
  const path = join(directory, AUDIT_HEAD_FILE);
  writeFileSync(`${path}.part`, `${textOfHead(head)}\n`, { mode: 0o600 });
  chmodSync(`${path}.part`, 0o600);
  renameSync(`${path}.part`, path);
}

/** Keeps the file near the log: it may be older by a second, never newer. */
export class HeadFile {
  private readonly directory: string;
  private head: AuditHead | null = null;
  private writtenMs = Number.NEGATIVE_INFINITY;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** What is on disk now. */
  note(head: AuditHead, nowMs: number): void {
    this.head = head;
    if (Math.abs(nowMs - this.writtenMs) >= WRITTEN_EVERY_MS) this.flush(nowMs);
  }

  flush(nowMs: number): void {
    const { head } = this;
    if (!head) return;
    this.writtenMs = nowMs;
    try {
      writeHeadFile(this.directory, head);
      this.head = null;
    } catch {
      // Without room it stays as it was: an older head fits the log as well.
    }
  }
}
