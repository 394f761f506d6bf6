/** Temperature probes of one module: the hottest and coldest that can be believed, and those that cannot. */
import { medianOfThree } from './signal.ts';

/** No surface moves this fast from one frame to the next while its neighbours stand still. */
const JUMP_MIN_K = 15;
const JUMP_K_PER_S = 20;
const SIBLINGS_STILL_K = 3;
/** A probe this much colder than all others has come off. */
const LOOSE_K = 15;
const LOOSE_HOLD_S = 120;
/** A probe that stands still while the median of the others moved by this much. */
const STUCK_SIBLINGS_MOVED_K = 6;

export const PROBE_OK = 0;
export const PROBE_JUMPED = 1;
export const PROBE_LOOSE = 2;
export const PROBE_STUCK = 3;

export class ProbeTemperatures {
  readonly probeCount: number;
  hottestDegC = Number.NaN;
  hottestProbe = 0;
  coldestDegC = Number.NaN;
  /** PROBE_… of each probe. */
  readonly states: Uint8Array;
  private readonly previous: Float64Array;
  private readonly beforePrevious: Float64Array;
  private readonly looseSinceS: Float64Array;
  private readonly unchangedMedian: Float64Array;
  private readonly sorted: Float64Array;

  constructor(probeCount: number) {
    this.probeCount = probeCount;
    this.states = new Uint8Array(probeCount);
    this.previous = new Float64Array(probeCount).fill(Number.NaN);
    this.beforePrevious = new Float64Array(probeCount).fill(Number.NaN);
    this.looseSinceS = new Float64Array(probeCount).fill(Number.NaN);
    this.unchangedMedian = new Float64Array(probeCount).fill(Number.NaN);
    this.sorted = new Float64Array(probeCount);
  }

  restart(): void {
    this.previous.fill(Number.NaN);
    this.beforePrevious.fill(Number.NaN);
    this.looseSinceS.fill(Number.NaN);
    this.unchangedMedian.fill(Number.NaN);
  }

  /** @param temperaturesDegC one per probe, °C, NaN where missing */
  add(timeS: number, elapsedS: number, temperaturesDegC: Float64Array): void {
    const siblingStepK = this.medianStep(temperaturesDegC);
    const medianDegC = this.median(temperaturesDegC);
    this.hottestDegC = Number.NaN;
    this.coldestDegC = Number.NaN;
    for (let i = 0; i < this.probeCount; i++) {
      const raw = temperaturesDegC[i]!;
      if (Number.isNaN(raw)) continue;
      this.judge(i, raw, timeS, elapsedS, siblingStepK, medianDegC);
      const value = medianOfThree(raw, this.previous[i]!, this.beforePrevious[i]!);
      this.beforePrevious[i] = this.previous[i]!;
      this.previous[i] = raw;
      if (this.states[i] !== PROBE_OK) continue;
      if (!(value <= this.hottestDegC)) {
        this.hottestDegC = value;
        this.hottestProbe = i + 1;
      }
      // One that is far colder than the others may have come off: it says nothing of the spread.
      if (value > medianDegC - LOOSE_K && !(value >= this.coldestDegC)) this.coldestDegC = value;
    }
  }

  private judge(
    i: number,
    raw: number,
    timeS: number,
    elapsedS: number,
    siblingStepK: number,
    medianDegC: number,
  ) {
    if (this.probeCount < 3) return;
    const before = this.previous[i]!;
    const stepK = raw - before;
    const jumpLimitK = Math.max(JUMP_MIN_K, JUMP_K_PER_S * elapsedS);
    const isBack = Math.abs(raw - medianDegC) < JUMP_MIN_K / 2;
    if (Math.abs(stepK) > jumpLimitK && siblingStepK < SIBLINGS_STILL_K && !isBack)
      this.states[i] = PROBE_JUMPED;
    else if (this.states[i] === PROBE_JUMPED && isBack) this.states[i] = PROBE_OK;

    if (raw > medianDegC - LOOSE_K) this.looseSinceS[i] = Number.NaN;
    else if (Number.isNaN(this.looseSinceS[i]!)) this.looseSinceS[i] = timeS;
    const isLoose = timeS - this.looseSinceS[i]! > LOOSE_HOLD_S;
    if (isLoose && this.states[i] === PROBE_OK) this.states[i] = PROBE_LOOSE;
    else if (!isLoose && this.states[i] === PROBE_LOOSE) this.states[i] = PROBE_OK;

    if (stepK !== 0 || Number.isNaN(this.unchangedMedian[i]!)) {
      this.unchangedMedian[i] = medianDegC;
      if (this.states[i] === PROBE_STUCK) this.states[i] = PROBE_OK;
    } else if (
      this.states[i] === PROBE_OK &&
      Math.abs(medianDegC - this.unchangedMedian[i]!) > STUCK_SIBLINGS_MOVED_K
    ) {
      this.states[i] = PROBE_STUCK;
    }
  }

  private median(values: Float64Array): number {
    return middle(this.sorted, values, this.probeCount, null);
  }

  private medianStep(values: Float64Array): number {
    return Math.abs(middle(this.sorted, values, this.probeCount, this.previous));
  }
}

/** Median of the values, or of their differences from `from`; finite ones only. */
function middle(
  scratch: Float64Array,
  values: Float64Array,
  count: number,
  from: Float64Array | null,
): number {
  let n = 0;
  for (let i = 0; i < count; i++) {
    const value = from ? values[i]! - from[i]! : values[i]!;
    if (Number.isNaN(value)) continue;
    let at = n++;
    for (; at > 0 && scratch[at - 1]! > value; at--) scratch[at] = scratch[at - 1]!;
    scratch[at] = value;
  }
  return n === 0 ? 0 : scratch[n >> 1]!;
}
