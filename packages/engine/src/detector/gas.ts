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
/** Below this a ratio only multiplies noise. */
const BASELINE_FLOOR_PPM = 5;
/** The baseline must not learn from what it is there to show. */
const LEARN_BELOW_RATIO = 1.5;

export class Gas {
  isJudged = false;
  private readonly co = new Signal(1, 1);
  private readonly h2 = new Signal(1, 1);
  private readonly voc = new Signal(1, 1);
  private baselinePpm = Number.NaN;

  restart(): void {
    this.co.restart();
    this.h2.restart();
    this.voc.restart();
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
    features[FEATURE_INDEX.coPpm] = follow(this.co, timeS, intervalS, values[CO]!);
    features[FEATURE_INDEX.h2Ppm] = follow(this.h2, timeS, intervalS, values[H2]!);
    const voc = follow(this.voc, timeS, intervalS, values[VOC]!);
    this.isJudged = !(Number.isNaN(values[CO]!) && Number.isNaN(values[H2]!) && Number.isNaN(values[VOC]!));
    if (Number.isNaN(voc)) {
      features[FEATURE_INDEX.vocOverBaseline] = Number.NaN;
      return;
    }
    if (Number.isNaN(this.baselinePpm)) this.baselinePpm = voc;
    const ratio = voc / Math.max(BASELINE_FLOOR_PPM, this.baselinePpm);
    if (ratio < LEARN_BELOW_RATIO && !isSuspicious)
      this.baselinePpm += (1 - Math.exp(-elapsedS / BASELINE_S)) * (voc - this.baselinePpm);
    features[FEATURE_INDEX.vocOverBaseline] = Math.max(0, ratio);
  }

  /** The largest of the gases over its first limit; 0 without any. */
  strength(features: Float64Array): number {
    if (!this.isJudged) return 0;
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
