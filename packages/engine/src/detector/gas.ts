/** Gas at one module, rack or room: levels, and solvent vapour against its own past. */
import { CHANNEL_INDEX, type Frame } from '../telemetry/index.ts';
import { FEATURE_INDEX } from './features.ts';
import { Signal } from './signal.ts';

const CO = CHANNEL_INDEX.co_ppm;
const H2 = CHANNEL_INDEX.h2_ppm;
const VOC = CHANNEL_INDEX.voc_ppm;

/** Where a gas begins to count when racks are compared: the advisory rows of the policy. */
const FIRST_LIMITS = { coPpm: 50, h2Ppm: 400, vocOverBaseline: 3 };
const BASELINE_S = 1800;
const GROWTH_S = 120;
/** Below this a ratio only multiplies noise. */
const BASELINE_FLOOR_PPM = 5;
/** The baseline must not learn from what it is there to show. */
const LEARN_BELOW_RATIO = 1.5;

/** A gas against what it usually is here. */
class Baseline {
  private ppm = Number.NaN;

  /** @param ppm NaN where not measured: so is the ratio */
  ratio(ppm: number, elapsedS: number, isSuspicious: boolean): number {
    if (Number.isNaN(ppm)) return Number.NaN;
    if (Number.isNaN(this.ppm)) this.ppm = ppm;
    const ratio = ppm / Math.max(BASELINE_FLOOR_PPM, this.ppm);
    if (ratio < LEARN_BELOW_RATIO && !isSuspicious)
      this.ppm += (1 - Math.exp(-elapsedS / BASELINE_S)) * (ppm - this.ppm);
    return Math.max(0, ratio);
  }
}

/** Growth of a gas: its logarithm against the one of its mean of late. */
class Growth {
  private meanPpm = Number.NaN;

  restart(): void {
    this.meanPpm = Number.NaN;
  }

  perMin(ppm: number, elapsedS: number): number {
    if (Number.isNaN(ppm)) return Number.NaN;
    const above = Math.max(0, ppm) + BASELINE_FLOOR_PPM;
    if (Number.isNaN(this.meanPpm)) this.meanPpm = above;
    else this.meanPpm += (1 - Math.exp(-elapsedS / GROWTH_S)) * (above - this.meanPpm);
    return (60 / GROWTH_S) * Math.log(above / this.meanPpm);
  }
}

export class Gas {
  isEvaluated = false;
  private wasEvaluated = false;
  private readonly co = new Signal(1, 1);
  private readonly h2 = new Signal(1, 1);
  private readonly voc = new Signal(1, 1);
  private readonly vocBaseline = new Baseline();
  private readonly coBaseline = new Baseline();
  private readonly coGrowth = new Growth();
  private readonly h2Growth = new Growth();
  private readonly vocGrowth = new Growth();

  restart(): void {
    this.co.restart();
    this.h2.restart();
    this.voc.restart();
    this.coGrowth.restart();
    this.h2Growth.restart();
    this.vocGrowth.restart();
  }

  add(
    frame: Frame,
    timeS: number,
    elapsedS: number,
    intervalS: number,
    isSuspicious: boolean,
    features: Float64Array,
  ): void {
    const { values } = frame;
    this.isEvaluated = !(
      Number.isNaN(values[CO]!) &&
      Number.isNaN(values[H2]!) &&
      Number.isNaN(values[VOC]!)
    );
    this.wasEvaluated ||= this.isEvaluated;
    if (!this.wasEvaluated) return;
    features[FEATURE_INDEX.coPpm] = follow(this.co, timeS, intervalS, values[CO]!);
    features[FEATURE_INDEX.h2Ppm] = follow(this.h2, timeS, intervalS, values[H2]!);
    const voc = follow(this.voc, timeS, intervalS, values[VOC]!);
    features[FEATURE_INDEX.vocOverBaseline] = this.vocBaseline.ratio(voc, elapsedS, isSuspicious);
    const co = features[FEATURE_INDEX.coPpm]!;
    features[FEATURE_INDEX.coOverBaseline] = this.coBaseline.ratio(co, elapsedS, isSuspicious);
    features[FEATURE_INDEX.gasGrowthPerMin] = this.strongestGrowth(
      this.coGrowth.perMin(co, elapsedS),
      this.h2Growth.perMin(features[FEATURE_INDEX.h2Ppm]!, elapsedS),
      this.vocGrowth.perMin(voc, elapsedS),
    );
  }

  /** Of those that are measured; NaN without any. */
  private strongestGrowth(co: number, h2: number, voc: number): number {
    let strongest = co;
    if (!(h2 <= strongest) && !Number.isNaN(h2)) strongest = h2;
    if (!(voc <= strongest) && !Number.isNaN(voc)) strongest = voc;
    return strongest;
  }

  /** The largest of the gases over its first limit; 0 without any. */
  strength(features: Float64Array): number {
    if (!this.isEvaluated) return 0;
    const { coPpm, h2Ppm, vocOverBaseline } = FEATURE_INDEX;
    return Math.max(
      features[coPpm]! / FIRST_LIMITS.coPpm || 0,
      features[h2Ppm]! / FIRST_LIMITS.h2Ppm || 0,
      features[vocOverBaseline]! / FIRST_LIMITS.vocOverBaseline || 0,
    );
  }
}

/** A value that does not come leaves the last one in force while that is recent. */
function follow(signal: Signal, timeS: number, intervalS: number, raw: number): number {
  if (!Number.isNaN(raw)) signal.add(timeS, raw);
  return signal.isRecent(timeS, intervalS) ? signal.value : Number.NaN;
}
