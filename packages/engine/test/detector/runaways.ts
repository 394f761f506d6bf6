/** Runaways and broken sensors drawn at random: what a thermocouple on a burning cell reads, and what a broken one reads. */
import fc from 'fast-check';
import { type Measured, noise } from './site.ts';

export interface Runaway {
  readonly stepS: number;
  /** Of the rise from room temperature to the peak: exponential, a straight line, or with a stall half way. */
  readonly shape: 'exponential' | 'straight' | 'stalls';
  readonly riseS: number;
  readonly peakDegC: number;
  /** What the sensor cannot read beyond; at least 120 °C. */
  readonly railDegC: number;
  readonly probes: 1 | 6;
  /** Positions that never deliver, of the cold ones. */
  readonly dead: number;
  /** The wire tears so long after the peak and then reads this; null: it holds. */
  readonly torn: { readonly afterS: number; readonly reads: number } | null;
  /** Clock of the voltage against that of the temperature, s; null: the pack hides the cell. */
  readonly voltageOffsetS: number | null;
  readonly seed: number;
}

/** Room temperature until then, s. */
const CALM_S = 120;
const ROOM_DEG_C = 24;

export const runaways = fc.record<Runaway>({
  stepS: fc.constantFrom(0.1, 0.5, 1, 2, 5, 10, 30, 60),
  shape: fc.constantFrom('exponential', 'straight', 'stalls'),
  // Of a rise that lies between two frames nothing is seen but a leap.
  riseS: fc.integer({ min: 3, max: 300 }),
  peakDegC: fc.integer({ min: 180, max: 800 }),
  railDegC: fc.constantFrom(150, 200, 360, 1250),
  probes: fc.constantFrom(1, 6),
  dead: fc.integer({ min: 0, max: 4 }),
  torn: fc.option(
    fc.record({
      afterS: fc.integer({ min: 20, max: 200 }),
      reads: fc.constantFrom(Number.NaN, -50, 24, 1250),
    }),
  ),
  voltageOffsetS: fc.option(fc.integer({ min: -10, max: 10 })),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

/** Share of the way to the peak. */
function shareOf({ shape, riseS }: Runaway, sinceS: number): number {
  const x = Math.max(0, Math.min(1, sinceS / riseS));
  if (shape === 'straight') return x;
  if (shape === 'exponential') return Math.expm1(4 * x) / Math.expm1(4);
  return x < 0.3 ? x : x < 0.7 ? 0.3 : 0.3 + ((x - 0.7) / 0.3) * 0.7;
}

/** The surface that burns, °C. */
function truthDegC(runaway: Runaway, timeS: number): number {
  const sinceS = timeS - CALM_S;
  const above = (runaway.peakDegC - ROOM_DEG_C) * shareOf(runaway, sinceS);
  return ROOM_DEG_C + above * Math.exp(-Math.max(0, sinceS - runaway.riseS) / 900);
}

export interface Measurement {
  readonly endS: number;
  measure(timeS: number): Measured;
  /** What the sensor on the burning cell reads, °C. */
  hotDegC(timeS: number): number;
}

export function measurementOf(runaway: Runaway): Measurement {
  const { stepS, riseS, railDegC, probes, dead, torn, voltageOffsetS, seed } = runaway;
  const random = noise(seed);
  const peakS = CALM_S + riseS;
  const hotDegC = (timeS: number): number =>
    torn && timeS > peakS + Math.max(torn.afterS, 3 * stepS)
      ? torn.reads
      : Math.min(railDegC, Math.round((truthDegC(runaway, timeS) + 0.2 * random()) * 10) / 10);
  // Its separator closes and melts: the voltage goes.
  let lostS = CALM_S;
  while (truthDegC(runaway, lostS) < 100) lostS += 0.1;
  const memo = new Map<number, number>();
  const readOnce = (timeS: number): number => {
    if (!memo.has(timeS)) memo.set(timeS, hotDegC(timeS));
    return memo.get(timeS)!;
  };
  const voltageV = (timeS: number): number => {
    if (voltageOffsetS === null) return 52 + 0.01 * random();
    const sinceS = timeS - voltageOffsetS - lostS;
    const left = sinceS < 0 ? 1 : Math.max(0.01, Math.exp(-sinceS / 4));
    return 4.1 * left + 0.001 * random();
  };
  return {
    endS: peakS + Math.max(300, 10 * stepS),
    hotDegC: readOnce,
    measure(timeS) {
      const voltage_v = voltageV(timeS);
      const hot = readOnce(timeS);
      if (probes === 1) return { voltage_v, surface_temperature_max_degc: hot };
      const cold = (i: number): number =>
        i <= dead ? Number.NaN : Math.round((ROOM_DEG_C + 0.3 * i + 0.2 * random()) * 10) / 10;
      return { voltage_v, probesDegC: [hot, ...[1, 2, 3, 4, 5].map(cold)] };
    },
  };
}

/** First two times from which on a sensor is above 120 °C; NaN where it never is. */
export function passesS(reads: (timeS: number) => number, stepS: number, endS: number): [number, number] {
  const found: number[] = [];
  for (let i = 0; i * stepS <= endS && found.length < 2; i++)
    if (reads(i * stepS) > 120) found.push(i * stepS);
  return [found[0] ?? Number.NaN, found[1] ?? Number.NaN];
}

/** It is seen to climb: from one frame to the next no more than this share of the way to 120 °C and above. */
export function isSeenClimbing(reads: (timeS: number) => number, stepS: number, firstS: number): boolean {
  const before = reads(firstS - stepS);
  const next = reads(firstS + stepS);
  const now = reads(firstS);
  // Two steps upwards at least, the first of which begins above the room or the second of which goes on.
  return before > ROOM_DEG_C + 16 || next - now >= 0.15 * (now - ROOM_DEG_C);
}

export interface BrokenSensor {
  readonly stepS: number;
  readonly kind: 'open' | 'short' | 'frost' | 'stuck' | 'jumping' | 'railed from the start' | 'drifting';
  readonly seed: number;
}

export const brokenSensors = fc.record<BrokenSensor>({
  stepS: fc.constantFrom(1, 2, 5, 10, 30, 60),
  kind: fc.constantFrom('open', 'short', 'frost', 'stuck', 'jumping', 'railed from the start', 'drifting'),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

/** One of four probes beside three calm ones on cells that are charged and discharged; every cell voltage is seen. */
export function brokenMeasure({ kind, seed, stepS }: BrokenSensor): (timeS: number) => Measured {
  const random = noise(seed);
  const atS = 20 * stepS + 600;
  const base = (timeS: number): number => ROOM_DEG_C + 6 * Math.sin(timeS / 4000);
  const step = (value: number): number => Math.round(value * 10) / 10;
  const stuckAt = step(base(atS));
  const read = (timeS: number): number => {
    const healthy = step(base(timeS) + 0.1 * random());
    if (kind === 'railed from the start') return 215;
    if (timeS < atS) return healthy;
    switch (kind) {
      case 'open':
        return 850;
      case 'short':
        return 150;
      case 'frost':
        return -40;
      case 'stuck':
        return stuckAt;
      case 'jumping':
        return random() > 0 ? healthy : step(140 + 100 * Math.abs(random()));
      default:
        // A connector that corrodes: the probe reads ever colder.
        return step(base(timeS) - Math.min(60, (timeS - atS) / 60));
    }
  };
  return (timeS) => {
    const currentA = 40 * Math.sin(timeS / 2000);
    const cellV = 3.3 + currentA * 5e-4 + 0.02 * Math.sin(timeS / 4000);
    return {
      current_a: currentA,
      cellsV: Array.from(
        { length: 8 },
        (_, i) => Math.round((cellV + i * 1e-3 + 5e-4 * random()) * 1e3) / 1e3,
      ),
      probesDegC: [base(timeS), base(timeS) + 0.4, read(timeS), base(timeS) - 0.3].map((value, i) =>
        step(value + (i === 2 ? 0 : 0.1 * random())),
      ),
    };
  };
}
