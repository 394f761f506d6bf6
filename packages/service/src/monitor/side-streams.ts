/**
 * Frames of a module that do not belong to its main stream, and still are of now: those of another gateway, those that
 * are late or contradict, because somebody else's stamps are ahead, and those of several senders that alternate under
 * one name. Each such stream has a clock and a detector state of its own. A side stream can raise the level of its
 * module, and never calm it.
 */
import {
  ALARM_LEVELS,
  type DetectorSink,
  type Level,
  type LevelChange,
  levelRank,
  type Reason,
} from '@emberwatch/engine/detector';
import { copyOfFrame, type Frame } from '@emberwatch/engine/telemetry';
import { REASON_TEXTS } from '../messages.ts';
import type { DetectorLike } from './detector-like.ts';
import { LiveSeries, type LiveSeriesState } from './live-series.ts';
import { mayTake } from './share.ts';
import { HOTTEST_SENSORS, hottestSensorOf, pointOf } from './signals.ts';
import {
  FAR_TRACKS,
  isNear,
  NEAR_TRACKS,
  type Point,
  type TrackRule,
  Tracks,
  type TracksState,
} from './tracks.ts';

export const SIDE_STREAM_KINDS = {
  gateway: 'another gateway delivers the module',
  late: 'frames that are behind the main stream, or contradict it at one instant',
  alternating: 'values alternate as those of two senders do',
} as const;
export type SideStreamKind = keyof typeof SIDE_STREAM_KINDS;

const MAX_OF_MODULE = 6;
/** A stream without a frame for so long ends, unless it is in alarm. */
const ENDS_AFTER_MS = 600_000;
/** Values of two streams are compared where their stamps are no further apart. */
const COMPARED_WITHIN_MS = 60_000;
/** A frame from here on takes the place of the calmest stream where there is no room. */
const HOT_DEG_C = 55;
const MAX_TRACKED = 1000;
const MAX_UNEVALUATED_NAMED = 50;

/** What the other stream said, and this one. */
export interface Contradiction {
  readonly mainDegC: number;
  readonly sideDegC: number;
}

export interface SideStream {
  /** As the detector knows it. */
  readonly id: string;
  readonly moduleId: string;
  readonly gatewayId: string;
  readonly kind: SideStreamKind;
  /** Which track, of `alternating`; 0 for the others. */
  readonly track: number;
  /** Wall clock. */
  readonly firstArrivalMs: number;
  lastArrivalMs: number;
  /** Stamp of its last frame. */
  lastMs: number;
  frames: number;
  hottestDegC: number;
  voltageV: number;
  level: Level;
  contradictions: number;
  contradiction: Contradiction | null;
}

/** As it is shown. */
export type SideStreamState = Pick<
  SideStream,
  'gatewayId' | 'kind' | 'level' | 'frames' | 'lastArrivalMs'
> & {
  /** Of no other stream. */
  readonly number: number;
  /** Why its level is what it is. */
  readonly reasons: readonly string[];
  /** Stamp of its last frame. */
  readonly timeMs: number;
  readonly hottestDegC: number | null;
};

/** The main stream as it is when a frame comes beside it. */
export interface MainStream extends Point {
  readonly gatewayId: string | null;
  readonly timeMs: number;
}

/** Frames for which there was no stream. */
export interface Unevaluated {
  frames: number;
  lastMs: number;
  readonly modules: Set<string>;
}

export interface SideStreamsState {
  readonly streams: readonly SideStream[];
  readonly lastNumber: number;
  readonly tracks: readonly (readonly [key: string, state: TracksState])[];
  readonly nearTracks: readonly (readonly [key: string, state: TracksState])[];
  readonly liveSeries: LiveSeriesState;
  readonly unevaluated: readonly (readonly [gatewayId: string, Unevaluated])[];
  /** Of the detector; null where it keeps none. */
  readonly judge: readonly Uint8Array[] | null;
}

export interface SideStreamsOptions {
  readonly makeDetector: (sink: DetectorSink) => DetectorLike;
  readonly max: number;
  /** The level that side streams give a module has changed. */
  readonly onChange: (moduleId: string, timeMs: number) => void;
  /** The detector must neither stop the service nor fail unseen. */
  readonly attempt: (work: () => void) => void;
}

