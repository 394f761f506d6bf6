/** Frames packed one behind the other into one buffer, as they stand in memory and in the temporary file. */
import {
  CHANNEL_COUNT,
  type Frame,
  type FrameSink,
  type ModuleId,
  newFrame,
} from '@emberwatch/engine/telemetry';

/**
 * A record in slots of 8 bytes: time · module, rack · impossible, channels present · 1 + number of voltages,
 * 1 + number of temperatures (0: none) · the channels present · voltages · temperatures.
 */
const HEADER_SLOTS = 4;
const NO_RACK = 0xffffffff;

/** Names once, numbers in the records. */
class Names {
  readonly modules: string[] = [];
  readonly racks: string[] = [];
  private readonly moduleIndex = new Map<string, number>();
  private readonly rackIndex = new Map<string, number>();

  get moduleCount(): number {
    return this.modules.length;
  }

  ofModule(id: string): number {
    return indexOfName(id, this.modules, this.moduleIndex);
  }

  ofRack(id: string | null): number {
    return id === null ? NO_RACK : indexOfName(id, this.racks, this.rackIndex);
  }
}

export type { Names };

function indexOfName(name: string, list: string[], index: Map<string, number>): number {
  let at = index.get(name);
  if (at === undefined) {
    at = list.length;
    list.push(name);
    index.set(name, at);
  }
  return at;
}

const recordSlots = (frame: Frame): number => {
  let slots = HEADER_SLOTS;
  for (let i = 0; i < CHANNEL_COUNT; i++) if (!Number.isNaN(frame.values[i]!)) slots++;
  return slots + (frame.cellVoltagesV?.length ?? 0) + (frame.cellTemperaturesDegC?.length ?? 0);
};

/** Slots of the record that begins at `at`; its header must be there. */
export function slotsOfRecord(words: Uint32Array, at: number): number {
  let slots = HEADER_SLOTS;
  for (let mask = words[at * 2 + 5]!; mask !== 0; mask &= mask - 1) slots++;
  const [voltages, temperatures] = [words[at * 2 + 6]!, words[at * 2 + 7]!];
  return slots + (voltages > 0 ? voltages - 1 : 0) + (temperatures > 0 ? temperatures - 1 : 0);
}

export { HEADER_SLOTS };

/** Reads records into one reused frame. */
export class RecordReader {
  private readonly frame: Frame = newFrame('');
  private voltages = new Float64Array(0);
  private temperatures = new Float64Array(0);
  private readonly names: Names;

  constructor(names: Names) {
    this.names = names;
  }

  read(slots: Float64Array, words: Uint32Array, at: number): Frame {
    const { frame, names } = this;
    frame.timeMs = slots[at]!;
    frame.moduleId = names.modules[words[at * 2 + 2]!] as ModuleId;
    const rack = words[at * 2 + 3]!;
    frame.rackId = rack === NO_RACK ? null : names.racks[rack]!;
    frame.impossible = words[at * 2 + 4]!;
    const mask = words[at * 2 + 5]!;
    let next = at + HEADER_SLOTS;
    for (let i = 0; i < CHANNEL_COUNT; i++) frame.values[i] = (mask >>> i) & 1 ? slots[next++]! : Number.NaN;
    const voltageCount = words[at * 2 + 6]! - 1;
    const temperatureCount = words[at * 2 + 7]! - 1;
    if (voltageCount >= 0) {
      if (this.voltages.length !== voltageCount) this.voltages = new Float64Array(voltageCount);
      for (let i = 0; i < voltageCount; i++) this.voltages[i] = slots[next++]!;
    }
    if (temperatureCount >= 0) {
      if (this.temperatures.length !== temperatureCount)
        this.temperatures = new Float64Array(temperatureCount);
      for (let i = 0; i < temperatureCount; i++) this.temperatures[i] = slots[next++]!;
    }
    frame.cellVoltagesV = voltageCount >= 0 ? this.voltages : null;
    frame.cellTemperaturesDegC = temperatureCount >= 0 ? this.temperatures : null;
    return frame;
  }
}

export class FrameBlock {
  readonly names = new Names();
  /** Times do not fall from one record to the next. */
  isSorted = true;
  lastTimeMs = Number.NEGATIVE_INFINITY;
  private slots: Float64Array;
  private words: Uint32Array;
  private used = 0;
  private starts: number[] = [];
  private readonly reader = new RecordReader(this.names);

  constructor(bytes: number) {
    this.slots = new Float64Array(Math.max(1, Math.floor(bytes / 8)));
    this.words = new Uint32Array(this.slots.buffer);
  }

  hasRoomFor(frame: Frame): boolean {
    // A single record finds room always: the block grows for it.
    return this.starts.length === 0 || this.used + recordSlots(frame) <= this.slots.length;
  }

  add(frame: Frame): void {
    const size = recordSlots(frame);
    if (this.used + size > this.slots.length) this.grow(this.used + size);
    const { slots, words, used: at } = this;
    this.starts.push(at);
    slots[at] = frame.timeMs;
    words[at * 2 + 2] = this.names.ofModule(frame.moduleId);
    words[at * 2 + 3] = this.names.ofRack(frame.rackId);
    words[at * 2 + 4] = frame.impossible;
    let next = at + HEADER_SLOTS;
    let mask = 0;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      const value = frame.values[i]!;
      if (Number.isNaN(value)) continue;
      mask |= 1 << i;
      slots[next++] = value;
    }
    words[at * 2 + 5] = mask;
    const { cellVoltagesV: voltages, cellTemperaturesDegC: temperatures } = frame;
    words[at * 2 + 6] = voltages ? voltages.length + 1 : 0;
    words[at * 2 + 7] = temperatures ? temperatures.length + 1 : 0;
    if (voltages) slots.set(voltages, next);
    if (temperatures) slots.set(temperatures, next + (voltages?.length ?? 0));
    this.used = at + size;
    if (frame.timeMs < this.lastTimeMs) this.isSorted = false;
    this.lastTimeMs = Math.max(this.lastTimeMs, frame.timeMs);
  }

  /** By time; frames of the same time keep the order of the source. */
  sort(): void {
    if (this.isSorted) return;
    const { slots } = this;
    this.starts.sort((a, b) => slots[a]! - slots[b]! || a - b);
  }

  giveTo(sink: FrameSink): void {
    for (const start of this.starts) sink.frame(this.reader.read(this.slots, this.words, start));
  }

  /** The records as bytes in the order of `sort`; valid until the next change. */
  sortedBytes(): Uint8Array {
    if (this.isSorted) return new Uint8Array(this.slots.buffer, 0, this.used * 8);
    const sorted = new Float64Array(this.used);
    let next = 0;
    for (const start of this.starts) {
      const end = start + slotsOfRecord(this.words, start);
      sorted.set(this.slots.subarray(start, end), next);
      next += end - start;
    }
    return new Uint8Array(sorted.buffer);
  }

  clear(): void {
    this.used = 0;
    this.starts = [];
    this.isSorted = true;
    this.lastTimeMs = Number.NEGATIVE_INFINITY;
  }

  private grow(slots: number): void {
    const larger = new Float64Array(slots);
    larger.set(this.slots.subarray(0, this.used));
    this.slots = larger;
    this.words = new Uint32Array(larger.buffer);
  }
}
