/** Modules of one rack share air and current: each is compared with the median of the others' last frames. */
import { medianOf } from './signal.ts';

const MIN_SIBLINGS = 3;

export interface Sibling {
  readonly hottestDegC: number;
  readonly voltageV: number;
  readonly lastTimeS: number;
  /** Share of its frames that differ from the one before. */
  readonly livelyShare: number;
  /** Size of its current over the last hour or so, A; NaN where it is not measured. */
  readonly usualLoadA: number;
}

/** Medians of a rack, computed once for each instant of its data. */
export class Rack {
  hottestMedianDegC = Number.NaN;
  voltageMedianV = Number.NaN;
  livelyShare = Number.NaN;
  loadMedianA = Number.NaN;
  readonly members: Sibling[] = [];
  private computedAtS = Number.NEGATIVE_INFINITY;
  private hottest = new Float64Array(0);
  private voltages = new Float64Array(0);
  private lively = new Float64Array(0);
  private loads = new Float64Array(0);

  join(member: Sibling): void {
    this.members.push(member);
    this.hottest = new Float64Array(this.members.length);
    this.voltages = new Float64Array(this.members.length);
    this.lively = new Float64Array(this.members.length);
    this.loads = new Float64Array(this.members.length);
  }

  leave(member: Sibling): void {
    const at = this.members.indexOf(member);
    if (at >= 0) this.members.splice(at, 1);
  }

  /** Too few to be compared, ever. */
  get isAlone(): boolean {
    return this.members.length < MIN_SIBLINGS;
  }

  /** Brings the medians up to date; modules that are older than `maxAgeS` are left out. */
  refresh(timeS: number, maxAgeS: number): void {
    if (timeS === this.computedAtS) return;
    this.computedAtS = timeS;
    if (this.isAlone) return;
    let n = 0;
    for (const { hottestDegC, voltageV, lastTimeS, livelyShare, usualLoadA } of this.members) {
      if (timeS - lastTimeS > maxAgeS || lastTimeS - timeS > maxAgeS) continue;
      this.hottest[n] = hottestDegC;
      this.lively[n] = livelyShare;
      this.loads[n] = usualLoadA;
      this.voltages[n++] = voltageV;
    }
    const enough = n >= MIN_SIBLINGS;
    this.hottestMedianDegC = enough ? medianOf(this.hottest, n) : Number.NaN;
    this.voltageMedianV = enough ? medianOf(this.voltages, n) : Number.NaN;
    this.livelyShare = enough ? medianOf(this.lively, n) : Number.NaN;
    this.loadMedianA = enough ? medianOf(this.loads, n) : Number.NaN;
  }
}
