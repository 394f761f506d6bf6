import type { CalibrationDocument } from '@emberwatch/engine/detector';
import { createRandom } from '@emberwatch/engine/random';
import {
  exportOnnx,
  fitIsotonic,
  fitPlatt,
  LEARNERS,
  type Learner,
  rowsOfTable,
  scoreTable,
  type Table,
  verifyOnnx,
} from '@emberwatch/lab/learn';
import { describe, expect, it } from 'vitest';
import { imbalanced } from './problems.ts';

const table = imbalanced({ rows: 2000, seed: 1, offset: -4 });
const unseen = imbalanced({ rows: 2000, seed: 2, offset: -4, missingShare: 0.2 });

/** Rows at thresholds, one step beside them, and far from everything. */
function provoking(model: ReturnType<typeof modelOf>): Table {
  const random = createRandom(1, 'provoking');
  const thresholds =
    model.scorer.kind === 'linear' ? [] : model.scorer.trees.flatMap(({ threshold }) => threshold);
  const rows = rowsOfTable(
    unseen,
    Array.from({ length: 3000 }, (_, i) => i % unseen.rows),
  );
  for (const column of rows.columns)
    for (let row = 0; row < rows.rows; row++) {
      const kind = random.integer(8);
      const near = thresholds[random.integer(thresholds.length || 1)] ?? 0;
      if (kind === 0) column[row] = near;
      if (kind === 1) column[row] = near * (1 + 2 ** -23);
      if (kind === 2) column[row] = 3e38 * (random.uniform() - 0.5);
    }
  return rows;
}

const modelOf = (
  learner: Learner,
  calibrate: (rows: Parameters<typeof fitIsotonic>[0]) => CalibrationDocument,
) => {
  const trees = learner.id === 'isolation-forest' ? 50 : 100;
  const parameters = Object.hasOwn(learner.defaults, 'trees') ? { trees } : {};
  const { scorer } = learner.fit(table, { seed: 1, parameters });
  const { target, weight } = unseen;
  return {
    name: `test-${learner.id}`,
    features: table.features.map((id) => ({ id, unit: '' })),
    scorer,
    calibration: calibrate({ score: scoreTable(scorer, unseen), target, weight }),
  };
};

describe('ONNX', () => {
  it.each(['boosted-trees', 'random-forest', 'logistic-regression', 'isolation-forest'])(
    '%s answers in onnxruntime as here, with values missing, at thresholds and huge',
    async (id) => {
      for (const [calibrate, rowsOf] of [
        [fitIsotonic, provoking],
        [fitPlatt, () => unseen],
      ] as const) {
        const model = modelOf(LEARNERS[id]!, calibrate);
        const rows = rowsOf(model);
        const check = await verifyOnnx(exportOnnx(model), model, rows);
        expect(check.rows).toBe(rows.rows);
        expect(check.probabilityDifferenceMax).toBeLessThan(1e-6);
      }
    },
  );

  it('is refused with both figures where it would differ', async () => {
    const model = modelOf(LEARNERS['boosted-trees']!, fitIsotonic);
    const other = modelOf(LEARNERS['logistic-regression']!, fitIsotonic);
    await expect(verifyOnnx(exportOnnx(other), model, unseen)).rejects.toThrow(
      /^test-boosted-trees: the exported model differs in row \d+: score -?[\d.e-]+ instead of -?[\d.e-]+, probability/,
    );
  });
});
