/** All measurements, one table for each question. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataSize, dataTables } from './data.ts';
import { type DatasetSize, datasetTables } from './dataset.ts';
import {
  dataFolder,
  fileOfSize,
  type Input,
  mappingPath,
  NO_DATA,
  repeatedInput,
  unpackedInput,
  withWorkFolder,
} from './inputs.ts';
import { type LearningSize, learningTables } from './learning.ts';
import { bundle, interleaved, type Measured, runJobApart, type Variant } from './measure.ts';
import {
  featureQuery,
  lowestCellQuery,
  RAMP,
  slopeQuery,
  sumQuery,
  type TableFormat,
  tableOf,
} from './queries.ts';
import { type ScoringSize, scoringTables } from './scoring.ts';
import { ServiceBench, type ServiceSize } from './service.ts';
import { type SimulatorSize, simulatorTables } from './simulator-suite.ts';
import { machineLine, shown, type TableStyle, tableText } from './table.ts';

export interface SuiteOptions {
  readonly isQuick: boolean;
  /** Nothing but the tables of one part. */
  readonly only: 'simulator' | 'datasets' | 'data' | 'scoring' | 'learning' | 'service' | null;
  /** The service under load for minutes instead of seconds. */
  readonly isLong: boolean;
  readonly asMarkdown: boolean;
}

interface Size {
  readonly simulator: SimulatorSize;
  readonly dataset: DatasetSize;
  readonly data: DataSize;
  readonly scoring: ScoringSize;
  readonly learning: LearningSize;
  readonly service: ServiceSize;
  /** Recordings are held against the queries, too. */
  readonly isWhole: boolean;
  readonly repeats: number;
  readonly warehouseTimes: number;
  readonly memoryMb: readonly number[];
  /** Formats in which the recordings of the data folder are read, by name. */
  readonly formats: Readonly<Record<'ARTS 30Q' | 'ev-pack-1' | 'seed', readonly TableFormat[]>>;
}

/** Of the live service; whole batches of each gateway. */
const MODULES = { few: 64, many: 1024, most: 10_240 };

/** How long and how often, in full and when in a hurry. */
const FULL: Size = {
  simulator: { repeats: 5, modules: [8, 64, 256], threadedRuns: 8 },
  dataset: {
    repeats: 3,
    warehouse: { racks: 8, hours: 6, runs: 16 },
    memory: [10, 100].map((runs) => ({ racks: 1, hours: 2, runs })),
  },
  data: { repeats: 3, modules: [64, 1000], rows: 1_000_000 },
  scoring: { repeats: 5, count: 400_000 },
  learning: { repeats: 3, rows: 200_000 },
  service: {
    modules: MODULES,
    warmReadings: 60_000,
    fastS: 2,
    offeredPerS: 20_000,
    offeredS: 20,
    hourStepMs: 120_000,
    store: { repeats: 2, commits: 2000 },
  },
  isWhole: true,
  repeats: 3,
  warehouseTimes: 10,
  memoryMb: [50, 500],
  formats: { 'ARTS 30Q': ['csv', 'parquet'], 'ev-pack-1': ['csv', 'parquet'], seed: ['csv'] },
};
const QUICK: Size = {
  simulator: { repeats: 1, modules: [8, 64], threadedRuns: 2 },
  dataset: {
    repeats: 1,
    warehouse: { racks: 8, hours: 6, runs: 4 },
    memory: [4, 20].map((runs) => ({ racks: 1, hours: 2, runs })),
  },
  data: { repeats: 1, modules: [64], rows: 200_000 },
  scoring: { repeats: 1, count: 100_000 },
  learning: { repeats: 1, rows: 30_000 },
  service: {
    modules: MODULES,
    warmReadings: 20_000,
    fastS: 1,
    offeredPerS: 10_000,
    offeredS: 3,
    hourStepMs: 600_000,
    store: { repeats: 1, commits: 500 },
  },
  isWhole: false,
  repeats: 1,
  warehouseTimes: 2,
  memoryMb: [5, 30],
  formats: { 'ARTS 30Q': ['csv'], 'ev-pack-1': ['parquet'], seed: [] },
};

/** What `--long` changes. */
const LONG_SERVICE: Partial<ServiceSize> = {
  warmReadings: 300_000,
  fastS: 20,
  offeredS: 60,
  hourStepMs: 10_000,
};

const HEADER = [
  '',
  'min s',
  'median s',
  'process s',
  'CPU s',
  'frames/s',
  'MB/s',
  'peak MB',
  '× time',
  '× CPU',
];

class Suite {
  private readonly program: string;
  private readonly files: string;
  private readonly style: TableStyle;
  private readonly size: Size;

  constructor(program: string, files: string, { isQuick, isLong, asMarkdown }: SuiteOptions) {
    this.program = program;
    this.files = files;
    this.style = asMarkdown ? 'markdown' : 'terminal';
    const size = isQuick ? QUICK : FULL;
    this.size = isLong ? { ...size, service: { ...size.service, ...LONG_SERVICE } } : size;
  }

