/** What the records of a run say of a module at a time: whether an alarm would be false, and of which kind. */
import { CHANNEL_INDEX, type Frame } from '@emberwatch/engine/telemetry';
import type { RunRecord } from '../dataset/manifest.ts';
import type { Regime } from './outcome.ts';

/** Rows so long before the point of no return are hazardous, s; between the onset and them nobody can say. */
export const HAZARD_WINDOW_S = 1200;

/**
 * From here on no alarm in the run is surely false: something vented or passed its point of no return, its gas and
 * heat reach the others.
 */
export function exposureEndS({ modules }: RunRecord): number {
  let endS = Number.POSITIVE_INFINITY;
  for (const { ventS, pnrThresholdS } of modules)
    endS = Math.min(endS, ventS ?? Number.POSITIVE_INFINITY, pnrThresholdS ?? Number.POSITIVE_INFINITY);
  return endS;
}

/** What an alarm of a module without a hazard would have been fooled by. */
export function kindOf(run: RunRecord, moduleId: string): string {
  const [disturbance] = run.modules.find(({ module }) => module === moduleId)?.disturbanceKinds ?? [];
  if (disturbance !== undefined) return disturbance;
  return run.sensorFaults.some(({ module }) => module === moduleId) ? 'sensor fault' : 'calm';
}

/** Share of the capacity (or of the largest current seen) below which a module rests. */
const REST_SHARE = 0.02;
const END_OF_CHARGE_PERCENT = 90;

export function regimeOf(
  { values }: Frame,
  capacityAh: number | undefined,
  module: { maxCurrentA: number },
): Regime {
  const currentA = values[CHANNEL_INDEX.current_a]!;
  if (Number.isNaN(currentA)) return 'current not known';
  module.maxCurrentA = Math.max(module.maxCurrentA, Math.abs(currentA));
  if (Math.abs(currentA) <= REST_SHARE * (capacityAh ?? module.maxCurrentA)) return 'rest';
  if (currentA < 0) return 'discharge';
  return values[CHANNEL_INDEX.soc_percent]! >= END_OF_CHARGE_PERCENT ? 'end of charge' : 'charge';
}
