/** The command line as its users run it. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EMBERWATCH = join(ROOT, 'packages/cli/bin/emberwatch.js');

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Lines of `--json`. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads it as it comes
  readonly json: Record<string, any>[];
}

export function emberwatch(args: readonly string[], input?: string | Buffer): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [EMBERWATCH, ...args], { cwd: ROOT });
    const parts = { out: '', err: '' };
    child.stdout.on('data', (text) => {
      parts.out += text;
    });
    child.stderr.on('data', (text) => {
      parts.err += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = parts.out.split('\n').filter((line) => line.startsWith('{'));
      resolve({ code, ...parts, json: lines.map((line) => JSON.parse(line)) });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'emberwatch-test-'));
