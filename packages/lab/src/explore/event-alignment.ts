/** Hazardous against calm modules around events, on one clock: minutes to the point of no return. */
import { CHANNEL_INDEX, type Frame } from '@emberwatch/engine/telemetry';
import { MS_PER_MIN } from '@emberwatch/engine/units';
import { quantileOf, Reservoir } from './streaming-stats.ts';

const BEFORE_MS = 60 * MS_PER_MIN;
const AFTER_MS = 10 * MS_PER_MIN;
const BIN_MS = MS_PER_MIN / 2;
const BINS = (BEFORE_MS + AFTER_MS) / BIN_MS;
/** What is called "before": the mean of the first ten bins with a value. */
const BASE_BINS = 10;
/** Values kept of a bin for its quantiles. */
const SAMPLE_SIZE = 96;

export interface HazardEvent {
  readonly module: string;
  /** Where the clock of the event is zero. */
  readonly anchorMs: number;
  /** Other instants worth a mark: what they are, and when. */
  readonly marks: readonly { readonly name: string; readonly timeMs: number }[];
}

/** Signals that are looked at around events; each as change since the beginning of the hour before. */
const ALIGNED = [
  { id: 'hottest', label: 'Hottest surface', unit: 'K' },
  { id: 'spread', label: 'Hottest less coldest surface', unit: 'K' },
  { id: 'voltage', label: 'Voltage', unit: '%' },
  { id: 'lowest_cell', label: 'Lowest cell', unit: 'mV' },
  { id: 'co', label: 'Carbon monoxide', unit: 'ppm' },
  { id: 'h2', label: 'Hydrogen', unit: 'ppm' },
  { id: 'voc', label: 'Solvent vapour', unit: 'ppm' },
] as const;
const WIDTH = ALIGNED.length;
const VOLTAGE = ALIGNED.findIndex(({ id }) => id === 'voltage');

/** By bin: 10 %, 50 % and 90 % quantile; null where there is no value. */
interface Band {
  readonly low: readonly (number | null)[];
  readonly middle: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

export interface AlignedSignal {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  /** Events whose module delivers it. */
  readonly events: number;
  readonly hazardous: Band;
  readonly calm: Band;
  /**
   * Minutes before the zero from which on the median of the hazardous stays above the 90 % (or below the 10 %) of the
   * calm; null where it never does, or nothing is calm.
   */
  readonly apartFromMin: number | null;
}

export interface Aligned {
  readonly anchor: string;
  readonly events: number;
  readonly calmModules: number;
  /** Middle of each bin, minutes from the anchor. */
  readonly minutes: readonly number[];
  readonly signals: readonly AlignedSignal[];
  /** Median place of the other marks, minutes from the anchor. */
  readonly marks: readonly { readonly name: string; readonly minutes: number; readonly events: number }[];
}

/** Sum and count of each signal in each bin, of one module around one event. */
interface Stretch {
  readonly isHazard: boolean;
  readonly sums: Float64Array;
  readonly counts: Uint32Array;
}

export class EventAlignment {
  private readonly anchor: string;
  private readonly hazardous: Reservoir[];
  private readonly calm: Reservoir[];
  private readonly marks = new Map<string, number[]>();
  private events: readonly HazardEvent[] = [];
  private eventful: ReadonlySet<string> = new Set();
  private stretches: Map<string, Stretch>[] = [];
  private readonly values = new Float64Array(WIDTH);
  private eventCount = 0;
  private readonly eventsOfSignal = new Uint32Array(WIDTH);
  private calmCount = 0;

  /** `anchor`: what the zero of the clock is, in words. */
  constructor(anchor: string, seed: number) {
    this.anchor = anchor;
    const bins = (group: string): Reservoir[] =>
      Array.from({ length: BINS * WIDTH }, (_, i) => new Reservoir(SAMPLE_SIZE, seed, `${group} ${i}`));
    this.hazardous = bins('hazardous');
    this.calm = bins('calm');
  }

  /** @param eventful modules to which anything happened: they are not called calm */
  begin(events: readonly HazardEvent[], eventful: ReadonlySet<string>): void {
    this.events = events;
    this.eventful = eventful;
    this.stretches = events.map(() => new Map());
  }

  observe(frame: Frame): void {
    for (const [e, event] of this.events.entries()) {
      const bin = Math.floor((frame.timeMs - event.anchorMs + BEFORE_MS) / BIN_MS);
      if (bin < 0 || bin >= BINS) continue;
      const isHazard = frame.moduleId === event.module;
      if (!isHazard && this.eventful.has(frame.moduleId)) continue;
      const stretch = this.stretchOf(e, frame.moduleId, isHazard);
      valuesOf(frame, this.values);
      for (let k = 0; k < WIDTH; k++) {
        const value = this.values[k]!;
        if (Number.isNaN(value)) continue;
        stretch.sums[bin * WIDTH + k]! += value;
        stretch.counts[bin * WIDTH + k]!++;
      }
    }
  }

