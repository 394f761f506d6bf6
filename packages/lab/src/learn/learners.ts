import type { Learner } from './learner.ts';
import { logisticRegression } from './logistic.ts';
import { withSmote } from './smote.ts';
import { boostedTrees } from './trees/boost.ts';
import { randomForest } from './trees/forest.ts';
import { isolationForest } from './trees/isolation.ts';

/** What tells hazardous rows from calm ones, by id. */
export const LEARNERS: Readonly<Record<string, Learner>> = Object.fromEntries(
  [
    boostedTrees,
    randomForest,
    logisticRegression,
    isolationForest,
    withSmote(boostedTrees),
    withSmote(logisticRegression),
  ].map((learner) => [learner.id, learner as unknown as Learner]),
);
