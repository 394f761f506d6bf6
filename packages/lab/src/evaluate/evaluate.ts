/** A model, or the rules alone, on runs whose truth is known: one pass, tables by event. */
import { ALARM_LEVELS } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import type { RunRecord, Split } from '../dataset/manifest.ts';
import type { RunMetrics } from '../rows/outcome.ts';
import { MODEL_SCORE, SCORES } from '../rows/scores.ts';
import { BREAKDOWNS, breakdown, type PartStats, partStats } from './breakdown.ts';
import { exposureOf, yearsOf } from './budget.ts';
import { crossingAt, eventsOf, harmlessOf, leadsOf } from './lead.ts';
import { CHANGES } from './robustness.ts';
import {
  type FalseAlarmRow,
  falseAlarmsByKind,
  falseAlarmsByRegime,
  falseAlarmsByRule,
  type PolicyStats,
  policyStats,
  type Reliability,
  reliabilityOf,
  type ScoreStats,
  scoreStats,
  survivalOf,
} from './score-stats.ts';

/** What was never trained on; validation sets thresholds and is shown for itself only. */
export const EVALUATED_SPLITS: readonly Split[] = [
  'test',
  'held-out-family',
  'held-out-chemistry',
  'held-out-site',
];

/** Gives the tallies of runs; `change` names one of CHANGES, null none. */
export type RunEvaluator = (
  runs: readonly RunRecord[],
  change: string | null,
  onProgress: (share: number) => void,
) => Promise<RunMetrics[]>;

export interface EvaluateOptions {
  readonly splits?: readonly Split[];
  /** Runs again with each of CHANGES; of calm runs only so many. */
  readonly withRobustness?: boolean;
  readonly onProgress?: (share: number, phase: string) => void;
}

export interface Survival {
  readonly name: string;
  readonly points: readonly { readonly leadS: number; readonly share: number }[];
}

export interface Evaluation {
  /** Name of the model; null: the rules alone. */
  readonly model: string | null;
  readonly data: { readonly names: readonly string[]; readonly sha256: readonly string[] };
  readonly splits: readonly Split[];
  readonly runs: number;
  readonly frames: number;
  readonly events: number;
  readonly harmless: number;
  readonly propagated: number;
  readonly moduleYears: number;
  /** Validation runs that set the thresholds. */
  readonly calibration: { readonly runs: number; readonly moduleYears: number };
  readonly scores: readonly ScoreStats[];
  readonly policy: readonly PolicyStats[];
  readonly falseAlarmsByKind: readonly FalseAlarmRow[];
  readonly falseAlarmsByRegime: readonly FalseAlarmRow[];
  readonly falseAlarmsByRule: readonly FalseAlarmRow[];
  readonly reliability: Reliability | null;
  readonly survival: readonly Survival[];
  readonly breakdowns: readonly { readonly by: string; readonly parts: readonly PartStats[] }[];
  /** The first row is without any change, on the same runs. */
  readonly robustness: readonly (PartStats & { readonly change: string | null })[];
}

/** Runs of a robustness pass, with a fault and without: there is a pass for each change. */
const FAULTY_RUNS_OF_CHANGE = 48;
const CALM_RUNS_OF_CHANGE = 16;

/**
 * Judges runs. Errors: `InputError` where no run belongs to the wanted splits, or none to validation.
 *
 * @param model its name, or null for the rules alone: then rows of the model are left out
 */
