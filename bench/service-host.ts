/** The service in a process of its own, whole or with a part left out, and what it says of itself when asked. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type BuiltService, buildService } from '../packages/service/src/compose.ts';
import { monotonicMs } from './service-client.ts';

export interface HostPlan {
  readonly what: 'service' | 'without store' | 'without judging' | 'parse and count';
  readonly modelFile: string;
  readonly dataDirectory: string;
}

export interface HostReady {
  readonly port: number;
  readonly mqttPort: number;
  readonly token: string;
  readonly recovery: BuiltService['monitor']['recovery'] | null;
  /** Of all threads until it was ready: on a computer that others use, too, steadier than the clock. */
  readonly cpuS: number;
}

/** Of the time since it was asked last. */
export interface HostMetrics {
  /** All threads. */
  readonly cpuS: number;
  /** Share of its time that the main thread was busy. */
  readonly busy: number;
  readonly rssMb: number;
  /** Of the main thread, after a collection of garbage: objects, and arrays of numbers. */
  readonly heapMb: number;
  readonly arraysMb: number;
  /** By batch, on the monotonic clock: when its verdicts were known. */
  readonly evaluatedMs: readonly (readonly [batch: number, atMs: number])[];
}

const BYTES_PER_MB = 1e6;
const US_PER_S = 1e6;

/** Answers the parent until it ends it. */
export async function runHost(plan: HostPlan): Promise<void> {
  const evaluatedMs: [number, number][] = [];
  const ready = await (plan.what === 'parse and count' ? startCounter() : start(plan, evaluatedMs));
  let loop = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  process.on('message', () => {
    const busy = performance.eventLoopUtilization(loop).utilization;
    collectGarbage();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    const stats: HostMetrics = {
      cpuS: cpuSeconds(cpu),
      busy,
      rssMb: rss / BYTES_PER_MB,
      heapMb: heapUsed / BYTES_PER_MB,
      arraysMb: arrayBuffers / BYTES_PER_MB,
      evaluatedMs: evaluatedMs.splice(0),
    };
    process.send!(stats);
    loop = performance.eventLoopUtilization();
    cpu = process.cpuUsage();
  });
  process.on('disconnect', () => process.exit());
  process.send!(ready);
}

function cpuSeconds(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / US_PER_S;
}

let collect: (() => void) | null = null;
function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

async function start(
  { what, modelFile, dataDirectory }: HostPlan,
  evaluatedMs: [number, number][],
): Promise<HostReady> {
  const idle = { observe: () => {}, advance: () => {}, verdict: () => undefined, finish: () => {} };
  const service = await buildService(
    { modelFile, dataDirectory, access: 'open', logLevel: 'silent', mqtt: { embedded: { port: 0 } } },
    what === 'without judging' ? () => idle : undefined,
  );
  const { app, monitor, site } = service;
  if (what === 'without store')
    Object.assign(site.store, { commit: async () => {}, saveSnapshot: async () => {} });
  // A delivery is given to the ledger once its verdicts are known.
  const { commitQueue } = monitor;
  const writeBatch = commitQueue.writeBatch.bind(commitQueue);
  commitQueue.writeBatch = (batch) => {
    evaluatedMs.push([batch.number ?? Number.NaN, monotonicMs()]);
    return writeBatch(batch);
  };
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { mqttPort } = await service.start();
  const { port } = app.server.address() as AddressInfo;
  const { token } = await site.access.create({ name: 'bench', role: 'engineer' }, 'bench');
  return { port, mqttPort: mqttPort!, token, recovery: monitor.recovery, cpuS: cpuSeconds() };
}

/** What no server on Node can do without: read the body, parse the records, answer. */
async function startCounter(): Promise<HostReady> {
  let frames = 0;
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      if (text.startsWith('[')) frames += (JSON.parse(text) as unknown[]).length;
      else
        for (const line of text.split('\n'))
          if (line !== '' && typeof JSON.parse(line) === 'object') frames++;
      const body = JSON.stringify({ frames });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, mqttPort: 0, token: '', recovery: null, cpuS: cpuSeconds() };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
