/** Figures and model on frames of single cells; the model alone on rows, one by one and at once, beside onnxruntime. */
import {
  type CalibrationDocument,
  compileScorer,
  createModel,
  Detector,
  FEATURE_COUNT,
  FEATURE_INDEX,
  FEATURES,
  type ModelDocument,
} from '@emberwatch/engine/detector';
import { createRandom } from '@emberwatch/engine/random';
import { CHANNEL_INDEX, type Frame, newFrame } from '@emberwatch/engine/telemetry';
import { boostedTrees, exportOnnx, type Table } from '@emberwatch/lab/learn';
import type { ScoringWork, Stats } from './job.ts';
import { interleaved, type Measured } from './measure.ts';
import { shown, type TableStyle, tableText } from './table.ts';

export interface ScoringSize {
  readonly repeats: number;
  /** Frames, and rows at once. */
  readonly count: number;
}

const TREES = 100;
const LEAVES = 31;
const TRAINING_ROWS = 20_000;
const MISSING_SHARE = 0.2;
/** Frames cost less than rows of the model: so many more are judged. */
const FRAMES_PER_ROW = 5;
/** Distinct rows and frames; they come again and again. */
const KEPT = 20_000;

const modelFeatures = FEATURES.filter(({ model }) => model).map(({ id, unit }) => ({ id, unit }));

/** Rows whose target depends on a few figures: what trees of so many leaves are grown from. */
function trainingTable(): Table {
  const random = createRandom(1, 'scoring bench');
  const columns = modelFeatures.map(() =>
    Float32Array.from({ length: TRAINING_ROWS }, () =>
      random.uniform() < MISSING_SHARE ? Number.NaN : random.normal(),
    ),
  );
  const known = (f: number, row: number): number => columns[f]![row]! || 0;
  const target = Float32Array.from({ length: TRAINING_ROWS }, (_, row) => {
    const z = known(0, row) + known(1, row) * known(7, row) + Math.abs(known(12, row)) - 1;
    return random.uniform() < 1 / (1 + Math.exp(-2 * z)) ? 1 : 0;
  });
  return {
    features: modelFeatures.map(({ id }) => id),
    rows: TRAINING_ROWS,
    columns,
    target,
    weight: new Float32Array(TRAINING_ROWS).fill(1),
    run: Int32Array.from({ length: TRAINING_ROWS }, (_, row) => row % 100),
  };
}

function trained(): { document: ModelDocument; table: Table } {
  const table = trainingTable();
  const { scorer } = boostedTrees.fit(table, { parameters: { trees: TREES, maxLeaves: LEAVES }, seed: 1 });
  const calibration: CalibrationDocument = { score: [-10, 10], probability: [0, 1] };
  const threshold = (probability: number) => ({ probability, budget: 'none: a benchmark' });
  const document: ModelDocument = {
    name: 'bench',
    features: modelFeatures,
    scorer,
    calibration,
    timeToPnr: null,
    thresholds: { advisory: threshold(0.99), warning: threshold(0.99), critical: threshold(0.99) },
    training: {
      learner: 'boosted-trees',
      parameters: {},
      plan: '',
      planSha256: '',
      datasetSha256: '',
      seed: 1,
      commit: '',
      rows: TRAINING_ROWS,
      positiveRows: 0,
      runs: 100,
    },
    metrics: {},
  };
  return { document, table };
}

/** A cell that is cycled: surface temperature, voltage and current, rounded as sensors round. */
function cellFrames(stepS: number): Frame[] {
  const random = createRandom(2, 'scoring bench');
  return Array.from({ length: KEPT }, (_, i) => {
    const frame = newFrame('cell', null, i * stepS * 1000);
    const swing = Math.sin((2 * Math.PI * i) / KEPT);
    const noisy = (value: number, spread: number, step: number): number =>
      Math.round((value + spread * random.normal()) / step) * step;
    frame.values[CHANNEL_INDEX.surface_temperature_max_degc] = noisy(26 + 2 * swing, 0.1, 0.1);
    frame.values[CHANNEL_INDEX.voltage_v] = noisy(3.7 + 0.1 * swing, 0.001, 0.001);
    frame.values[CHANNEL_INDEX.current_a] = noisy(2 * swing, 0.01, 0.01);
    return frame;
  });
}

function evaluateFrames(stepS: number, count: number, document: ModelDocument | null): () => Stats {
  const frames = cellFrames(stepS);
  const nameplate = { capacityAh: 3, cellsInSeries: 1, chemistry: 'nmc' } as const;
  const evaluate = (max: number): Stats => {
    const detector = new Detector({ nameplate, ...(document && { model: createModel(document) }) });
    for (let done = 0; done < max; done += frames.length)
      for (const frame of frames) {
        detector.observe(frame);
        frame.timeMs += KEPT * stepS * 1000;
      }
    return { frames: max, checksum: detector.features('cell')![FEATURE_INDEX.hottestDegC]! };
  };
  evaluate(2 * KEPT);
  return () => evaluate(FRAMES_PER_ROW * count);
}