const rankOf = ({ level }: SideStream): number => levelRank(level);
const isInAlarm = ({ level }: SideStream): boolean => (ALARM_LEVELS as readonly Level[]).includes(level);
const keyOf = (moduleId: string, gatewayId: string): string => `${moduleId}\u0000${gatewayId}`;

export class SideStreams {
  /** By gateway: frames that found no room. */
  readonly unevaluated = new Map<string, Unevaluated>();
  private readonly options: SideStreamsOptions;
  private readonly detector: DetectorLike;
  private readonly byModule = new Map<string, SideStream[]>();
  private readonly byId = new Map<string, SideStream>();
  private readonly tracks = new Map<string, Tracks>();
  /** Of senders whose values are closer together. */
  private readonly nearTracks = new Map<string, Tracks>();
  private readonly liveSeries = new LiveSeries();
  private lastNumber = 0;

  constructor(options: SideStreamsOptions) {
    this.options = options;
    this.detector = options.makeDetector({ change: (change) => this.takeChange(change) });
  }

  get size(): number {
    return this.byId.size;
  }

  of(moduleId: string): readonly SideStream[] {
    return this.byModule.get(moduleId) ?? [];
  }

  /** The gravest first. */
  statesOf(moduleId: string): SideStreamState[] {
    const states = this.of(moduleId).map((stream) => {
      const { gatewayId, kind, level, frames, lastArrivalMs, lastMs: timeMs, hottestDegC } = stream;
      const shownDegC = Number.isFinite(hottestDegC) ? Number(hottestDegC.toPrecision(7)) : null;
      const number = Number(stream.id.slice(stream.id.lastIndexOf('\u0000') + 1));
      const reasons = (this.detector.verdict(stream.id)?.reasons ?? []).map(({ text }) => text);
      return {
        gatewayId,
        kind,
        level,
        frames,
        lastArrivalMs,
        timeMs,
        hottestDegC: shownDegC,
        reasons,
        number,
      };
    });
    return states.sort((a, b) => levelRank(b.level) - levelRank(a.level));
  }

  moduleIds(): Iterable<string> {
    return this.byModule.keys();
  }

  /** The gravest in alarm that is graver than `level`; null where there is none. */
  moreSevereThan(moduleId: string, level: Level): SideStream | null {
    let mostSevere: SideStream | null = null;
    for (const stream of this.of(moduleId))
      if (isInAlarm(stream) && rankOf(stream) > levelRank(mostSevere?.level ?? level)) mostSevere = stream;
    return mostSevere;
  }

  /** Reasons of its detector, with the name of the sender. */
  reasonsOf(stream: SideStream): Reason[] {
    const reasons = this.detector.verdict(stream.id)?.reasons ?? [];
    return reasons.map((reason) => ({
      ...reason,
      text: REASON_TEXTS.ofSender(senderOf(stream), reason.text),
    }));
  }

  sinceMs(stream: SideStream): number {
    return this.detector.verdict(stream.id)?.sinceMs ?? stream.lastMs;
  }

  /** A frame that the main stream does not evaluate, and that is of now. */
  take(
    frame: Frame,
    point: Point,
    gatewayId: string,
    kind: 'gateway' | 'late',
    wallMs: number,
    main: MainStream,
  ): void {
    this.evaluate(frame, point, { gatewayId, kind, track: 0 }, wallMs, main);
    this.watchTracks(frame, point, gatewayId, wallMs, null, main);
  }

  /**
   * A frame of the main stream, where another sender contradicts it: evaluated also apart from its siblings, beside which
   * a hot one looks like a broken sensor.
   */
  takeContradicted(frame: Frame, gatewayId: string, wallMs: number, main: MainStream): void {
    const isContradicted = this.of(frame.moduleId).some(
      (stream) => stream.contradictions > 0 && stream.gatewayId !== gatewayId,
    );
    if (isContradicted) this.evaluate(frame, main, { gatewayId, kind: 'gateway', track: 0 }, wallMs, main);
  }

