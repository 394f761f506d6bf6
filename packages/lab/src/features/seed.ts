/**
 * The features of the seed by name, for those who compare: differences and rolling figures over rows, as pandas
 * computes them within a module (`diff(1)`, `rolling(6, min_periods=1).mean()`, `rolling(60, min_periods=1).std()`).
 */
import { CHANNEL_INDEX, CHANNELS, type Frame } from '@emberwatch/engine/telemetry';

const SEED_CHANNELS = CHANNELS.flatMap((channel) =>
  'seedColumn' in channel ? [{ column: channel.seedColumn, index: CHANNEL_INDEX[channel.id] }] : [],
);
const MEAN_ROWS = 6;
const SD_ROWS = 60;

/** In the order of `SeedFeatures.of`. */
export const SEED_FEATURES: readonly string[] = SEED_CHANNELS.flatMap(({ column }) => [
  `Delta_1_${column}`,
  `Rolling_mean_${MEAN_ROWS}_${column}`,
  `Rolling_std_${SD_ROWS}_${column}`,
]);

export class SeedFeatures {
  private readonly modules = new Map<string, { readonly kept: readonly Float64Array[]; rows: number }>();
  private readonly values = new Float64Array(SEED_FEATURES.length);

  /** Of the module's rows up to this one; used again for the next. */
  of(frame: Frame): Float64Array {
    const module = this.modules.get(frame.moduleId) ?? this.join(frame.moduleId);
    const slot = module.rows % SD_ROWS;
    const count = Math.min(++module.rows, SD_ROWS);
    SEED_CHANNELS.forEach(({ index }, i) => {
      const kept = module.kept[i]!;
      const value = frame.values[index]!;
      const before = count > 1 ? kept[(slot + SD_ROWS - 1) % SD_ROWS]! : Number.NaN;
      kept[slot] = value;
      this.values[3 * i] = value - before;
      this.values[3 * i + 1] = meanOf(kept, slot, Math.min(count, MEAN_ROWS));
      this.values[3 * i + 2] = sdOf(kept, slot, count);
    });
    return this.values;
  }

  private join(moduleId: string) {
    const module = { kept: SEED_CHANNELS.map(() => new Float64Array(SD_ROWS)), rows: 0 };
    this.modules.set(moduleId, module);
    return module;
  }
}

/** Over the last `count` rows up to `slot` of the ring, without the missing ones. */
function meanOf(ring: Float64Array, slot: number, count: number): number {
  let [sum, present] = [0, 0];
  for (let k = 0; k < count; k++) {
    const value = ring[(slot + SD_ROWS - k) % SD_ROWS]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    present++;
  }
  return sum / present;
}

function sdOf(ring: Float64Array, slot: number, count: number): number {
  const mean = meanOf(ring, slot, count);
  let [sum, present] = [0, 0];
  for (let k = 0; k < count; k++) {
    const value = ring[(slot + SD_ROWS - k) % SD_ROWS]!;
    if (Number.isNaN(value)) continue;
    sum += (value - mean) ** 2;
    present++;
  }
  return present > 1 ? Math.sqrt(sum / (present - 1)) : Number.NaN;
}
