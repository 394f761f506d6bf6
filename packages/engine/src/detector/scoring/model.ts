/** A trained model at work on the figures of modules: probability of hazard, time to the point of no return, reasons. */
import { InputError } from '../../telemetry/index.ts';
import { FEATURE_INDEX, FEATURES } from '../features.ts';
import type { Driver, TimeToPnr } from '../verdict.ts';
import { checkModel } from './check.ts';
import type { CalibrationDocument, ModelDocument } from './document.ts';
import { compileScorer, type Scorer } from './scorer.ts';

const MAX_DRIVERS = 3;
/** From the share of one more physics on, two agree. */
const AGREEING_SHARE = 0.2;

export interface Model {
  readonly name: string;
  readonly thresholds: ModelDocument['thresholds'];
  /** Calibrated probability of hazard. `features`: by FEATURE_INDEX. */
  probability(features: Float64Array): number;
  /** Null where the model was not trained for it. */
  timeToPnr(features: Float64Array): TimeToPnr | null;
  /** The figures that moved the probability up most, the largest first. */
  drivers(features: Float64Array): Driver[];
  /**
   * How many of heat, voltage and gas carry at least a fifth of what moved the probability upwards; figures of several
   * physics count for each.
   */
  agreeingPhysics(features: Float64Array): number;
}

/** @throws InputError where the document is no model, or asks for a figure that this version does not compute */
export function createModel(trained: ModelDocument): Model {
  checkModel(trained);
  return new CompiledModel(trained);
}

class CompiledModel implements Model {
  readonly name: string;
  readonly thresholds: ModelDocument['thresholds'];
  /** Position in the figures of a module of each feature of the model. */
  private readonly indices: Int32Array;
  private readonly row: Float64Array;
  private readonly contributions: Float64Array;
  private readonly scorer: Scorer;
  private readonly calibration: CalibrationDocument;
  private readonly times: { readonly low: Scorer; readonly median: Scorer; readonly high: Scorer } | null;

  constructor(trained: ModelDocument) {
    this.name = trained.name;
    this.thresholds = trained.thresholds;
    this.indices = Int32Array.from(trained.features, ({ id, unit }, i) =>
      indexOf(id, unit, `features[${i}]`),
    );
    const count = trained.features.length;
    this.row = new Float64Array(count);
    this.contributions = new Float64Array(count);
    this.scorer = compileScorer(trained.scorer, count);
    this.calibration = trained.calibration;
    const { timeToPnr } = trained;
    this.times = timeToPnr && {
      low: compileScorer(timeToPnr.low, count),
      median: compileScorer(timeToPnr.median, count),
      high: compileScorer(timeToPnr.high, count),
    };
  }

  private rowOf(features: Float64Array): Float64Array {
    const { row, indices } = this;
    for (let i = 0; i < row.length; i++) row[i] = features[indices[i]!]!;
    return row;
  }

  probability(features: Float64Array): number {
    return calibrated(this.calibration, this.scorer.score(this.rowOf(features)));
  }

  timeToPnr(features: Float64Array): TimeToPnr | null {
    if (!this.times) return null;
    const row = this.rowOf(features);
    const median = this.times.median.score(row);
    // Quantiles that were learnt one by one may cross: the median is what holds.
    const low = Math.min(median, this.times.low.score(row));
    const high = Math.max(median, this.times.high.score(row));
    return { lowS: Math.exp(low), medianS: Math.exp(median), highS: Math.exp(high) };
  }

  drivers(features: Float64Array): Driver[] {
    const { contributions, indices } = this;
    const upwards = this.contribute(features);
    if (upwards <= 0) return [];
    return Array.from(contributions, (contribution, i) => ({ contribution, i }))
      .filter(({ contribution }) => contribution > 0)
      .sort((a, b) => b.contribution - a.contribution || a.i - b.i)
      .slice(0, MAX_DRIVERS)
      .map(({ contribution, i }) => {
        const value = features[indices[i]!]!;
        const { id, label, unit, digits } = FEATURES[indices[i]!]!;
        return {
          feature: id,
          label,
          unit,
          digits,
          value: Number.isNaN(value) ? null : value,
          share: contribution / upwards,
        };
      });
  }

  agreeingPhysics(features: Float64Array): number {
    const { contributions, indices } = this;
    const upwards = this.contribute(features);
    if (upwards <= 0) return 0;
    let [thermal, electrical, gas] = [0, 0, 0];
    for (let i = 0; i < contributions.length; i++) {
      const contribution = contributions[i]!;
      if (contribution <= 0) continue;
      const { physics } = FEATURES[indices[i]!]!;
      // Heating with loss of voltage is both.
      if (physics === 'thermal' || physics === null) thermal += contribution;
      if (physics === 'electrical' || physics === null) electrical += contribution;
      if (physics === 'gas') gas += contribution;
    }
    const min = AGREEING_SHARE * upwards;
    return (thermal >= min ? 1 : 0) + (electrical >= min ? 1 : 0) + (gas >= min ? 1 : 0);
  }

  /** Fills `contributions`; the sum of those upwards. */
  private contribute(features: Float64Array): number {
    this.scorer.contributions(this.rowOf(features), this.contributions);
    let upwards = 0;
    for (const contribution of this.contributions) if (contribution > 0) upwards += contribution;
    return upwards;
  }
}

function indexOf(id: string, unit: string, place: string): number {
  const index = (FEATURE_INDEX as Readonly<Record<string, number>>)[id];
  const feature = index === undefined ? undefined : FEATURES[index];
  if (!feature)
    throw new InputError(`model: ${place} is "${id}", a figure that this version does not compute`);
  if (feature.unit !== unit)
    throw new InputError(`model: ${place} "${id}" is in "${unit}", here it is in "${feature.unit}"`);
  if (!feature.model)
    throw new InputError(`model: ${place} "${id}" tells how the data were taken: no model may look at it`);
  return index!;
}

/** The probability of a score: straight between the points, constant beyond. */
export function calibrated({ score, probability }: CalibrationDocument, value: number): number {
  let [low, high] = [0, score.length - 1];
  if (!(value > score[low]!)) return probability[low]!;
  if (value >= score[high]!) return probability[high]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (score[middle]! <= value) low = middle;
    else high = middle;
  }
  const share = (value - score[low]!) / (score[high]! - score[low]!);
  return probability[low]! + share * (probability[high]! - probability[low]!);
}
