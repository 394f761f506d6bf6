/**
 * Voltages of the cells of a module against the median of their siblings.
 *
 * Many systems scan their cells one group after another, so under a changing load a row mixes instants: the
 * deviation of a healthy cell reaches 100 mV for seconds (measured on two vehicle packs). It is therefore
 * clipped, smoothed and, by the policy, held; what stays is the cell.
 */
import { medianOf, medianOfThree, writtenStep } from './signal.ts';

const SMOOTHING_S = 60;
const SMOOTHING_FRAMES = 5;
/** One frame may not move the smoothed deviation by more than this, whatever a broken scan says. */
const CLIP_V = 0.3;
/** Scans after a pause deliver leftovers. */
const SETTLE_S = 20;
/** Two neighbours that deviate by the same amount in opposite directions share a bad sense wire. */
const WIRE_PAIR_MIN_V = 0.05;
const WIRE_PAIR_TOLERANCE = 0.35;
/** Scans repeat a value for a few frames; a stuck cell stays so long and so many frames. */
const STUCK_SIBLINGS_MOVED_V = 0.05;
const STUCK_S = 300;
const STUCK_FRAMES = 10;
/** In the flat part of a curve siblings move less: enough for a cell that is read as finely as this. */
const STUCK_FINE_SIBLINGS_MOVED_V = 0.015;
const STUCK_FINE_S = 900;
const STUCK_FINE_FRAMES = 30;
const STUCK_FINE_STEP_V = 0.002;
const NEIGHBOURS = 5;
/** A cell that came so often and is gone for so long is lost. */
const LOST_MIN_SEEN = 30;
const LOST_S = 3;
const LOST_INTERVALS = 2.5;

export interface CellDeviation {
  /** Position, from 1. */
  readonly cell: number;
  /** Share of the judged frames in which it was the lowest. */
  readonly shareLowest: number;
  /** Mean distance from the median of all cells, mV (negative: below). */
  readonly meanDeviationMv: number;
  /** The same against the median of its ten neighbours: packs show drifts of whole blocks. */
  readonly neighbourDeviationMv: number;
}

export class CellVoltages {
  readonly cellCount: number;
  medianV = Number.NaN;
  highestV = Number.NaN;
  lowestV = Number.NaN;
  /** How far the lowest cell stands below the median, smoothed, mV; NaN until settled. */
  lowMv = Number.NaN;
  /** Position of that cell, from 1; 0 where there is none. */
  lowCell = 0;
  /** Positions, from 1, of two neighbours that look like one bad sense wire; 0 where there are none. */
  wireCell = 0;
  /** Position, from 1, of a cell whose value stands still while its siblings move; 0 where there is none. */
  stuckCell = 0;
  /** Position, from 1, of a cell that was delivered and no longer is, while its siblings are; 0 where there is none. */
  lostCell = 0;
  /** Every cell reads exactly what it read before. */
  isSame = false;
  /** Finest step that the readings were written with, V; found when asked for. */
  private writtenStepV = Number.NaN;
  private readonly seenFrames: Float64Array;
  private readonly lastSeenS: Float64Array;
  private readonly previous: Float64Array;
  private readonly beforePrevious: Float64Array;
  private readonly smoothed: Float64Array;
  private readonly deviationSum: Float64Array;
  private readonly deviationCount: Float64Array;
  private readonly lowestCount: Float64Array;
  private readonly unchangedLowV: Float64Array;
  private readonly unchangedHighV: Float64Array;
  private readonly unchangedSinceS: Float64Array;
  private readonly unchangedFrames: Float64Array;
  private evaluatedFrames = 0;
  private settleUntilS = Number.NEGATIVE_INFINITY;
  private smoothedFrames = 0;

  constructor(cellCount: number) {
    this.cellCount = cellCount;
    const empty = (): Float64Array => new Float64Array(cellCount).fill(Number.NaN);
    this.previous = empty();
    this.lastSeenS = empty();
    this.seenFrames = new Float64Array(cellCount);
    this.beforePrevious = empty();
    this.smoothed = empty();
    this.unchangedLowV = empty();
    this.unchangedHighV = empty();
    this.unchangedSinceS = empty();
    this.unchangedFrames = new Float64Array(cellCount);
    this.deviationSum = new Float64Array(cellCount);
    this.deviationCount = new Float64Array(cellCount);
    this.lowestCount = new Float64Array(cellCount);
  }

  /** @param intervalS the first frame after a pause is left out, however slow the sampling */
  restart(timeS: number, intervalS: number): void {
    this.previous.fill(Number.NaN);
    this.beforePrevious.fill(Number.NaN);
    this.unchangedSinceS.fill(Number.NaN);
    this.smoothed.fill(Number.NaN);
    this.smoothedFrames = 0;
    this.lowMv = Number.NaN;
    this.lowCell = 0;
    this.settleUntilS = timeS + Math.max(SETTLE_S, 0.5 * intervalS);
    this.stuckCell = 0;
    this.lostCell = 0;
    this.seenFrames.fill(0);
  }

