/** Everything that is counted while frames pass, in memory that does not grow with their number. */
import {
  CELL_ARRAYS,
  CELL_TEMPERATURES_BIT,
  CELL_VOLTAGES_BIT,
  CHANNEL_COUNT,
  CHANNEL_INDEX,
  CHANNELS,
  type Frame,
} from '@emberwatch/engine/telemetry';
import { MS_PER_H } from '@emberwatch/engine/units';
import { Sampling } from './sampling.ts';
import { newTrack, SignalSketch, type Track } from './signal.ts';
import { Reservoir } from './streaming-stats.ts';

const SAMPLED_ROWS = 8192;

/** After the channels and the cell lists: how far the cells of a module, and its probes, lie apart. */
const SPREADS = [
  { id: 'cell_voltage_spread_v', label: 'Cell voltage, highest less lowest', unit: 'V' },
  { id: 'surface_temperature_spread_k', label: 'Temperature, hottest less coldest', unit: 'K' },
] as const;

/** The signals of a survey, in order. */
export const SIGNALS: readonly { readonly id: string; readonly label: string; readonly unit: string }[] = [
  ...CHANNELS,
  ...CELL_ARRAYS,
  ...SPREADS,
];
const VOLTAGES = CHANNEL_COUNT;
const TEMPERATURES = CHANNEL_COUNT + 1;
/** Of a sampled row: channels and spreads. */
const ROW_SIGNALS = [...Array(CHANNEL_COUNT).keys(), CHANNEL_COUNT + 2, CHANNEL_COUNT + 3];

interface ModuleState {
  readonly moduleId: string;
  readonly rackId: string | null;
  readonly tracks: readonly Track[];
  cellTracks: Track[];
  probeTracks: Track[];
  readonly firstValues: Float64Array;
  frames: number;
  firstMs: number;
  lastMs: number;
  intervalMs: number;
  frozen: number;
  readonly load: LoadCheck;
}

export interface ModuleRow {
  /** Of a dataset. */
  readonly run: string | null;
  readonly module: string;
  readonly rack: string | null;
  readonly frames: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Frames that repeat the frame before in every value. */
  readonly frozen: number;
}

/** Whether current, voltage and state of charge tell one story; sums over pairs of frames. */
interface LoadCheck {
  lastV: number;
  lastA: number;
  lastSocPercent: number;
  chargeAh: number;
}

/** What current and voltage, current and charge say of each other. */
export interface LoadSummary {
  /** Slope of voltage steps over current steps, ohm: negative where the sign of the current is turned. */
  readonly resistanceOhm: number | null;
  /** Correlation behind `resistanceOhm`. */
  readonly stepCorrelation: number | null;
  readonly currentSteps: number;
  /** Slope of ampere-hours over changes of state of charge; negative likewise. */
  readonly capacityAh: number | null;
  /** Correlation behind `capacityAh`. */
  readonly chargeCorrelation: number | null;
}

const MAX_MODULE_ROWS = 2000;
/** A smaller step of current says nothing of resistance. */
const MIN_STEP_SHARE = 0.05;
/** Longer than this between two frames, ampere-hours are no longer counted through. */
const LONGEST_COUNTED_MS = 2 * 60_000;

export class Survey {
  readonly signals: readonly SignalSketch[];
  readonly sampling = new Sampling();
  /** Modules of all sources, the first MAX_MODULE_ROWS. */
  readonly modules: ModuleRow[] = [];
  readonly rows: Reservoir;
  frames = 0;
  moduleCount = 0;
  frozenFrames = 0;
  firstMs = Number.POSITIVE_INFINITY;
  lastMs = Number.NEGATIVE_INFINITY;
  private readonly missing = new Float64Array(SIGNALS.length);
  private readonly valuesBefore = new Float64Array(SIGNALS.length);
  private states = new Map<string, ModuleState>();
  private readonly row = new Float64Array(ROW_SIGNALS.length);
  private currentSquares = 0;
  private currentMax = 0;
  private voltageSquares = 0;
  private voltageByCurrent = 0;
  private currentSteps = 0;
  private ahBySoc = 0;
  private socSquares = 0;
  private ahSquares = 0;

