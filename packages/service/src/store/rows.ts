/** Frames of one module in columns: what is in memory between the journal and a chunk, and what a chunk decodes to. */
import { CHANNEL_COUNT, type Frame, newFrame } from '@emberwatch/engine/telemetry';

const FIRST_ROWS = 16;
/** Time, channels, impossible bits, rack, late. */
const ROW_BYTES = 8 * (1 + CHANNEL_COUNT) + 4 + 2 + 1;

export class FrameRows {
  count = 0;
  timesMs: Float64Array;
  /** Row after row, `CHANNEL_COUNT` each. */
  values: Float64Array;
  late: Uint8Array;
  impossible: Uint32Array;
  /** Position in `racks`. */
  rack: Uint16Array;
  readonly racks: (string | null)[] = [];
  /** Empty as long as no frame has cells. */
  cellVoltagesV: (Float64Array | null)[] = [];
  cellTemperaturesDegC: (Float64Array | null)[] = [];
  private cellBytes = 0;
  private order: Uint32Array | null = null;

  constructor(rows = FIRST_ROWS) {
    const room = Math.max(1, rows);
    this.timesMs = new Float64Array(room);
    this.values = new Float64Array(room * CHANNEL_COUNT);
    this.late = new Uint8Array(room);
    this.impossible = new Uint32Array(room);
    this.rack = new Uint16Array(room);
  }

  /** What it takes in memory. */
  get bytes(): number {
    return this.timesMs.length * ROW_BYTES + this.cellBytes;
  }

  push(frame: Frame, isLate: boolean): void {
    const row = this.count;
    if (row === this.timesMs.length) this.grow(2 * row);
    this.timesMs[row] = frame.timeMs;
    const { values } = frame;
    for (let i = 0, at = row * CHANNEL_COUNT; i < CHANNEL_COUNT; i++) this.values[at + i] = values[i]!;
    this.late[row] = isLate ? 1 : 0;
    this.impossible[row] = frame.impossible;
    this.rack[row] = this.rackNumber(frame.rackId);
    this.cellVoltagesV = this.keepCells(this.cellVoltagesV, row, frame.cellVoltagesV);
    this.cellTemperaturesDegC = this.keepCells(this.cellTemperaturesDegC, row, frame.cellTemperaturesDegC);
    this.count = row + 1;
    this.order = null;
  }

  pushRow(rows: FrameRows, row: number): void {
    const frame = newFrame('');
    rows.read(row, frame);
    this.push(frame, rows.late[row] === 1);
  }

  /** Fills a frame whose module is set; arrays of cells are not copied. */
  read(row: number, frame: Frame): void {
    frame.timeMs = this.timesMs[row]!;
    frame.rackId = this.racks[this.rack[row]!] ?? null;
    frame.impossible = this.impossible[row]!;
    frame.values.set(this.values.subarray(row * CHANNEL_COUNT, (row + 1) * CHANNEL_COUNT));
    frame.cellVoltagesV = this.cellVoltagesV[row] ?? null;
    frame.cellTemperaturesDegC = this.cellTemperaturesDegC[row] ?? null;
  }

  /** Adds to the last row what another of the same time has and it lacks. */
  mergeIntoLast(rows: FrameRows, row: number): void {
    const last = this.count - 1;
    const from = row * CHANNEL_COUNT;
    const to = last * CHANNEL_COUNT;
    for (let i = 0; i < CHANNEL_COUNT; i++)
      if (Number.isNaN(this.values[to + i]!)) this.values[to + i] = rows.values[from + i]!;
    this.late[last]! |= rows.late[row]!;
    this.impossible[last]! |= rows.impossible[row]!;
    if (this.racks[this.rack[last]!] === null)
      this.rack[last] = this.rackNumber(rows.racks[rows.rack[row]!] ?? null);
    this.cellVoltagesV = this.mergeCells(this.cellVoltagesV, last, rows.cellVoltagesV[row]);
    this.cellTemperaturesDegC = this.mergeCells(
      this.cellTemperaturesDegC,
      last,
      rows.cellTemperaturesDegC[row],
    );
  }