  /** Every frame of a sender in its order of arrival; `before`: the point of the one before it, null where unknown. */
  watchTracks(
    frame: Frame,
    point: Point,
    gatewayId: string,
    wallMs: number,
    before: Point | null,
    main: MainStream,
  ): void {
    const key = keyOf(frame.moduleId, gatewayId);
    const reference = before ?? (main.gatewayId === gatewayId ? main : null);
    const far = tracksOf(this.tracks, FAR_TRACKS, key, reference, point, wallMs);
    if (far) this.evaluateTracked(far, frame, point, gatewayId, wallMs, main);
    const near = far?.isAlternating ? null : this.nearTracksOf(frame, key, reference, wallMs);
    if (near) this.evaluateTracked(near.tracks, frame, near.point, gatewayId, wallMs, main);
  }

  /** One sensor is compared with itself alone: a module may send its sensors in turns. */
  private nearTracksOf(
    frame: Frame,
    key: string,
    reference: Point | null,
    wallMs: number,
  ): { readonly tracks: Tracks; readonly point: Point } | null {
    const { sensor, degC } = hottestSensorOf(frame);
    const point = { hottestDegC: degC, voltageV: Number.NaN };
    const tracks = tracksOf(this.nearTracks, NEAR_TRACKS, `${key}\u0000${sensor}`, reference, point, wallMs);
    return tracks && { tracks, point };
  }

  private evaluateTracked(
    tracks: Tracks,
    frame: Frame,
    point: Point,
    gatewayId: string,
    wallMs: number,
    main: MainStream,
  ): void {
    const due = tracks.add(frame, point, wallMs);
    const current = { gatewayId, kind: 'alternating', track: tracks.current } as const;
    const isKnown = due.length === 0 && this.of(frame.moduleId).some((stream) => isSame(stream, current));
    for (const { frame: one, track } of isKnown ? [{ frame, track: tracks.current }] : due)
      this.evaluate(one, pointOf(one), { ...current, track }, wallMs, main);
  }

  /** A frame that is old by its stamp comes as it is measured: the clock of its sender is wrong. */
  isLive({ moduleId, timeMs }: Frame, gatewayId: string, wallMs: number): boolean {
    return this.liveSeries.take(keyOf(moduleId, gatewayId), timeMs, wallMs);
  }

  /** The values of a sender alternate. */
  isAlternating(moduleId: string, gatewayId: string): boolean {
    const key = keyOf(moduleId, gatewayId);
    if ((this.tracks.get(key)?.returns ?? 0) >= MIN_ALTERNATIONS) return true;
    return HOTTEST_SENSORS.some(({ sensor }) => this.nearTracks.get(`${key}\u0000${sensor}`)?.isAlternating);
  }

  /** Ends what has had no frame for long. @param isSettled the main stream speaks for the sender, and is calm */
  expire(wallMs: number, isSettled: (stream: SideStream) => boolean): void {
    for (const map of [this.tracks, this.nearTracks])
      for (const [key, tracks] of map) {
        tracks.expire(wallMs);
        if (tracks.isOver) map.delete(key);
      }
    this.liveSeries.expire(wallMs);
    for (const moduleId of [...this.byModule.keys()]) this.expireOf(moduleId, wallMs, isSettled);
    for (const [gatewayId, { lastMs }] of this.unevaluated)
      if (wallMs - lastMs > ENDS_AFTER_MS) this.unevaluated.delete(gatewayId);
  }

  /** A person has decided, or the module is gone. @param keep of these nothing ends */
  end(moduleId: string, keep: (stream: SideStream) => boolean = () => false): void {
    for (const stream of [...this.of(moduleId)]) if (!keep(stream)) this.remove(stream);
    const isOfModule = (key: string): boolean => key.startsWith(`${moduleId}\u0000`);
    for (const map of [this.tracks, this.nearTracks])
      for (const key of [...map.keys()]) if (isOfModule(key)) map.delete(key);
    this.liveSeries.end(isOfModule);
  }

  /** The wall clock was set. */
  clockSet(byMs: number): void {
    for (const stream of this.byId.values()) {
      stream.lastArrivalMs += byMs;
      (stream as { firstArrivalMs: number }).firstArrivalMs += byMs;
    }
    for (const one of this.unevaluated.values()) one.lastMs += byMs;
    this.liveSeries.clockSet(byMs);
  }