  constructor(seed: number) {
    this.signals = SIGNALS.map(({ id, label, unit }) => new SignalSketch(id, label, unit, seed));
    this.rows = new Reservoir(SAMPLED_ROWS, seed, 'rows', ROW_SIGNALS.length);
  }

  observe(frame: Frame): void {
    const state = this.states.get(frame.moduleId) ?? this.join(frame);
    const { timeMs, values } = frame;
    this.frames++;
    if (timeMs < this.firstMs) this.firstMs = timeMs;
    if (timeMs > this.lastMs) this.lastMs = timeMs;
    const stepMs = timeMs - state.lastMs;
    // Differences mean something between frames of the same distance.
    const isNext =
      state.frames > 0 && stepMs > 0 && Math.abs(stepMs - state.intervalMs) <= 0.5 * state.intervalMs;
    if (state.frames > 0 && stepMs > 0) this.sampling.add(frame.moduleId, state.lastMs, timeMs);
    let isFrozen = state.frames > 0;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      const track = state.tracks[i]!;
      const value = values[i]!;
      if (isFrozen && value !== track.last && !(Number.isNaN(value) && Number.isNaN(track.last)))
        isFrozen = false;
      this.signals[i]!.add(value, track, isNext);
      if ((frame.impossible >>> i) & 1) this.signals[i]!.impossible++;
    }
    const voltages = frame.cellVoltagesV;
    const temperatures = frame.cellTemperaturesDegC;
    if (voltages) isFrozen = this.cells(VOLTAGES, voltages, state, 'cellTracks', isNext) && isFrozen;
    if (temperatures)
      isFrozen = this.cells(TEMPERATURES, temperatures, state, 'probeTracks', isNext) && isFrozen;
    if (frame.impossible & CELL_VOLTAGES_BIT) this.signals[VOLTAGES]!.impossible++;
    if (frame.impossible & CELL_TEMPERATURES_BIT) this.signals[TEMPERATURES]!.impossible++;
    this.spreads(frame, state, isNext);
    this.checkLoad(frame, state, stepMs);
    this.sampleRow(state, values);
    if (isFrozen) state.frozen++;
    state.frames++;
    state.lastMs = timeMs;
    state.intervalMs = stepMs;
  }

  /** The end of a file or of a run: what comes next are other modules, and maybe other channels. */
  endSource(run: string | null = null): void {
    for (const [i, signal] of this.signals.entries()) {
      signal.endSource();
      // A signal that a source never delivers is absent there, not missing.
      if (signal.values === this.valuesBefore[i]!) signal.missing = this.missing[i]!;
      this.missing[i] = signal.missing;
      this.valuesBefore[i] = signal.values;
    }
    for (const { moduleId, rackId, frames, firstMs, lastMs, frozen } of this.states.values()) {
      this.frozenFrames += frozen;
      if (this.modules.length < MAX_MODULE_ROWS)
        this.modules.push({ run, module: moduleId, rack: rackId, frames, firstMs, lastMs, frozen });
    }
    this.sampling.endSource();
    this.moduleCount += this.states.size;
    this.states = new Map();
  }

  /** Names of the numbers of a sampled row. */
  static readonly rowSignals = ROW_SIGNALS.map((i) => SIGNALS[i]!);

  load(): LoadSummary {
    const isSteps = this.currentSteps >= 20 && this.currentSquares > 0;
    const isCounted = this.socSquares > 0 && this.ahSquares > 0;
    return {
      resistanceOhm: isSteps ? this.voltageByCurrent / this.currentSquares : null,
      stepCorrelation:
        isSteps && this.voltageSquares > 0
          ? this.voltageByCurrent / Math.sqrt(this.currentSquares * this.voltageSquares)
          : null,
      currentSteps: this.currentSteps,
      capacityAh: isCounted ? (100 * this.ahBySoc) / this.socSquares : null,
      chargeCorrelation: isCounted ? this.ahBySoc / Math.sqrt(this.socSquares * this.ahSquares) : null,
    };
  }

  private join(frame: Frame): ModuleState {
    const state: ModuleState = {
      moduleId: frame.moduleId,
      rackId: frame.rackId,
      tracks: SIGNALS.map(newTrack),
      cellTracks: [],
      probeTracks: [],
      firstValues: new Float64Array(ROW_SIGNALS.length).fill(Number.NaN),
      frames: 0,
      firstMs: frame.timeMs,
      lastMs: Number.NaN,
      intervalMs: Number.NaN,
      frozen: 0,
      load: { lastV: Number.NaN, lastA: Number.NaN, lastSocPercent: Number.NaN, chargeAh: 0 },
    };
    this.states.set(frame.moduleId, state);
    return state;
  }

  /** True where no cell has moved since the frame before. */
  private cells(
    signal: number,
    items: Float64Array,
    state: ModuleState,
    name: 'cellTracks' | 'probeTracks',
    isNext: boolean,
  ): boolean {
    if (state[name].length !== items.length) state[name] = Array.from(items, newTrack);
    const tracks = state[name];
    const sketch = this.signals[signal]!;
    let isFrozen = true;
    for (let i = 0; i < items.length; i++) {
      const value = items[i]!;
      const track = tracks[i]!;
      if (value !== track.last && !Number.isNaN(value)) isFrozen = false;
      sketch.add(value, track, isNext);
    }
    return isFrozen;
  }

  private spreads(frame: Frame, state: ModuleState, isNext: boolean): void {
    const { values } = frame;
    const voltage = values[CHANNEL_INDEX.cell_voltage_max_v]! - values[CHANNEL_INDEX.cell_voltage_min_v]!;
    const temperature =
      values[CHANNEL_INDEX.surface_temperature_max_degc]! -
      values[CHANNEL_INDEX.surface_temperature_min_degc]!;
    const spreads = [
      Number.isNaN(voltage) ? spanOf(frame.cellVoltagesV) : voltage,
      Number.isNaN(temperature) ? spanOf(frame.cellTemperaturesDegC) : temperature,
    ];
    for (const [k, spread] of spreads.entries()) {
      const i = CHANNEL_COUNT + 2 + k;
      this.signals[i]!.add(spread, state.tracks[i]!, isNext);
      this.row[CHANNEL_COUNT + k] = spread;
    }
  }

  private sampleRow(state: ModuleState, values: Float64Array): void {
    const { row } = this;
    row.set(values);
    const { firstValues } = state;
    for (let i = 0; i < row.length; i++) {
      const value = row[i]!;
      if (Number.isNaN(firstValues[i]!)) firstValues[i] = value;
      row[i] = value - firstValues[i]!;
    }
    this.rows.addAll(row);
  }

  private checkLoad({ values }: Frame, { load }: ModuleState, stepMs: number): void {
    const voltageV = values[CHANNEL_INDEX.voltage_v]!;
    const currentA = values[CHANNEL_INDEX.current_a]!;
    const socPercent = values[CHANNEL_INDEX.soc_percent]!;
    const isShort = stepMs > 0 && stepMs <= LONGEST_COUNTED_MS;
    const stepA = currentA - load.lastA;
    if (Math.abs(currentA) > this.currentMax) this.currentMax = Math.abs(currentA);
    if (isShort && Math.abs(stepA) > MIN_STEP_SHARE * this.currentMax) {
      const stepV = voltageV - load.lastV;
      if (!Number.isNaN(stepV)) {
        this.currentSteps++;
        this.currentSquares += stepA * stepA;
        this.voltageSquares += stepV * stepV;
        this.voltageByCurrent += stepA * stepV;
      }
    }
    const isCounting = isShort && !Number.isNaN(currentA) && !Number.isNaN(load.lastA);
    if (isCounting) load.chargeAh += ((currentA + load.lastA) / 2) * (stepMs / MS_PER_H);
    const stepSoc = socPercent - load.lastSocPercent;
    if (!isCounting || Number.isNaN(load.lastSocPercent)) {
      load.chargeAh = 0;
      load.lastSocPercent = socPercent;
    } else if (Math.abs(stepSoc) >= 1) {
      this.ahBySoc += load.chargeAh * stepSoc;
      this.socSquares += stepSoc * stepSoc;
      this.ahSquares += load.chargeAh * load.chargeAh;
      load.chargeAh = 0;
      load.lastSocPercent = socPercent;
    }
    load.lastV = voltageV;
    load.lastA = currentA;
  }
}

function spanOf(items: Float64Array | null): number {
  if (!items) return Number.NaN;
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const item of items) {
    if (item < min) min = item;
    if (item > max) max = item;
  }
  return max >= min ? max - min : Number.NaN;
}
