/** The live service under load: rates, waiting, memory and recovery, each beside something plain. */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MS_PER_H, MS_PER_S } from '@emberwatch/engine/units';
import { SNAPSHOT_EVERY_FRAMES } from '../packages/service/src/limits.ts';
import { ROOT } from './inputs.ts';
import type { ClientPlan, Phase, PhaseResult } from './service-client.ts';
import type { HostMetrics, HostPlan, HostReady } from './service-host.ts';
import { BATCH } from './service-load.ts';
import { type StoreSize, storeTables } from './service-store.ts';
import { shown, type TableStyle, tableText } from './table.ts';

export interface ServiceSize {
  readonly modules: { readonly few: number; readonly many: number; readonly most: number };
  /** Before anything is measured, and at least twelve of each module: what runs is compiled then, and no module is new. */
  readonly warmReadings: number;
  readonly fastS: number;
  readonly offeredPerS: number;
  readonly offeredS: number;
  /** Data time between readings where an hour of it is sent. */
  readonly hourStepMs: number;
  readonly store: StoreSize;
}

/** As `node` alone would start it, not as what started this. */
const APART: ForkOptions = { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] };

const MODEL = join(ROOT, 'models/hazard-1.model');

/** A service in a process of its own. */
class Host {
  ready!: HostReady;
  /** From the start of the process to being there, s. */
  startedInS = Number.NaN;
  private readonly child: ChildProcess;

  private constructor(program: string, plan: HostPlan) {
    this.child = fork(program, ['--host', JSON.stringify(plan)], APART);
  }

  static async start(program: string, what: HostPlan['what'], dataDirectory: string): Promise<Host> {
    const startMs = performance.now();
    const host = new Host(program, { what, modelFile: MODEL, dataDirectory });
    host.ready = await host.message<HostReady>();
    host.startedInS = (performance.now() - startMs) / MS_PER_S;
    return host;
  }

  async metrics(): Promise<HostMetrics> {
    const answer = this.message<HostMetrics>();
    this.child.send('figures');
    return answer;
  }

  /** As a power cut would: nothing is said or written any more. */
  kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.child.once('exit', () => resolve());
      this.child.kill('SIGKILL');
    });
  }

  private message<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const failed = (code: number | null): void => reject(new Error(`the service ended with ${code}`));
      this.child.once('exit', failed);
      this.child.once('message', (message) => {
        this.child.off('exit', failed);
        resolve(message as T);
      });
    });
  }
}

interface LoadRun {
  readonly phases: readonly PhaseResult[];
  /** Before the first phase and after each. */
  readonly metrics: readonly HostMetrics[];
}

type Send = Pick<ClientPlan, 'modules' | 'door' | 'format'> & {
  readonly stepMs?: number;
  readonly pages?: number;
};

