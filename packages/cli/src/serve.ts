/** `emberwatch serve` and `emberwatch demo`: the live service, alone or with a recording playing into it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DetectorOptions } from '@emberwatch/engine/detector';
import { InputError, type Mapping } from '@emberwatch/engine/telemetry';
import { MS_PER_S, parseDurationMs } from '@emberwatch/engine/units';
import { type ChosenModel, chooseModel, feedRecording } from '@emberwatch/lab';
import { type Service, startService } from '@emberwatch/service';
import { mappingFrom } from './mapping.ts';

export interface ServeArguments {
  readonly host: string;
  readonly port: string;
  /** Mapping whose nameplate and interval describe the modules. */
  readonly map?: string;
  readonly model?: string;
}

export interface DemoArguments {
  readonly port: string;
  readonly speed: string;
  readonly once?: boolean;
}

const DEMO_RECORDING = fileURLToPath(
  new URL('../../../examples/recordings/warehouse.parquet', import.meta.url),
);
const DEMO_MAPPING = fileURLToPath(new URL('../../../examples/recordings/warehouse.yaml', import.meta.url));
const PAGE_NOT_BUILT =
  'The page is not built, so its address answers 503; the API works all the same.\n' +
  'To have the page: stop this, run "npm run build" once in the folder of Emberwatch, and start again.';
/** The last state stays on the page so long before the demo starts again. */
const DEMO_PAUSE_MS = 60_000;

async function start(options: ServeArguments, model: ChosenModel | null): Promise<Service> {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InputError(`port: expected 0 to 65535, got "${options.port}"`);
  const mapping = options.map === undefined ? null : await mappingFrom(options.map);
  return startService({
    host: options.host,
    port,
    ...(mapping && { detector: knownOf(mapping) }),
    ...(model && { modelFile: model.path }),
  });
}

/** What of a mapping holds for modules whose frames come in the service's own columns. */
function knownOf({ nameplate, sampling }: Mapping): Pick<DetectorOptions, 'nameplate' | 'intervalMs'> {
  const intervalMs = sampling?.interval === undefined ? undefined : parseDurationMs(sampling.interval);
  return { ...(nameplate && { nameplate }), ...(intervalMs !== undefined && { intervalMs }) };
}

function wordsOf({ nameplate, intervalMs }: ReturnType<typeof knownOf>, path: string): string {
  const facts = Object.entries(nameplate ?? {}).map(([key, value]) => `${key} ${value}`);
  if (intervalMs !== undefined) facts.push(`interval ${intervalMs / MS_PER_S} s`);
  return facts.length === 0
    ? `Nothing of ${path} is used: it has neither nameplate nor sampling.interval.`
    : `Of ${path} this is used: ${facts.join(', ')}. Columns are translated by feed --map.`;
}

const modelWords = (chosen: ChosenModel | null): string =>
  chosen === null
    ? 'No model: the rules judge alone.'
    : `Model ${chosen.model.name} judges beside the rules (SHA-256 ${chosen.sha256.slice(0, 12)}…).`;

function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((done) =>
    signal.aborted ? done() : signal.addEventListener('abort', () => done(), { once: true }),
  );

export async function serve(options: ServeArguments): Promise<void> {
  const stop = untilStopped();
  const chosen = await chooseModel(options.model);
  const service = await start(options, chosen);
  say(`Emberwatch listens on ${service.url}`);
  say(modelWords(chosen));
  if (!service.hasPage) say(PAGE_NOT_BUILT);
  if (options.map !== undefined) say(wordsOf(knownOf(await mappingFrom(options.map)), options.map));
  say(
    `Send frames to ${service.url}/api/v1/frames, for example: npx emberwatch feed FILE --to ${service.url}`,
  );
  await stopped(stop);
  await service.close();
}

export async function demo(options: DemoArguments): Promise<void> {
  const stop = untilStopped();
  const speed = Number(options.speed);
  let port = options.port;
  for (let plays = 0; !stop.aborted; plays++) {
    const service = await startAnywhere(port);
    // The page finds the same address again after each play.
    port = new URL(service.url).port;
    if (plays === 0) {
      say(`\n  Emberwatch demo: ${service.url}\n`);
      if (!service.hasPage) say(PAGE_NOT_BUILT);
      say(
        `  A simulated warehouse of 64 modules is judged live, ${speed} times faster than it happens: a cell of`,
      );
      say('  RackA2_Module01 develops an internal short, heats, vents and runs away. Ctrl-C ends the demo.');
    }
    await play(service, speed, stop);
    if (!stop.aborted && !options.once) {
      say('  It starts again in a minute; until then the page keeps the last state.');
      await sleep(DEMO_PAUSE_MS, undefined, { signal: stop }).catch(() => {});
    }
    await service.close();
    if (options.once) return;
  }
}

async function startAnywhere(port: string): Promise<Service> {
  const options = { host: '127.0.0.1', map: DEMO_MAPPING };
  const model = await chooseModel();
  try {
    return await start({ ...options, port }, model);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'LISTEN') throw error;
    return start({ ...options, port: '0' }, model);
  }
}

async function play(service: Service, speed: number, signal: AbortSignal): Promise<void> {
  try {
    const mapping = await mappingFrom(DEMO_MAPPING);
    const { accepted, rejected } = await feedRecording(DEMO_RECORDING, {
      to: service.url,
      speed,
      mapping,
      signal,
    });
    say(`  Played: ${accepted} frames accepted, ${rejected} rejected.`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