  state(): SideStreamsState {
    const detector = this.byId.size === 0 ? null : (this.detector.snapshot?.().parts() ?? null);
    return {
      streams: Array.from(this.byId.values(), (stream) => ({ ...stream })),
      lastNumber: this.lastNumber,
      tracks: Array.from(this.tracks, ([key, tracks]) => [key, tracks.state()] as const),
      nearTracks: Array.from(this.nearTracks, ([key, tracks]) => [key, tracks.state()] as const),
      liveSeries: this.liveSeries.state(),
      unevaluated: Array.from(this.unevaluated, ([id, one]) => [
        id,
        { ...one, modules: new Set(one.modules) },
      ]),
      judge: detector,
    };
  }

  /** @throws InputError as `Detector.restore` */
  restoreState(state: SideStreamsState): void {
    const { streams, lastNumber, tracks, nearTracks, liveSeries, unevaluated, judge: detector } = state;
    if (detector) this.detector.restore?.(detector);
    this.lastNumber = lastNumber;
    for (const stream of streams) this.add({ ...stream });
    for (const [key, one] of tracks) this.tracks.set(key, Tracks.restore(FAR_TRACKS, one));
    for (const [key, one] of nearTracks) this.nearTracks.set(key, Tracks.restore(NEAR_TRACKS, one));
    this.liveSeries.restoreState(liveSeries);
    for (const [gatewayId, one] of unevaluated) this.unevaluated.set(gatewayId, one);
  }

  private evaluate(
    frame: Frame,
    point: Point,
    sender: Pick<SideStream, 'gatewayId' | 'kind' | 'track'>,
    wallMs: number,
    main: MainStream,
  ): void {
    const streams = this.of(frame.moduleId).filter((stream) => isSame(stream, sender));
    // The latest first: whoever is newer than a stream goes on with it.
    streams.sort((a, b) => b.lastMs - a.lastMs);
    if (streams.some((stream) => stream.lastMs === frame.timeMs && isEqual(stream, point))) return;
    const stream =
      streams.find(({ lastMs }) => frame.timeMs > lastMs) ?? this.open(frame, point, sender, wallMs);
    if (!stream) return;
    stream.lastMs = frame.timeMs;
    stream.lastArrivalMs = wallMs;
    stream.frames++;
    stream.hottestDegC = point.hottestDegC;
    stream.voltageV = point.voltageV;
    if (Math.abs(frame.timeMs - main.timeMs) <= COMPARED_WITHIN_MS && !isNear(point, main)) {
      stream.contradictions++;
      stream.contradiction = { mainDegC: main.hottestDegC, sideDegC: point.hottestDegC };
    }
    const copy = copyOfFrame(frame);
    copy.moduleId = stream.id as Frame['moduleId'];
    // Nobody is compared with it, nor it with others.
    copy.rackId = null;
    this.options.attempt(() => this.detector.observe(copy));
  }

  private open(
    { moduleId, timeMs }: Frame,
    point: Point,
    sender: Pick<SideStream, 'gatewayId' | 'kind' | 'track'>,
    wallMs: number,
  ): SideStream | null {
    if (!this.makeRoom(moduleId, sender.gatewayId, point, wallMs)) {
      this.noteUnevaluated(moduleId, sender.gatewayId, wallMs);
      return null;
    }
    const stream: SideStream = {
      ...sender,
      id: `${moduleId}\u0000${++this.lastNumber}`,
      moduleId,
      firstArrivalMs: wallMs,
      lastArrivalMs: wallMs,
      lastMs: timeMs,
      frames: 0,
      hottestDegC: Number.NaN,
      voltageV: Number.NaN,
      level: 'unknown',
      contradictions: 0,
      contradiction: null,
    };
    this.add(stream);
    return stream;
  }

