/** A model document as evaluation uses it: scored beside the rules, or in use by the detector as well. */
import {
  compileScorer,
  createModel,
  FEATURE_INDEX,
  type FeatureId,
  type ModelDocument,
} from '@emberwatch/engine/detector';
import { calibrated } from '../learn/index.ts';
import { givesLogOdds, logOddsOf } from '../rows/score.ts';
import type { EvaluationSettings } from './run.ts';

export function scorerOf(model: ModelDocument | null, isInUse: boolean): EvaluationSettings {
  if (model === null) return { scorer: null, detector: {} };
  const indices = model.features.map(({ id }) => FEATURE_INDEX[id as FeatureId]);
  const isLogOdds = givesLogOdds(model.scorer);
  const row = new Float64Array(indices.length);
  const scorer = compileScorer(model.scorer, row.length);
  return {
    scorer: {
      score: (features) => {
        for (let f = 0; f < row.length; f++) row[f] = features[indices[f]!]!;
        const score = scorer.score(row);
        return isLogOdds ? score : logOddsOf(score);
      },
      probability: (score) => calibrated(model.calibration, isLogOdds ? score : 1 / (1 + Math.exp(-score))),
    },
    detector: isInUse ? { model: createModel(model) } : {},
  };
}
