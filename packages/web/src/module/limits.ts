/** The limits of the policy that stand on the axis of a channel as it is measured. */
import { type AlarmLevel, type FeatureId, levelRank, POLICY } from '@emberwatch/engine/detector';

/** Figures that are a channel, by channel; of all others no limit can be drawn over a measured line. */
const FEATURE_OF: Readonly<Record<string, FeatureId>> = {
  surface_temperature_max_degc: 'hottestDegC',
  surface_temperature_mean_degc: 'hottestDegC',
  co_ppm: 'coPpm',
  h2_ppm: 'h2Ppm',
  insulation_kohm: 'insulationOhmPerV',
};

export interface Limit {
  readonly value: number;
  readonly level: AlarmLevel;
  /** Row of the policy. */
  readonly rule: string;
}

const OHM_PER_KOHM = 1000;

/** @param moduleV voltage of the module: limits of insulation are for each volt; null: they are left out */
export function limitsOf(channelId: string, moduleV: number | null): Limit[] {
  const metric = FEATURE_OF[channelId];
  const limits = new Map<number, Limit>();
  for (const { id, feature, limit, level } of POLICY.thresholds) {
    if (feature !== metric) continue;
    const isForEachVolt = feature === 'insulationOhmPerV';
    if (isForEachVolt && moduleV === null) continue;
    const value = isForEachVolt ? (limit * moduleV!) / OHM_PER_KOHM : limit;
    const same = limits.get(value);
    if (!same || levelRank(level) > levelRank(same.level)) limits.set(value, { value, level, rule: id });
  }
  return [...limits.values()].sort((a, b) => a.value - b.value);
}