  async run(): Promise<void> {
    const data = dataFolder();
    say(
      `${machineLine()}; each ${this.size.repeats}×, of the simulator ${this.size.simulator.repeats}×, alternating`,
    );
    const inputs: Input[] = [];
    if (data === null) say(`skipped: ARTS, ev-pack-1 and seed, because ${NO_DATA}`);
    else inputs.push(...(await this.recordedInputs(data)));
    const warehouse = await repeatedInput(this.size.warehouseTimes, this.files);
    const notes: string[] = [];
    const { formats } = this.size as { formats: Readonly<Record<string, readonly TableFormat[]>> };
    for (const input of [...inputs, warehouse])
      for (const format of formats[input.name] ?? (['csv', 'parquet'] as const))
        await this.watchAgainstQuery(input, format);
    for (const input of inputs.length > 0 ? inputs.slice(0, 2) : [warehouse])
      notes.push(await this.parseAgainstQuery(input));
    await this.detectorAgainstYardstick();
    await this.simulator();
    await this.datasets();
    await this.data();
    await this.scoring();
    await this.learning();
    await this.service();
    await this.memory();
    notes.push(...(await this.agreement(this.size.isWhole ? inputs : [])));
    this.heading('Do the figures agree?');
    for (const note of notes) say(`- ${note}`);
  }

  /** The tables of the simulator alone. */
  async simulator(): Promise<void> {
    for (const { title, text } of await simulatorTables(this.program, this.size.simulator, this.style)) {
      this.heading(title);
      say(text);
    }
  }

  /** Datasets alone. */
  async datasets(): Promise<void> {
    for (const { title, text } of await datasetTables(this.program, this.size.dataset, this.style)) {
      this.heading(title);
      say(text);
    }
  }

  /** The direct generator, reading and features alone. */
  async data(): Promise<void> {
    for (const { title, text } of await dataTables(this.program, this.size.data, this.style)) {
      this.heading(title);
      say(text);
    }
  }

  /** Figures and model, beside onnxruntime. */
  async scoring(): Promise<void> {
    for (const { title, text } of await scoringTables(this.program, this.size.scoring, this.style)) {
      this.heading(title);
      say(text);
    }
  }

  /** Training, beside XGBoost. */
  async learning(): Promise<void> {
    for (const { title, text } of await learningTables(this.program, this.size.learning, this.style)) {
      this.heading(title);
      say(text);
    }
  }

  /** The live service under load. */
  async service(): Promise<void> {
    const bench = new ServiceBench(this.program, this.size.service, this.style);
    for await (const { title, text } of bench.tables()) {
      this.heading(title);
      say(text);
    }
  }

  private async recordedInputs(data: string): Promise<Input[]> {
    const file = (path: string): string => join(data, path);
    const { files } = this;
    const arts = file('normal/arts-30q-ds2-cell1-subset.csv.gz');
    const seed = file('seed/dummy_fault_RackA2_Module01_200rows.csv.gz');
    return [
      await unpackedInput('ARTS 30Q', arts, mappingPath('arts-30q.yaml'), files),
      await unpackedInput('ev-pack-1', file('field/ev-pack-1.zip'), mappingPath('ev-pack-1.yaml'), files),
      await unpackedInput('seed', seed, null, files),
    ];
  }

  private heading(text: string): void {
    say(`\n${this.style === 'markdown' ? '### ' : ''}${text}\n`);
  }

  /** The first row is what the others are held against. */
  private print(title: string, rows: readonly Measured[]): void {
    this.heading(title);
    const [reference] = rows;
    const lines = rows.map((row) => [
      row.label,
      row.wallMinS.toFixed(2),
      row.wallMedianS.toFixed(2),
      row.processMedianS.toFixed(2),
      row.cpuMinS.toFixed(2),
      shown(Math.round(row.frames / row.wallMedianS)),
      row.mb === 0 ? '–' : shown(row.mb / row.wallMedianS),
      shown(Math.round(row.peakMb)),
      (row.wallMinS / reference!.wallMinS).toFixed(2),
      (row.cpuMinS / reference!.cpuMinS).toFixed(2),
    ]);
    say(tableText(HEADER, lines, this.style));
  }

  private async watchAgainstQuery(input: Input, format: TableFormat): Promise<void> {
    const { name, mapping, mappingFile } = input;
    const [file, mb] = format === 'csv' ? [input.csv, input.csvMb] : [input.parquet, input.parquetMb];
    const sql = featureQuery(file, format, mapping);
    const variants: Variant[] = [
      { label: 'watch', mb, job: { kind: 'watch', file, mapping: mappingFile } },
      { label: 'query, 1 thread', mb, job: { kind: 'query', sql, threads: 1 } },
    ];
    if (format === 'csv')
      variants.push({ label: 'query, all threads', mb, job: { kind: 'query', sql, threads: null } });
    const rows = await interleaved(this.program, variants, this.size.repeats);
    const frames = shown(rows[0]!.frames);
    this.print(`${name}, ${format === 'csv' ? 'CSV' : 'Parquet'}, ${shown(mb)} MB, ${frames} frames`, rows);
  }

