/** Two models side by side: what gets better, what gets worse, what they were made of. */
import type { ModelDocument } from '@emberwatch/engine/detector';
import type { Evaluation } from '../evaluate/evaluate.ts';
import type { LoadedModel } from './artefact.ts';

export type Change = 'better' | 'worse' | 'same' | 'not comparable';

export interface MetricChange {
  readonly name: string;
  /** Null where the model has no such figure. */
  readonly before: number | null;
  readonly after: number | null;
  readonly change: Change;
}

export interface Difference {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

export interface ModelComparison {
  readonly before: string;
  readonly after: string;
  /** What the figures come from. */
  readonly statsOf: 'validation rows' | 'evaluation by event';
  readonly metrics: readonly MetricChange[];
  /** Parameters and origin that differ. */
  readonly differences: readonly Difference[];
  readonly featuresAdded: readonly string[];
  readonly featuresRemoved: readonly string[];
  /** Figures of different data say nothing of the models: true where they come from the same data. */
  readonly isSameData: boolean;
}

/** By what the name of a figure says. */
const LOWER_IS_BETTER = /loss|false|brier|ece|error|missed|harmless|alarmsper/i;
const HIGHER_IS_BETTER = /recall|auroc|auprc|auc|lead|precision|specificity|top\d/i;
/** Relative; less is the last digit of another run. */
const SAME = 1e-6;

/** `evaluations` of both, where there are some: they say more than the figures in the artefacts. */
export function compareModels(
  { document: a }: LoadedModel,
  { document: b }: LoadedModel,
  evaluations: readonly [Evaluation, Evaluation] | null = null,
): ModelComparison {
  const ids = (model: ModelDocument): string[] => model.features.map(({ id }) => id);
  const [x, y] = evaluations ? evaluations.map(statsOfEvaluation) : [a.metrics, b.metrics];
  const names = new Set([...Object.keys(x!), ...Object.keys(y!)]);
  return {
    before: a.name,
    after: b.name,
    statsOf: evaluations ? 'evaluation by event' : 'validation rows',
    metrics: [...names].map((name) => metricChange(name, x![name] ?? null, y![name] ?? null)),
    differences: differencesOf(a, b),
    featuresAdded: ids(b).filter((id) => !ids(a).includes(id)),
    featuresRemoved: ids(a).filter((id) => !ids(b).includes(id)),
    isSameData: evaluations
      ? evaluations[0].data.sha256.join() === evaluations[1].data.sha256.join()
      : a.training.datasetSha256 === b.training.datasetSha256,
  };
}

/** By event, of the policy at each level and of the score at each budget; what was not measured is left out. */
function statsOfEvaluation({ policy, scores, reliability }: Evaluation): Record<string, number> {
  const score = scores.find(({ score: id }) => id === 'model');
  const entries: [string, number][] = [
    ...policy.flatMap(({ level, lead, falseAlarms, harmless, harmlessAlarmed }): [string, number][] => [
      [`${level}: recall`, lead.recall],
      [`${level}: median lead, s`, lead.medianS],
      [`${level}: lead of 5 min and more, share`, lead.share5Min],
      [`${level}: false alarms`, falseAlarms.count],
      [`${level}: share of harmless faults`, harmlessAlarmed / harmless],
    ]),
    ...(score
      ? [
          ['score: AUROC by module', score.auroc] as [string, number],
          ['score: AUPRC at field prevalence', score.fieldAuprcLower] as [string, number],
          ['score: AUROC, runs away or not', score.runawayAuroc] as [string, number],
          ...score.atBudgets.flatMap(({ budget, lead }): [string, number][] => [
            [`score at ${budget} budget: recall`, lead.recall],
            [`score at ${budget} budget: median lead, s`, lead.medianS],
          ]),
        ]
      : []),
    ...(reliability ? [['calibration error (ECE)', reliability.ece] as [string, number]] : []),
  ];
  return Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)));
}

function metricChange(name: string, before: number | null, after: number | null): MetricChange {
  const direction = LOWER_IS_BETTER.test(name) ? -1 : HIGHER_IS_BETTER.test(name) ? 1 : 0;
  const isKnown = before !== null && after !== null && direction !== 0;
  if (!isKnown) return { name, before, after, change: 'not comparable' };
  const gain = direction * (after - before);
  const isSame = Math.abs(gain) <= SAME * Math.max(Math.abs(before), Math.abs(after));
  return { name, before, after, change: isSame ? 'same' : gain > 0 ? 'better' : 'worse' };
}

function differencesOf(a: ModelDocument, b: ModelDocument): Difference[] {
  const facts = ({ training, thresholds, scorer, features }: ModelDocument): Record<string, string> => ({
    learner: training.learner,
    plan: training.plan,
    dataset: training.datasetSha256.slice(0, 12),
    seed: String(training.seed),
    commit: training.commit.slice(0, 12),
    rows: String(training.rows),
    'hazardous rows': String(training.positiveRows),
    runs: String(training.runs),
    features: String(features.length),
    trees: scorer.kind === 'linear' ? '–' : String(scorer.trees.length),
    ...Object.fromEntries(
      Object.entries(thresholds).map(([level, { probability }]) => [
        `threshold of ${level}`,
        probability.toPrecision(4),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(training.parameters).map(([name, value]) => [`parameter ${name}`, String(value)]),
    ),
  });
  const [before, after] = [facts(a), facts(b)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((name) => ({ name, before: before[name] ?? '–', after: after[name] ?? '–' }))
    .filter((difference) => difference.before !== difference.after);
}