export async function evaluate(
  model: string | null,
  data: {
    readonly names: readonly string[];
    readonly sha256: readonly string[];
    readonly runs: readonly RunRecord[];
  },
  evaluateAll: RunEvaluator,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { splits = EVALUATED_SPLITS, withRobustness = true, onProgress } = options;
  const evaluatedRuns = data.runs.filter(({ split }) => splits.includes(split));
  const calmRuns = data.runs.filter(({ split }) => split === 'validation');
  if (evaluatedRuns.length === 0)
    throw new InputError(
      `${data.names.join(', ')}: no run belongs to ${splits.join(', ')}; there are ${[...new Set(data.runs.map(({ split }) => split))].join(', ')}`,
    );
  if (calmRuns.length === 0)
    throw new InputError(
      `${data.names.join(', ')}: no run belongs to validation, by which thresholds are set to their budgets`,
    );
  const calibration = await evaluateAll(calmRuns, null, (share) => onProgress?.(share, 'validation runs'));
  const evaluated = await evaluateAll(evaluatedRuns, null, (share) => onProgress?.(share, 'judged runs'));
  const kept = SCORES.flatMap((_, k) => (k === MODEL_SCORE && model === null ? [] : [k]));
  const scores = kept.map((k) => scoreStats(evaluated, calibration, k));
  const thresholds = model === null ? [] : scores[0]!.atBudgets;
  const levels = thresholds.map(({ level }) => level);
  const all = [...calibration, ...evaluated];
  return {
    model,
    data: { names: data.names, sha256: data.sha256 },
    splits,
    runs: evaluated.length,
    frames: evaluated.reduce((sum, { frames }) => sum + frames, 0),
    events: eventsOf(evaluated).length,
    harmless: harmlessOf(evaluated).length,
    propagated: evaluated.flatMap(({ faults }) => faults.filter(({ isOwn }) => !isOwn)).length,
    moduleYears: yearsOf(exposureOf(evaluated)),
    calibration: { runs: calibration.length, moduleYears: yearsOf(exposureOf(calibration)) },
    scores,
    policy: policyStats(evaluated),
    falseAlarmsByKind: falseAlarmsByKind(evaluated, levels),
    falseAlarmsByRegime: falseAlarmsByRegime(evaluated),
    falseAlarmsByRule: falseAlarmsByRule(evaluated),
    reliability: model === null ? null : reliabilityOf(evaluated),
    survival: survivals(evaluated, scores),
    breakdowns: BREAKDOWNS.map((by) => ({
      by,
      parts: breakdown(by, by === 'split' ? all : evaluated, thresholds),
    })),
    robustness: withRobustness ? await robustness(evaluatedRuns, evaluateAll, thresholds, onProgress) : [],
  };
}

/** Of the real policy at each level, and of each score at the first budget. */
function survivals(evaluated: readonly RunMetrics[], scores: readonly ScoreStats[]): Survival[] {
  const events = eventsOf(evaluated);
  return [
    ...ALARM_LEVELS.map((name, rank) => ({
      name: `policy: ${name}`,
      points: survivalOf(leadsOf(events, ({ alarmS }) => alarmS[rank]!)),
    })),
    ...scores.map(({ score, label, atBudgets }) => ({
      name: label,
      points: survivalOf(
        leadsOf(
          events,
          crossingAt(
            SCORES.findIndex(({ id }) => id === score),
            atBudgets[0]!.level,
          ),
        ),
      ),
    })),
  ];
}

/** At most `most`, evenly over the list. */
function thinned<T>(list: readonly T[], max: number): T[] {
  const every = Math.max(1, Math.ceil(list.length / max));
  return list.filter((_, i) => i % every === 0);
}

async function robustness(
  runs: readonly RunRecord[],
  evaluateAll: RunEvaluator,
  thresholds: ScoreStats['atBudgets'],
  onProgress: EvaluateOptions['onProgress'],
): Promise<(PartStats & { change: string | null })[]> {
  const faulty = runs.filter(({ outcome }) => outcome === 'pnr' || outcome === 'fault-without-pnr');
  const rest = runs.filter((run) => !faulty.includes(run));
  const chosen = [...thinned(faulty, FAULTY_RUNS_OF_CHANGE), ...thinned(rest, CALM_RUNS_OF_CHANGE)];
  const rows: (PartStats & { change: string | null })[] = [];
  const names = [null, ...Object.keys(CHANGES)];
  for (const [i, change] of names.entries()) {
    const about = change === null ? 'as recorded' : CHANGES[change]!.about;
    const runMetrics = await evaluateAll(chosen, change, (share) =>
      onProgress?.((i + share) / names.length, 'changed frames'),
    );
    rows.push({ ...partStats(about, runMetrics, thresholds), change });
  }
  return rows;
}
