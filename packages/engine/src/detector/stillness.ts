/**
 * Temperatures of a module that all stand still. A resting module under a coarse sensor does so for hours; one that works
 * like its rack moves when the rack does, and a fine one follows the air.
 */
import type { Load } from './load.ts';

/** The rack has moved by so much for so long; longer where nobody measures the current, or the module may rest alone. */
const RACK_SWING_K = 3;
const RACK_S = 3600;
const RACK_LOAD_UNKNOWN_S = 6 * 3600;
const FRAMES = 30;
/** Less than this share of the load of its rack: it rests. */
const LOAD_SHARE = 0.5;
const AMBIENT_SWING_K = 5;
const AMBIENT_S = 6 * 3600;
const FINE_STEP_K = 0.1;

export class StillTemperatures {
  /** They contradict rack or air. */
  isContradicted = false;
  private sinceS = Number.NaN;
  private frames = 0;
  private rackLow = Number.NaN;
  private rackHigh = Number.NaN;
  private airLow = Number.NaN;
  private airHigh = Number.NaN;

  /**
   * @param isSame every temperature is exactly that of the frame before
   * @param rackDegC median of the rack; NaN where there is none
   * @param rackLoadA usual current of the rack
   * @param readings asked for their finest resolution only where it matters
   */
  add(
    timeS: number,
    isSame: boolean,
    rackDegC: number,
    ambientDegC: number,
    load: Load,
    rackLoadA: number,
    readings: { readonly finestStepK: number },
  ): void {
    if (!isSame) {
      this.isContradicted = false;
      this.sinceS = timeS;
      this.frames = 0;
      this.rackLow = rackDegC;
      this.rackHigh = rackDegC;
      this.airLow = ambientDegC;
      this.airHigh = ambientDegC;
      return;
    }
    this.frames++;
    if (rackDegC < this.rackLow || Number.isNaN(this.rackLow)) this.rackLow = rackDegC;
    if (rackDegC > this.rackHigh || Number.isNaN(this.rackHigh)) this.rackHigh = rackDegC;
    if (ambientDegC < this.airLow || Number.isNaN(this.airLow)) this.airLow = ambientDegC;
    if (ambientDegC > this.airHigh || Number.isNaN(this.airHigh)) this.airHigh = ambientDegC;
    if (this.isContradicted || this.frames < FRAMES) return;
    const forS = timeS - this.sinceS;
    if (forS < RACK_S) return;
    if (this.rackHigh - this.rackLow >= RACK_SWING_K) {
      const { usualA } = load;
      const isLoadKnown = !Number.isNaN(usualA) && !Number.isNaN(rackLoadA);
      if (isLoadKnown ? usualA >= LOAD_SHARE * rackLoadA : forS >= RACK_LOAD_UNKNOWN_S)
        this.isContradicted = true;
    }
    if (
      forS >= AMBIENT_S &&
      this.airHigh - this.airLow >= AMBIENT_SWING_K &&
      readings.finestStepK <= FINE_STEP_K
    )
      this.isContradicted = true;
  }
}
