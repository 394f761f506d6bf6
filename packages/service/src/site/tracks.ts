/**
 * Tells the values of several senders under one name apart: a battery cools and heats, but does not alternate between
 * 25 and 140 °C. Each consistent run of values is a track; a track that others interrupt and that goes on is that of a
 * sender of its own.
 */
import { copyOfFrame, type Frame } from '@emberwatch/engine/telemetry';

/** Frames of one track differ by no more from one to the next: beside 120 °C every calm sender is another track. */
const SAME_TRACK_K = 30;
const SAME_TRACK_SHARE = 0.3;
/** A track without a frame for so long is over. */
const TRACK_ENDS_MS = 300_000;
const MAX_TRACKS = 4;
/** There and back and there again: a single excursion is no second sender. */
const MIN_RETURNS = 2;

/** What tells tracks apart, NaN where a frame has none. */
export interface Point {
  hottestDegC: number;
  voltageV: number;
}

interface Track extends Point {
  readonly number: number;
  arrivalMs: number;
  /** Its last frame, until the track has a stream. */
  frame: Frame | null;
}

/** A frame with the track that it belongs to. */
export interface Tracked {
  readonly track: number;
  readonly frame: Frame;
}

export interface TracksState {
  readonly tracks: readonly Track[];
  readonly returns: number;
  readonly count: number;
}

export class Tracks {
  /** How often a track went on after another one had interrupted it. */
  returns = 0;
  /** The latest first. */
  private tracks: Track[] = [];
  private count = 0;

  /** @param before the frame before the first jump, as far as it is known */
  static begin(before: Point, arrivalMs: number): Tracks {
    const tracks = new Tracks();
    tracks.tracks.push({ ...before, number: ++tracks.count, arrivalMs, frame: null });
    return tracks;
  }

  static restore({ tracks, returns, count }: TracksState): Tracks {
    const restored = new Tracks();
    restored.tracks = tracks.map((track) => ({ ...track }));
    restored.returns = returns;
    restored.count = count;
    return restored;
  }

  state(): TracksState {
    const { tracks, returns, count } = this;
    return { tracks: tracks.map((track) => ({ ...track })), returns, count };
  }

  get isOver(): boolean {
    return this.tracks.length === 0;
  }

  /** Number of the track of the last frame. */
  get current(): number {
    return this.tracks[0]!.number;
  }

  expire(wallMs: number): void {
    if (this.tracks.every(({ arrivalMs }) => wallMs - arrivalMs <= TRACK_ENDS_MS)) return;
    this.tracks = this.tracks.filter(({ arrivalMs }) => wallMs - arrivalMs <= TRACK_ENDS_MS);
    if (this.tracks.length < 2) this.returns = 0;
  }

  /** @returns frames to be evaluated in a stream of their track; empty while there is one track only */
  add(frame: Frame, point: Point, wallMs: number): Tracked[] {
    this.expire(wallMs);
    const at = this.tracks.findIndex((track) => isNear(track, point));
    const track = at < 0 ? this.open(point, wallMs) : this.tracks[at]!;
    if (at > 0) {
      this.returns++;
      this.tracks.splice(at, 1);
      this.tracks.unshift(track);
    }
    if (!Number.isNaN(point.hottestDegC)) track.hottestDegC = point.hottestDegC;
    if (!Number.isNaN(point.voltageV)) track.voltageV = point.voltageV;
    track.arrivalMs = wallMs;
    if (this.returns < MIN_RETURNS) {
      track.frame = copyOfFrame(frame);
      return [];
    }
    const due = this.tracks.flatMap(({ number, frame: kept }) =>
      kept === null ? [] : [{ track: number, frame: kept }],
    );
    for (const one of this.tracks) one.frame = null;
    return [...due, { track: track.number, frame }];
  }

  /** The coolest of too many gives way. */
  private open(point: Point, arrivalMs: number): Track {
    const track: Track = { ...point, number: ++this.count, arrivalMs, frame: null };
    this.tracks.unshift(track);
    if (this.tracks.length > MAX_TRACKS) {
      const others = this.tracks.slice(1);
      const coolest = others.reduce((a, b) => (b.hottestDegC < a.hottestDegC ? b : a));
      this.tracks = this.tracks.filter((one) => one !== coolest);
    }
    return track;
  }
}

/** What a frame does not have tells nothing apart. */
export const isNear = (a: Point, b: Point): boolean =>
  !(Math.abs(a.hottestDegC - b.hottestDegC) > SAME_TRACK_K) &&
  !(
    Math.abs(a.voltageV - b.voltageV) >
    SAME_TRACK_SHARE * Math.max(Math.abs(a.voltageV), Math.abs(b.voltageV))
  );
