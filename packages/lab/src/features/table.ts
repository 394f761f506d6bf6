/** The feature table on disk: the rows of features and labels that any tool can train on. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FEATURES } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import type { RunRecord } from '../dataset/manifest.ts';
import type { Dataset, FrameCounts, Labels } from '../dataset/read.ts';
import {
  type Column,
  type ColumnFormat,
  ColumnWriter,
  type LateColumns,
  type WrittenFile,
} from '../recording/columns.ts';
import { lateLabels } from '../recording/labels.ts';
import {
  eachFeatureRowOfRecording,
  eachFeatureRowOfRun,
  type FeatureRow,
  type RecordingSource,
} from './rows.ts';
import { SEED_FEATURES, SeedFeatures } from './seed.ts';

export interface FeatureOptions {
  /** At most one row of a module in so long, the first; every row unless given. */
  readonly everyMs?: number;
  /** Adds the seed's features by name. */
  readonly seedFeatures?: boolean;
}

const LABELS = {
  hazard_label: 'hazard',
  hazard_label_intervention: 'hazardIntervention',
  time_to_pnr_s: 'timeToPnrS',
  time_to_pnr_intervention_s: 'timeToPnrInterventionS',
  fault_active: 'faultActive',
} as const satisfies Record<string, keyof Labels>;
const LABEL_NAMES = Object.keys(LABELS) as (keyof typeof LABELS)[];

const BATCH_ROWS = 8192;

/** Names as they come, and their positions. */
class Names {
  readonly list: string[] = [];
  private readonly codes = new Map<string, number>();

  codeOf(name: string): number {
    const known = this.codes.get(name);
    if (known !== undefined) return known;
    this.codes.set(name, this.list.length);
    return this.list.push(name) - 1;
  }
}

/** One file of rows: time, module_id, rack_id, features, labels where there are any. */
class FeatureFile {
  private readonly writer: ColumnWriter;
  private readonly options: FeatureOptions;
  private readonly hasLabels: boolean;
  private readonly modules = new Names();
  private readonly racks = new Names();
  private readonly seed: SeedFeatures | null;
  private readonly lastLook = new Map<string, number>();
  private readonly featureCount: number;
  private times = new Float64Array(0);
  private moduleCodes = new Int32Array(0);
  private rackCodes = new Int32Array(0);
  private features: readonly Float32Array[] = [];
  private rows = 0;

  constructor(path: string, format: ColumnFormat, hasLabels: boolean, options: FeatureOptions) {
    this.options = options;
    this.hasLabels = hasLabels;
    this.seed = options.seedFeatures ? new SeedFeatures() : null;
    const stat = (name: string): Column => ({ name, type: 'FLOAT' });
    const stats = [...FEATURES.map(({ id }) => stat(id)), ...(this.seed ? SEED_FEATURES.map(stat) : [])];
    const labels = LABEL_NAMES.map(
      (name): Column => ({ name, type: name.startsWith('time') ? 'FLOAT' : 'TINYINT' }),
    );
    this.featureCount = stats.length + (hasLabels ? labels.length : 0);
    this.writer = ColumnWriter.open(path, format, [
      { name: 'time', type: 'TIMESTAMP_MS' },
      { name: 'module_id', type: 'VARCHAR', names: this.modules.list },
      { name: 'rack_id', type: 'VARCHAR', names: this.racks.list },
      ...stats,
      ...(hasLabels ? labels : []),
    ]);
    this.begin();
  }

  add({ frame, features, labels }: FeatureRow): void {
    // Rolling figures are over all rows, whichever are written.
    const seed = this.seed?.of(frame);
    if (!this.isWanted(frame.moduleId, frame.timeMs)) return;
    const at = this.rows++;
    this.times[at] = frame.timeMs;
    this.moduleCodes[at] = this.modules.codeOf(frame.moduleId);
    this.rackCodes[at] = frame.rackId === null ? NO_NAME : this.racks.codeOf(frame.rackId);
    let column = 0;
    for (let i = 0; i < features.length; i++) this.features[column++]![at] = features[i]!;
    if (seed) for (let i = 0; i < seed.length; i++) this.features[column++]![at] = seed[i]!;
    if (this.hasLabels && labels)
      for (const name of LABEL_NAMES) this.features[column++]![at] = labels[LABELS[name]];
    if (this.rows === BATCH_ROWS) this.flush();
  }

  close(late?: LateColumns): Promise<WrittenFile> {
    this.flush();
    return this.writer.close(late);
  }

  /** Names of the modules, by the numbers in the second column. */
  get moduleNames(): readonly string[] {
    return this.modules.list;
  }

  discard(): void {
    this.writer.discard();
  }

  private isWanted(moduleId: string, timeMs: number): boolean {
    const { everyMs } = this.options;
    if (everyMs === undefined) return true;
    const look = Math.floor(timeMs / everyMs);
    if (this.lastLook.get(moduleId) === look) return false;
    this.lastLook.set(moduleId, look);
    return true;
  }