  private async parseAgainstQuery(input: Input): Promise<string> {
    const { name, csv: file, csvMb: mb, mapping, mappingFile } = input;
    const sql = sumQuery(file, 'csv', mapping);
    const rows = await interleaved(
      this.program,
      [
        { label: 'CSV to frames', mb, job: { kind: 'parse', file, mapping: mappingFile } },
        { label: 'read_csv and sum, 1 thread', mb, job: { kind: 'query', sql, threads: 1 } },
      ],
      this.size.repeats,
    );
    this.print(`${name}, reading only, ${shown(mb)} MB`, rows);
    const [ours, theirs] = rows.map(({ results: stats }) => stats['sum']!);
    const percent = 100 * Math.abs(ours! / theirs! - 1);
    return `${name}: the sum of all mapped numbers differs by ${percent.toPrecision(2)} % (refused values and rows)`;
  }

  private async detectorAgainstYardstick(): Promise<void> {
    for (const [cells, probes] of [
      [0, 0],
      [16, 8],
    ] as const) {
      const rows = await interleaved(
        this.program,
        [
          { label: 'yardstick loop', mb: 0, job: { kind: 'yardstick', cells, probes } },
          { label: 'detector', mb: 0, job: { kind: 'judge', cells, probes } },
        ],
        this.size.repeats,
      );
      const what = cells === 0 ? 'module channels only' : `with ${cells} cells and ${probes} probes`;
      this.print(`The detector alone, 64 modules, ${what}`, rows);
    }
  }

  private async memory(): Promise<void> {
    this.heading('Memory of watch against the size of the file');
    const lines: string[][] = [];
    for (const order of ['time', 'module'] as const) {
      let smallMb = Number.NaN;
      for (const targetMb of this.size.memoryMb) {
        const { file, mappingFile, mb } = await fileOfSize(targetMb, order, this.files);
        const job = { kind: 'watch', file, mapping: mappingFile } as const;
        const [row] = await interleaved(this.program, [{ label: '', mb, job }], 1);
        await rm(file);
        const { peakMb, frames, wallMinS } = row!;
        if (Number.isNaN(smallMb)) smallMb = peakMb;
        const label = `${Math.round(mb)} MB, ${order === 'time' ? 'in time order' : 'one module after another'}`;
        const ratio = (peakMb / smallMb).toFixed(2);
        lines.push([
          label,
          shown(frames),
          shown(Math.round(frames / wallMinS)),
          shown(Math.round(peakMb)),
          ratio,
        ]);
      }
    }
    say(tableText(['', 'frames', 'frames/s', 'peak MB', '× small'], lines, this.style));
  }

  /** Held against each other where they should be the same. */
  private async agreement(inputs: readonly Input[]): Promise<string[]> {
    const notes = [await this.slopeNote('a ramp of 3 K/min', slopeQuery(RAMP, null))];
    const [arts, pack] = inputs;
    if (arts) notes.push(await this.slopeNote(arts.name, slopeQuery(tableOf(arts.csv, 'csv'), arts.mapping)));
    if (pack) {
      const sql = lowestCellQuery(pack.csv, 'csv', pack.mapping);
      const theirs = await runJobApart(this.program, { kind: 'query', sql, threads: null });
      const job = { kind: 'watch', file: pack.csv, mapping: pack.mappingFile } as const;
      const ours = await runJobApart(this.program, job);
      notes.push(
        `${pack.name}: lowest most often is cell ${ours['lowestCell']} for watch, ${theirs['lowestCell']} for the query`,
      );
    }
    return notes;
  }

  private async slopeNote(name: string, sql: string): Promise<string> {
    const stats = await runJobApart(this.program, { kind: 'slopes', sql });
    const { compared, medianKPerMin, within1Percent, insideIntervalPercent } = stats;
    return [
      `${name}: slope over 60 s against the query's at ${shown(compared!)} instants of constant rate:`,
      `median difference ${medianKPerMin!.toPrecision(1)} K/min,`,
      `within 1 % at ${within1Percent!.toFixed(0)} % of them,`,
      `inside the interval that the detector states at ${insideIntervalPercent!.toFixed(0)} %`,
    ].join(' ');
  }
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export const runSuite = (options: SuiteOptions): Promise<void> =>
  withWorkFolder(async (programs, files) => {
    const suite = new Suite(await bundle(programs), files, options);
    if (options.only !== null) say(machineLine());
    await suite[options.only ?? 'run']();
  });
