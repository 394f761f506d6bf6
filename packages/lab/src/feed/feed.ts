/** Plays a recording into a running service through its ordinary door, at the pace of its own clock or faster. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Frame, InputError, type Mapping } from '@emberwatch/engine/telemetry';
import { openRecording } from '../recording/read.ts';
import { ndjsonLine } from '../recording/write.ts';

export interface FeedOptions {
  /** Address of the service, for example `http://127.0.0.1:8080`. */
  readonly to: string;
  /** Seconds of the recording in one second; infinite: as fast as the service takes it. */
  readonly speed: number;
  readonly mapping?: Mapping | null;
  /** Of a gateway, or of somebody who may deliver. */
  readonly token?: string;
  /** Name under which it delivers; only people may choose one, a gateway has its own. */
  readonly gateway?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FeedProgress) => void;
}

export interface FeedProgress {
  readonly timeMs: number;
  readonly accepted: number;
  readonly rejected: number;
}

export interface FeedResult {
  readonly frames: number;
  readonly accepted: number;
  /** Older than what the site had judged of their modules: kept, not judged. */
  readonly late: number;
  /** There before. */
  readonly repeated: number;
  readonly rejected: number;
  /** Why the service refused, as far as its answers listed it. */
  readonly reasons: readonly string[];
  /** What the recording itself refused before anything was sent. */
  readonly rejectedAtSource: number;
}

const BATCH_FRAMES = 1000;
/** Frames due so soon travel together. */
const TICK_MS = 100;
/** A pause in the recording is not waited for longer than this on the wall clock. */
const LONGEST_WAIT_MS = 5000;
const OLD =
  'watches a live site, and these data are old: it keeps them as history and shows their modules as unknown. ' +
  'Play recordings into a service of their own, started with: emberwatch serve --playback';
const ATTEMPTS = 6;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 10_000;

interface Waiting {
  readonly timeMs: number;
  readonly line: string;
}

/** Throws InputError for a recording that cannot be read; Error, naming the address, where the service refuses. */
export async function feedRecording(path: string, options: FeedOptions): Promise<FeedResult> {
  const feeder = new Feeder(options);
  let rejectedAtSource = 0;
  const { frames } = await openRecording(path, {
    mapping: options.mapping ?? null,
    ordered: true,
    sink: {
      frame: (frame) => feeder.add(frame),
      rejection: () => {
        rejectedAtSource++;
      },
    },
    afterBatch: () => feeder.drain(),
  });
  await feeder.drain();
  const { accepted, late, repeated, rejected, reasons } = feeder;
  return { frames, accepted, late, repeated, rejected, reasons: [...reasons], rejectedAtSource };
}

/** What the service says of a batch. */
interface Answer {
  readonly accepted?: number;
  readonly old?: number;
  readonly late?: number;
  readonly repeated?: number;
  readonly rejected?: number;
  readonly rejections?: readonly { readonly reason: string; readonly value: string | null }[];
  readonly error?: { readonly code: string; readonly message: string; readonly detail?: string };
}

const REJECTION_TEXTS: Readonly<Record<string, string>> = {
  'module-limit': 'the site has as many modules as the service takes',
  'module-name-too-long': 'the names of the modules are too long',
  'foreign-module': 'the token may not deliver these modules',
};

/** In a sentence why a batch was refused as a whole. */
function whyRejected(status: number, body: string): string {
  let answer: Answer = {};
  try {
    answer = JSON.parse(body) as Answer;
  } catch {
    // Something else than the service answers at this address.
  }
  const { error, rejections: [first] = [] } = answer;
  if (!error) return `answers ${status}: ${body.slice(0, 80)}`;
  if (error.code !== 'NOTHING_TAKEN' || !first)
    return `answers: ${error.message} ${error.detail ?? ''}`.trim();
  const value = first.value === null ? '' : ` (${first.value})`;
  return `takes none of it: ${REJECTION_TEXTS[first.reason] ?? first.reason}${value}`;
}

