/** The one door for measurements: what arrives is decoded, judged, stored, and only then acknowledged. */
import type { Reason } from '@emberwatch/engine/detector';
import {
  type ClockState,
  type Frame,
  type FrameSink,
  InputError,
  ModuleClocks,
  nameMatcher,
  quoteValue,
  UnknownFields,
} from '@emberwatch/engine/telemetry';
import { ServiceError } from '../errors.ts';
import type { JournalBatch } from '../records.ts';
import { FrameEncoder } from '../store/frames.ts';
import { Batch } from './delivery/batch.ts';
import type { BatchItem } from './delivery/batch-item.ts';
import { type Decoding, decodeBody, decodeRecords } from './delivery/decoding.ts';
import { SLICE_FRAMES, weightOf } from './delivery/slices.ts';
import { type Slices, Turns } from './delivery/turns.ts';
import { type GatewayState, Gateways, numberKey } from './gateways.ts';
import type { BodyFormat, Delivery, IngestRejection, IngestResult, Intake, Protocol } from './intake.ts';
import { LateFrames } from './late-frames.ts';
import {
  type Answer,
  arrivalOf,
  both,
  type Kept,
  newAnswer,
  type Part,
  type Repeated,
  type ReplayedItem,
  rejectionOf,
  type Span,
  timeRejectionOf,
} from './part.ts';
import type { IngestPipelineOptions } from './pipeline-options.ts';
import type { RejectCode } from './reject-codes.ts';
import { mayDeliver } from './scope.ts';
import { SetAside } from './set-aside.ts';
import { Stamps, type StampsState } from './stamps.ts';
import { contentKey, UnfinishedDeliveries, type UnfinishedState } from './unfinished.ts';
import { UnknownFieldsOfGateways } from './unknown-fields.ts';

/** Batches whose frames are used again. */
const MAX_BATCHES_KEPT = 2;
/** A slice is longer while a frame waits for the next of its module to confirm its leap, but no longer than this. */
const MAX_EVALUATED_AT_ONCE = 2 * SLICE_FRAMES;

/** Makes frames of what was delivered. */
type Read = (decoding: Decoding) => Slices<void>;

/** A delivery whose frames were all evaluated. */
interface Evaluated {
  readonly answer: Answer;
  /** Each a part of its frames, on the way to the disk. */
  readonly stores: readonly Promise<void>[];
  readonly repeated: readonly Repeated[];
}

/** What is known of senders and clocks, as of one instant. */
export interface PipelineState {
  readonly gateways: ReturnType<Gateways['state']>;
  readonly clocks: readonly ClockState[];
  readonly unstored: readonly (readonly [moduleId: string, span: Span])[];
  readonly stamps: StampsState;
  readonly totals: IngestPipeline['totals'];
  readonly rejectionsByReason: readonly (readonly [string, number])[];
  readonly unfinished: UnfinishedState;
  readonly unknownFields: ReturnType<UnknownFieldsOfGateways['list']>;
}

export class IngestPipeline implements Intake {
  readonly totals = { accepted: 0, late: 0, repeated: 0, rejected: 0, rejectedValues: 0, batches: 0 };
  readonly rejectionsByReason = new Map<string, number>();
  readonly gateways: Gateways;
  readonly setAside: SetAside;
  readonly lateFrames = new LateFrames();
  readonly unknownFields = new UnknownFieldsOfGateways();
  /** Clocks of the modules outlive the deliveries. */
  readonly clocks = new ModuleClocks();
  readonly stamps: Stamps;
  private readonly options: IngestPipelineOptions;
  /** Whose turn it is. */
  readonly turns = new Turns();
  /** For the next deliveries: their frames are used again. */
  private readonly batches: Batch[] = [];
  private readonly encoder = new FrameEncoder();
  /** The part that is being evaluated, within one slice. */
  private evaluating: { readonly part: Part; readonly sink: FrameSink } | null = null;
  private readonly unfinished = new UnfinishedDeliveries();
  private readonly inFlight = new Map<string, Promise<IngestResult>>();
  /** Modules with frames that were judged and could not be stored, and their times. */
  private readonly unstored = new Map<string, Span>();

