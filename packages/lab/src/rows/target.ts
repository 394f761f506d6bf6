/** What a row teaches. */
import type { ModuleRecord, RunRecord } from '../dataset/manifest.ts';
import { HAZARD_WINDOW_S } from './truth.ts';

export type Lesson = 'hazard' | 'harmless fault' | 'calm';

/**
 * Hazard: the window before the point of no return (never before the onset), and on until the hottest instant, so
 * that what burns is not taught to be safe. Null, taught to nobody: a fault that will get there but has not come near,
 * what has burnt out, and neighbours of something that vented or ran away.
 *
 * @param quietUntilS from here on something else in the run has vented or run away
 */
export function lessonAt(module: ModuleRecord | null, quietUntilS: number, timeS: number): Lesson | null {
  const pnrS = module?.pnrThresholdS ?? null;
  const onsetS = module?.faultOnsetS ?? null;
  if (pnrS !== null) {
    const fromS = Math.max(pnrS - HAZARD_WINDOW_S, onsetS ?? Number.NEGATIVE_INFINITY);
    if (timeS >= fromS) return timeS <= Math.max(module!.peakS, pnrS) ? 'hazard' : null;
    return timeS < (onsetS ?? quietUntilS) ? 'calm' : null;
  }
  if (onsetS !== null && timeS >= onsetS) return 'harmless fault';
  return timeS < quietUntilS ? 'calm' : null;
}

/** Seconds that a module teaches each lesson: to know beforehand how many of its rows to keep. */
export function lessonSpans(
  run: RunRecord,
  module: ModuleRecord | null,
  quietUntilS: number,
): Readonly<Record<Lesson, number>> {
  const { durationS } = run;
  const pnrS = module?.pnrThresholdS ?? null;
  const onsetS = module?.faultOnsetS ?? null;
  const quietS = Math.min(durationS, quietUntilS, onsetS ?? Number.POSITIVE_INFINITY);
  if (pnrS === null)
    return { hazard: 0, 'harmless fault': onsetS === null ? 0 : durationS - onsetS, calm: quietS };
  const fromS = Math.max(pnrS - HAZARD_WINDOW_S, onsetS ?? 0, 0);
  return {
    hazard: Math.min(durationS, Math.max(module!.peakS, pnrS)) - fromS,
    'harmless fault': 0,
    calm: Math.min(quietS, fromS),
  };
}
