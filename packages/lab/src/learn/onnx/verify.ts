/** Whether onnxruntime answers as we do. */
import { calibrated } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import { scoreTable } from '../score.ts';
import type { Table } from '../table.ts';
import type { ExportedModel } from './export.ts';

/** Of probabilities; of scores relative to their size, where they are above 1. */
const TOLERANCE = 1e-6;

export interface OnnxCheck {
  readonly rows: number;
  readonly scoreDifferenceMax: number;
  readonly probabilityDifferenceMax: number;
}

/**
 * Runs the exported model in onnxruntime-web on the rows and holds score and probability against ours. Errors:
 * `InputError` with the row and both figures where they differ by more than 1e-6.
 */
export async function verifyOnnx(
  bytes: Uint8Array,
  model: ExportedModel,
  rows: Pick<Table, 'columns' | 'rows'>,
): Promise<OnnxCheck> {
  const answer = await runOnnx(bytes, rows);
  const score = scoreTable(model.scorer, rows);
  let [scoreDifferenceMax, probabilityDifferenceMax] = [0, 0];
  for (let row = 0; row < rows.rows; row++) {
    const probability = calibrated(model.calibration, score[row]!);
    const ofScore = Math.abs(answer.score[row]! - score[row]!) / Math.max(1, Math.abs(score[row]!));
    const ofProbability = Math.abs(answer.probability[row]! - probability);
    if (!(ofScore <= TOLERANCE && ofProbability <= TOLERANCE))
      throw new InputError(
        `${model.name}: the exported model differs in row ${row}: score ${answer.score[row]} instead of ${score[row]}, probability ${answer.probability[row]} instead of ${probability}; nothing is exported`,
      );
    scoreDifferenceMax = Math.max(scoreDifferenceMax, ofScore);
    probabilityDifferenceMax = Math.max(probabilityDifferenceMax, ofProbability);
  }
  return { rows: rows.rows, scoreDifferenceMax, probabilityDifferenceMax };
}

async function runOnnx(
  bytes: Uint8Array,
  { columns, rows }: Pick<Table, 'columns' | 'rows'>,
): Promise<{ score: Float32Array; probability: Float32Array }> {
  // Fourteen megabytes of WebAssembly: loaded by those who export only.
  const { env, InferenceSession, Tensor } = await import('onnxruntime-web');
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'], logSeverityLevel: 3 });
  try {
    const input = new Float32Array(rows * columns.length);
    for (const [f, column] of columns.entries())
      for (let row = 0; row < rows; row++) input[row * columns.length + f] = column[row]!;
    const { score, probability } = await session.run({
      features: new Tensor('float32', input, [rows, columns.length]),
    });
    return { score: score!.data as Float32Array, probability: probability!.data as Float32Array };
  } finally {
    await session.release();
  }
}
