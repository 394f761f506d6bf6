/** The gateways, in a process of their own: what they send, when it was due and when it was acknowledged. */
import { connect as connectTcp, type Socket } from 'node:net';
import { BATCH, Load, type LoadPlan } from './service-load.ts';

export type Phase =
  /** Each connection sends as soon as its last batch is acknowledged. */
  | { readonly kind: 'as fast as it goes'; readonly durationS: number }
  /** The clock decides, and what waits for its turn is late; at most `HOLDS` of what went through in the phase before. */
  | { readonly kind: 'offered'; readonly perS: number; readonly durationS: number }
  | { readonly kind: 'batches'; readonly count: number };

export interface ClientPlan extends LoadPlan {
  readonly door: 'http' | 'mqtt';
  readonly port: number;
  /** For MQTT. */
  readonly token: string | null;
  /** Pages that listen to the events beside. */
  readonly pages: number;
  readonly phases: readonly Phase[];
}

export interface PhaseResult {
  readonly firstBatch: number;
  readonly tookS: number;
  readonly cpuS: number;
  /** On the monotonic clock of the computer, ms: when each batch was to be sent, and when it was acknowledged. */
  readonly dueMs: readonly number[];
  readonly ackMs: readonly number[];
}

const MAX_CONNECTIONS = 16;
/** A share that can be kept up where others use the computer, too. */
const HOLDS = 0.7;

/** The same in all processes of the computer. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** One batch after another. */
interface Connection {
  send(batch: number): Promise<void>;
  close(): void;
}

/** @param told of each phase, and asked to let the next begin */
async function runClient(plan: ClientPlan, reported: (result: PhaseResult) => Promise<void>): Promise<void> {
  const load = new Load(plan);
  const count = Math.min(load.gateways, MAX_CONNECTIONS);
  const connections: Connection[] = [];
  for (let i = 0; i < count; i++)
    connections.push(await (plan.door === 'http' ? openHttp(plan, load) : openMqtt(plan, load)));
  const pages = await Promise.all(Array.from({ length: plan.pages }, () => openPage(plan.port)));
  let next = 0;
  let last: PhaseResult | null = null;
  for (const phase of plan.phases) {
    const result = await runPhase(held(phase, last), connections, load.gateways, next);
    last = result;
    next += result.dueMs.length;
    await reported(result);
  }
  for (const one of [...connections, ...pages]) one.close();
}

/** Its plan comes from the parent; so does the word for each next phase. */
export async function serveClient(): Promise<void> {
  const word = (): Promise<unknown> => new Promise((resolve) => process.once('message', resolve));
  await runClient((await word()) as ClientPlan, async (result) => {
    process.send!(result);
    await word();
  });
  process.disconnect();
}

/** By the second half of the last phase: in the first, code is being compiled. */
function held(phase: Phase, last: PhaseResult | null): Phase {
  if (phase.kind !== 'offered' || last === null) return phase;
  const ackMs = [...last.ackMs].sort((a, b) => a - b);
  const half = ackMs.length >> 1;
  const wentPerS = (1000 * BATCH * (ackMs.length - half)) / (ackMs.at(-1)! - ackMs[half]!);
  return { ...phase, perS: Math.min(phase.perS, HOLDS * wentPerS) };
}