class Feeder {
  accepted = 0;
  late = 0;
  repeated = 0;
  rejected = 0;
  readonly reasons = new Set<string>();
  private readonly options: FeedOptions;
  private readonly url: string;
  private waiting: Waiting[] = [];
  /** Wall clock at which `originMs` of the recording was due. */
  private originWallMs = Number.NaN;
  private originMs = Number.NaN;
  /** A batch whose answer was lost is sent again under its number, and then changes nothing. */
  private readonly epoch = randomUUID();
  private number = 0;

  constructor(options: FeedOptions) {
    this.options = options;
    if (!(options.speed > 0)) throw new InputError(`speed: expected a positive number, got ${options.speed}`);
    try {
      this.url = new URL('/api/v1/frames', options.to).href;
    } catch {
      throw new InputError(`to: "${options.to}" is no address such as http://127.0.0.1:8080`);
    }
  }

  add(frame: Frame): void {
    this.waiting.push({ timeMs: frame.timeMs, line: ndjsonLine(frame) });
  }

  async drain(): Promise<void> {
    const { waiting } = this;
    this.waiting = [];
    for (let i = 0; i < waiting.length; ) {
      await this.waitUntilDue(waiting[i]!.timeMs);
      const lastMs = waiting[i]!.timeMs + TICK_MS * this.options.speed;
      let end = i + 1;
      while (end < waiting.length && end - i < BATCH_FRAMES && waiting[end]!.timeMs < lastMs) end++;
      const batch = waiting.slice(i, end);
      await this.send(batch.map(({ line }) => line).join(''));
      this.options.onProgress?.({
        timeMs: batch.at(-1)!.timeMs,
        accepted: this.accepted,
        rejected: this.rejected,
      });
      i = end;
    }
  }

  private async waitUntilDue(timeMs: number): Promise<void> {
    const { speed, signal } = this.options;
    signal?.throwIfAborted();
    if (!Number.isFinite(speed)) return;
    const now = performance.now();
    if (Number.isNaN(this.originMs)) {
      this.originMs = timeMs;
      this.originWallMs = now;
    }
    const waitMs = this.originWallMs + (timeMs - this.originMs) / speed - now;
    if (waitMs > LONGEST_WAIT_MS) {
      this.originMs = timeMs;
      this.originWallMs = now + LONGEST_WAIT_MS;
    }
    if (waitMs > 0) await sleep(Math.min(waitMs, LONGEST_WAIT_MS), undefined, signal ? { signal } : {});
  }

  /** Sends until the service has taken it: a busy or restarting service is waited for, a refusal is final. */
  private async send(body: string): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    let trouble = '';
    this.number++;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const response = await this.post(body).catch((error: unknown) => {
        this.options.signal?.throwIfAborted();
        trouble = `does not answer (${(error as { cause?: { code?: string } }).cause?.code ?? String(error)})`;
        return null;
      });
      if (response?.ok) {
        this.note((await response.json()) as Answer);
        return;
      }
      if (response) {
        trouble = whyRejected(response.status, await response.text());
        if (![429, 503, 507].includes(response.status)) break;
      }
      const retryAfterMs = Number(response?.headers.get('retry-after')) * 1000;
      await sleep(Math.min(LONGEST_BACKOFF_MS, Math.max(backoffMs, retryAfterMs || 0)));
      backoffMs *= 2;
    }
    throw new Error(`${this.url} ${trouble}`);
  }

  private note({
    accepted = 0,
    old = 0,
    late = 0,
    repeated = 0,
    rejected = 0,
    rejections = [],
  }: Answer): void {
    if (this.accepted === 0 && old > 0 && old === accepted) throw new Error(`${this.url} ${OLD}`);
    this.accepted += accepted;
    this.late += late;
    this.repeated += repeated;
    this.rejected += rejected;
    for (const { reason } of rejections) this.reasons.add(reason);
  }

  private post(body: string): Promise<Response> {
    const { signal, token, gateway } = this.options;
    return fetch(this.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        'emberwatch-epoch': this.epoch,
        'emberwatch-number': String(this.number),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(gateway !== undefined && { 'emberwatch-gateway': gateway }),
      },
      body,
      ...(signal && { signal }),
    });
  }
}