  constructor(options: IngestPipelineOptions) {
    this.options = options;
    const { fleet } = options;
    this.gateways = new Gateways(
      () => new Set([...fleet.watched(), ...this.setAside.list()].map(({ gatewayId }) => gatewayId ?? '')),
    );
    this.setAside = new SetAside(
      {
        now: options.now,
        writeFirst: (rows) => options.commitQueue.writeFirst(rows, []),
        failed: ({ gatewayId, door: protocol }, detail) => this.reject(gatewayId, protocol, 'failed', detail),
      },
      options.setAside ?? [],
    );
    for (const { gatewayId, door: protocol, setAsideMs } of this.setAside.list())
      this.gateways.of(gatewayId, protocol, setAsideMs);
    this.stamps = new Stamps({
      host: fleet.host,
      evaluatedMs: (moduleId) => this.clocks.lastMs(moduleId),
      intervalMs: (moduleId) => this.clocks.intervalMs(moduleId),
      ageLimitMs: (moduleId) => fleet.ageLimitMs(moduleId),
      gatewayOf: (moduleId) => fleet.latest(moduleId)?.gatewayId,
      isUnstored: (moduleId, stampMs) => this.isUnstored(moduleId, stampMs),
      restart: (moduleId) => {
        fleet.beginAnew(moduleId);
        this.clocks.setLastMs(moduleId, undefined);
      },
      maxClocks: 2 * fleet.limits.modules,
    });
  }

  take(delivery: Delivery, format: BodyFormat, body: Uint8Array): Promise<IngestResult> {
    const read: Read = (decoding) => decodeBody(format, body, decoding);
    return this.setAside.run(
      delivery,
      format,
      () => body,
      () => this.once(delivery, read),
    );
  }

  takeRecords(
    delivery: Delivery,
    records: readonly Readonly<Record<string, unknown>>[],
  ): Promise<IngestResult> {
    const read: Read = (decoding) => decodeRecords(records, decoding);
    const bodyOf = () => Buffer.from(JSON.stringify(records));
    return this.setAside.run(delivery, 'records', bodyOf, () => this.once(delivery, read));
  }

  reject(
    gatewayId: string,
    protocol: Protocol,
    reason: 'bad-body' | 'no-birth' | 'failed',
    detail: string,
  ): void {
    const nowMs = this.options.now();
    const gateway = this.gateways.of(gatewayId, protocol, nowMs);
    const answer = newAnswer();
    this.rejectBody(gateway, answer, reason, detail);
    this.count(gateway, answer, nowMs);
  }

  noteUnknownFields(gatewayId: string, names: readonly string[]): void {
    const { limits } = this.options.fleet;
    const unknown = new UnknownFields(limits.unknownFieldsListed);
    const isIgnored = nameMatcher(this.options.ignoreFields ?? []);
    for (const name of names) if (!isIgnored(name)) unknown.add(name);
    this.unknownFields.note(gatewayId, unknown.list(), this.options.now());
  }

  declareChannels(moduleId: string, channels: readonly string[]): void {
    this.options.fleet.lostChannels.declare(moduleId, channels);
  }

  gatewayBorn(gatewayId: string, protocol: Protocol): void {
    const gateway = this.gateways.of(gatewayId, protocol, this.options.now());
    if (!gateway.isGone) return;
    gateway.isGone = false;
    this.options.onGateway?.(gateway);
  }

