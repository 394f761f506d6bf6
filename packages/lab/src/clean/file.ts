/**
 * A recording cleaned into a file with the native columns and a flag beside each value that was filled in. Lists of
 * cells are given as they were measured.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CELL_ARRAYS, CHANNEL_COUNT, CHANNELS, InputError, type Mapping } from '@emberwatch/engine/telemetry';
import { type Column, ColumnWriter, type LateColumns, type WrittenFile } from '../recording/columns.ts';
import { labelColumnOf, lateLabels } from '../recording/labels.ts';
import { openRecording } from '../recording/read.ts';
import { type CleanCounts, Cleaner, type CleanOptions, type CleanRow } from './clean.ts';

const BATCH_ROWS = 8192;
/** No position of a name: missing. */
const NO_NAME = -1;

type ListColumn = Extract<Column, { type: 'DOUBLE[]' }>;

class CleanFile {
  private readonly writer: ColumnWriter;
  readonly modules: string[] = [];
  private readonly racks: string[] = [];
  private readonly codes = new Map<string, readonly [module: number, rack: number]>();
  private batch = newBatch();
  private rows = 0;
  /** Their lists grow with the longest that comes. */
  private readonly cells = CELL_ARRAYS.map(
    ({ id }): ListColumn => ({ name: id, type: 'DOUBLE[]', positions: 0 }),
  );

  constructor(path: string, format: 'parquet' | 'csv') {
    this.writer = ColumnWriter.open(path, format, [
      { name: 'time', type: 'TIMESTAMP_MS' },
      { name: 'module_id', type: 'VARCHAR', names: this.modules },
      { name: 'rack_id', type: 'VARCHAR', names: this.racks },
      ...CHANNELS.map(({ id }): Column => ({ name: id, type: 'DOUBLE' })),
      ...this.cells,
      ...CHANNELS.map(({ id }): Column => ({ name: `${id}_imputed`, type: 'TINYINT' })),
    ]);
  }

  add({ frame, imputed }: CleanRow): void {
    const at = this.rows++;
    const { times, modules, racks, values, flags } = this.batch;
    const [module, rack] = this.codes.get(frame.moduleId) ?? this.join(frame.moduleId, frame.rackId);
    times[at] = frame.timeMs;
    modules[at] = module;
    racks[at] = rack;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      values[i]![at] = frame.values[i]!;
      flags[i]![at] = (imputed >> i) & 1;
    }
    if (frame.cellVoltagesV) this.addCells(0, frame.cellVoltagesV, at);
    if (frame.cellTemperaturesDegC) this.addCells(1, frame.cellTemperaturesDegC, at);
    if (this.rows === BATCH_ROWS) this.flush();
  }

  close(late?: LateColumns): Promise<WrittenFile> {
    this.flush();
    return this.writer.close(late);
  }

  discard(): void {
    this.writer.discard();
  }

  private addCells(list: number, items: Float64Array, at: number): void {
    const arrays = this.batch.cells[list]!;
    while (arrays.length < items.length) arrays.push(new Float64Array(BATCH_ROWS).fill(Number.NaN));
    const column = this.cells[list]!;
    column.positions = Math.max(column.positions, items.length);
    for (let i = 0; i < items.length; i++) arrays[i]![at] = items[i]!;
  }

  private join(moduleId: string, rackId: string | null): readonly [number, number] {
    if (rackId !== null && !this.racks.includes(rackId)) this.racks.push(rackId);
    const rack = rackId === null ? NO_NAME : this.racks.indexOf(rackId);
    const codes = [this.modules.push(moduleId) - 1, rack] as const;
    this.codes.set(moduleId, codes);
    return codes;
  }

  private flush(): void {
    if (this.rows === 0) return;
    const { times, modules, racks, values, cells, flags } = this.batch;
    this.writer.append({ rows: this.rows, columns: [times, modules, racks, ...values, ...cells, ...flags] });
    this.batch = newBatch();
    this.rows = 0;
  }
}

const newBatch = () => ({
  times: new Float64Array(BATCH_ROWS),
  modules: new Int32Array(BATCH_ROWS),
  racks: new Int32Array(BATCH_ROWS),
  values: CHANNELS.map(() => new Float64Array(BATCH_ROWS)),
  cells: CELL_ARRAYS.map((): Float64Array[] => []),
  flags: CHANNELS.map(() => new Int8Array(BATCH_ROWS)),
});

export interface CleanSource {
  readonly path: string;
  /** Null: the built-in schema that fits the columns. */
  readonly mapping?: Mapping | null;
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
}

export interface CleanResult extends CleanCounts {
  readonly written: WrittenFile;
  /** Rows and values that the decoder refused. */
  readonly rejections: number;
  /** Lost where the recording is standard input: it cannot be read twice. */
  readonly labels: 'none' | 'kept' | 'lost';
}

/** Errors: `InputError` for a recording that cannot be read, and for a name that ends in neither .csv nor .parquet. */
export async function cleanRecording(
  source: CleanSource,
  path: string,
  options: CleanOptions = {},
): Promise<CleanResult> {
  const format = /\.(csv|parquet)$/i.exec(path)?.[1]?.toLowerCase();
  if (format === undefined) throw new InputError(`${path}: the name must end in .csv or .parquet`);
  await mkdir(dirname(path), { recursive: true });
  const file = new CleanFile(path, format as 'csv' | 'parquet');
  const cleaner = new Cleaner(options, (row) => file.add(row));
  const { mapping = null, onProgress } = source;
  try {
    const summary = await openRecording(source.path, {
      mapping,
      ordered: true,
      sink: { frame: (frame) => cleaner.take(frame), rejection: () => {} },
      ...(onProgress && { onProgress }),
    });
    cleaner.finish();
    const late = await lateLabels(source.path, summary, file.modules);
    const isLabelled = labelColumnOf(summary) !== null;
    return {
      ...cleaner.counts,
      written: await file.close(late),
      rejections: summary.rejections,
      labels: late ? 'kept' : isLabelled ? 'lost' : 'none',
    };
  } catch (error) {
    file.discard();
    throw error;
  }
}