/** Another process sends; after each phase the host is asked what it did. */
async function load(program: string, host: Host, send: Send, phases: readonly Phase[]): Promise<LoadRun> {
  const { port, mqttPort, token } = host.ready;
  const plan: ClientPlan = {
    stepMs: MS_PER_S,
    pages: 0,
    ...send,
    port: send.door === 'http' ? port : mqttPort,
    token,
    phases,
  };
  const stats = [await host.metrics()];
  const results: PhaseResult[] = [];
  const child = fork(program, ['--client'], APART);
  child.send(plan);
  await new Promise<void>((resolve, reject) => {
    child.on('message', (result: PhaseResult) => {
      results.push(result);
      host.metrics().then((requested) => {
        stats.push(requested);
        child.send('go on');
      }, reject);
    });
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the client ended with ${code}`))));
  });
  return { phases: results, metrics: stats };
}

export class ServiceBench {
  private readonly program: string;
  private readonly size: ServiceSize;
  private readonly style: TableStyle;

  constructor(program: string, size: ServiceSize, style: TableStyle) {
    this.program = program;
    this.size = size;
    this.style = style;
  }

  async *tables(): AsyncGenerator<{ title: string; text: string }> {
    yield await this.rates();
    yield await this.waiting();
    yield await this.memory();
    yield await this.recovery();
    for (const table of await storeTables(this.program, this.size.store, this.style)) yield table;
  }

  private async with<T>(
    what: HostPlan['what'],
    use: (host: Host, directory: string) => Promise<T>,
  ): Promise<T> {
    const directory = await mkdtemp(join(tmpdir(), 'emberwatch-bench-'));
    try {
      const host = await Host.start(this.program, what, join(directory, 'data'));
      try {
        return await use(host, join(directory, 'data'));
      } finally {
        await host.kill();
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  private warming({ modules }: Send): Phase {
    return { kind: 'batches', count: Math.ceil(Math.max(this.size.warmReadings, 12 * modules) / BATCH) };
  }

  /** Each connection sends again once it is answered: more does not go through, and nothing piles up. */
  private async rates(): Promise<{ title: string; text: string }> {
    const { few, many, most: max } = this.size.modules;
    const http = { door: 'http', format: 'ndjson' } as const;
    const rows: (readonly [string, HostPlan['what'], Send])[] = [
      ['plain server: parse and count', 'parse and count', { ...http, modules: many }],
      ...[few, many, max].flatMap((modules) => [
        [`${shown(modules)} modules, HTTP, NDJSON`, 'service', { ...http, modules }] as const,
        [`${shown(modules)} modules, HTTP, JSON`, 'service', { ...http, format: 'json', modules }] as const,
        [`${shown(modules)} modules, MQTT 5, QoS 1`, 'service', { ...http, door: 'mqtt', modules }] as const,
      ]),
      [`${shown(many)} modules, NDJSON, without store`, 'without store', { ...http, modules: many }],
      [`${shown(many)} modules, NDJSON, without judging`, 'without judging', { ...http, modules: many }],
    ];
    const lines: string[][] = [];
    let [plainPerS, plainUs] = [Number.NaN, Number.NaN];
    for (const [label, what, send] of rows) {
      const { phases, metrics: stats } = await this.with(what, (host) =>
        load(this.program, host, send, [
          this.warming(send),
          { kind: 'as fast as it goes', durationS: this.size.fastS },
        ]),
      );
      const { tookS, cpuS, dueMs } = phases[1]!;
      const readings = dueMs.length * BATCH;
      const perS = readings / tookS;
      const us = (1e6 * stats[2]!.cpuS) / readings;
      if (lines.length === 0) [plainPerS, plainUs] = [perS, us];
      lines.push([
        label,
        shown(Math.round(perS)),
        (perS / plainPerS).toFixed(2),
        us.toFixed(1),
        (us / plainUs).toFixed(1),
        ((1e6 * cpuS) / readings).toFixed(1),
        `${(100 * stats[2]!.busy).toFixed(0)} %`,
      ]);
    }
    const header = [
      '',
      'readings/s',
      '× plain',
      'µs of CPU each',
      '× CPU',
      'µs of the client',
      'main thread busy',
    ];
    const title = `Readings per second, judged and on disk before they are acknowledged, in batches of ${BATCH}`;
    return { title, text: tableText(header, lines, this.style) };
  }

  private async waiting(): Promise<{ title: string; text: string }> {
    const { modules, offeredPerS: perS, offeredS: durationS } = this.size;
    const http = { door: 'http', format: 'ndjson' } as const;
    const rows: (readonly [string, HostPlan['what'], Send])[] = [
      ...[modules.few, modules.many, modules.most].map(
        (count) => [`${shown(count)} modules`, 'service', { ...http, modules: count }] as const,
      ),
      [
        `${shown(modules.most)} modules, two pages open`,
        'service',
        { ...http, modules: modules.most, pages: 2 },
      ],
    ];
    const lines: string[][] = [];
    for (const [label, what, send] of rows) {
      const { phases, metrics: stats } = await this.with(what, (host) =>
        load(this.program, host, send, [this.warming(send), { kind: 'offered', perS, durationS }]),
      );
      lines.push([label, ...waitingOf(phases[1]!, stats[2]!, durationS)]);
    }
    const header = [
      '',
      'offered/s',
      'readings/s',
      'verdict p50 ms',
      'p99',
      'acknowledged p50 ms',
      'p99',
      'longest',
      'left at the end',
      'main thread busy',
    ];
    const title = `From sending to verdict and acknowledgement: ${shown(perS)} readings/s for ${durationS} s, or what holds; HTTP, NDJSON`;
    return { title, text: tableText(header, lines, this.style) };
  }

  private async memory(): Promise<{ title: string; text: string }> {
    const { modules, hourStepMs: stepMs } = this.size;
    const lines: string[][] = [];
    for (const count of [modules.many, modules.most]) {
      const batches = (count / BATCH) * (MS_PER_H / stepMs);
      const send = { door: 'http', format: 'ndjson', modules: count, stepMs } as const;
      const { metrics: stats } = await this.with('service', (host) =>
        load(this.program, host, send, [{ kind: 'batches', count: Math.round(batches) }]),
      );
      const [before, after] = stats;
      const kb = (name: 'rssMb' | 'heapMb' | 'arraysMb'): string =>
        ((1000 * (after![name] - before![name])) / count).toFixed(1);
      lines.push([
        `${shown(count)} modules`,
        shown(Math.round(before!.rssMb)),
        shown(Math.round(after!.rssMb)),
        kb('rssMb'),
        kb('heapMb'),
        kb('arraysMb'),
      ]);
    }
    const header = ['', 'MB at the start', 'MB', 'kB a module', 'of it objects', 'of it arrays'];
    const title = `Memory of the process after an hour of data, a reading every ${stepMs / MS_PER_S} s`;
    return { title, text: tableText(header, lines, this.style) };
  }

  /** Killed when the next snapshot is nearly due, which is when most has to be judged again. */
  private async recovery(): Promise<{ title: string; text: string }> {
    const { most: max } = this.size.modules;
    const send = { door: 'http', format: 'ndjson', modules: max, stepMs: 5000 } as const;
    const batches = Math.round((SNAPSHOT_EVERY_FRAMES / BATCH) * 0.97);
    const line = await this.with('service', async (host, directory) => {
      await load(this.program, host, send, [{ kind: 'batches', count: 2 * batches }]);
      await host.kill();
      const again = await Host.start(this.program, 'service', directory);
      const { recovery, cpuS } = again.ready;
      await again.kill();
      const { tookMs, snapshotMs, frames, from } = recovery!;
      const replayS = (tookMs - snapshotMs) / MS_PER_S;
      return [
        `${shown(max)} modules, from ${from}`,
        again.startedInS.toFixed(2),
        cpuS.toFixed(2),
        (again.startedInS - tookMs / MS_PER_S).toFixed(2),
        (snapshotMs / MS_PER_S).toFixed(2),
        replayS.toFixed(2),
        shown(frames),
        shown(Math.round(frames / replayS)),
      ];
    });
    const header = [
      '',
      's until ready',
      'CPU s',
      'start, opening',
      'snapshot',
      'replay',
      'readings again',
      'readings/s',
    ];
    return { title: 'Recovery after kill -9', text: tableText(header, [line], this.style) };
  }
}

function waitingOf(
  { firstBatch, dueMs, ackMs }: PhaseResult,
  host: HostMetrics,
  durationS: number,
): string[] {
  const evaluatedMs = new Map(host.evaluatedMs);
  const toVerdict = dueMs.map((ms, i) => evaluatedMs.get(firstBatch + i)! - ms).sort(rising);
  const toAck = dueMs.map((ms, i) => ackMs[i]! - ms).sort(rising);
  const startMs = dueMs[0]!;
  const endMs = dueMs.at(-1)!;
  const perS = (dueMs.length * BATCH * MS_PER_S) / (Math.max(...ackMs.slice(-ACKS_LOOKED_AT)) - startMs);
  const left = ackMs.filter((ms) => ms > endMs).length * BATCH;
  const at = (sorted: readonly number[], share: number): string =>
    sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1);
  return [
    shown(Math.round((dueMs.length * BATCH) / durationS)),
    shown(Math.round(perS)),
    at(toVerdict, 0.5),
    at(toVerdict, 0.99),
    at(toAck, 0.5),
    at(toAck, 0.99),
    at(toAck, 1),
    shown(left),
    `${(100 * host.busy).toFixed(0)} %`,
  ];
}

const ACKS_LOOKED_AT = 1000;
const rising = (a: number, b: number): number => a - b;
