/**
 * What is known of the present instant of one module, and of each channel the value that came last with its stamp. A
 * frame of a time that was seen before is told apart by its content: the same again, a further part, or a contradiction.
 */
import { CELL_ARRAYS, CHANNEL_COUNT, channelAt } from './channels.ts';
import { type Frame, newFrame, quoteValue } from './frame.ts';

/**
 * Of a frame that is not newer than the last of its module. `part`: at least one channel has no value of that time or
 * later; `older`: all have, and some a later one.
 */
export type Relation = 'repetition' | 'part' | 'contradiction' | 'older';

const LISTS = ['cellVoltagesV', 'cellTemperaturesDegC'] as const;
const NEVER_MS = Number.NEGATIVE_INFINITY;
/** Of `state`: lists are written behind the channels, each after its length; -1 for none. */
const HEAD = 3;

export class LastValues {
  /** All parts of the present instant; reused for the next. */
  readonly frame: Frame = newFrame('');
  private readonly latest = new Float64Array(CHANNEL_COUNT).fill(Number.NaN);
  private readonly latestLists: (Float64Array | null)[] = [null, null];
  /** By bit of `Frame.impossible`: channels, then lists. */
  private readonly stampsMs = new Float64Array(CHANNEL_COUNT + LISTS.length).fill(NEVER_MS);
  /** Found by `compare`: bits with something new, and the first that contradicts (-1: none) with its cell. */
  private fresh = 0;
  private contradicting = -1;
  private cell = -1;