async function runPhase(
  phase: Phase,
  connections: readonly Connection[],
  gateways: number,
  firstBatch: number,
): Promise<PhaseResult> {
  const dueMs: number[] = [];
  const ackMs: number[] = [];
  const cpuBefore = process.cpuUsage();
  const startMs = monotonicMs();
  const queues = connections.map((): number[] => []);
  const isPaced = phase.kind === 'offered';
  const endMs = startMs + ('durationS' in phase ? phase.durationS * 1000 : Number.POSITIVE_INFINITY);
  const max = phase.kind === 'batches' ? phase.count : Number.POSITIVE_INFINITY;
  const wake: (() => void)[] = [];
  let isOver = false;
  let issued = 0;
  /** Batches of a gateway keep to one connection, so that they stay in order. */
  const issue = (atMs: number): void => {
    const batch = firstBatch + issued;
    dueMs[issued++] = atMs;
    const at = (batch % gateways) % connections.length;
    queues[at]!.push(batch);
    wake[at]?.();
  };
  const refill = (at: number): void => {
    while (queues[at]!.length === 0 && issued < max && monotonicMs() < endMs) issue(monotonicMs());
  };
  const work = async (connection: Connection, at: number): Promise<void> => {
    for (;;) {
      if (!isPaced) refill(at);
      const batch = queues[at]!.shift();
      if (batch === undefined) {
        if (!isPaced || isOver) return;
        await new Promise<void>((resolve) => {
          wake[at] = resolve;
        });
        continue;
      }
      await connection.send(batch);
      ackMs[batch - firstBatch] = monotonicMs();
    }
  };
  const works = connections.map(work);
  if (isPaced) {
    const everyMs = (1000 * BATCH) / phase.perS;
    for (let dueAtMs = startMs; dueAtMs < endMs; ) {
      for (; dueAtMs <= monotonicMs() && dueAtMs < endMs; dueAtMs += everyMs) issue(dueAtMs);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    isOver = true;
    for (const one of wake) one?.();
  }
  await Promise.all(works);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { firstBatch, tookS: (monotonicMs() - startMs) / 1000, cpuS: (user + system) / 1e6, dueMs, ackMs };
}

const CONTENT_TYPES = { ndjson: 'application/x-ndjson', json: 'application/json' } as const;
const HEAD_END = Buffer.from('\r\n\r\n');

/** HTTP by hand: a client that does more would take the time of the service on a small computer. */
async function openHttp({ port, format }: ClientPlan, load: Load): Promise<Connection> {
  const socket = await openSocket(port);
  let answered: (status: number) => void = () => {};
  let failed: (error: Error) => void = () => {};
  let read: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const headEnd = read.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = read.toString('latin1', 0, headEnd);
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (read.length < headEnd + HEAD_END.length + length) return;
    const status = Number(head.slice(9, 12));
    if (status !== 200) failed(new Error(`the service answered ${read.toString('utf8')}`));
    read = Buffer.alloc(0);
    answered(status);
  });
  socket.on('error', (error) => failed(error));
  socket.on('close', () => failed(new Error('the service closed the connection')));
  return {
    send: (batch) =>
      new Promise<void>((resolve, reject) => {
        answered = () => resolve();
        failed = reject;
        const body = load.body(batch);
        const lines = [
          'POST /api/v1/frames HTTP/1.1',
          `host: 127.0.0.1:${port}`,
          `content-type: ${CONTENT_TYPES[format]}`,
          `content-length: ${body.length}`,
          `emberwatch-gateway: ${load.gatewayOf(batch)}`,
          'emberwatch-epoch: bench',
          `emberwatch-number: ${batch}`,
        ];
        socket.cork();
        socket.write(`${lines.join('\r\n')}\r\n\r\n`);
        socket.write(body);
        socket.uncork();
      }),
    close: () => {
      failed = () => {};
      socket.destroy();
    },
  };
}

/** What is used of it; the package belongs to the service. */
interface Mqtt {
  connectAsync(
    url: string,
    options: object,
  ): Promise<{
    publishAsync(topic: string, payload: Buffer, options: object): Promise<unknown>;
    end(isForced: boolean): unknown;
  }>;
}
const MQTT: string = 'mqtt';

async function openMqtt({ port, token, format }: ClientPlan, load: Load): Promise<Connection> {
  const { connectAsync } = (await import(MQTT)) as Mqtt;
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 5,
    username: 'bench',
    password: token ?? '',
    reconnectPeriod: 0,
  });
  const properties = { contentType: CONTENT_TYPES[format] };
  return {
    send: async (batch) => {
      const topic = `emberwatch/site/${load.gatewayOf(batch)}/bench/${batch}/frames`;
      await client.publishAsync(topic, load.body(batch), { qos: 1, properties });
    },
    close: () => void client.end(true),
  };
}

/** Reads the events and does nothing with them. */
async function openPage(port: number): Promise<{ close(): void }> {
  const socket = await openSocket(port);
  socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  socket.resume();
  return { close: () => socket.destroy() };
}

const openSocket = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