  gatewayDied(
    gatewayId: string,
    modules: readonly string[] | null,
    why: string,
    scope: readonly string[] | null,
  ): void {
    const { fleet, now, onGateway } = this.options;
    const gateway = this.gateways.find(gatewayId);
    const mayEnd = (moduleId: string): boolean =>
      fleet.latest(moduleId)?.gatewayId === gatewayId && (scope === null || mayDeliver(scope, moduleId));
    for (const moduleId of modules ?? [])
      if (!mayEnd(moduleId)) this.gateways.noteReject(gatewayId, 'foreign-module', 'death', moduleId, now());
    const named = modules ?? Array.from(fleet.watched(), ({ moduleId }) => moduleId);
    fleet.declareSilent(named.filter(mayEnd));
    if (!gateway || modules !== null) return;
    gateway.isGone = true;
    gateway.goneWhy = why;
    gateway.goneMs = now();
    onGateway?.(gateway);
  }

  /** Judges again what the journal keeps: the same frames at the same times of arrival, in the same order. */
  replay(batch: JournalBatch, frames: readonly ReplayedItem[]): void {
    const gateway = this.gateways.of(batch.gatewayId, 'http', batch.receivedMs);
    for (let at = 0; at < frames.length; )
      at = this.evaluatePart(frames, at, batch.gatewayId, batch.receivedMs, null, newAnswer()).end;
    gateway.lastMs = batch.receivedMs;
    gateway.lastFrameMs = batch.receivedMs;
    if (batch.isPart) this.unfinished.add(batch.gatewayId, frames.map(contentKey), batch.receivedMs);
    else gateway.deliveries++;
    gateway.frames += batch.frameCount;
    const sequence =
      batch.epoch === null || batch.number === null ? null : { epoch: batch.epoch, number: batch.number };
    this.gateways.stored(gateway, numberKey(sequence));
  }

  /** Live counts. */
  get metrics(): Readonly<IngestPipeline['totals']> & {
    readonly rejectionsByReason: ReadonlyMap<string, number>;
  } {
    return { ...this.totals, rejectionsByReason: this.rejectionsByReason };
  }

  /** The module is gone for good; should it deliver again, it is a new one. */
  forget(moduleId: string, why: Reason | null = null): void {
    this.options.fleet.forget(moduleId, why);
    this.clocks.setLastMs(moduleId, undefined);
    this.stamps.forget(moduleId);
    this.unstored.delete(moduleId);
    this.lateFrames.forget(moduleId);
  }

  /** For a snapshot. */
  state(): PipelineState {
    return {
      gateways: this.gateways.state(),
      clocks: [...this.clocks.state()],
      unstored: [...this.unstored],
      stamps: this.stamps.state(),
      totals: { ...this.totals },
      rejectionsByReason: [...this.rejectionsByReason],
      unfinished: this.unfinished.state(),
      unknownFields: this.unknownFields.list(this.options.now()),
    };
  }

  restoreState(state: PipelineState): void {
    this.gateways.restoreState(state.gateways);
    for (const clock of state.clocks) this.clocks.restore(clock);
    for (const [moduleId, span] of state.unstored) this.unstored.set(moduleId, span);
    this.stamps.restoreState(state.stamps);
    Object.assign(this.totals, state.totals);
    for (const [reason, count] of state.rejectionsByReason) this.rejectionsByReason.set(reason, count);
    this.unfinished.restoreState(state.unfinished);
    this.unknownFields.restoreState(state.unknownFields);
  }

  /** The same state with what could not be stored since it was taken; null where all could. */
  unstoredSince(state: PipelineState): PipelineState | null {
    if (this.unstored.size === 0) return null;
    return { ...state, unstored: [...this.unstored], unfinished: this.unfinished.state() };
  }

  private async once(delivery: Delivery, read: Read): Promise<IngestResult> {
    const key = numberKey(delivery.sequence);
    const gateway = this.gateways.of(delivery.gatewayId, delivery.door, this.options.now());
    if (key === null) return this.process(delivery, gateway, null, read);
    if (gateway.numbers.has(key)) return this.storedBefore(gateway);
    // The same delivery again while its first copy is being stored: both hear of one outcome.
    const flightKey = `${delivery.gatewayId}\u0000${key}`;
    const flying = this.inFlight.get(flightKey);
    if (flying) return flying;
    const flight = this.process(delivery, gateway, key, read);
    this.inFlight.set(flightKey, flight);
    try {
      return await flight;
    } finally {
      this.inFlight.delete(flightKey);
    }
  }

