/** Then and now of each module, side by side. */
import { type Level, levelRank } from '@emberwatch/engine/detector';
import { naturalOrder } from '../live/names.ts';
import { isAlarm } from '../live/severity.ts';
import type { Between } from '../module/span.ts';
import { type LevelAt, mostSevereOf, type Stretch, stretchesOf } from '../module/timeline.ts';
import { compared, type Difference } from './compare.ts';
import type { Evaluation } from './evaluate.ts';
import type { RecordedHistory } from './recorded-history.ts';

export interface VerdictPair {
  readonly moduleId: string;
  readonly then: readonly Stretch[];
  /** Null where it was not judged again. */
  readonly now: readonly Stretch[] | null;
  readonly differences: readonly Difference[];
}

export interface Verdicts {
  /** What is worth looking at, the gravest first: chosen modules, alarms of then or now, differences. */
  readonly pairs: readonly VerdictPair[];
  /** Modules that were judged again, and how many of them differ. */
  readonly evaluated: number;
  readonly differing: number;
}

function byModule<T extends LevelAt & { readonly moduleId: string }>(
  changes: readonly T[],
): Map<string, T[]> {
  const lists = new Map<string, T[]>();
  for (const change of changes) {
    const list = lists.get(change.moduleId);
    if (list) list.push(change);
    else lists.set(change.moduleId, [change]);
  }
  return lists;
}

/** @param chosen modules that are shown in any case */
export function verdictsOf(
  recorded: RecordedHistory,
  evaluation: Evaluation | null,
  { fromMs, toMs }: Between,
  chosen: readonly string[],
): Verdicts {
  const [thenChanges, nowChanges] = [byModule(recorded.changes), byModule(evaluation?.changes ?? [])];
  const evaluatedIds = new Set([...Object.keys(evaluation?.levels ?? {}), ...nowChanges.keys()]);
  const line = (first: Level | undefined, changes: readonly LevelAt[] | undefined): Stretch[] =>
    stretchesOf(first ?? 'unknown', changes ?? [], fromMs, toMs);
  const pairs = [...new Set([...recorded.levels.keys(), ...thenChanges.keys(), ...evaluatedIds])].map(
    (moduleId): VerdictPair => {
      const then = line(recorded.levels.get(moduleId), thenChanges.get(moduleId));
      const isEvaluated = evaluation !== null && evaluatedIds.has(moduleId);
      const now = isEvaluated ? line(evaluation.levels[moduleId], nowChanges.get(moduleId)) : null;
      return { moduleId, then, now, differences: now ? compared(then, now) : [] };
    },
  );
  const rank = ({ then, now }: VerdictPair): number => levelRank(mostSevereOf([...then, ...(now ?? [])]));
  const isShown = (pair: VerdictPair): boolean =>
    chosen.includes(pair.moduleId) ||
    pair.differences.length > 0 ||
    isAlarm(mostSevereOf([...pair.then, ...(pair.now ?? [])]));
  return {
    pairs: pairs
      .filter(isShown)
      .sort(
        (a, b) =>
          rank(b) - rank(a) ||
          b.differences.length - a.differences.length ||
          naturalOrder(a.moduleId, b.moduleId),
      ),
    evaluated: evaluatedIds.size,
    differing: pairs.filter(({ differences }) => differences.length > 0).length,
  };
}