  /** A new instant begins with this frame. */
  begin(frame: Frame): void {
    const { frame: own, latest, stampsMs } = this;
    const { timeMs, values } = frame;
    own.moduleId = frame.moduleId;
    own.rackId = frame.rackId;
    own.timeMs = timeMs;
    own.impossible = frame.impossible;
    own.values.set(values);
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      const value = values[i]!;
      if (Number.isNaN(value)) continue;
      latest[i] = value;
      stampsMs[i] = timeMs;
    }
    for (let k = 0; k < LISTS.length; k++) {
      const list = frame[LISTS[k]!];
      own[LISTS[k]!] = list && this.keepList(k, list, timeMs);
    }
  }

  compare(frame: Frame): Relation {
    const { latest, stampsMs } = this;
    const { timeMs, values, impossible } = frame;
    this.fresh = 0;
    this.contradicting = -1;
    let isOlder = false;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      const value = values[i]!;
      const stampMs = stampsMs[i]!;
      if (Number.isNaN(value)) {
        // A value that cannot be is news of its sensor, too.
        this.fresh |= impossible & (1 << i) & ~this.frame.impossible && stampMs < timeMs ? 1 << i : 0;
      } else if (stampMs < timeMs) this.fresh |= 1 << i;
      else if (stampMs > timeMs) isOlder = true;
      else if (!isSame(value, latest[i]!) && this.contradicting < 0) this.contradicting = i;
    }
    for (let k = 0; k < LISTS.length; k++) isOlder = this.compareList(k, frame) || isOlder;
    if (this.contradicting >= 0) return 'contradiction';
    if (this.fresh !== 0) return 'part';
    return isOlder ? 'older' : 'repetition';
  }

  /** Adds what `compare` has found to be new. */
  merge(frame: Frame): Frame {
    const { frame: own, latest, stampsMs, fresh } = this;
    const { timeMs, values } = frame;
    own.rackId ??= frame.rackId;
    own.impossible |= frame.impossible & fresh;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      const value = values[i]!;
      if ((fresh & (1 << i)) === 0 || Number.isNaN(value)) continue;
      own.values[i] = value;
      latest[i] = value;
      stampsMs[i] = timeMs;
    }
    for (let k = 0; k < LISTS.length; k++) {
      const list = frame[LISTS[k]!];
      if (!list || (fresh & (1 << (CHANNEL_COUNT + k))) === 0) continue;
      const before = this.latestLists[k]!;
      const isSameInstant = stampsMs[CHANNEL_COUNT + k] === timeMs && before !== null;
      const merged = isSameInstant
        ? list.map((value, i) => (Number.isNaN(value) ? before[i]! : value))
        : list;
      own[LISTS[k]!] = this.keepList(k, merged, timeMs);
    }
    return own;
  }

  /** The contradiction that `compare` found, in words: which channel, and both values. */
  contradiction(frame: Frame): { column: string; value: string } {
    const { contradicting: at, cell } = this;
    if (at < CHANNEL_COUNT)
      return { column: channelAt(at).id, value: `${frame.values[at]!}, before ${this.latest[at]!}` };
    const k = at - CHANNEL_COUNT;
    const list = frame[LISTS[k]!]!;
    const before = this.latestLists[k]!;
    const { id } = CELL_ARRAYS[k]!;
    return list.length === before.length
      ? { column: `${id}[${cell}]`, value: `${list[cell]!}, before ${before[cell]!}` }
      : { column: id, value: quoteValue(`${list.length} values, before ${before.length}`) };
  }

  /** What came later was taken back. */
  backTo(timeMs: number): void {
    const { stampsMs } = this;
    for (let i = 0; i < stampsMs.length; i++) if (stampsMs[i]! > timeMs) stampsMs[i] = NEVER_MS;
    if (this.frame.timeMs > timeMs) this.begin(newFrame(this.frame.moduleId, this.frame.rackId, timeMs));
  }

  /** For `restore`, as one array. */
  state(): Float64Array {
    const { frame, latest, stampsMs, latestLists } = this;
    let present = 0;
    for (let i = 0; i < CHANNEL_COUNT; i++) if (!Number.isNaN(frame.values[i]!)) present |= 1 << i;
    for (let k = 0; k < LISTS.length; k++) if (frame[LISTS[k]!]) present |= 1 << (CHANNEL_COUNT + k);
    const lists = latestLists.flatMap((list) => (list ? [list.length, ...list] : [-1]));
    return Float64Array.of(frame.timeMs, present, frame.impossible, ...latest, ...stampsMs, ...lists);
  }

  restore(state: Float64Array, moduleId: string, rackId: string | null): void {
    const { frame, latest, stampsMs, latestLists } = this;
    const stampsAt = HEAD + CHANNEL_COUNT;
    const present = state[1]!;
    Object.assign(frame, { moduleId, rackId, timeMs: state[0]!, impossible: state[2]! });
    latest.set(state.subarray(HEAD, stampsAt));
    stampsMs.set(state.subarray(stampsAt, stampsAt + stampsMs.length));
    for (let i = 0; i < CHANNEL_COUNT; i++) frame.values[i] = present & (1 << i) ? latest[i]! : Number.NaN;
    let at = stampsAt + stampsMs.length;
    for (let k = 0; k < LISTS.length; k++) {
      const length = state[at++]!;
      const list = length < 0 ? null : state.slice(at, at + length);
      at += Math.max(0, length);
      latestLists[k] = list;
      frame[LISTS[k]!] = present & (1 << (CHANNEL_COUNT + k)) ? list : null;
    }
  }

  private keepList(k: number, list: Float64Array, timeMs: number): Float64Array {
    const kept = this.latestLists[k];
    const own = kept?.length === list.length ? kept : new Float64Array(list.length);
    own.set(list);
    this.latestLists[k] = own;
    if (hasValue(list)) this.stampsMs[CHANNEL_COUNT + k] = timeMs;
    return own;
  }

  /** Lists come cell by cell as well: what was missing may still come. @returns whether a later one is known */
  private compareList(k: number, frame: Frame): boolean {
    const at = CHANNEL_COUNT + k;
    const bit = 1 << at;
    const list = frame[LISTS[k]!];
    const stampMs = this.stampsMs[at]!;
    if (!list || !hasValue(list)) {
      if (frame.impossible & bit & ~this.frame.impossible && stampMs < frame.timeMs) this.fresh |= bit;
      return false;
    }
    if (stampMs !== frame.timeMs) {
      if (stampMs < frame.timeMs) this.fresh |= bit;
      return stampMs > frame.timeMs;
    }
    const before = this.latestLists[k]!;
    let differing = list.length === before.length ? -1 : 0;
    for (let i = 0; i < list.length && differing < 0; i++) {
      const value = list[i]!;
      if (Number.isNaN(value)) continue;
      if (Number.isNaN(before[i]!)) this.fresh |= bit;
      else if (!isSame(value, before[i]!)) differing = i;
    }
    if (differing >= 0 && this.contradicting < 0) {
      this.contradicting = at;
      this.cell = differing;
    }
    return false;
  }
}

/** Senders that keep 32 bits and those that keep 64 mean one value. */
const isSame = (a: number, b: number): boolean => a === b || Math.fround(a) === Math.fround(b);

function hasValue(values: Float64Array): boolean {
  for (const value of values) if (!Number.isNaN(value)) return true;
  return false;
}