  /** Rows by time; of one time in the order of arrival. */
  sorted(): Uint32Array {
    if (this.order) return this.order;
    const order = Uint32Array.from({ length: this.count }, (_, row) => row);
    let isSorted = true;
    for (let row = 1; row < this.count && isSorted; row++)
      isSorted = this.timesMs[row]! >= this.timesMs[row - 1]!;
    if (!isSorted) order.sort((a, b) => this.timesMs[a]! - this.timesMs[b]! || a - b);
    this.order = order;
    return order;
  }

  private rackNumber(rackId: string | null): number {
    const last = this.count > 0 ? this.rack[this.count - 1]! : 0;
    if (this.racks[last] === rackId) return last;
    const known = this.racks.indexOf(rackId);
    return known >= 0 ? known : this.racks.push(rackId) - 1;
  }

  private keepCells(
    kept: (Float64Array | null)[],
    row: number,
    cells: Float64Array | null,
  ): (Float64Array | null)[] {
    if (cells === null && kept.length === 0) return kept;
    const all = kept.length === 0 ? Array.from<Float64Array | null>({ length: row }).fill(null) : kept;
    all[row] = cells?.slice() ?? null;
    this.cellBytes += 8 + (cells ? cells.byteLength + 64 : 0);
    return all;
  }

  private mergeCells(
    kept: (Float64Array | null)[],
    row: number,
    cells: Float64Array | null | undefined,
  ): (Float64Array | null)[] {
    if (!cells) return kept;
    const present = kept[row];
    if (!present) return this.keepCells(kept, row, cells);
    if (present.length === cells.length)
      for (let i = 0; i < cells.length; i++) if (Number.isNaN(present[i]!)) present[i] = cells[i]!;
    return kept;
  }

  private grow(rows: number): void {
    const longer = <T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.timesMs = longer(new Float64Array(rows), this.timesMs);
    this.values = longer(new Float64Array(rows * CHANNEL_COUNT), this.values);
    this.late = longer(new Uint8Array(rows), this.late);
    this.impossible = longer(new Uint32Array(rows), this.impossible);
    this.rack = longer(new Uint16Array(rows), this.rack);
  }
}

/** First position in `order` whose time is not before `timeMs`. */
function firstFrom({ timesMs }: FrameRows, order: Uint32Array, timeMs: number): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timesMs[order[middle]!]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Visits the rows in [fromMs, toMs) by time, each time once. Several of one time are parts of one: of a value that stands in
 * more than one of them the first that was stored counts, so `parts` stand in the order of storage.
 */
export function visitRows(
  parts: readonly FrameRows[],
  fromMs: number,
  toMs: number,
  visit: (rows: FrameRows, row: number) => void,
): void {
  const heads = parts.map((rows) => {
    const order = rows.sorted();
    return { rows, order, at: firstFrom(rows, order, fromMs) };
  });
  const nextHead = (): (typeof heads)[number] | null => {
    let first: (typeof heads)[number] | null = null;
    let firstMs = toMs;
    for (const head of heads) {
      const timeMs = head.at < head.order.length ? head.rows.timesMs[head.order[head.at]!]! : toMs;
      if (timeMs >= firstMs) continue;
      first = head;
      firstMs = timeMs;
    }
    return first;
  };
  let merged: FrameRows | null = null;
  for (let head = nextHead(); head; ) {
    const { rows } = head;
    const row = head.order[head.at++]!;
    const timeMs = rows.timesMs[row]!;
    head = nextHead();
    let isMerged = false;
    for (; head && head.rows.timesMs[head.order[head.at]!] === timeMs; head = nextHead()) {
      merged ??= new FrameRows();
      if (!isMerged) merged.pushRow(rows, row);
      isMerged = true;
      merged.mergeIntoLast(head.rows, head.order[head.at++]!);
    }
    if (isMerged) visit(merged!, merged!.count - 1);
    else visit(rows, row);
  }
}

/** The same rows with each time once; in rising time where there were several of one. */
export function oncePerTime(rows: FrameRows): FrameRows {
  const order = rows.sorted();
  if (order.every((row, at) => at === 0 || rows.timesMs[row] !== rows.timesMs[order[at - 1]!])) return rows;
  const once = new FrameRows(rows.count);
  visitRows([rows], Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, (from, row) =>
    once.pushRow(from, row),
  );
  return once;
}
