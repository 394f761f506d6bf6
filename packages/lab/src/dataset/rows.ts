/** Rows of a run in the order in which they arrived, with labels beside the channels. */
import { type ModuleLabels, SEVERITIES } from '@emberwatch/engine/physics';
import type { MeasuredModule } from '@emberwatch/engine/sensors';
import { CHANNELS, SEED_COLUMNS } from '@emberwatch/engine/telemetry';
import { MS_PER_S } from '@emberwatch/engine/units';
import type { Column } from '../recording/columns.ts';
import type { ColumnBatch, ColumnValues, Numbers } from '../recording/spool.ts';
import { LABEL_COLUMNS } from './manifest.ts';

/** Rows that are put together at once: enough for DuckDB, little in memory. */
const BATCH_ROWS = 16_384;

/** A module as measured, with the labels of its rows. */
export interface LabelledModule {
  readonly measured: MeasuredModule;
  readonly labels: ModuleLabels;
}

export interface RunTable {
  readonly columns: readonly Column[];
  /** A reader of all rows; each starts anew. */
  readonly read: () => () => ColumnBatch | null;
}

/** Where the rows of each module stand in the table. */
class RowOrder {
  readonly rows: number;
  /** By module, rising. */
  private readonly places: readonly Uint32Array[];

  /** By the instant at which a row can have arrived, within one instant by module. */
  constructor(modules: readonly LabelledModule[]) {
    this.rows = modules.reduce((sum, { measured }) => sum + measured.rows, 0);
    this.places = modules.map(({ measured }) => new Uint32Array(measured.rows));
    const count = modules.length;
    const keys = new Float64Array(this.rows);
    let at = 0;
    for (const [m, { measured }] of modules.entries()) {
      let arrivedMs = 0;
      for (let row = 0; row < measured.rows; row++) {
        arrivedMs = Math.max(arrivedMs, Math.round(measured.truthS[row]! * MS_PER_S));
        keys[at++] = arrivedMs * count + m;
      }
    }
    keys.sort();
    const next = new Uint32Array(count);
    for (let i = 0; i < this.rows; i++) {
      const m = keys[i]! % count;
      this.places[m]![next[m]!++] = i;
    }
  }

  /** Batch after batch, what each module gives to it. */
  *pieces(batchRows: number): Generator<readonly Piece[]> {
    const next = this.places.map(() => 0);
    for (let from = 0; from < this.rows; from += batchRows) {
      const to = Math.min(from + batchRows, this.rows);
      yield this.places.map((places, m) => {
        const first = next[m]!;
        let end = first;
        while (end < places.length && places[end]! < to) end++;
        next[m] = end;
        return { first, places: places.subarray(first, end).map((place) => place - from) };
      });
    }
  }
}

/** Rows of one module in one batch: from row `first` on, each with its place in the batch. */
interface Piece {
  readonly first: number;
  readonly places: Uint32Array;
}

/** A column of the table: where its values lie in each module. */
interface Source {
  readonly column: Column;
  /** By module, then one array for each position of a list; null: missing throughout. */
  readonly arrays: readonly (readonly Numbers[] | null)[];
}

/** All native columns, delivered or not, then the labels: the same in every file. */
export function runTable(modules: readonly LabelledModule[]): RunTable {
  const order = new RowOrder(modules);
  const one = sourceOf(modules);
  const sources = [
    one({ name: 'time', type: 'TIMESTAMP_MS' }, ({ measured }) => measured.timeMs),
    ...identities(modules, one),
    ...CHANNELS.map(({ id }) =>
      one({ name: id, type: 'DOUBLE' }, ({ measured }) => measured.channels.get(id)),
    ),
    list('cell_voltages_v', modules, ({ cellVoltagesV }) => cellVoltagesV),
    list('cell_temperatures_degc', modules, ({ cellTemperaturesDegC }) => cellTemperaturesDegC),
    ...labelSources(modules, one),
  ];
  return tableOf(order, sources);
}

/** The thirteen columns of the seed schema, in order. */
export function seedTable(modules: readonly LabelledModule[]): RunTable {
  const order = new RowOrder(modules);
  const one = sourceOf(modules);
  const [module, rack] = identities(modules, one);
  const sources = SEED_COLUMNS.map((name): Source => {
    if (name === 'Timestamp') return one({ name, type: 'TIMESTAMP_MS' }, ({ measured }) => measured.timeMs);
    if (name === 'Module_ID') return renamed(module!, name);
    if (name === 'Rack_ID') return renamed(rack!, name);
    if (name === 'Hazard_Label') return one({ name, type: 'TINYINT' }, ({ labels }) => labels.hazard);
    const channel = CHANNELS.find((candidate) => 'seedColumn' in candidate && candidate.seedColumn === name)!;
    return one({ name, type: 'DOUBLE' }, ({ measured }) => measured.channels.get(channel.id));
  });
  return tableOf(order, sources);
}