function ourRows(what: 'rows' | 'batch' | 'contributions', count: number): () => Stats {
  const { document, table } = trained();
  const scorer = compileScorer(document.scorer, modelFeatures.length);
  const rows = Array.from({ length: KEPT }, (_, r) =>
    Float64Array.from(table.columns, (column) => column[r]!),
  );
  const scores = new Float64Array(KEPT);
  const contributions = new Float64Array(modelFeatures.length);
  const lap = {
    rows: () => {
      for (let r = 0; r < KEPT; r++) scores[r] = scorer.score(rows[r]!);
    },
    batch: () => scorer.scoreAll(table.columns, KEPT, scores),
    contributions: () => {
      for (let r = 0; r < KEPT / 100; r++) scorer.contributions(rows[r]!, contributions);
    },
  }[what];
  const perLap = what === 'contributions' ? KEPT / 100 : KEPT;
  const laps = Math.max(1, Math.round((what === 'contributions' ? count / 100 : count) / perLap));
  lap();
  return () => {
    for (let k = 0; k < laps; k++) lap();
    return { frames: laps * perLap, checksum: scores.reduce((sum, score) => sum + score, 0) };
  };
}

/** What is used of both packages. */
interface OnnxRuntime {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly InferenceSession: {
    create(
      bytes: Uint8Array,
      options: object,
    ): Promise<{ run(inputs: Record<string, unknown>): Promise<unknown> }>;
  };
  readonly Tensor: new (type: string, data: Float32Array, shape: readonly number[]) => unknown;
}

/** One thread, as ours. */
async function onnxRows(
  what: 'onnx rows' | 'onnx batch',
  runtime: 'onnxruntime-web' | 'onnxruntime-node',
  count: number,
): Promise<() => Promise<Stats>> {
  const { document, table } = trained();
  const { InferenceSession, Tensor, env } = (await import(runtime)) as OnnxRuntime;
  if (runtime === 'onnxruntime-web') env.wasm.numThreads = 1;
  const session = await InferenceSession.create(exportOnnx(document), {
    executionProviders: [runtime === 'onnxruntime-web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const width = modelFeatures.length;
  const all = new Float32Array(KEPT * width);
  table.columns.forEach((column, f) => {
    for (let r = 0; r < KEPT; r++) all[r * width + f] = column[r]!;
  });
  const rowsAtOnce = what === 'onnx batch' ? KEPT : 1;
  const laps = Math.max(1, Math.round(count / (what === 'onnx batch' ? KEPT : 10)));
  const lap = async (k: number): Promise<void> => {
    const start = (k * rowsAtOnce * width) % all.length;
    const data = all.subarray(start, start + rowsAtOnce * width);
    await session.run({ features: new Tensor('float32', data, [rowsAtOnce, width]) });
  };
  for (let k = 0; k < (what === 'onnx batch' ? 1 : 1000); k++) await lap(k);
  return async () => {
    for (let k = 0; k < laps; k++) await lap(k);
    return { frames: laps * rowsAtOnce };
  };
}

/** Everything that is not measured happens here. */
export function preparedScoring(
  work: ScoringWork,
  count: number,
): (() => Stats) | Promise<() => Promise<Stats>> {
  if (work.what === 'figures') return evaluateFrames(work.stepS, count, null);
  if (work.what === 'figures and model') return evaluateFrames(work.stepS, count, trained().document);
  if (work.what === 'onnx rows' || work.what === 'onnx batch')
    return onnxRows(work.what, work.runtime, count);
  return ourRows(work.what, count);
}

const HEADER = ['', 'CPU s', 'frames or rows', 'per s of CPU', 'µs of CPU each'];

const isInstalled = async (name: string): Promise<boolean> =>
  import(name).then(
    () => true,
    () => false,
  );

export async function scoringTables(
  program: string,
  { repeats, count }: ScoringSize,
  style: TableStyle,
): Promise<{ readonly title: string; readonly text: string }[]> {
  const measured = (works: readonly (readonly [string, ScoringWork])[]): Promise<Measured[]> =>
    interleaved(
      program,
      works.map(([label, work]) => ({ label, mb: 0, job: { kind: 'scoring', work, count } as const })),
      repeats,
    );
  const lines = (rows: readonly Measured[]): string[][] =>
    rows.map(({ label, cpuMinS, frames }) => [
      label,
      cpuMinS.toFixed(2),
      shown(frames),
      shown(Math.round(frames / cpuMinS)),
      shown((1e6 * cpuMinS) / frames),
    ]);
  const frames = await measured(
    [0.1, 1, 10].flatMap((stepS) => [
      [`figures, every ${stepS} s`, { what: 'figures', stepS }] as const,
      [`figures and model, every ${stepS} s`, { what: 'figures and model', stepS }] as const,
    ]),
  );
  const hasNative = await isInstalled('onnxruntime-node');
  const runtimes = ['onnxruntime-web', ...(hasNative ? (['onnxruntime-node'] as const) : [])] as const;
  const rows = await measured([
    ['row by row', { what: 'rows' }],
    ...runtimes.map((runtime) => [`row by row, ${runtime}`, { what: 'onnx rows', runtime }] as const),
    ['at once', { what: 'batch' }],
    ...runtimes.map((runtime) => [`at once, ${runtime}`, { what: 'onnx batch', runtime }] as const),
    ['contributions of the figures, row by row', { what: 'contributions' }],
  ]);
  const note = hasNative ? '' : '\n\nonnxruntime-node is not installed here, so it was not measured.';
  return [
    {
      title: `The detector on a single cell: ${FEATURE_COUNT} figures, ${TREES} trees of ${LEAVES} leaves`,
      text: tableText(HEADER, lines(frames), style),
    },
    {
      title: `The model alone: ${TREES} trees of ${LEAVES} leaves on ${modelFeatures.length} figures, one thread`,
      text: tableText(HEADER, lines(rows), style) + note,
    },
  ];
}
