/** Figures that need no threshold, of weighted rows. A target is 1 or 0, a higher score means more hazardous. */

interface Ranked {
  readonly score: ArrayLike<number>;
  readonly target: ArrayLike<number>;
  /** Missing: every row counts as one. */
  readonly weight?: ArrayLike<number>;
}

/**
 * Probability that a hazardous row scores higher than a calm one, ties half (area under the ROC curve). NaN where one
 * of both kinds carries no weight.
 */
export function auroc(rows: Ranked): number {
  let [calmBelow, pairsWon, hazardous] = [0, 0, 0];
  for (const { positive, negative } of tiesFromBelow(rows)) {
    pairsWon += positive * (calmBelow + negative / 2);
    calmBelow += negative;
    hazardous += positive;
  }
  return pairsWon / (calmBelow * hazardous);
}

/**
 * Average precision: the mean over hazardous rows of the precision at their score (area under the precision-recall
 * curve without interpolation, as scikit-learn has it). NaN where no row is hazardous.
 */
export function auprc(rows: Ranked): number {
  let [found, alarms, area] = [0, 0, 0];
  for (const { positive, negative } of tiesFromBelow(rows).reverse()) {
    found += positive;
    alarms += positive + negative;
    if (positive > 0) area += (positive * found) / alarms;
  }
  return area / found;
}

/** Mean negative log-likelihood (base e) of probabilities; those of 0 and 1 are held 1e-15 away from certainty. */
export function logLoss({ score, target, weight }: Ranked): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < score.length; i++) {
    const w = weight?.[i] ?? 1;
    const probability = Math.min(Math.max(score[i]!, 1e-15), 1 - 1e-15);
    sum -= w * Math.log(target[i] === 1 ? probability : 1 - probability);
    total += w;
  }
  return sum / total;
}

interface Tie {
  positive: number;
  negative: number;
}

/** Weight of hazardous and calm rows at each score, rising. */
function tiesFromBelow({ score, target, weight }: Ranked): Tie[] {
  const order = risingOrder(score);
  const ties: Tie[] = [];
  let last = Number.NaN;
  for (const i of order) {
    if (score[i] !== last) ties.push({ positive: 0, negative: 0 });
    last = score[i]!;
    const tie = ties.at(-1)!;
    if (target[i] === 1) tie.positive += weight?.[i] ?? 1;
    else tie.negative += weight?.[i] ?? 1;
  }
  return ties;
}

/** Indices by rising value; equal ones in the order they had. Errors: `RangeError` at a value that has no order. */
export function risingOrder(values: ArrayLike<number>): Int32Array {
  const order = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) throw new RangeError(`score ${i}: expected a number, got NaN`);
    order[i] = i;
  }
  return order.sort((a, b) => values[a]! - values[b]! || a - b);
}
