/** Ageing during a run: capacity falls and resistance grows by the day. */
import type { ModulePlan } from '../plan.ts';

const S_PER_DAY = 86_400;
/** What is left at worst, and what is gained at most. */
const MIN_CAPACITY = 0.3;
const MAX_RESISTANCE = 5;

/** Shares of the fresh values. */
export interface CellAge {
  capacity: number;
  resistance: number;
}

/** Writes the age at `timeS` into `age`. */
export function ageOf(
  plan: Pick<ModulePlan, 'capacityLossPerDay' | 'resistanceGainPerDay'>,
  timeS: number,
  age: CellAge,
): void {
  const days = timeS / S_PER_DAY;
  age.capacity = Math.max(1 - plan.capacityLossPerDay * days, MIN_CAPACITY);
  age.resistance = Math.min(1 + plan.resistanceGainPerDay * days, MAX_RESISTANCE);
}
