/** How the hottest surface changes: rates over five horizons, whether they grow, what has been gained, and the balance. */
import { FEATURE_INDEX } from './features.ts';
import { RecentHighest } from './highest.ts';
import { SlopeWindow } from './slope.ts';

const {
  hottestDegC: HOTTEST,
  heatingKPerMin: HEATING,
  heatingFastKPerMin: HEATING_FAST,
  rate10sKPerMin: RATE_10S,
  rate60sKPerMin: RATE_60S,
  rate3minKPerMin: RATE_3MIN,
  rate10minKPerMin: RATE_10MIN,
  rate30minKPerMin: RATE_30MIN,
  growthFastPerMin: GROWTH_FAST,
  growthPerMin: GROWTH,
  growthSlowPerMin: GROWTH_SLOW,
  rise10minK: RISE_10MIN,
  rise2hK: RISE_2H,
  aboveAmbientK: ABOVE_AMBIENT,
  belowPeakK: BELOW_PEAK,
  heatedForMin: HEATED_FOR,
  unexplainedKPerMin: UNEXPLAINED,
} = FEATURE_INDEX;

/** Rates below this are no heating: what rooms and rests do. */
const GROWTH_FLOOR_K_PER_MIN = 0.2;
const HEATED_K_PER_MIN = 0.3;
const HEATED_MAX_S = 7200;
/** A pause takes the time of heating back so much faster. */
const HEATED_LEAK = 5;

/**
 * Time constant of a cell in still air: mass · cp / (h · area), with 18 g/Ah, 1000 J/(kg K) and 10 W/(m² K): 1000 s
 * for a cell of 2.5 Ah (18650: 45 g, 42 cm²), growing with the length of its edge.
 */
const COOLING_S = 1000;
const COOLING_AH = 2.5;

export class HeatFeatures {
  private readonly tenSeconds = new SlopeWindow(10);
  private readonly minute = new SlopeWindow(60);
  private readonly three = new SlopeWindow(180);
  private readonly ten = new SlopeWindow(600);
  private readonly thirty = new SlopeWindow(1800);
  /** Of the temperature taken negative: the coldest. */
  private readonly coldest10min = new RecentHighest(600);
  private readonly coldest2h = new RecentHighest(7200);
  private readonly hottest2h = new RecentHighest(7200);
  private readonly coolingS: number;
  private heatedS = 0;

  /** @param capacityAh NaN where unknown */
  constructor(capacityAh: number) {
    this.coolingS = COOLING_S * Math.cbrt((capacityAh || COOLING_AH) / COOLING_AH);
  }

  restart(): void {
    for (const slope of [this.tenSeconds, this.minute, this.three, this.ten, this.thirty]) slope.reset();
    for (const extreme of [this.coldest10min, this.coldest2h, this.hottest2h]) extreme.reset();
    this.heatedS = 0;
  }

