/** A model for other runtimes, checked against one before it is written. */
import { writeFile } from 'node:fs/promises';
import type { ModelDocument, TreeDocument } from '@emberwatch/engine/detector';
import { createRandom, type Random } from '@emberwatch/engine/random';
import { exportOnnx } from '../learn/onnx/export.ts';
import { type OnnxCheck, verifyOnnx } from '../learn/onnx/verify.ts';
import type { Catalog } from './catalog.ts';
import { loadModel } from './models.ts';

const PROBE_ROWS = 4096;
const MISSING_SHARE = 0.1;
/** Of the values: on a threshold or next to it, where runtimes could part. */
const EDGE_SHARE = 0.5;

/**
 * Writes the model as ONNX once onnxruntime has given the same score and probability to 1e-6 on rows that stand on,
 * below and above its thresholds, with values missing in every feature. Errors: `InputError`, and nothing is written,
 * where one row differs.
 */
export async function exportOnnxOf(
  catalog: Catalog,
  reference: string,
  output: string,
): Promise<OnnxCheck & { readonly bytes: number }> {
  const { document } = await loadModel(reference, catalog);
  const bytes = exportOnnx(document);
  const check = await verifyOnnx(bytes, document, probesOf(document));
  await writeFile(output, bytes);
  return { ...check, bytes: bytes.byteLength };
}

function probesOf(document: ModelDocument): { columns: Float32Array[]; rows: number } {
  const random = createRandom(1, `probes of ${document.name}`);
  const { scorer } = document;
  const columns = document.features.map((_, f) => {
    const draw =
      scorer.kind === 'linear'
        ? (): number =>
            scorer.centre[f]! + 2 * (scorer.limit + 1) * (random.uniform() - 0.5) * scorer.scale[f]!
        : fromEdges(edgesOf(scorer.trees, f), random);
    return Float32Array.from({ length: PROBE_ROWS }, () =>
      random.uniform() < MISSING_SHARE ? Number.NaN : draw(),
    );
  });
  return { columns, rows: PROBE_ROWS };
}

function edgesOf(trees: readonly TreeDocument[], f: number): number[] {
  const edges = new Set<number>();
  for (const { feature, threshold } of trees)
    for (const [node, requested] of feature.entries()) if (requested === f) edges.add(threshold[node]!);
  return [...edges].sort((a, b) => a - b);
}

function fromEdges(edges: readonly number[], random: Random): () => number {
  if (edges.length === 0) return () => random.normal();
  const [low, high] = [edges[0]!, edges.at(-1)!];
  const margin = Math.max(1e-3, (high - low) / 10);
  return () => {
    if (random.uniform() >= EDGE_SHARE) return random.uniformBetween(low - margin, high + margin);
    return neighbour(edges[random.integer(edges.length)]!, random.integer(3) - 1);
  };
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** The 32-bit float itself, or the next one up or down. */
function neighbour(value: number, steps: number): number {
  floats[0] = value;
  if (value === 0 || steps === 0) return floats[0];
  bits[0]! += value > 0 ? steps : -steps;
  return floats[0];
}
