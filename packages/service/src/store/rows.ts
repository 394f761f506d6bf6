/** Frames of one module in columns: what is in memory between the journal and a chunk, and what a chunk decodes to. */
import { CHANNEL_COUNT, type Frame } from '@emberwatch/engine/telemetry';

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

  /** Fills a frame whose module is set; arrays of cells are not copied. */
  read(row: number, frame: Frame): void {
    frame.timeMs = this.timesMs[row]!;
    frame.rackId = this.racks[this.rack[row]!] ?? null;
    frame.impossible = this.impossible[row]!;
    frame.values.set(this.values.subarray(row * CHANNEL_COUNT, (row + 1) * CHANNEL_COUNT));
    frame.cellVoltagesV = this.cellVoltagesV[row] ?? null;
    frame.cellTemperaturesDegC = this.cellTemperaturesDegC[row] ?? null;
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
 * Visits the rows in [fromMs, toMs) by time, each time once: of several the one that was stored first, so `parts` stand in
 * the order of storage.
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
  for (let lastMs = Number.NEGATIVE_INFINITY; ; ) {
    let first: (typeof heads)[number] | null = null;
    let firstMs = toMs;
    for (const head of heads) {
      const timeMs = head.at < head.order.length ? head.rows.timesMs[head.order[head.at]!]! : toMs;
      if (timeMs >= firstMs) continue;
      first = head;
      firstMs = timeMs;
    }
    if (!first) return;
    const row = first.order[first.at++]!;
    if (firstMs === lastMs) continue;
    lastMs = firstMs;
    visit(first.rows, row);
  }
}
