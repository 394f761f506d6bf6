/**
 * The service in a process of its own, in one bundle with all it needs, so that it starts fast enough to be killed often;
 * and the command line as its users run it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Verdict } from '@emberwatch/engine/detector';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Service, ServiceOptions } from '../../src/index.ts';

export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache');
const START_MS = 60_000;
const STOP_MS = 30_000;
const KEPT_CHARS = 20_000;

let bundle: string | undefined;
let folder: string | undefined;
const running = new Set<Program>();

/** To be called once by a file of tests: bundles the service, and ends what is left running. */
export function bundleService(): void {
  beforeAll(async () => {
    mkdirSync(CACHE, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'emberwatch-trust-'));
    bundle = mkdtempSync(join(CACHE, 'emberwatch-trust-'));
    await build({
      entryPoints: {
        launcher: fileURLToPath(new URL('launcher.ts', import.meta.url)),
        'store-worker': join(ROOT, 'packages/service/src/store/worker.ts'),
      },
      outdir: bundle,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      external: ['libsql'],
      logLevel: 'silent',
      // Packages of the older kind ask for these.
      banner: {
        js:
          "import { createRequire as madeRequire } from 'node:module'; const require = madeRequire(import.meta.url);" +
          'const __filename = import.meta.filename; const __dirname = import.meta.dirname;',
      },
    });
  });
  afterAll(async () => {
    for (const program of running) await program.kill();
    for (const path of [bundle, folder]) if (path) rmSync(path, { recursive: true, force: true });
  });
}

/** A figure of this run, for `docs/reliability.md`. */
export const report = (metric: string): void => void process.stderr.write(`  ${metric}\n`);

/** Below the folder of this file of tests, which goes with it. */
export const pathOf = (name: string): string => join(folder!, name);

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Program {
  out = '';
  err = '';
  readonly pid: number;
  /** Resolves at the end of the process, however it comes. */
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private readonly listening: Promise<'listening'>;

  /** @param sign what it prints once it listens */
  private constructor(args: readonly string[], sign: string) {
    this.child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.child.pid!;
    running.add(this);
    this.child.stderr!.on('data', (text) => {
      this.err = (this.err + text).slice(-KEPT_CHARS);
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        running.delete(this);
        resolve({ code, signal });
      });
    });
    this.listening = new Promise((resolve) => {
      this.child.stdout!.on('data', (text) => {
        this.out += text;
        if (this.out.includes(sign)) resolve('listening');
      });
    });
  }

  /** Begins to start; `untilListening` says when it has. */
  static launch(options: ServiceOptions): Program {
    const all: ServiceOptions = { port: 0, access: 'open', logLevel: 'error', ...options };
    return new Program([join(bundle!, 'launcher.mjs'), JSON.stringify(all)], '\n');
  }

  static async start(options: ServiceOptions): Promise<Program> {
    const program = Program.launch(options);
    await program.untilListening();
    return program;
  }

  /** `emberwatch serve` from a checkout, on a free port. */
  static async serve(...args: string[]): Promise<Program> {
    const command = join(ROOT, 'packages/cli/bin/emberwatch.js');
    const program = new Program([command, 'serve', '--port', '0', '--open', ...args], 'Send frames to');
    await program.untilListening();
    return program;
  }

  /** What the launcher printed. */
  get service(): Pick<Service, 'url' | 'mqttPort' | 'recovery'> {
    return JSON.parse(this.out.split('\n')[0]!);
  }

  get url(): string {
    return /http:\/\/127\.0\.0\.1:\d+/.exec(this.out)![0];
  }

  /** @throws where it ends before */
  async untilListening(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'too late'>((resolve) => {
      timer = setTimeout(() => resolve('too late'), START_MS);
    });
    const first = await Promise.race([this.listening, this.ended, late]);
    clearTimeout(timer);
    if (first !== 'listening') throw new Error(`it does not start (${JSON.stringify(first)}): ${this.err}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  kill(): Promise<Ended> {
    this.signal('SIGKILL');
    return this.ended;
  }

  /** As a supervisor of processes does it; what takes half a minute is stuck. Returns how long it took, ms. */
  async stop(): Promise<number> {
    const startedMs = performance.now();
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_MS);
    const ended = await this.ended;
    clearTimeout(timer);
    const tookMs = Math.round(performance.now() - startedMs);
    expect(ended, `after ${tookMs} ms: ${this.err}`).toEqual({ code: 0, signal: null });
    return tookMs;
  }

  /** Most memory that it ever held at once; null where the system does not tell. */
  peakBytes(): number | null {
    const status = `/proc/${this.pid}/status`;
    if (!existsSync(status)) return null;
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))![1]);
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test reads it as it comes
  async get(path: string): Promise<any> {
    const response = await fetch(`${this.url}/api/v1${path}`);
    return response.json();
  }

  /** Of all modules what was judged, in the order of their names. */
  async verdicts(): Promise<object[]> {
    const modules: Verdict[] = (await this.get('/modules')).modules;
    return modules
      .map(({ moduleId, timeMs, level, sinceMs, reasons, missing, hazardProbability, timeToPnr }) => {
        return { moduleId, timeMs, level, sinceMs, reasons, missing, hazardProbability, timeToPnr };
      })
      .sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
  }

  post(path: string, body: unknown): Promise<Response> {
    return fetch(`${this.url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
}
