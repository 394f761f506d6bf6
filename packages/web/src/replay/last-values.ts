/** What modules measured over a period, thinned out to so many instants: enough for a map at any of them. */
import { CHANNEL_INDEX, type ChannelId, type Frame } from '@emberwatch/engine/telemetry';

/** Instants of a period at which values are kept. */
const SLOTS = 600;
/** Signals of a tile, in the order of the columns. */
const KEPT_SIGNALS = ['hottest_degc', 'voltage_v', 'current_a', 'soc_percent'] as const;

/** Plain data: it goes from the worker to the page without a copy. */
export interface ValueTable {
  readonly fromMs: number;
  readonly slotMs: number;
  readonly slots: number;
  /** Place of each module in `data`. */
  readonly modules: Readonly<Record<string, number>>;
  /** By module, then instant, then signal; NaN where nothing was measured since the instant before. */
  readonly data: Float32Array<ArrayBuffer>;
}

const channel = (frame: Frame, id: ChannelId): number => frame.values[CHANNEL_INDEX[id]]!;

function hottestDegC(frame: Frame): number {
  let hottest = channel(frame, 'surface_temperature_max_degc');
  for (const probeDegC of frame.cellTemperaturesDegC ?? []) if (!(hottest >= probeDegC)) hottest = probeDegC;
  return Number.isNaN(hottest) ? channel(frame, 'surface_temperature_mean_degc') : hottest;
}

export class ValueKeeper {
  private readonly fromMs: number;
  private readonly slotMs: number;
  private readonly columns = new Map<string, Float32Array>();
  private readonly maxModules: number;

  /** Of modules beyond `mostModules` nothing is kept. */
  constructor(fromMs: number, toMs: number, maxModules: number) {
    this.fromMs = fromMs;
    this.slotMs = (toMs - fromMs) / SLOTS;
    this.maxModules = maxModules;
  }

  see(frame: Frame): void {
    const column = this.columns.get(frame.moduleId) ?? this.join(frame.moduleId);
    if (!column) return;
    // Slot n is what was known at its instant: the first holds what was last measured before the period.
    const slot = Math.min(Math.max(Math.ceil((frame.timeMs - this.fromMs) / this.slotMs), 0), SLOTS);
    const values = [
      hottestDegC(frame),
      channel(frame, 'voltage_v'),
      channel(frame, 'current_a'),
      channel(frame, 'soc_percent'),
    ];
    values.forEach((value, k) => {
      if (!Number.isNaN(value)) column[slot * KEPT_SIGNALS.length + k] = value;
    });
  }

  table(): ValueTable {
    const length = (SLOTS + 1) * KEPT_SIGNALS.length;
    const data = new Float32Array(length * this.columns.size);
    const modules: Record<string, number> = {};
    let at = 0;
    for (const [moduleId, column] of this.columns) {
      modules[moduleId] = at;
      data.set(column, at++ * length);
    }
    return { fromMs: this.fromMs, slotMs: this.slotMs, slots: SLOTS + 1, modules, data };
  }

  private join(moduleId: string): Float32Array | null {
    if (this.columns.size >= this.maxModules) return null;
    const column = new Float32Array((SLOTS + 1) * KEPT_SIGNALS.length).fill(Number.NaN);
    this.columns.set(moduleId, column);
    return column;
  }
}

/** Last values of a module that were known at an instant, by signal; empty for a module of which nothing was kept. */
export function valuesAt(table: ValueTable, moduleId: string, timeMs: number): Record<string, number | null> {
  const values: Record<string, number | null> = {};
  const at = table.modules[moduleId];
  if (at === undefined) return values;
  const width = KEPT_SIGNALS.length;
  const last = Math.min(Math.floor((timeMs - table.fromMs) / table.slotMs), table.slots - 1);
  KEPT_SIGNALS.forEach((id, k) => {
    let found: number | null = null;
    for (let slot = last; slot >= 0 && found === null; slot--) {
      const value = table.data[(at * table.slots + slot) * width + k]!;
      if (!Number.isNaN(value)) found = Number(value.toPrecision(6));
    }
    values[id] = found;
  });
  return values;
}
