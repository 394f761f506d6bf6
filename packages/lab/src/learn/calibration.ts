/**
 * From scores to probabilities, learnt on rows that the scorer was not trained on. Rows of one run resemble each
 * other, so these probabilities are means over rows like those given, not certainties about the next run.
 */
import type { CalibrationDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import { risingOrder } from './metrics.ts';

export interface ScoredRows {
  readonly score: ArrayLike<number>;
  /** 1 hazardous, 0 not. */
  readonly target: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
}

/** What an artefact may carry. */
const MAX_POINTS = 64;
/** Of a curve, before those go that say little. */
const DRAWN_POINTS = 512;
const MIN_THAT_MATTERS = 1e-3;

interface Block {
  /** Weighted mean of the scores. */
  score: number;
  weight: number;
  positive: number;
}

/**
 * Isotonic regression (pool adjacent violators, Ayer 1955), centred: one point for each block at its mean score
 * (Oron and Flournoy 2017), so that the curve rises between blocks and ranks rows as the score does. A block's
 * probability is (positives + 1/2) / (rows + 1), so that few rows never give certainty (Krichevsky and Trofimov
 * 1981). Beyond the outermost blocks it goes half the way to certainty at the outermost scores: the highest scores
 * keep their order, which thresholds for rare alarms need. Errors: `InputError` unless rows of both kinds carry weight.
 */
export function fitIsotonic(rows: ScoredRows): CalibrationDocument {
  const ties = blocksOf(rows);
  const [lowest, highest] = [ties[0]!.score, ties.at(-1)!.score];
  const blocks = pooled(pooled(ties, shareOf), probabilityOf);
  const points = blocks.map((block) => ({ score: block.score, probability: probabilityOf(block) }));
  const [first, last] = [points[0]!, points.at(-1)!];
  if (first.score > lowest) points.unshift({ score: lowest, probability: first.probability / 2 });
  if (last.score < highest) points.push({ score: highest, probability: (1 + last.probability) / 2 });
  return documentOf(points);
}

/**
 * Platt's sigmoid 1 / (1 + exp(−(slope · score + offset))) with his targets that avoid certainty (1999; solved by
 * Newton's method as Lin, Lin and Weng 2007), drawn as straight lines between points over twice the range of the
 * scores given. Errors: `InputError` unless rows of both kinds carry weight, and where higher scores are calmer.
 */
export function fitPlatt(rows: ScoredRows): CalibrationDocument {
  const blocks = blocksOf(rows);
  const [lowest, highest] = [blocks[0]!.score, blocks.at(-1)!.score];
  const { slope, offset } = sigmoidOf(blocks);
  if (!(slope > 0))
    throw new InputError('higher scores are not more hazardous: there is nothing to calibrate');
  const margin = (highest - lowest) / 2 || 1;
  const start = lowest - margin;
  const step = (highest + margin - start) / (DRAWN_POINTS - 1);
  return documentOf(
    Array.from({ length: DRAWN_POINTS }, (_, k) => {
      const score = start + k * step;
      return { score, probability: 1 / (1 + Math.exp(-(slope * score + offset))) };
    }),
  );
}

/** Rows with the same score as one block, rising; weights in units of the mean row. */
function blocksOf({ score, target, weight }: ScoredRows): Block[] {
  const blocks: Block[] = [];
  let [total, positives, counted] = [0, 0, 0];
  for (let i = 0; i < score.length; i++) {
    total += weight[i]!;
    if (target[i] === 1) positives += weight[i]!;
    if (weight[i]! > 0) counted++;
  }
  if (!(positives > 0 && positives < total))
    throw new InputError('calibration needs hazardous and calm rows that carry weight');
  const unit = total / counted;
  for (const i of risingOrder(score)) {
    const w = weight[i]! / unit;
    if (w === 0) continue;
    if (score[i] !== blocks.at(-1)?.score) blocks.push({ score: score[i]!, weight: 0, positive: 0 });
    const block = blocks.at(-1)!;
    block.weight += w;
    if (target[i] === 1) block.positive += w;
  }
  return blocks;
}

const probabilityOf = ({ positive, weight }: Block): number => (positive + 0.5) / (weight + 1);

const shareOf = ({ positive, weight }: Block): number => positive / weight;

/** Neighbours are put together until `height` rises. */
function pooled(blocks: readonly Block[], height: (block: Block) => number): Block[] {
  const stack: Block[] = [];
  for (const block of blocks) {
    let merged = block;
    for (let below = stack.at(-1); below && height(below) >= height(merged); below = stack.at(-1)) {
      stack.pop();
      const weight = below.weight + merged.weight;
      const score = (below.score * below.weight + merged.score * merged.weight) / weight;
      merged = { score, weight, positive: below.positive + merged.positive };
    }
    stack.push(merged);
  }
  return stack;
}

function sigmoidOf(blocks: readonly Block[]): { slope: number; offset: number } {
  const positive = blocks.reduce((sum, block) => sum + block.positive, 0);
  const negative = blocks.reduce((sum, block) => sum + block.weight - block.positive, 0);
  const [high, low] = [(positive + 1) / (positive + 2), 1 / (negative + 2)];
  // Scores in units of their spread: the steps of Newton's method do not know units.
  const mean = blocks.reduce((sum, b) => sum + b.score * b.weight, 0) / (positive + negative);
  const variance =
    blocks.reduce((sum, b) => sum + (b.score - mean) ** 2 * b.weight, 0) / (positive + negative);
  const spread = Math.sqrt(variance) || 1;
  let [a, b] = [0, Math.log((positive + 1) / (negative + 1))];
  const lossAt = (slope: number, offset: number): number =>
    blocks.reduce((sum, block) => {
      const z = (slope * (block.score - mean)) / spread + offset;
      const hits = block.positive * high + (block.weight - block.positive) * low;
      return sum + block.weight * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))) - hits * z;
    }, 0);
  for (let round = 0; round < 100; round++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 1e-9, 0, 1e-9];
    for (const block of blocks) {
      const x = (block.score - mean) / spread;
      const p = 1 / (1 + Math.exp(-(a * x + b)));
      const miss = block.weight * p - block.positive * high - (block.weight - block.positive) * low;
      const curvature = block.weight * p * (1 - p);
      ga += miss * x;
      gb += miss;
      haa += curvature * x * x;
      hab += curvature * x;
      hbb += curvature;
    }
    const determinant = haa * hbb - hab * hab;
    const [da, db] = [(hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant];
    let share = 1;
    const before = lossAt(a, b);
    while (share > 1e-10 && !(lossAt(a - share * da, b - share * db) <= before)) share /= 2;
    a -= share * da;
    b -= share * db;
    if (Math.abs(share * da) + Math.abs(share * db) < 1e-12) break;
  }
  return { slope: a / spread, offset: b - (a * mean) / spread };
}