  /**
   * @param everyS usual time between values
   * @param valueDegC hottest surface that can be believed
   * @param stepK resolution of its sensor
   * @param allowanceKPerMin what the load may heat
   * @param ambientDegC NaN where unknown
   */
  add(
    timeS: number,
    elapsedS: number,
    everyS: number,
    valueDegC: number,
    stepK: number,
    allowanceKPerMin: number,
    ambientDegC: number,
    features: Float64Array,
  ): void {
    const { tenSeconds, minute, three, ten, thirty } = this;
    const isNew10s = tenSeconds.add(timeS, valueDegC, everyS, stepK);
    const isNewMinute = minute.add(timeS, valueDegC, everyS, stepK);
    const isNewThree = three.add(timeS, valueDegC, everyS, stepK);
    // The long ones live on the knots of the shorter ones.
    const isNewTen = isNewThree && ten.add(three.knotTimeS, three.knotValue, three.knotS(everyS), stepK);
    if (isNewTen) thirty.add(ten.knotTimeS, ten.knotValue, ten.knotS(everyS), stepK);
    if (isNew10s || isNewMinute) features[GROWTH_FAST] = growthPerMin(tenSeconds, minute, everyS);
    if (isNewMinute || isNewThree) features[GROWTH] = growthPerMin(minute, three, everyS);
    if (isNewThree || isNewTen) features[GROWTH_SLOW] = growthPerMin(three, ten, everyS);
    if (isNew10s || isNewMinute || isNewThree) this.writeRates(features);
    features[HOTTEST] = valueDegC;
    const rising = Math.max(sure(minute), sure(three)) * 60 - allowanceKPerMin;
    features[HEATING] =
      Number.isNaN(minute.slopePerS) && Number.isNaN(three.slopePerS) ? Number.NaN : Math.max(0, rising);
    features[HEATING_FAST] = tenSeconds.surelyRisingPerS * 60;
    features[RISE_10MIN] = valueDegC + this.coldest10min.add(timeS, everyS, -valueDegC);
    const coldestDegC = -this.coldest2h.add(timeS, everyS, -valueDegC);
    features[RISE_2H] = valueDegC - coldestDegC;
    features[BELOW_PEAK] = this.hottest2h.add(timeS, everyS, valueDegC) - valueDegC;
    const aboveAmbientK = valueDegC - ambientDegC;
    features[ABOVE_AMBIENT] = aboveAmbientK;
    const rate3min = features[RATE_3MIN]!;
    this.followHeating(elapsedS, rate3min);
    features[HEATED_FOR] = this.heatedS / 60;
    const surplusK = Number.isNaN(aboveAmbientK) ? valueDegC - coldestDegC : aboveAmbientK;
    features[UNEXPLAINED] = rate3min + (60 * surplusK) / this.coolingS - allowanceKPerMin;
  }

  /** From a minute on, a horizon that is not filled yet shows the next shorter one: what has been seen so far. */
  private writeRates(features: Float64Array): void {
    features[RATE_10S] = this.tenSeconds.slopePerS * 60;
    let rate = this.minute.slopePerS * 60;
    features[RATE_60S] = rate;
    rate = longer(this.three, rate);
    features[RATE_3MIN] = rate;
    rate = longer(this.ten, rate);
    features[RATE_10MIN] = rate;
    features[RATE_30MIN] = longer(this.thirty, rate);
  }

  private followHeating(elapsedS: number, rateKPerMin: number): void {
    const isHeating = rateKPerMin >= HEATED_K_PER_MIN;
    this.heatedS = isHeating
      ? Math.min(HEATED_MAX_S, this.heatedS + elapsedS)
      : Math.max(0, this.heatedS - HEATED_LEAK * elapsedS);
  }
}

const sure = (slope: SlopeWindow): number => slope.surelyRisingPerS || 0;

const longer = (window: SlopeWindow, shorterKPerMin: number): number => {
  const { slopePerS } = window;
  return Number.isNaN(slopePerS) ? shorterKPerMin : slopePerS * 60;
};

/**
 * Growth of the rate, d ln(dT/dt)/dt, from its means over two horizons whose centres lie half their difference apart.
 * A floor of what is no heating, and of what the noise could make, keeps it at 0 where nothing is sure.
 */
function growthPerMin(short: SlopeWindow, long: SlopeWindow, everyS: number): number {
  const apartS = (long.lengthS(everyS) - short.lengthS(everyS)) / 2;
  if (apartS <= 0 || Number.isNaN(long.slopePerS) || Number.isNaN(short.slopePerS)) return 0;
  if (long.slopePerS <= 0 && short.slopePerS <= 0) return 0;
  const floor = GROWTH_FLOOR_K_PER_MIN / 60 + short.uncertaintyPerS + long.uncertaintyPerS;
  const now = Math.max(0, short.slopePerS);
  const before = Math.max(0, long.slopePerS);
  return (60 * Math.log((now + floor) / (before + floor))) / apartS;
}
