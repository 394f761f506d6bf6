/** Gateways that keep what they have measured until the service says that it is stored, however often it ends meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@emberwatch/engine/random';
import { connectAsync, type MqttClient } from 'mqtt';
import { bodyOf, type Story } from './story.ts';

/** Where the service is now; null while it is not there. */
export type Target = () => { readonly url: string; readonly mqttPort: number | null } | null;

const AGAIN_MS = 10;
/** Gateways of one site measure at the same time: none is further ahead of another than this. */
const MAX_AHEAD = 20;

/** What has been acknowledged by whom, and how far everybody is. */
export class Progress {
  /** Number of the batch and of the instant, by gateway. */
  private readonly done = new Map<string, number>();

  constructor(gatewayIds: readonly string[]) {
    for (const gatewayId of gatewayIds) this.done.set(gatewayId, 0);
  }

  get acknowledged(): number {
    let sum = 0;
    for (const count of this.done.values()) sum += count;
    return sum;
  }

  of(gatewayId: string): number {
    return this.done.get(gatewayId)!;
  }

  note(gatewayId: string): void {
    this.done.set(gatewayId, this.done.get(gatewayId)! + 1);
  }

  async waitForOthers(instant: number, signal?: AbortSignal): Promise<void> {
    while (instant - Math.min(...this.done.values()) > MAX_AHEAD) {
      signal?.throwIfAborted();
      await sleep(1);
    }
  }
}

/** Answers that ask for the same again later, as `docs/api.md` has it. */
const TRY_AGAIN = [429, 503, 507];

export interface HttpOptions {
  readonly story: Story;
  readonly target: Target;
  readonly progress: Progress;
  /** Now and then it sends again what was acknowledged, as after an answer that was lost. */
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/** @throws where the service refuses for good what it should take */
export async function deliverByHttp({ story, target, progress, random, signal }: HttpOptions): Promise<void> {
  for (let instant = 0; instant < story.instants; instant++) {
    await progress.waitForOthers(instant, signal);
    const body = bodyOf(story, instant);
    for (let copies = random.uniform() < 0.03 ? 2 : 1; copies > 0; ) {
      signal?.throwIfAborted();
      const answer = await post(target, story.gatewayId, instant + 1, body);
      if (answer === null) await sleep(AGAIN_MS);
      else copies--;
    }
    progress.note(story.gatewayId);
  }
}

/** Null: not acknowledged. */
async function post(
  target: Target,
  gatewayId: string,
  number: number,
  body: string,
): Promise<{ accepted: number } | null> {
  const to = target();
  if (to === null) return null;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${to.url}/api/v1/frames`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        'emberwatch-gateway': gatewayId,
        'emberwatch-epoch': 'first',
        'emberwatch-number': String(number),
      },
      body,
    });
    text = await response.text();
  } catch {
    // Killed under the request: whether it is stored nobody knows.
    return null;
  }
  if (response.status === 200) return JSON.parse(text) as { accepted: number };
  if (TRY_AGAIN.includes(response.status)) return null;
  throw new Error(`${gatewayId} ${number}: ${response.status} ${text}`);
}

/** Messages that are under way at once. */
const IN_FLIGHT = 8;

export interface MqttOptions {
  readonly story: Story;
  readonly target: Target;
  readonly progress: Progress;
  readonly site: string;
  readonly token: string;
  readonly signal?: AbortSignal;
}

/** MQTT 5 at QoS 1, several under way; after a lost connection whatever was not acknowledged comes again, in order. */
export async function deliverByMqtt(options: MqttOptions): Promise<void> {
  const { story, progress, signal } = options;
  let acknowledged = 0;
  while (acknowledged < story.instants) {
    signal?.throwIfAborted();
    const client = await connect(options);
    if (client === null) {
      await sleep(AGAIN_MS);
      continue;
    }
    const lost = new Promise<'lost'>((resolve) => {
      for (const event of ['close', 'error'] as const) client.on(event, () => resolve('lost'));
    });
    const underWay: Promise<'stored' | 'refused'>[] = [];
    let next = acknowledged;
    while (acknowledged < story.instants) {
      while (underWay.length < IN_FLIGHT && next < story.instants) {
        await progress.waitForOthers(next, signal);
        underWay.push(publish(client, options, next++));
      }
      if ((await Promise.race([underWay[0]!, lost])) !== 'stored') break;
      underWay.shift();
      acknowledged++;
      progress.note(story.gatewayId);
    }
    client.end(true);
  }
}

async function connect({ target, token }: MqttOptions): Promise<MqttClient | null> {
  const to = target();
  if (to === null) return null;
  try {
    const options = {
      protocolVersion: 5,
      username: 'gateway',
      password: token,
      reconnectPeriod: 0,
      connectTimeout: 5000,
    } as const;
    // Without retries: otherwise a service that is killed before it has answered is waited for without end.
    return await connectAsync(`mqtt://127.0.0.1:${to.mqttPort}`, options, false);
  } catch {
    return null;
  }
}

function publish(
  client: MqttClient,
  { story, site }: MqttOptions,
  instant: number,
): Promise<'stored' | 'refused'> {
  const topic = `emberwatch/${site}/${story.gatewayId}/first/${instant + 1}/frames`;
  return client.publishAsync(topic, bodyOf(story, instant), { qos: 1 }).then(
    () => 'stored',
    () => 'refused',
  );
}
