/** `emberwatch serve` and `emberwatch demo`: the live service, alone or with a recording playing into it. */

import { fstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DetectorOptions } from '@emberwatch/engine/detector';
import { InputError, type Mapping } from '@emberwatch/engine/telemetry';
import { MS_PER_DAY, MS_PER_S, parseDurationMs } from '@emberwatch/engine/units';
import { type ChosenModel, chooseModel, feedRecording } from '@emberwatch/lab';
import {
  optionsOf,
  readSettings,
  type Service,
  type ServiceOptions,
  startService,
} from '@emberwatch/service';
import { mappingFrom } from './mapping.ts';
import { keepPrivate } from './outputs.ts';

export interface ServeArguments {
  /** Settings of the site; options beside it go before what it says. */
  readonly config?: string;
  readonly data?: string;
  readonly host?: string;
  readonly port?: string;
  readonly mqtt?: string;
  readonly open?: boolean;
  /** Whether the first token is printed; unset: unless it would go to the journal. */
  readonly printToken?: boolean;
  /** Take recordings: the clock is that of the data, and nobody is notified. */
  readonly playback?: boolean;
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

const DEFAULT_DATA = 'emberwatch-data';
const PLAYBACK_DATA = 'emberwatch-playback';
const PLAYBACK_WORDS =
  'Playback: the clock is that of the data, and nobody is notified. A live site is watched without --playback.';

function portOf(text: string, option: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InputError(`${option}: expected 0 to 65535, got "${text}"`);
  return port;
}

/** What the command line says goes before what the file says. */
async function optionsFrom(
  args: ServeArguments,
): Promise<{ options: ServiceOptions; model: string | undefined }> {
  const settings = args.config === undefined ? null : await readSettings(args.config);
  const mapping = args.map === undefined ? null : await mappingFrom(args.map);
  const file: ServiceOptions = settings === null ? {} : optionsOf(settings);
  const options: ServiceOptions = {
    ...file,
    dataDirectory: resolve(args.data ?? file.dataDirectory ?? (args.playback ? PLAYBACK_DATA : DEFAULT_DATA)),
    ...(args.host !== undefined && { host: args.host }),
    ...(args.port !== undefined && { port: portOf(args.port, 'port') }),
    ...(args.mqtt !== undefined && {
      mqtt: { ...file.mqtt, embedded: { ...(file.mqtt?.embedded || {}), port: portOf(args.mqtt, 'mqtt') } },
    }),
    ...(args.open && { access: 'open' as const }),
    ...(args.playback && { isPlayback: true }),
    ...(mapping && { detector: { ...file.detector, ...knownOf(mapping) } }),
  };
  return { options, model: args.model ?? settings?.detector?.model };
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

const SIGNATURE_WORDS: Readonly<Record<NonNullable<Service['modelSignature']>, string>> = {
  verified: 'signed',
  unverified: 'signed, and not checked: the settings name no key',
  unsigned: 'not signed',
};

const modelWords = (chosen: ChosenModel | null, signature: Service['modelSignature']): string =>
  chosen === null
    ? 'No model: the rules judge alone.'
    : `Model ${chosen.model.name} judges beside the rules (SHA-256 ${chosen.sha256.slice(0, 12)}…, ${SIGNATURE_WORDS[signature ?? 'unsigned']}).`;

function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((done) =>
    signal.aborted ? done() : signal.addEventListener('abort', () => done(), { once: true }),
  );

export async function serve(args: ServeArguments): Promise<void> {
  keepPrivate();
  const stop = untilStopped();
  const { options, model } = await optionsFrom(args);
  const chosen = await chooseModel(model);
  const service = await startService({ ...options, ...(chosen && { modelFile: chosen.path }) });
  say(`Emberwatch listens on ${service.url}${placesWords(options)}`);
  if (options.isPlayback) say(PLAYBACK_WORDS);
  if (service.mqttPort !== null) say(`MQTT 3.1.1 and 5 on port ${service.mqttPort}`);
  say(`Everything is kept in ${options.dataDirectory}`);
  say(recoveryWords(service));
  if (service.auditWhy !== null) say(`AUDIT LOG ALTERED: ${service.auditWhy}. See: emberwatch audit verify`);
  const sayHead = (): void => say(`Audit log: head ${service.auditHead() ?? 'none yet'}`);
  sayHead();
  const daily = setInterval(sayHead, MS_PER_DAY);
  say(modelWords(chosen, service.modelSignature));
  for (const was of service.tightened) say(`Only its owner can read it from now on: ${was}`);
  if (!service.hasPage) say(PAGE_NOT_BUILT);
  if (args.map !== undefined) say(wordsOf(knownOf(await mappingFrom(args.map)), args.map));
  if (options.access === 'open') say('Open access: whoever uses this computer is let in, without a token.');
  sayFirstToken(service, args.printToken ?? !isJournal());
  say(
    options.isPlayback
      ? `Send frames to ${service.url}/api/v1/frames: npx emberwatch feed FILE --to ${service.url} --speed 60`
      : `Send frames to ${service.url}/api/v1/frames as they are measured. Recordings need a service of their own: serve --playback.`,
  );
  await stopped(stop);
  clearInterval(daily);
  await service.close();
}

/** An address for all interfaces is told as that of this computer. */
function placesWords({ host = '127.0.0.1', tls }: ServiceOptions): string {
  if (/^(localhost|127\.|\[?::1)/.test(host)) return ' (for this computer only)';
  const warning = tls
    ? ''
    : '; without TLS (listen.tls in the settings) tokens cross the network as they are';
  return ` (others reach it by ${host}${warning})`;
}

function sayFirstToken({ firstToken, firstTokenFile }: Service, mayPrint: boolean): void {
  if (firstTokenFile === null) return;
  if (firstToken === null)
    say(`The first token still stands in ${firstTokenFile}: delete the file once you have it.`);
  else if (!mayPrint)
    say(`The first token, of an admin, stands in ${firstTokenFile}: take it and delete the file.`);
  else
    say(`
The first token, of an admin. It stands in ${firstTokenFile}
too, which only its owner can read: delete that file once you have it.

    ${firstToken}

Sign in on the page with it, or: export EMBERWATCH_TOKEN=${firstToken}
`);
}

/** Whether standard output goes where others read it, too: systemd names the device and number of its journal. */
function isJournal(): boolean {
  const { dev, ino } = fstatSync(process.stdout.fd);
  return process.env['JOURNAL_STREAM'] === `${dev}:${ino}`;
}

function recoveryWords({ recovery }: Service): string {
  const { from, rejectedWhy, deliveries, frames, tookMs } = recovery;
  const why = rejectedWhy === null ? '' : ` (the last state was not used: ${rejectedWhy})`;
  if (from === 'nothing') return `A new site${why}.`;
  const evaluated = `${deliveries} deliveries, ${frames} frames judged again in ${(tookMs / MS_PER_S).toFixed(1)} s`;
  return `Goes on where it was: ${from === 'snapshot' ? 'last state and ' : ''}${evaluated}${why}.`;
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
        `  Playback: a simulated warehouse of 64 modules, ${speed} times faster than it happens. A cell of`,
      );
      say('  RackA2_Module01 develops an internal short, heats, vents and runs away. Ctrl-C ends the demo.');
      say(
        '  It answers to this computer only, without a token, and keeps nothing. A service that others can reach:',
      );
      say(
        '  npx emberwatch serve --host 0.0.0.0, which asks for tokens and keeps everything\n  (docs/integration.md: with TLS, gateways and notices).\n',
      );
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
  const model = await chooseModel();
  const options: ServiceOptions = {
    site: { name: 'demo', title: 'Simulated warehouse' },
    access: 'open',
    isPlayback: true,
    detector: knownOf(await mappingFrom(DEMO_MAPPING)),
    ...(model && { modelFile: model.path }),
  };
  try {
    return await startService({ ...options, port: portOf(port, 'port') });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'LISTEN') throw error;
    return startService({ ...options, port: 0 });
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