  private makeRoom(moduleId: string, gatewayId: string, point: Point, wallMs: number): boolean {
    const own = this.of(moduleId);
    if (own.length >= MAX_OF_MODULE) return this.replace(own, point, wallMs);
    const { max } = this.options;
    let ofGateway = 0;
    // Counted only where places are short.
    if (this.size >= max / 2)
      for (const stream of this.byId.values()) if (stream.gatewayId === gatewayId) ofGateway++;
    if (mayTake(ofGateway, this.size, max)) return true;
    const others = [...this.byId.values()].filter((stream) => stream.gatewayId === gatewayId);
    return others.length > 0 && this.replace(others, point, wallMs);
  }

  /** What has ended gives way, and what is calm to what is hot. */
  private replace(streams: readonly SideStream[], { hottestDegC }: Point, wallMs: number): boolean {
    let calmest: SideStream | null = null;
    for (const stream of streams) {
      if (isInAlarm(stream)) continue;
      if (wallMs - stream.lastArrivalMs > ENDS_AFTER_MS) {
        this.remove(stream);
        return true;
      }
      if (!calmest || !(stream.hottestDegC >= calmest.hottestDegC)) calmest = stream;
    }
    if (!calmest || !(hottestDegC >= HOT_DEG_C) || calmest.hottestDegC >= hottestDegC) return false;
    this.remove(calmest);
    return true;
  }

  private noteUnevaluated(moduleId: string, gatewayId: string, wallMs: number): void {
    let one = this.unevaluated.get(gatewayId);
    if (!one) this.unevaluated.set(gatewayId, (one = { frames: 0, lastMs: wallMs, modules: new Set() }));
    one.frames++;
    one.lastMs = wallMs;
    if (one.modules.size < MAX_UNEVALUATED_NAMED) one.modules.add(moduleId);
  }

  private expireOf(moduleId: string, wallMs: number, isSettled: (stream: SideStream) => boolean): void {
    for (const stream of [...this.of(moduleId)]) {
      if (wallMs - stream.lastArrivalMs <= ENDS_AFTER_MS) continue;
      if (!isInAlarm(stream) || isSettled(stream)) this.remove(stream);
    }
  }

  private add(stream: SideStream): void {
    this.byId.set(stream.id, stream);
    const own = this.byModule.get(stream.moduleId);
    if (own) own.push(stream);
    else this.byModule.set(stream.moduleId, [stream]);
  }

  private remove(stream: SideStream): void {
    const { id, moduleId } = stream;
    this.byId.delete(id);
    const left = this.of(moduleId).filter((one) => one !== stream);
    if (left.length > 0) this.byModule.set(moduleId, left);
    else this.byModule.delete(moduleId);
    this.detector.forget?.(id);
    if (isInAlarm(stream)) this.options.onChange(moduleId, stream.lastMs);
  }

  private takeChange({ moduleId: id, to, timeMs }: LevelChange): void {
    const stream = this.byId.get(id);
    if (!stream) return;
    stream.level = to;
    this.options.onChange(stream.moduleId, timeMs);
  }
}

/** So often a track must have gone on for its values to be called alternating. */
const MIN_ALTERNATIONS = 4;

function tracksOf(
  map: Map<string, Tracks>,
  rule: TrackRule,
  key: string,
  reference: Point | null,
  point: Point,
  wallMs: number,
): Tracks | null {
  const known = map.get(key);
  if (known) return known;
  if (!reference || isNear(reference, point, rule) || map.size >= MAX_TRACKED) return null;
  const { hottestDegC, voltageV } = reference;
  const tracks = Tracks.begin(rule, { hottestDegC, voltageV }, wallMs);
  map.set(key, tracks);
  return tracks;
}

const isSame = (stream: SideStream, sender: Pick<SideStream, 'gatewayId' | 'kind' | 'track'>): boolean =>
  stream.gatewayId === sender.gatewayId && stream.kind === sender.kind && stream.track === sender.track;

/** Bit for bit: what comes a second time. */
const isEqual = (a: Point, b: Point): boolean =>
  Object.is(a.hottestDegC, b.hottestDegC) && Object.is(a.voltageV, b.voltageV);

const senderOf = ({ gatewayId, kind }: SideStream): string =>
  kind === 'gateway'
    ? `gateway ${gatewayId}`
    : kind === 'late'
      ? `gateway ${gatewayId}, frames behind others`
      : `gateway ${gatewayId}, one of two alternating senders`;