  private begin(): void {
    this.times = new Float64Array(BATCH_ROWS);
    this.moduleCodes = new Int32Array(BATCH_ROWS);
    this.rackCodes = new Int32Array(BATCH_ROWS);
    this.features = Array.from({ length: this.featureCount }, () => new Float32Array(BATCH_ROWS));
    this.rows = 0;
  }

  private flush(): void {
    if (this.rows === 0) return;
    const columns = [this.times, this.moduleCodes, this.rackCodes, ...this.features];
    this.writer.append({ rows: this.rows, columns });
    this.begin();
  }
}

/** No position of a name: missing. */
const NO_NAME = -1;

/** A file, and how many rows and values of its source the decoder refused. */
interface FilledFile extends WrittenFile {
  readonly rejections: number;
}

async function written<T extends FrameCounts>(
  file: FeatureFile,
  fill: () => Promise<T>,
  lateOf: (counts: T) => Promise<LateColumns | undefined> = async () => undefined,
): Promise<FilledFile> {
  try {
    const counts = await fill();
    return { ...(await file.close(await lateOf(counts))), rejections: counts.rejections };
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** The features of a recording as one file, with `hazard_label` beside them where the recording has labels. */
export async function writeFeaturesOfRecording(
  source: RecordingSource,
  path: string,
  format: ColumnFormat,
  options: FeatureOptions = {},
): Promise<FilledFile> {
  await mkdir(dirname(path), { recursive: true });
  const file = new FeatureFile(path, format, false, options);
  return written(
    file,
    () => eachFeatureRowOfRecording(source, (row) => file.add(row)),
    (summary) => lateLabels(source.path, summary, file.moduleNames),
  );
}

export interface WrittenFeatures {
  readonly runs: number;
  readonly rows: number;
  readonly bytes: number;
  /** Rows and values of the dataset that the decoder refused, as it would those of a live site. */
  readonly rejections: number;
}

/**
 * The features of a dataset, laid out as it is: `features/run=…/site=…/part.parquet` in the folder, and
 * `features.json` with what the columns are and to which split each run belongs. Errors: `InputError` where the folder
 * holds anything but features of this dataset.
 */
export async function writeFeaturesOfDataset(
  dataset: Dataset,
  folder: string,
  options: FeatureOptions = {},
  onProgress: (runs: number, rows: number) => void = () => {},
): Promise<WrittenFeatures> {
  const runs: object[] = [];
  let [rows, bytes, rejections] = [0, 0, 0];
  await mustBeFor(dataset, folder);
  await writeAbout(dataset, folder, runs, options);
  for (const run of dataset.runs) {
    const name = fileOf(run);
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    const file = new FeatureFile(path, 'parquet', true, options);
    const result = await written(file, () => eachFeatureRowOfRun(dataset, run, (row) => file.add(row)));
    rows += result.rows;
    bytes += result.bytes;
    rejections += result.rejections;
    runs.push({ ...summaryOf(run), file: name, ...result });
    onProgress(runs.length, rows);
  }
  await writeAbout(dataset, folder, runs, options);
  return { runs: runs.length, rows, bytes, rejections };
}

const ABOUT = 'features.json';

/** Before the first run, so that whoever starts again after a kill knows the folder, and after the last. */
async function writeAbout(
  dataset: Dataset,
  folder: string,
  runs: readonly object[],
  options: FeatureOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, ABOUT), `${JSON.stringify(about(dataset, runs, options), null, 1)}\n`);
}

/** Files of two datasets in one folder would be read as one. Errors: `InputError` where the folder holds anything else. */
async function mustBeFor({ manifest }: Dataset, folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new InputError(
      `${folder}: ${error.code === 'ENOTDIR' ? 'this is a file; name a folder' : error.message}`,
    );
  });
  if (names.length === 0) return;
  const text = await readFile(join(folder, ABOUT), 'utf8').catch(() => 'null');
  const found = datasetIn(text);
  if (found?.sha256 === manifest.sha256) return;
  const what = found ? `features of another dataset, ${found.name}` : 'something else';
  throw new InputError(`${folder}: this folder holds ${what}; name a new one`);
}

function datasetIn(text: string): { readonly name: string; readonly sha256: string } | null {
  try {
    return JSON.parse(text)?.dataset ?? null;
  } catch {
    return null;
  }
}

/** Beside each other as the frames are. */
const fileOf = ({ file }: RunRecord): string => file.replace(/^frames\//, 'features/');

const summaryOf = ({ run, split, outcome, site, chemistry, family }: RunRecord) => ({
  run,
  split,
  outcome,
  site,
  chemistry,
  family,
});

const about = ({ manifest }: Dataset, runs: readonly object[], options: FeatureOptions) => ({
  format: 'emberwatch-features',
  version: 1,
  dataset: { name: manifest.name, sha256: manifest.sha256 },
  everyMs: options.everyMs ?? null,
  features: FEATURES.map(({ id, label, unit }) => ({ id, label, unit })),
  seedFeatures: options.seedFeatures ? SEED_FEATURES : [],
  labels: LABEL_NAMES,
  runs,
});