const renamed = ({ column, arrays }: Source, name: string): Source => ({
  column: { ...column, name },
  arrays,
});

type One = (column: Column, of: (module: LabelledModule, m: number) => Numbers | undefined) => Source;

/** A plain column from one array of each module. */
const sourceOf =
  (modules: readonly LabelledModule[]): One =>
  (column, of) => ({
    column,
    arrays: modules.map((module, m) => {
      const array = of(module, m);
      return array ? [array] : null;
    }),
  });

function identities(modules: readonly LabelledModule[], one: One): Source[] {
  const names = modules.map(({ measured }) => measured.moduleId);
  const racks = [...new Set(modules.flatMap(({ measured }) => measured.rackId ?? []))];
  return [
    one({ name: 'module_id', type: 'VARCHAR', names }, ({ measured }, m) => constant(measured.rows, m)),
    one({ name: 'rack_id', type: 'VARCHAR', names: racks }, ({ measured }) =>
      measured.rackId === null ? undefined : constant(measured.rows, racks.indexOf(measured.rackId)),
    ),
  ];
}

const constant = (rows: number, value: number): Numbers => new Uint16Array(rows).fill(value);

function list(
  name: string,
  modules: readonly LabelledModule[],
  of: (measured: MeasuredModule) => readonly Float64Array[] | null,
): Source {
  const arrays = modules.map(({ measured }) => of(measured));
  const positions = Math.max(0, ...arrays.map((array) => array?.length ?? 0));
  return { column: { name, type: 'DOUBLE[]', positions }, arrays };
}

function labelSources(modules: readonly LabelledModule[], one: One): Source[] {
  const kinds = [...new Set(modules.flatMap(({ labels }) => labels.faultKind ?? []))];
  const values: Record<keyof typeof LABEL_COLUMNS, (module: LabelledModule) => Numbers | undefined> = {
    hazard_label: ({ labels }) => labels.hazard,
    hazard_label_intervention: ({ labels }) => labels.hazardIntervention,
    time_to_pnr_s: ({ labels }) => labels.timeToPnrS,
    time_to_pnr_intervention_s: ({ labels }) => labels.timeToPnrInterventionS,
    fault_active: ({ labels }) => labels.faultActive,
    fault_kind: ({ measured, labels }) =>
      labels.faultKind === null ? undefined : constant(measured.rows, kinds.indexOf(labels.faultKind)),
    severity: ({ measured, labels }) => constant(measured.rows, SEVERITIES.indexOf(labels.severity)),
  };
  const names = { fault_kind: kinds, severity: SEVERITIES as readonly string[] };
  return Object.entries(LABEL_COLUMNS).map(([name, type]) =>
    one(
      type === 'VARCHAR' ? { name, type, names: names[name as keyof typeof names] } : { name, type },
      values[name as keyof typeof LABEL_COLUMNS],
    ),
  );
}

function tableOf(order: RowOrder, sources: readonly Source[]): RunTable {
  const columns = sources.map(({ column }) => column);
  return { columns, read: () => reader(order, sources) };
}

function reader(order: RowOrder, sources: readonly Source[]): () => ColumnBatch | null {
  const batches = order.pieces(BATCH_ROWS);
  return () => {
    const next = batches.next();
    if (next.done) return null;
    const pieces = next.value;
    const rows = pieces.reduce((sum, { places }) => sum + places.length, 0);
    const columns = sources.map((source): ColumnValues => {
      const room = roomFor(source, rows);
      if (source.column.type !== 'DOUBLE[]') gather(room as Numbers, pieces, source.arrays, 0);
      else
        for (const [position, values] of (room as Float64Array[]).entries())
          gather(values, pieces, source.arrays, position);
      return room;
    });
    return { rows, columns };
  };
}

function roomFor({ column }: Source, rows: number): ColumnValues {
  if (column.type === 'DOUBLE[]')
    return Array.from({ length: column.positions }, () => new Float64Array(rows));
  if (column.type === 'TINYINT') return new Uint8Array(rows);
  return column.type === 'VARCHAR' ? new Uint16Array(rows) : new Float64Array(rows);
}

/** What is missing: NaN as a number, beyond the last name as the position of one. */
const NO_NAME = 0xffff;

function gather(room: Numbers, pieces: readonly Piece[], arrays: Source['arrays'], position: number): void {
  if (arrays.some((array) => !array?.[position]))
    room.fill(room instanceof Uint16Array ? NO_NAME : Number.NaN);
  for (const [m, { first, places }] of pieces.entries()) {
    const array = arrays[m]?.[position];
    if (array) put(room, places, array, first);
  }
}

function put(room: Numbers, places: Uint32Array, array: Numbers, first: number): void {
  for (let i = 0; i < places.length; i++) room[places[i]!] = array[first + i]!;
}
