/** A model document as evaluation uses it: scored beside the rules, or in use by the detector. */
import { FEATURE_INDEX, type FeatureId, type ModelDocument } from '@emberwatch/engine/detector';
import { calibrated } from '../learn/index.ts';
import { givesLogOdds, logOddsOf, scoreOf } from '../train/score.ts';
import type { JudgedBy } from './run.ts';
import type { Judge } from './scores.ts';

export function judgeOf(model: ModelDocument | null, isInUse: boolean): JudgedBy {
  void isInUse;
  if (model === null) return { judge: null, detector: {} };
  const indices = model.features.map(({ id }) => FEATURE_INDEX[id as FeatureId]);
  const isLogOdds = givesLogOdds(model.scorer);
  const row = new Float64Array(indices.length);
  const judge: Judge = {
    score: (features) => {
      for (let f = 0; f < row.length; f++) row[f] = features[indices[f]!]!;
      const score = scoreOf(model.scorer, row);
      return isLogOdds ? score : logOddsOf(score);
    },
    probability: (score) => calibrated(model.calibration, isLogOdds ? score : 1 / (1 + Math.exp(-score))),
  };
  return { judge, detector: {} };
}
