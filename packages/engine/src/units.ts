/**
 * Every conversion between units lives here and is used at three edges only: where a person writes a
 * number, where frames are made or decoded, and where a value is formatted for reading.
 */

/** 0 °C in kelvin (BIPM, SI Brochure, 9th ed., 2.3.1). */
export const ZERO_DEG_C_IN_K = 273.15;

export const kelvinOfDegC = (temperatureDegC: number): number => temperatureDegC + ZERO_DEG_C_IN_K;
export const degCOfKelvin = (temperatureK: number): number => temperatureK - ZERO_DEG_C_IN_K;

export const MS_PER_S = 1000;
export const S_PER_MIN = 60;
export const S_PER_H = 3600;
export const MS_PER_MIN = MS_PER_S * S_PER_MIN;
export const MS_PER_H = MS_PER_S * S_PER_H;
export const MS_PER_DAY = 24 * MS_PER_H;
/** Coulombs in one ampere-hour, joules in one watt-hour. */
export const COULOMB_PER_AH = 3600;
export const J_PER_WH = 3600;

/** `canonical = raw * scale + offset` */
export interface UnitConversion {
  readonly scale: number;
  readonly offset: number;
}

const byFactor = (scale: number): UnitConversion => ({ scale, offset: 0 });

const UNIT_TABLE = {
  degC: {
    degC: byFactor(1),
    K: { scale: 1, offset: -ZERO_DEG_C_IN_K },
    degF: { scale: 5 / 9, offset: -160 / 9 },
  },
  V: { V: byFactor(1), mV: byFactor(1e-3), uV: byFactor(1e-6), kV: byFactor(1e3) },
  A: { A: byFactor(1), mA: byFactor(1e-3), kA: byFactor(1e3) },
  percent: { percent: byFactor(1), fraction: byFactor(100), permille: byFactor(0.1) },
  ppm: { ppm: byFactor(1), ppb: byFactor(1e-3), percent: byFactor(1e4) },
  kOhm: { kOhm: byFactor(1), Ohm: byFactor(1e-3), MOhm: byFactor(1e3) },
  lpm: { lpm: byFactor(1), 'm3/h': byFactor(1000 / 60), 'l/h': byFactor(1 / 60) },
} as const satisfies Record<string, Record<string, UnitConversion>>;

/** The unit that a channel is kept in. */
export type Unit = keyof typeof UNIT_TABLE;

/** Names of the units that convert to `canonical`. */
export const unitsConvertibleTo = (canonical: Unit): string[] => Object.keys(UNIT_TABLE[canonical]);

/** Conversion from the unit named `from` to `canonical`, or undefined where there is none. */
export function conversionTo(canonical: Unit, from: string): UnitConversion | undefined {
  const table: Record<string, UnitConversion> = UNIT_TABLE[canonical];
  return Object.hasOwn(table, from) ? table[from] : undefined;
}

const DURATION_UNITS_MS: Record<string, number> = {
  ms: 1,
  s: MS_PER_S,
  min: MS_PER_MIN,
  h: MS_PER_H,
  d: MS_PER_DAY,
};

/** Milliseconds of a duration as a person writes it: `500ms`, `10s`, `1.5 h`, `2d`; undefined where it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)\s*$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * DURATION_UNITS_MS[match[2]!]!;
}
