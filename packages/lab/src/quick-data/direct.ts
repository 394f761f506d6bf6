/**
 * The seed's direct generator: a quick file in the seed schema without any physics. The values are those of the
 * original in distribution; hazard rows are rounded as all others are, where the original leaves fifteen digits
 * that give the label away.
 */
import { InputError, SEED_COLUMNS } from '@emberwatch/engine/telemetry';
import { type Column, type WrittenFile, writeColumns } from '../recording/columns.ts';
import type { ColumnBatch } from '../recording/spool.ts';
import { DrawnModule, type HazardRows } from './module.ts';
import { SIGNALS } from './signal.ts';

export interface DirectOptions {
  readonly modules: number;
  readonly durationMs: number;
  readonly intervalMs: number;
  /** Module that gets the hazard. */
  readonly faulty: string;
  readonly hazardRows: number;
  /** First row of the hazard, from the start of the file. */
  readonly hazardStartMs: number;
  readonly seed: number;
}

/** As in the original. */
const FIRST_MS = Date.UTC(2024, 0, 1);
const MODULES_PER_RACK = 8;
const RACKS_PER_ROW = 4;
const MAX_MODULES = 10_000;
/** A multiple of what DuckDB takes at once. */
const BATCH_ROWS = 8192;

/** Rack of each module: `RackA1` to `RackA4`, `RackB1`, … with eight modules each. */
const rackOf = (index: number): string => {
  const rack = Math.floor(index / MODULES_PER_RACK);
  return `Rack${letters(Math.floor(rack / RACKS_PER_ROW))}${(rack % RACKS_PER_ROW) + 1}`;
};

/** A … Z, AA, AB, … */
const letters = (index: number): string =>
  (index >= 26 ? letters(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26));

/** `RackA2_Module01`, in the order of the file. */
const moduleName = (index: number): string =>
  `${rackOf(index)}_Module${String((index % MODULES_PER_RACK) + 1).padStart(2, '0')}`;

/**
 * Writes modules × (duration / interval) rows, module after module, in the thirteen columns of the seed schema. The
 * same options give the same bytes. Throws InputError for options that do not go together.
 */
export async function generateDirect(path: string, options: DirectOptions): Promise<WrittenFile> {
  const format = /\.(csv|parquet)$/i.exec(path)?.[1]?.toLowerCase();
  if (format === undefined) throw new InputError(`${path}: the name must end in .csv or .parquet`);
  const source = new DirectSource(options);
  return writeColumns(path, format as 'csv' | 'parquet', source.columns, () => source.next());
}

interface Arrays {
  readonly times: Float64Array;
  readonly modules: Uint16Array;
  readonly racks: Uint16Array;
  readonly values: readonly Float64Array[];
  readonly labels: Int8Array;
}

/** The rows of the file in batches. */
export class DirectSource {
  readonly columns: readonly Column[];
  readonly rowsPerModule: number;
  private readonly options: DirectOptions;
  private readonly hazard: HazardRows;
  private readonly names: readonly string[];
  private readonly racks: readonly string[];
  private module = 0;
  private row = 0;
  private drawn: DrawnModule | null = null;

  /** Throws InputError for options that do not go together. */
  constructor(options: DirectOptions) {
    this.options = options;
    const { modules, durationMs, intervalMs, hazardRows, hazardStartMs } = options;
    mustBeWhole('modules', modules, 1, MAX_MODULES);
    this.rowsPerModule = Math.floor(durationMs / intervalMs);
    mustBeWhole('rows of a module (hours over interval)', this.rowsPerModule, 1, Number.MAX_SAFE_INTEGER);
    mustBeWhole('hazard rows', hazardRows, 0, this.rowsPerModule);
    this.hazard = { first: Math.round(hazardStartMs / intervalMs), count: hazardRows };
    this.names = Array.from({ length: modules }, (_, i) => moduleName(i));
    this.racks = [...new Set(this.names.map((_, i) => rackOf(i)))];
    this.mustFit();
    this.columns = columnsFor(this.names, this.racks);
  }

  next(): ColumnBatch | null {
    const arrays = {
      times: new Float64Array(BATCH_ROWS),
      modules: new Uint16Array(BATCH_ROWS),
      racks: new Uint16Array(BATCH_ROWS),
      values: SIGNALS.map(() => new Float64Array(BATCH_ROWS)),
      labels: new Int8Array(BATCH_ROWS),
    };
    let rows = 0;
    while (rows < BATCH_ROWS && this.module < this.names.length) {
      const count = Math.min(BATCH_ROWS - rows, this.rowsPerModule - this.row);
      this.fill(arrays, rows, count);
      rows += count;
      this.row += count;
      if (this.row < this.rowsPerModule) continue;
      this.row = 0;
      this.module++;
      this.drawn = null;
    }
    if (rows === 0) return null;
    const { times, modules, racks, values, labels } = arrays;
    return { rows, columns: [times, modules, racks, ...values, labels] };
  }

  private fill(arrays: Arrays, at: number, count: number): void {
    const { module, row, options, names } = this;
    const hazard = names[module] === options.faulty ? this.hazard : null;
    this.drawn ??= new DrawnModule(names[module]!, this.rowsPerModule, options.seed, hazard);
    this.drawn.fill(arrays.values, at, row, count);
    for (let i = 0; i < count; i++) arrays.times[at + i] = FIRST_MS + (row + i) * options.intervalMs;
    arrays.modules.fill(module, at, at + count);
    arrays.racks.fill(Math.floor(module / MODULES_PER_RACK), at, at + count);
    arrays.labels.fill(0, at, at + count);
    if (!hazard) return;
    const first = Math.max(hazard.first - row, 0);
    const end = Math.min(hazard.first + hazard.count - row, count);
    if (end > first) arrays.labels.fill(1, at + first, at + end);
  }

  private mustFit(): void {
    const { names, rowsPerModule, options } = this;
    const { first, count } = this.hazard;
    if (!names.includes(options.faulty))
      throw new InputError(
        `faulty module ${options.faulty}: not one of ${names[0]} to ${names.at(-1)} (${names.length})`,
      );
    if (first < 0 || first + count > rowsPerModule)
      throw new InputError(
        `${count} hazard rows from row ${first} on do not fit into the ${rowsPerModule} rows of a module`,
      );
  }
}

function mustBeWhole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new InputError(`${name}: expected a whole number from ${min} to ${max}, got ${value}`);
}

const columnsFor = (modules: readonly string[], racks: readonly string[]): Column[] =>
  SEED_COLUMNS.map((name) => {
    if (name === 'Timestamp') return { name, type: 'TIMESTAMP_MS' };
    if (name === 'Module_ID') return { name, type: 'VARCHAR', names: modules };
    if (name === 'Rack_ID') return { name, type: 'VARCHAR', names: racks };
    return { name, type: name === 'Hazard_Label' ? 'TINYINT' : 'DOUBLE' };
  });