interface Point {
  readonly score: number;
  readonly probability: number;
}

/**
 * Scores as 32-bit floats, each above the one before; no more than MAX_POINTS: again and again the point goes whose
 * neighbours say the same best.
 */
function documentOf(points: readonly Point[]): CalibrationDocument {
  const kept: Point[] = [];
  for (const { score, probability } of points) {
    const point = { score: Math.fround(score), probability };
    const before = kept.at(-1);
    if (!before || (point.score > before.score && point.probability > before.probability)) kept.push(point);
  }
  const errorWithout = (k: number): number => {
    const [before, at, after] = [kept[k - 1]!, kept[k]!, kept[k + 1]!];
    const share = (at.score - before.score) / (after.score - before.score);
    const straight = before.probability + share * (after.probability - before.probability);
    // By ratio to the rarer outcome, but not of one so rare that it does not matter.
    return (
      Math.abs(straight - at.probability) / (Math.min(at.probability, 1 - at.probability) + MIN_THAT_MATTERS)
    );
  };
  while (kept.length > MAX_POINTS) {
    let min = 1;
    for (let k = 2; k < kept.length - 1; k++) if (errorWithout(k) < errorWithout(min)) min = k;
    kept.splice(min, 1);
  }
  return { score: kept.map(({ score }) => score), probability: kept.map(({ probability }) => probability) };
}
