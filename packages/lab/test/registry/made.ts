/** A small model that is valid in every part, and a training that made it. */
import type { ModelDocument } from '@emberwatch/engine/detector';
import type { TrainingRun } from '../../src/registry/index.ts';

const STUMP = {
  feature: [0, -1, 1, -1, -1],
  threshold: [60, 0, 1.5, 0, 0],
  left: [1, 0, 3, 0, 0],
  right: [2, 0, 4, 0, 0],
  missingLeft: [1, 0, 1, 0, 0],
  value: [-1.75, -2, 1, 0.5, 2],
  cover: [120, 110, 10, 6, 4],
};

export function makeModel(name: string, changes: Partial<ModelDocument> = {}): ModelDocument {
  return {
    name,
    features: [
      { id: 'hottestDegC', unit: 'degC' },
      { id: 'heatingKPerMin', unit: 'K/min' },
    ],
    scorer: { kind: 'trees', combine: 'sum', base: -3, trees: [STUMP] },
    calibration: { score: [-8, 0, 8], probability: [0.001, 0.4, 0.99] },
    timeToPnr: null,
    thresholds: {
      advisory: { probability: 0.2, budget: '1 advisory per rack-month' },
      warning: { probability: 0.5, budget: 'half way' },
      critical: { probability: 0.9, budget: '0.01 critical per module-year' },
    },
    training: {
      learner: 'gbt',
      parameters: { trees: 1, learningRate: 0.1 },
      plan: 'tiny',
      planSha256: 'a'.repeat(64),
      datasetSha256: 'b'.repeat(64),
      seed: 1,
      commit: 'c'.repeat(40),
      rows: 120,
      positiveRows: 10,
      runs: 6,
    },
    metrics: { validationAuprc: 0.8, validationLogLoss: 0.2 },
    ...changes,
  };
}

export const makeTraining = (name: string, changes: Partial<TrainingRun> = {}): TrainingRun => ({
  name,
  command: ['train', 'datasets/tiny', '--seed', '1'],
  startedMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  durationS: 12.5,
  plan: 'tiny',
  planSha256: 'a'.repeat(64),
  datasetSha256: 'b'.repeat(64),
  seed: 1,
  commit: 'c'.repeat(40),
  parameters: { trees: 1, learningRate: 0.1, monotone: true },
  metrics: { validationAuprc: 0.8, neverMeasured: Number.NaN },
  curves: { train: [0.6, 0.4, 0.3], validation: [0.65, 0.5, 0.45] },
  ...changes,
});