  private storedBefore(gateway: GatewayState): IngestResult {
    gateway.repeated++;
    gateway.lastMs = this.options.now();
    return { ...newAnswer(), repeated: 1, failure: null };
  }

  private async process(
    delivery: Delivery,
    gateway: GatewayState,
    key: string | null,
    read: Read,
  ): Promise<IngestResult> {
    this.options.commitQueue.checkRoom();
    const sender = delivery.sender ?? delivery.gatewayId;
    const evaluated = await this.turns.run(sender, this.evaluate(delivery, gateway, read));
    const { answer, stores, repeated } = evaluated;
    // All of them end before the sender hears of one that failed: it may deliver the same again at once.
    const failed = (await Promise.allSettled(stores)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
    if (repeated.length > 0) await this.confirm(repeated);
    this.unfinished.delivered(delivery.gatewayId, stores.length, this.options.now());
    const nothing = answer.accepted + answer.late + answer.repeated === 0;
    // A number of which nothing is on disk is refused again when it comes again, not called stored.
    if (!nothing) this.gateways.stored(gateway, key);
    return { ...answer, failure: nothing ? 'NOTHING_TAKEN' : null };
  }

  /**
   * Decodes all of a delivery, then evaluates its frames, part by part. Each part goes to the journal in the slice that
   * evaluates it, so that a restart evaluates in the same order whatever others delivered in between.
   */
  private *evaluate(delivery: Delivery, gateway: GatewayState, read: Read): Slices<Evaluated> {
    const { now, fleet } = this.options;
    const { gatewayId, modules: scope } = delivery;
    const answer = newAnswer();
    const batch = this.batches.pop() ?? new Batch();
    const stores: Promise<void>[] = [];
    const repeated: Repeated[] = [];
    try {
      yield* this.decode(gateway, batch, answer, read);
      const inOrder = batch.ordered();
      yield;
      const items = fleet.isPlayback ? inOrder : yield* this.stamps.place(inOrder, gatewayId, now());
      for (let at = 0; at < items.length; ) {
        if (at > 0) yield;
        const wallMs = now();
        const part = this.evaluatePart(items, at, gatewayId, wallMs, scope, answer, delivery.isRetained);
        at = part.end;
        this.evaluating = null;
        repeated.push(...part.repeated);
        const stored = this.keep(delivery, part, wallMs, at === items.length);
        // Whoever waits for it comes later.
        stored?.catch(() => {});
        if (stored) stores.push(stored);
      }
    } catch (error) {
      this.keepEvaluated(delivery);
      if (error instanceof InputError) throw new ServiceError('NO_TELEMETRY', error.message, error);
      throw error;
    } finally {
      batch.clear();
      if (this.batches.length < MAX_BATCHES_KEPT) this.batches.push(batch);
      this.count(gateway, answer, now());
    }
    return { answer, stores, repeated };
  }

  /** What was evaluated before a failure is stored under its own gateway, so that a restart evaluates the same. */
  private keepEvaluated(delivery: Delivery): void {
    const { evaluating } = this;
    this.evaluating = null;
    if (evaluating === null) return;
    try {
      this.clocks.flush(evaluating.sink);
    } finally {
      this.keep(delivery, evaluating.part, evaluating.part.wallMs, false)?.catch(() => {});
    }
  }

  /** A body of which nothing can be read counts for its gateway all the same. */
  private *decode(gateway: GatewayState, batch: Batch, answer: Answer, read: Read): Slices<void> {
    const { now, fleet, ignoreFields = [] } = this.options;
    const { limits } = fleet;
    const unknown = new UnknownFields(limits.unknownFieldsListed);
    const sink: FrameSink = {
      frame: () => {},
      rejection: (rejection) => this.noteRejection(answer, rejection, gateway.gatewayId, now()),
      unknownField: (name) => unknown.add(name),
    };
    const options = { clocks: batch, ignore: ignoreFields, acceptsAnyNumber: !fleet.isPlayback };
    try {
      for (const _ of read({ sink, options, limits })) {
        this.checkAmount(batch, answer);
        yield;
      }
      this.checkAmount(batch, answer);
    } catch (error) {
      if (error instanceof InputError || error instanceof ServiceError)
        this.rejectBody(gateway, answer, 'bad-body', error.message);
      throw error;
    }
    answer.unknownFields = unknown.list();
    answer.moreUnknownFields = unknown.more;
    this.unknownFields.note(gateway.gatewayId, answer.unknownFields, now());
    this.gateways.noteBody(gateway, true, now());
  }

  private rejectBody(
    gateway: GatewayState,
    answer: Answer,
    reason: 'bad-body' | 'no-birth' | 'failed',
    detail: string,
  ): void {
    const nowMs = this.options.now();
    const rejection = { reason, scope: 'row', line: 0, column: null, value: quoteValue(detail) } as const;
    this.noteRejection(answer, rejection, gateway.gatewayId, nowMs);
    if (reason !== 'no-birth') this.gateways.noteBody(gateway, false, nowMs);
  }

  /** @throws ServiceError `BODY_TOO_LARGE`: nothing of it was evaluated */
  private checkAmount(batch: Batch, { rejected, rejectedValues }: Answer): void {
    const { rowsPerBody, valuesPerBody } = this.options.fleet.limits;
    if (batch.size + rejected > rowsPerBody)
      throw new ServiceError('BODY_TOO_LARGE', `It has more than ${rowsPerBody} rows.`);
    if (batch.cellCount + rejectedValues > valuesPerBody)
      throw new ServiceError('BODY_TOO_LARGE', `It has more than ${valuesPerBody} values of cells.`);
  }

  /** What was evaluated since the last call goes to the journal; the last part carries the number of the delivery. */
  private keep(
    { gatewayId, sequence }: Delivery,
    { modules, kept }: Pick<Part, 'modules' | 'kept'>,
    receivedMs: number,
    isLast: boolean,
  ): Promise<void> | null {
    const frameCount = this.encoder.count;
    if (frameCount === 0) return null;
    const { epoch = null, number = null } = (isLast ? sequence : null) ?? {};
    const frames = this.encoder.finish();
    const isPart = !isLast;
    const keys = isPart ? kept.map(contentKey) : [];
    this.unfinished.add(gatewayId, keys, receivedMs);
    return this.store({ gatewayId, epoch, number, receivedMs, frameCount, frames, isPart }, modules, keys);
  }

  private async store(
    batch: Omit<JournalBatch, 'seq'>,
    modules: ReadonlyMap<string, Span>,
    keys: readonly string[],
  ): Promise<void> {
    const { clocks, unstored } = this;
    try {
      await this.options.commitQueue.writeBatch(batch);
      // Once a later frame of a module is stored, earlier ones are told apart by their time; parts of one time are not.
      for (const [moduleId, { lastMs }] of modules)
        if (lastMs === clocks.lastMs(moduleId) && lastMs > (unstored.get(moduleId)?.lastMs ?? lastMs))
          unstored.delete(moduleId);
    } catch (error) {
      // Judged, but nobody was told that it is kept: it will come again, and is stored then.
      for (const [moduleId, span] of modules) unstored.set(moduleId, both(span, unstored.get(moduleId)));
      this.unfinished.remove(batch.gatewayId, keys);
      this.stamps.notStored(batch.gatewayId, modules.keys());
      throw error;
    }
  }

  /** A repetition is stored once its first copy is. @throws ServiceError where that could not be stored */
  private async confirm(repeated: readonly Repeated[]): Promise<void> {
    await this.options.commitQueue.settled();
    for (const { moduleId, timeMs } of repeated)
      if (this.isUnstored(moduleId, timeMs))
        throw new ServiceError('STORAGE_FAILED', `Module ${quoteValue(moduleId)}.`);
  }

  /** @returns the modules of which frames go to the store, what had been judged before, and where the next part begins */
  private evaluatePart(
    items: readonly (BatchItem | ReplayedItem)[],
    start: number,
    gatewayId: string,
    wallMs: number,
    scope: readonly string[] | null,
    answer: Answer,
    isRetained = false,
  ): Pick<Part, 'modules' | 'repeated' | 'kept'> & { readonly end: number } {
    const { clocks, options } = this;
    const { fleet } = options;
    const part: Part = { gatewayId, wallMs, answer, isRetained, modules: new Map(), repeated: [], kept: [] };
    /** Items of which more is known than their frame says, by line. */
    const special = new Map<number, BatchItem | ReplayedItem>();
    // A part is evaluated with the rest of its instant, and stored as it came.
    const observe = (whole: Frame, of: Frame, line: number): void => {
      const known = special.get(line);
      const item = { rows: 1, stampMs: Number.NaN, ...known, frame: of, line };
      const code = fleet.observe(whole, gatewayId, wallMs, arrivalOf(part, item));
      if (code !== null) clocks.setLastMs(of.moduleId, fleet.lastTimeMs(of.moduleId));
      else if (fleet.latest(of.moduleId)!.ageMs >= 0) answer.old = (answer.old ?? 0) + 1;
      if (code === null || code === 'behind') this.keepFrame(part, item, code !== null);
      else this.rejectFrame(part, code, item);
    };
    const sink: FrameSink = {
      frame: (frame, line = 0) => observe(frame, frame, line),
      part: observe,
      rejection: (rejection) => this.noteRejection(answer, rejection, gatewayId, wallMs),
    };
    this.evaluating = { part, sink };
    let end = start;
    let work = 0;
    for (; end < items.length; end++) {
      if (work >= MAX_EVALUATED_AT_ONCE || (work >= SLICE_FRAMES && !clocks.isWaiting)) break;
      const item = items[end]!;
      work += weightOf(item.frame, fleet.latest(item.frame.moduleId) === undefined);
      const isReplayed = 'isLate' in item;
      if (isReplayed && !fleet.isPlayback) this.stamps.replay(item, gatewayId, wallMs);
      const isShifted = !Number.isNaN(item.stampMs);
      if (item.rows > 1 || isShifted || (isReplayed && item.isRetained)) special.set(item.line, item);
      const { moduleId, timeMs } = item.frame;
      if (!isReplayed && this.unfinished.has(gatewayId, item) && !this.isUnstored(moduleId, timeMs)) {
        answer.repeated += item.rows;
        part.repeated.push({ moduleId, timeMs });
        continue;
      }
      const mayBe = scope === null || mayDeliver(scope, moduleId);
      const claim = mayBe ? fleet.claim(moduleId, gatewayId, wallMs) : 'foreign';
      if (claim === 'foreign') this.rejectFrame(part, 'foreign-module', item);
      if (claim === 'contender') this.keepBeside(part, item, 'accepted');
      if (claim === 'new-owner') clocks.setLastMs(moduleId, undefined);
      if (claim === 'foreign' || claim === 'contender') continue;
      // A leap was decided on before, or is none.
      const facts = { isKnownStep: isReplayed || isShifted, order: Number.NaN };
      const timeProblem = clocks.take(item.frame, item.line, sink, () => timeRejectionOf(item), facts);
      if (timeProblem === null) continue;
      if (timeProblem.reason === 'contradicting-values') {
        this.keepBeside(part, item, 'rejected');
        this.noteRejection(answer, { ...timeRejectionOf(item), ...timeProblem }, gatewayId, wallMs);
      } else if (this.isUnstored(moduleId, timeMs) && !fleet.isFar(item.frame))
        this.keepFrame(part, item, false);
      else if (timeProblem.reason === 'time-goes-back') this.keepBeside(part, item, 'late');
      else {
        answer.repeated += item.rows;
        part.repeated.push({ moduleId, timeMs });
      }
    }
    clocks.flush(sink);
    return { ...part, end };
  }

  private keepFrame(part: Part, item: Kept, isLate: boolean): void {
    const { frame, rows } = item;
    const { modules, answer, gatewayId, wallMs } = part;
    const { moduleId, timeMs } = frame;
    modules.set(moduleId, both({ firstMs: timeMs, lastMs: timeMs }, modules.get(moduleId)));
    this.encode(part, item, isLate);
    answer[isLate ? 'late' : 'accepted'] += rows;
    this.noteOrder(frame, gatewayId, isLate, wallMs);
  }

  /** Of now, and not for the main stream: evaluated by itself. */
  private keepBeside(part: Part, item: BatchItem, counted: 'accepted' | 'late' | 'rejected'): void {
    const { gatewayId, wallMs, answer } = part;
    const kind = counted === 'accepted' ? 'gateway' : 'late';
    const code = this.options.fleet.observeBeside(item.frame, gatewayId, kind, wallMs);
    if (code !== null) this.rejectFrame(part, code, item);
    else if (counted === 'late') this.keepFrame(part, item, true);
    else this.encode(part, item, true);
    if (counted === 'accepted' && code === null) answer.accepted += item.rows;
  }

  private rejectFrame(
    { answer, gatewayId, wallMs }: Part,
    code: RejectCode,
    { frame: { moduleId }, line }: Pick<BatchItem, 'frame' | 'line'>,
  ): void {
    this.noteRejection(answer, rejectionOf(code, moduleId, line), gatewayId, wallMs);
  }

  private encode(part: Part, item: Kept, isLate: boolean): void {
    if (this.options.fleet.isReplaying) return;
    this.encoder.add(item.frame, isLate, arrivalOf(part, item));
    part.kept.push(item);
  }

  private noteOrder({ moduleId, timeMs }: Frame, gatewayId: string, isLate: boolean, wallMs: number): void {
    const { fleet } = this.options;
    if (fleet.isReplaying) return;
    if (!isLate) {
      this.lateFrames.noteInTime(gatewayId, moduleId);
      return;
    }
    const { timeMs: aheadMs, gatewayId: aheadGatewayId } = fleet.latest(moduleId) ?? {
      timeMs,
      gatewayId: null,
    };
    this.lateFrames.noteLate(gatewayId, { moduleId, timeMs, aheadMs, aheadGatewayId }, wallMs);
  }

  /** It may have been judged without being stored. */
  private isUnstored(moduleId: string, timeMs: number): boolean {
    return timeMs >= (this.unstored.get(moduleId)?.firstMs ?? Number.POSITIVE_INFINITY);
  }

  private noteRejection(answer: Answer, rejection: IngestRejection, gatewayId: string, wallMs: number): void {
    const isRow = rejection.scope === 'row';
    answer[isRow ? 'rejected' : 'rejectedValues']++;
    const { reason, column, value } = rejection;
    if (!this.options.fleet.isReplaying) this.gateways.noteReject(gatewayId, reason, column, value, wallMs);
    this.rejectionsByReason.set(reason, (this.rejectionsByReason.get(reason) ?? 0) + 1);
    if (answer.rejections.length < this.options.fleet.limits.rejectionsListed)
      answer.rejections.push(rejection);
  }

  private count(gateway: GatewayState, answer: Answer, wallMs: number): void {
    const { totals } = this;
    for (const what of ['accepted', 'late', 'repeated', 'rejected', 'rejectedValues'] as const)
      totals[what] += answer[what];
    totals.batches++;
    this.gateways.noteDelivery(gateway, answer, wallMs);
    const { accepted, late } = answer;
    this.lateFrames.noteRows(gateway.gatewayId, accepted + late, late, wallMs);
    if (accepted > 0 && gateway.isGone) this.gatewayBorn(gateway.gatewayId, gateway.door);
  }
}