  /** The run is over: its stretches become changes since their beginning. */
  end(): void {
    for (const [e, modules] of this.stretches.entries()) {
      if (![...modules.values()].some(({ isHazard }) => isHazard)) continue;
      this.eventCount++;
      const { anchorMs, marks } = this.events[e]!;
      for (const { name, timeMs } of marks)
        this.marks.set(name, [...(this.marks.get(name) ?? []), (timeMs - anchorMs) / MS_PER_MIN]);
      for (const stretch of modules.values()) {
        if (!stretch.isHazard) this.calmCount++;
        this.addChanges(stretch);
      }
    }
    this.events = [];
    this.stretches = [];
  }

  /** Null where no event had a frame. */
  summary(): Aligned | null {
    if (this.eventCount === 0) return null;
    const minutes = Array.from({ length: BINS }, (_, b) => ((b + 0.5) * BIN_MS - BEFORE_MS) / MS_PER_MIN);
    const signals = ALIGNED.map((signal, k) => {
      const hazardous = bandOf(this.hazardous, k);
      const calm = bandOf(this.calm, k);
      const apartFromMin = apartFrom(hazardous, calm, minutes);
      return { ...signal, events: this.eventsOfSignal[k]!, hazardous, calm, apartFromMin };
    });
    return {
      anchor: this.anchor,
      events: this.eventCount,
      calmModules: this.calmCount,
      minutes,
      signals: signals.filter(({ hazardous }) => hazardous.middle.some((value) => value !== null)),
      marks: [...this.marks].map(([name, at]) => ({
        name,
        minutes: quantileOf(
          at.sort((a, b) => a - b),
          0.5,
        ),
        events: at.length,
      })),
    };
  }

  private stretchOf(event: number, moduleId: string, isHazard: boolean): Stretch {
    const modules = this.stretches[event]!;
    let stretch = modules.get(moduleId);
    if (!stretch) {
      stretch = {
        isHazard,
        sums: new Float64Array(BINS * WIDTH),
        counts: new Uint32Array(BINS * WIDTH),
      };
      modules.set(moduleId, stretch);
    }
    return stretch;
  }

  private addChanges({ isHazard, sums, counts }: Stretch): void {
    const bins = isHazard ? this.hazardous : this.calm;
    for (let k = 0; k < WIDTH; k++) {
      let [base, found] = [0, 0];
      for (let b = 0; b < BINS && found < BASE_BINS; b++) {
        const i = b * WIDTH + k;
        if (counts[i]! === 0) continue;
        base += sums[i]! / counts[i]!;
        found++;
      }
      base /= found;
      if (isHazard && found > 0) this.eventsOfSignal[k]!++;
      for (let b = 0; b < BINS; b++) {
        const i = b * WIDTH + k;
        if (counts[i]! === 0) continue;
        const change = sums[i]! / counts[i]! - base;
        bins[i]!.add(k === VOLTAGE ? (100 * change) / base : change);
      }
    }
  }
}

function bandOf(bins: readonly Reservoir[], k: number): Band {
  const sorted = Array.from({ length: BINS }, (_, b) => bins[b * WIDTH + k]!.values().slice().sort());
  const at = (q: number): (number | null)[] =>
    sorted.map((values) => (values.length === 0 ? null : quantileOf(values, q)));
  return { low: at(0.1), middle: at(0.5), high: at(0.9) };
}

function apartFrom(hazardous: Band, calm: Band, minutes: readonly number[]): number | null {
  let [from, side] = [null as number | null, 0];
  for (let b = 0; b < BINS && minutes[b]! < 0; b++) {
    const [value, low, high] = [hazardous.middle[b], calm.low[b], calm.high[b]];
    if (value == null || low == null || high == null) continue;
    const now = value > high ? 1 : value < low ? -1 : 0;
    if (now === 0) from = null;
    else if (now !== side || from === null) from = minutes[b]!;
    side = now;
  }
  return from === null ? null : -from;
}

function valuesOf({ values, cellVoltagesV, cellTemperaturesDegC }: Frame, into: Float64Array): void {
  const channel = (id: keyof typeof CHANNEL_INDEX): number => values[CHANNEL_INDEX[id]]!;
  const probes = extremesOf(cellTemperaturesDegC);
  const hottest = first(
    channel('surface_temperature_max_degc'),
    probes.max,
    channel('surface_temperature_mean_degc'),
  );
  const coldest = first(channel('surface_temperature_min_degc'), probes.min);
  const lowestV = first(channel('cell_voltage_min_v'), extremesOf(cellVoltagesV).min);
  into[0] = hottest;
  into[1] = hottest - coldest;
  into[2] = channel('voltage_v');
  into[3] = 1000 * lowestV;
  into[4] = channel('co_ppm');
  into[5] = channel('h2_ppm');
  into[6] = channel('voc_ppm');
}

const first = (...values: number[]): number => values.find((value) => !Number.isNaN(value)) ?? Number.NaN;

function extremesOf(items: Float64Array | null): { min: number; max: number } {
  let [min, max] = [Number.NaN, Number.NaN];
  for (const item of items ?? []) {
    if (!(item >= min) && !Number.isNaN(item)) min = item;
    if (!(item <= max) && !Number.isNaN(item)) max = item;
  }
  return { min, max };
}
