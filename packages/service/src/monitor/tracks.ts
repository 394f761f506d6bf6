/**
 * Tells the values of several senders under one name apart: a battery cools and heats, but does not alternate between
 * 25 and 140 °C. Each consistent run of values is a track; a track that others interrupt and that goes on is that of a
 * sender of its own.
 */
import { copyOfFrame, type Frame } from '@emberwatch/engine/telemetry';

/** What tells tracks apart, and how often one must have gone on after another had interrupted it. */
export interface TrackRule {
  /** Frames of one track differ by no more from one to the next. */
  readonly sameK: number;
  readonly sameShare: number;
  /** There and back and there again: a single excursion is no second sender. */
  readonly minReturns: number;
  /** A value between two tracks is noise of one sensor. */
  readonly isBimodal: boolean;
  readonly firstNumber: number;
}

/** Beside 120 °C every calm sender is another track. */
export const FAR_TRACKS: TrackRule = {
  sameK: 30,
  sameShare: 0.3,
  minReturns: 2,
  isBimodal: false,
  firstNumber: 1,
};
/** Below that no module swings so far from frame to frame, again and again, with nothing in between. */
export const NEAR_TRACKS: TrackRule = {
  sameK: 10,
  sameShare: Number.POSITIVE_INFINITY,
  minReturns: 10,
  isBimodal: true,
  firstNumber: 101,
};
/** A value is between two tracks where it is further from its own than this share of its distance from the other. */
const BETWEEN_SHARE = 1 / 5;
/** A track without a frame for so long is over. */
const TRACK_ENDS_MS = 300_000;
const MAX_TRACKS = 4;

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
  private readonly rule: TrackRule;

  private constructor(rule: TrackRule) {
    this.rule = rule;
  }

  /** @param before the frame before the first jump, as far as it is known */
  static begin(rule: TrackRule, before: Point, arrivalMs: number): Tracks {
    const tracks = new Tracks(rule);
    tracks.tracks.push({ ...before, number: tracks.nextNumber(), arrivalMs, frame: null });
    return tracks;
  }

  static restore(rule: TrackRule, { tracks, returns, count }: TracksState): Tracks {
    const restored = new Tracks(rule);
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

  /** Tracks went on so often that they are those of several senders. */
  get isAlternating(): boolean {
    return this.returns >= this.rule.minReturns;
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
    const at = this.indexOf(point);
    const track = at < 0 ? this.open(point, wallMs) : this.tracks[at]!;
    if (this.isBetween(point, at)) {
      this.returns = 0;
      this.tracks = [track];
    } else if (at > 0) {
      this.returns++;
      this.tracks.splice(at, 1);
      this.tracks.unshift(track);
    }
    if (!Number.isNaN(point.hottestDegC)) track.hottestDegC = point.hottestDegC;
    if (!Number.isNaN(point.voltageV)) track.voltageV = point.voltageV;
    track.arrivalMs = wallMs;
    if (!this.isAlternating) {
      track.frame = copyOfFrame(frame);
      return [];
    }
    const due = this.tracks.flatMap(({ number, frame: kept }) =>
      kept === null ? [] : [{ track: number, frame: kept }],
    );
    for (const one of this.tracks) one.frame = null;
    return [...due, { track: track.number, frame }];
  }

  private nextNumber(): number {
    return this.rule.firstNumber + this.count++;
  }

  private indexOf(point: Point): number {
    const { rule, tracks } = this;
    if (!rule.isBimodal) return tracks.findIndex((track) => isNear(track, point, rule));
    let nearest = -1;
    for (const [at, track] of tracks.entries())
      if (
        isNear(track, point, rule) &&
        !(nearest >= 0 && distanceK(tracks[nearest]!, point) <= distanceK(track, point))
      )
        nearest = at;
    return nearest;
  }

  /** Nearer to another track than two senders are, or not clearly of its own. */
  private isBetween(point: Point, at: number): boolean {
    const own = this.tracks[at];
    if (!this.rule.isBimodal || !own) return false;
    const ownK = distanceK(own, point);
    return this.tracks.some((other) => {
      const otherK = distanceK(other, point);
      return other !== own && (otherK <= this.rule.sameK || ownK > BETWEEN_SHARE * otherK);
    });
  }

  /** The coolest of too many gives way. */
  private open(point: Point, arrivalMs: number): Track {
    const track: Track = { ...point, number: this.nextNumber(), arrivalMs, frame: null };
    this.tracks.unshift(track);
    if (this.tracks.length > MAX_TRACKS) {
      const others = this.tracks.slice(1);
      const coolest = others.reduce((a, b) => (b.hottestDegC < a.hottestDegC ? b : a));
      this.tracks = this.tracks.filter((one) => one !== coolest);
    }
    return track;
  }
}

const distanceK = (a: Point, b: Point): number => Math.abs(a.hottestDegC - b.hottestDegC);

/** What a frame does not have tells nothing apart. */
export const isNear = (a: Point, b: Point, { sameK, sameShare }: TrackRule = FAR_TRACKS): boolean =>
  !(distanceK(a, b) > sameK) &&
  !(Math.abs(a.voltageV - b.voltageV) > sameShare * Math.max(Math.abs(a.voltageV), Math.abs(b.voltageV)));
