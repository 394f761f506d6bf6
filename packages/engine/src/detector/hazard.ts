/** What a model says of one module: its probability as a figure for the policy, time and reasons when asked. */
import { FEATURE_INDEX } from './features.ts';
import type { Model } from './scoring/model.ts';
import type { Driver, TimeToPnr } from './verdict.ts';

const { hazardProbability: PROBABILITY, hazardPhysics: AGREEING } = FEATURE_INDEX;

/** Contributions cost a thousand times a score: how many physics agree is looked up so often, s. */
const AGREEING_EVERY_S = 1;

export class Hazard {
  private readonly model: Model;
  private readonly features: Float64Array;
  private agreeingAtS = Number.NEGATIVE_INFINITY;
  /** Worked out when asked, once for each frame. */
  private time: TimeToPnr | null | undefined;
  private reasons: readonly Driver[] | undefined;

  /** @param features of the module, by FEATURE_INDEX; read and written */
  constructor(model: Model, features: Float64Array) {
    this.model = model;
    this.features = features;
  }

  /** @param canJudge the data can be believed; otherwise there is no probability */
  update(timeS: number, canEvaluate: boolean): void {
    const { features, model } = this;
    this.time = undefined;
    this.reasons = undefined;
    const probability = canEvaluate ? model.probability(features) : Number.NaN;
    features[PROBABILITY] = probability;
    if (!(probability >= model.thresholds.critical.probability)) {
      features[AGREEING] = Number.NaN;
      this.agreeingAtS = Number.NEGATIVE_INFINITY;
    } else if (timeS - this.agreeingAtS >= AGREEING_EVERY_S) {
      features[AGREEING] = model.agreeingPhysics(features);
      this.agreeingAtS = timeS;
    }
  }

  /** Null while there is none. */
  get probability(): number | null {
    const probability = this.features[PROBABILITY]!;
    return Number.isNaN(probability) ? null : probability;
  }

  private get isRaised(): boolean {
    return this.features[PROBABILITY]! >= this.model.thresholds.advisory.probability;
  }

  /** Null below the advisory threshold: what is calm has no time to its end. */
  timeToPnr(): TimeToPnr | null {
    if (this.time === undefined) this.time = this.isRaised ? this.model.timeToPnr(this.features) : null;
    return this.time;
  }

  /** Empty below the advisory threshold. */
  drivers(): readonly Driver[] {
    this.reasons ??= this.isRaised ? this.model.drivers(this.features) : [];
    return this.reasons;
  }

  /** `, point of no return in 5 min (1 min to 25 min), moved by hottest surface 61.0 °C (70 %)`. */
  inWords(): string {
    const time = this.timeToPnr();
    const drivers = this.drivers();
    const inTime = time
      ? `, point of no return in ${spanText(time.medianS)} (${spanText(time.lowS)} to ${spanText(time.highS)})`
      : '';
    return drivers.length === 0 ? inTime : `${inTime}, moved by ${drivers.map(driverText).join(', ')}`;
  }
}

function driverText({ label, value, digits, unit, share }: Driver): string {
  const shown = value === null ? 'not measured' : `${value.toFixed(digits)}${unit && ` ${unit}`}`;
  return `${label} ${shown} (${Math.round(share * 100)} %)`;
}

function spanText(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
