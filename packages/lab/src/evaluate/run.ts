/** Runs through the detector, one after the other. */
import type { DetectorOptions } from '@emberwatch/engine/detector';
import type { RunRecord } from '../dataset/manifest.ts';
import { copyFrame, type FrameChange, spareFrame } from './change.ts';
import type { RunTally } from './outcome.ts';
import type { Judge } from './scores.ts';
import type { RunSource } from './source.ts';
import { RunObserver } from './tally.ts';

export interface JudgedBy {
  readonly judge: Judge | null;
  readonly detector: DetectorOptions;
}

/** @param change made anew for each run, so that what it remembers is of that run */
export async function tallyRun(
  source: RunSource,
  run: RunRecord,
  by: JudgedBy,
  change: FrameChange | null = null,
): Promise<RunTally> {
  const nameplate = change ? change.nameplate(run.nameplate) : run.nameplate;
  const observer = new RunObserver(run, { judge: by.judge, detector: { ...by.detector, nameplate } });
  const spare = spareFrame();
  await source.play(run, (frame, timeToPnrS) => {
    if (change === null) observer.observe(frame, timeToPnrS);
    else if (change.apply(copyFrame(frame, spare))) observer.observe(spare, timeToPnrS);
  });
  return observer.finish();
}
