/** Fetches the frames of a period and what judges, and judges them again. Runs in a worker; holds one piece at a time. */
import { createModel, decodeModel, type Model } from '@emberwatch/engine/detector';
import { NATIVE_MAPPING, type Nameplate, NdjsonRecordingReader } from '@emberwatch/engine/telemetry';
import { requestErrorOf } from '../session/request-error.ts';
import type { ModelBody } from '../wire.ts';
import { type Evaluation, Rejudgement } from './evaluate.ts';

export interface ReplayTask {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /** So long before `fromMs` the detector begins, so that it knows the modules by then. */
  readonly leadMs: number;
  /** Null: all of the site. */
  readonly moduleIds: readonly string[] | null;
  /** Modules whose probability of hazard is wanted. */
  readonly followed: readonly string[];
}

export type ReplayReport =
  | { readonly kind: 'progress'; readonly frames: number; readonly timeMs: number }
  | { readonly kind: 'judged'; readonly evaluation: Evaluation }
  | { readonly kind: 'failed'; readonly message: string };

/** `crypto.subtle`. */
interface Hasher {
  digest(algorithm: 'SHA-256', bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
}

export interface Surroundings {
  /** Address of the API, with `/api/v1`. */
  readonly api: string;
  readonly fetch: typeof globalThis.fetch;
  /** Null where hashes cannot be computed: a page over plain HTTP. */
  readonly subtle: Hasher | null;
  readonly onProgress: (frames: number, timeMs: number) => void;
}

async function hexOf(bytes: Uint8Array<ArrayBuffer>, subtle: Hasher): Promise<string> {
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function ask(path: string, { api, fetch }: Surroundings): Promise<Response> {
  const answer = await fetch(`${api}${path}`);
  if (!answer.ok) throw requestErrorOf(answer.status, await answer.text());
  return answer;
}

/** Never the rules alone in place of a model: that would look like a model that sees less. */
async function modelOf({ model }: ModelBody, around: Surroundings): Promise<Model | null> {
  if (!model) return null;
  const { subtle } = around;
  if (!subtle)
    throw new Error(
      'The model cannot be checked by its hash over plain HTTP. Open the page over HTTPS, or on the computer of the service.',
    );
  const bytes = new Uint8Array(await (await ask('/model/artefact', around)).arrayBuffer());
  const sha256 = await hexOf(bytes, subtle);
  if (sha256 !== model.sha256)
    throw new Error(
      `The model that arrived has SHA-256 ${sha256}; the service judges by ${model.sha256}. Try again.`,
    );
  const payload = await hexOf(bytes.subarray(bytes.indexOf(10) + 1), subtle);
  return createModel(decodeModel(bytes, () => payload));
}

function nameplateOf({ nameplate }: ModelBody): Nameplate {
  const { capacityAh, cellsInSeries, chemistry, hasTemperature } = nameplate;
  return {
    hasTemperature,
    ...(capacityAh !== null && { capacityAh }),
    ...(cellsInSeries !== null && { cellsInSeries }),
    ...(chemistry !== null && { chemistry: chemistry as NonNullable<Nameplate['chemistry']> }),
  };
}

/** @throws Refusal of the service, InputError for a model that cannot be read, Error for a stream that broke off */
export async function evaluateAgain(task: ReplayTask, around: Surroundings): Promise<Evaluation> {
  const settings = (await (await ask('/model', around)).json()) as ModelBody;
  const model = await modelOf(settings, around);
  const { fromMs, toMs, leadMs, moduleIds, followed } = task;
  const { intervalMs, modulesWithoutTemperature, spaces } = settings;
  const again = new Rejudgement(
    { nameplate: nameplateOf(settings), modulesWithoutTemperature, intervalMs, spaces, model },
    { fromMs, toMs },
    followed,
  );
  const query = new URLSearchParams({
    format: 'ndjson',
    fromMs: String(fromMs - leadMs),
    toMs: String(toMs),
  });
  for (const moduleId of moduleIds ?? []) query.append('moduleId', moduleId);
  let [rejected, timeMs] = [0, fromMs - leadMs];
  const reader = new NdjsonRecordingReader(NATIVE_MAPPING, {
    frame: (frame) => {
      timeMs = frame.timeMs;
      again.observe(frame);
    },
    rejection: () => {
      rejected++;
    },
  });
  const { body } = await ask(`/export?${query}`, around);
  for (const stream = body!.getReader(); ; ) {
    const { done, value } = await stream.read();
    if (done) break;
    reader.push(value);
    around.onProgress(again.frames, timeMs);
  }
  if (reader.lines > 0 || again.frames > 0) reader.end();
  return again.result(
    settings.model && { name: settings.model.name, sha256: settings.model.sha256 },
    rejected,
  );
}
