/** Runs through the detector, one after the other. */
import type { DetectorOptions } from '@emberwatch/engine/detector';
import type { RunRecord } from '../dataset/manifest.ts';
import type { RunMetrics } from '../rows/outcome.ts';
import { copyFrame, type Perturbation, spareFrame } from '../rows/perturbation.ts';
import type { Scorer } from '../rows/scores.ts';
import type { RunSource } from '../rows/source.ts';
import { RunObserver } from './run-metrics.ts';

export interface EvaluationSettings {
  readonly scorer: Scorer | null;
  readonly detector: DetectorOptions;
}

/** @param change made anew for each run, so that what it remembers is of that run */
export async function metricsOfRun(
  source: RunSource,
  run: RunRecord,
  by: EvaluationSettings,
  change: Perturbation | null = null,
): Promise<RunMetrics> {
  const nameplate = change ? change.nameplate(run.nameplate) : run.nameplate;
  const observer = new RunObserver(run, { scorer: by.scorer, detector: { ...by.detector, nameplate } });
  const spare = spareFrame();
  await source.play(run, (frame, timeToPnrS) => {
    if (change === null) observer.observe(frame, timeToPnrS);
    else if (change.apply(copyFrame(frame, spare))) observer.observe(spare, timeToPnrS);
  });
  return observer.finish();
}