  /** @param voltagesV one per cell, V, NaN where missing */
  add(timeS: number, elapsedS: number, intervalS: number, voltagesV: Float64Array): void {
    const median = medianOf(voltagesV, this.cellCount);
    this.medianV = median;
    if (Number.isNaN(median)) {
      this.lowMv = Number.NaN;
      return;
    }
    const smoothingS = Math.max(SMOOTHING_S, SMOOTHING_FRAMES * intervalS);
    // The first frames are averaged, or the very first would weigh for minutes.
    const gain = Math.max(1 - Math.exp(-elapsedS / smoothingS), 1 / (this.smoothedFrames + 1));
    const isSettled = timeS >= this.settleUntilS;
    this.highestV = Number.NEGATIVE_INFINITY;
    this.lowestV = Number.POSITIVE_INFINITY;
    let lowest = 0;
    let lowCell = 0;
    this.isSame = true;
    for (let i = 0; i < this.cellCount; i++) {
      const raw = voltagesV[i]!;
      if (Number.isNaN(raw)) {
        this.noteMissing(i, timeS, intervalS);
        continue;
      }
      this.seenFrames[i]!++;
      this.lastSeenS[i] = timeS;
      if (this.lostCell === i + 1) this.lostCell = 0;
      const value = medianOfThree(raw, this.previous[i]!, this.beforePrevious[i]!);
      this.noteUnchanged(i, raw, median, timeS);
      this.beforePrevious[i] = this.previous[i]!;
      this.previous[i] = raw;
      if (value > this.highestV) this.highestV = value;
      if (value < this.lowestV) this.lowestV = value;
      const deviation = Math.max(-CLIP_V, Math.min(CLIP_V, value - median));
      const before = this.smoothed[i]!;
      const smooth = Number.isNaN(before) ? deviation : before + gain * (deviation - before);
      if (isSettled) this.smoothed[i] = smooth;
      if (smooth < lowest) {
        lowest = smooth;
        lowCell = i + 1;
      }
    }
    if (!isSettled) return;
    this.smoothedFrames++;
    this.lowMv = -lowest * 1000;
    this.lowCell = lowCell;
    this.wireCell = this.findWirePair(lowCell);
    this.collect(lowCell);
  }

  private noteMissing(i: number, timeS: number, intervalS: number): void {
    if (this.seenFrames[i]! < LOST_MIN_SEEN) return;
    if (timeS - this.lastSeenS[i]! > Math.max(LOST_S, LOST_INTERVALS * intervalS)) this.lostCell = i + 1;
  }

  /** A value that has stood still while the median of all moved by more than the limit. */
  private noteUnchanged(i: number, raw: number, median: number, timeS: number): void {
    if (raw !== this.previous[i]) {
      this.unchangedLowV[i] = median;
      this.unchangedHighV[i] = median;
      this.unchangedSinceS[i] = timeS;
      this.unchangedFrames[i] = 0;
      if (this.stuckCell === i + 1) this.stuckCell = 0;
      this.isSame = false;
      this.writtenStepV = Number.NaN;
      return;
    }
    if (median < this.unchangedLowV[i]!) this.unchangedLowV[i] = median;
    if (median > this.unchangedHighV[i]!) this.unchangedHighV[i] = median;
    const frames = ++this.unchangedFrames[i]!;
    const forS = timeS - this.unchangedSinceS[i]!;
    if (frames < STUCK_FRAMES || forS < STUCK_S) return;
    const movedV = this.unchangedHighV[i]! - this.unchangedLowV[i]!;
    if (movedV > STUCK_SIBLINGS_MOVED_V) this.stuckCell = i + 1;
    else if (movedV > STUCK_FINE_SIBLINGS_MOVED_V && frames >= STUCK_FINE_FRAMES && forS >= STUCK_FINE_S)
      if (this.stepV <= STUCK_FINE_STEP_V) this.stuckCell = i + 1;
  }

  /** Finest step that the readings are written with, V; NaN where their digits do not say. */
  get stepV(): number {
    if (!Number.isNaN(this.writtenStepV)) return this.writtenStepV;
    let finest = Number.NaN;
    for (const value of this.previous) {
      const step = writtenStep(value);
      if (step < finest || Number.isNaN(finest)) finest = step;
    }
    this.writtenStepV = finest;
    return finest;
  }

  private findWirePair(lowCell: number): number {
    if (lowCell === 0) return 0;
    const low = this.smoothed[lowCell - 1]!;
    if (-low < WIRE_PAIR_MIN_V) return 0;
    for (const neighbour of [lowCell - 2, lowCell]) {
      const high = this.smoothed[neighbour] ?? Number.NaN;
      if (high > WIRE_PAIR_MIN_V && Math.abs(high + low) < WIRE_PAIR_TOLERANCE * high) return lowCell;
    }
    return 0;
  }

  private collect(lowCell: number): void {
    this.evaluatedFrames++;
    if (lowCell > 0) this.lowestCount[lowCell - 1]!++;
    for (let i = 0; i < this.cellCount; i++) {
      const deviation = this.smoothed[i]!;
      if (Number.isNaN(deviation)) continue;
      this.deviationSum[i]! += deviation;
      this.deviationCount[i]!++;
    }
  }

  /** The cell that was the lowest most often, over the whole run; null where nothing was judged. */
  mostDeviating(): CellDeviation | null {
    if (this.evaluatedFrames === 0) return null;
    let cell = 0;
    for (let i = 1; i < this.cellCount; i++) if (this.lowestCount[i]! > this.lowestCount[cell]!) cell = i;
    const mean = (i: number): number => this.deviationSum[i]! / this.deviationCount[i]!;
    const neighbours: number[] = [];
    for (let i = Math.max(0, cell - NEIGHBOURS); i <= Math.min(this.cellCount - 1, cell + NEIGHBOURS); i++)
      if (i !== cell) neighbours.push(mean(i));
    return {
      cell: cell + 1,
      shareLowest: this.lowestCount[cell]! / this.evaluatedFrames,
      meanDeviationMv: mean(cell) * 1000,
      neighbourDeviationMv: (mean(cell) - medianOf(neighbours, neighbours.length)) * 1000,
    };
  }
}
