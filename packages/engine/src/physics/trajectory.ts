/**
 * The truth of a run in one ArrayBuffer: `EMBT`, version, length of the header, the header as JSON in ASCII, then
 * 32-bit floats: column by column, within a column module by module, within a module row by row. SI units; a row
 * every `intervalS` from time 0.
 */
import type { EnergyBalance, ModuleEvents } from './events.ts';

/** Columns of every module and row. Shares run from 0 to 1; ppm are volume shares in the air of the rack. */
export const COLUMNS = [
  'cellTemperatureMeanK',
  'cellTemperatureMaxK',
  'cellTemperatureMinK',
  'hottestCell',
  'surfaceTemperatureMeanK',
  'surfaceTemperatureMaxK',
  'surfaceTemperatureMinK',
  'caseTemperatureK',
  'voltageV',
  'currentA',
  'chargeShare',
  'chargeEstimateShare',
  'cellVoltageMinV',
  'cellVoltageMaxV',
  'cellVoltageMeanV',
  'coPpm',
  'h2Ppm',
  'vocPpm',
  'airTemperatureK',
  'insulationKohm',
  'coolantFlowShare',
  'seiSpentShare',
  'anodeSpentShare',
  'cathodeSpentShare',
  'electrolyteSpentShare',
] as const;

export type ColumnName = (typeof COLUMNS)[number];

/** Per-cell columns of the modules that the scenario names. */
export type CellColumnName = 'cellTemperatureK' | 'cellVoltageV';

export interface TrajectoryHeader {
  readonly format: 'emberwatch-trajectory';
  readonly name: string;
  readonly seed: number;
  readonly intervalS: number;
  readonly rows: number;
  readonly columns: readonly string[];
  readonly modules: readonly string[];
  readonly racks: readonly string[];
  /** For each module the index of its rack. */
  readonly rackOf: readonly number[];
  /** Nodes of the thermal network, each with its own temperature: layers of cells, where cells have them. */
  readonly cellsPerModule: number;
  /** Nodes that share one voltage tap (layers of cells in parallel), and layers of one cell; 1 where it is not said. */
  readonly nodesPerTap?: number;
  readonly layersPerCell?: number;
  readonly recordCellsOf: readonly string[];
  readonly events: readonly ModuleEvents[];
  readonly energy: EnergyBalance;
}

const MAGIC = 0x54424d45; // "EMBT", little-endian
const VERSION = 1;
const PREFIX_BYTES = 12;

export class Trajectory {
  readonly header: TrajectoryHeader;
  private readonly values: Float32Array;

  constructor(header: TrajectoryHeader, values: Float32Array) {
    const cells = 2 * header.recordCellsOf.length * header.cellsPerModule;
    const expected = (header.columns.length * header.modules.length + cells) * header.rows;
    if (values.length !== expected)
      throw new RangeError(`values: expected ${expected} numbers, got ${values.length}`);
    this.header = header;
    this.values = values;
  }

  get rows(): number {
    return this.header.rows;
  }

  timeS(row: number): number {
    return row * this.header.intervalS;
  }

  /** Index of the module in `header.modules`; throws `RangeError` where there is none. */
  moduleIndex(moduleId: string): number {
    const index = this.header.modules.indexOf(moduleId);
    if (index < 0) throw new RangeError(`module: no module ${moduleId} in ${this.header.name}`);
    return index;
  }

  /** All rows of one column of one module (a view, not a copy), shape [rows]. */
  column(name: ColumnName, module: string | number): Float32Array {
    const column = this.header.columns.indexOf(name);
    if (column < 0) throw new RangeError(`column: no column ${name} in ${this.header.name}`);
    const index = typeof module === 'number' ? module : this.moduleIndex(module);
    const start = (column * this.header.modules.length + index) * this.rows;
    return this.values.subarray(start, start + this.rows);
  }

  /** All rows of one cell of a module named in `recordCellsOf` (a view), shape [rows]. */
  cellColumn(name: CellColumnName, moduleId: string, cell: number): Float32Array {
    const { columns, modules, recordCellsOf, cellsPerModule } = this.header;
    const index = recordCellsOf.indexOf(moduleId);
    if (index < 0 || !(cell >= 0 && cell < cellsPerModule)) {
      throw new RangeError(`cell: cell ${cell} of ${moduleId} is not recorded`);
    }
    const kind = name === 'cellTemperatureK' ? 0 : 1;
    const block = columns.length * modules.length + (2 * index + kind) * cellsPerModule + cell;
    return this.values.subarray(block * this.rows, (block + 1) * this.rows);
  }

  /** The same run with other events in its header. */
  withEvents(events: readonly ModuleEvents[]): Trajectory {
    return new Trajectory({ ...this.header, events }, this.values);
  }

  /** The whole run as one buffer; `decodeTrajectory` reads it back. */
  encode(): ArrayBuffer {
    const text = JSON.stringify(this.header).replace(
      /[^\u0020-\u007e]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    const padded = text + ' '.repeat((4 - ((PREFIX_BYTES + text.length) % 4)) % 4);
    const buffer = new ArrayBuffer(PREFIX_BYTES + padded.length + this.values.length * 4);
    const view = new DataView(buffer);
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, VERSION, true);
    view.setUint32(8, padded.length, true);
    const bytes = new Uint8Array(buffer, PREFIX_BYTES, padded.length);
    for (let i = 0; i < padded.length; i++) bytes[i] = padded.charCodeAt(i);
    new Float32Array(buffer, PREFIX_BYTES + padded.length).set(this.values);
    return buffer;
  }
}

/** Reads what `Trajectory.encode` wrote; throws `RangeError` on anything else. Numbers are little-endian. */
export function decodeTrajectory(buffer: ArrayBuffer): Trajectory {
  const view = new DataView(buffer);
  if (buffer.byteLength < PREFIX_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw new RangeError('trajectory: not a trajectory');
  }
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw new RangeError(`trajectory: expected version ${VERSION}, got ${version}`);
  const length = view.getUint32(8, true);
  const start = PREFIX_BYTES + length;
  if (start > buffer.byteLength || (buffer.byteLength - start) % 4 !== 0) {
    throw new RangeError(`trajectory: cut short at ${buffer.byteLength} bytes`);
  }
  let text = '';
  for (const byte of new Uint8Array(buffer, PREFIX_BYTES, length)) text += String.fromCharCode(byte);
  return new Trajectory(JSON.parse(text) as TrajectoryHeader, new Float32Array(buffer, start));
}
