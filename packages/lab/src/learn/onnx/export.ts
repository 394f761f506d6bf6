/**
 * A model as ONNX. Input `features` [rows, features], 32-bit floats in the model's order, NaN where not measured;
 * outputs `score` and `probability` [rows, 1]. Thresholds are 32-bit floats and leaves lie on a grid on which their
 * sums are exact, so that any runtime comes to the same leaf and sum; the rest is computed in 64 bits.
 */
import type {
  CalibrationDocument,
  IsolationDocument,
  LinearDocument,
  ModelDocument,
  TreeDocument,
} from '@emberwatch/engine/detector';
import { meanPath } from '../trees/isolation.ts';
import { attribute, Graph, ML_DOMAIN } from './graph.ts';

/** What of a model is exported; the time to the point of no return and the thresholds are not. */
export type ExportedModel = Pick<ModelDocument, 'name' | 'features' | 'scorer' | 'calibration'>;

export function exportOnnx({ name, features, scorer, calibration }: ExportedModel): Uint8Array {
  const graph = new Graph();
  const score =
    scorer.kind === 'linear'
      ? linearScore(graph, scorer)
      : scorer.kind === 'isolation'
        ? isolationScore(graph, scorer)
        : treesScore(graph, scorer.trees, scorer.base, scorer.combine === 'mean' ? scorer.trees.length : 1);
  graph.cast(score, 'float', 'score');
  graph.cast(calibratedScore(graph, score, calibration), 'float', 'probability');
  const metadata = { features: features.map(({ id }) => id).join(' '), missing: 'NaN' };
  return graph.model(name, { features: features.length }, { score: 1, probability: 1 }, metadata);
}

function treesScore(graph: Graph, trees: readonly TreeDocument[], base: number, divisor: number): string {
  const mean = graph.node('Div', [sumOfTrees(graph, trees), graph.constant([1], [divisor])]);
  return graph.node('Add', [mean, graph.constant([1], [base])]);
}

function isolationScore(graph: Graph, { trees, sampleSize }: IsolationDocument): string {
  const unit = trees.length * meanPath(sampleSize);
  const depth = graph.node('Mul', [sumOfTrees(graph, trees), graph.constant([1], [-Math.LN2 / unit])]);
  return graph.node('Exp', [depth]);
}

function linearScore(graph: Graph, { base, weight, centre, scale, limit }: LinearDocument): string {
  const row = [1, weight.length];
  const centres = graph.constant(row, centre);
  const measured = graph.cast('features', 'double');
  // What was not measured counts as the centre, which is 0 once scaled.
  const filled = graph.node('Where', [graph.node('IsNaN', [measured]), centres, measured]);
  const scaled = graph.node('Div', [graph.node('Sub', [filled, centres]), graph.constant(row, scale)]);
  const clipped = graph.node('Clip', [scaled, graph.constant([], [-limit]), graph.constant([], [limit])]);
  const sum = graph.node('MatMul', [clipped, graph.constant([weight.length, 1], weight)]);
  return graph.node('Add', [sum, graph.constant([1], [base])]);
}

/** Of leaves, as a column of 64-bit floats. */
function sumOfTrees(graph: Graph, trees: readonly TreeDocument[]): string {
  const all = <T>(of: (tree: TreeDocument, node: number, t: number) => T): T[] =>
    trees.flatMap((tree, t) => tree.feature.map((_, node) => of(tree, node, t)));
  const leaves = trees.flatMap((tree, t) =>
    tree.feature.flatMap((feature, node) => (feature < 0 ? [{ t, node, value: tree.value[node]! }] : [])),
  );
  const { integers, floats, texts, text, integer } = attribute;
  const isLeaf = (tree: TreeDocument, node: number): boolean => tree.feature[node]! < 0;
  const sum = graph.node(
    'TreeEnsembleRegressor',
    ['features'],
    [
      integer('n_targets', 1),
      text('aggregate_function', 'SUM'),
      text('post_transform', 'NONE'),
      integers(
        'nodes_treeids',
        all((_, __, t) => t),
      ),
      integers(
        'nodes_nodeids',
        all((_, node) => node),
      ),
      integers(
        'nodes_featureids',
        all((tree, node) => Math.max(tree.feature[node]!, 0)),
      ),
      texts(
        'nodes_modes',
        all((tree, node) => (isLeaf(tree, node) ? 'LEAF' : 'BRANCH_LEQ')),
      ),
      floats(
        'nodes_values',
        all((tree, node) => tree.threshold[node]!),
      ),
      integers(
        'nodes_truenodeids',
        all((tree, node) => Math.max(tree.left[node]!, 0)),
      ),
      integers(
        'nodes_falsenodeids',
        all((tree, node) => Math.max(tree.right[node]!, 0)),
      ),
      integers(
        'nodes_missing_value_tracks_true',
        all((tree, node) => tree.missingLeft[node]!),
      ),
      integers(
        'target_treeids',
        leaves.map(({ t }) => t),
      ),
      integers(
        'target_nodeids',
        leaves.map(({ node }) => node),
      ),
      integers(
        'target_ids',
        leaves.map(() => 0),
      ),
      floats(
        'target_weights',
        leaves.map(({ value }) => value),
      ),
    ],
    ML_DOMAIN,
  );
  return graph.cast(sum, 'double');
}

/** Straight between the points: each piece adds its rise times the share of it that the score has passed. */
function calibratedScore(graph: Graph, score: string, calibration: CalibrationDocument): string {
  const from = calibration.score.slice(0, -1);
  const first = graph.constant([1], [calibration.probability[0]!]);
  if (from.length === 0)
    return graph.node('Add', [graph.node('Mul', [score, graph.constant([1], [0])]), first]);
  const row = [1, from.length];
  const width = from.map((point, k) => calibration.score[k + 1]! - point);
  const rise = from.map((_, k) => calibration.probability[k + 1]! - calibration.probability[k]!);
  const beyond = graph.node('Sub', [score, graph.constant(row, from)]);
  const share = graph.node('Div', [beyond, graph.constant(row, width)]);
  const passed = graph.node('Clip', [share, graph.constant([], [0]), graph.constant([], [1])]);
  const risen = graph.node('MatMul', [passed, graph.constant([from.length, 1], rise)]);
  return graph.node('Add', [risen, first]);
}
