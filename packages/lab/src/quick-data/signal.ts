/**
 * What the direct generator draws: a site at rest, and one module with a hazard painted over it. There is no physics
 * in it. The figures were recovered from a file of the Python original (138,240 rows, 200 labelled); where the file
 * does not determine one, it is said.
 */
import type { SEED_COLUMNS } from '@emberwatch/engine/telemetry';

export interface Signal {
  readonly column: (typeof SEED_COLUMNS)[number];
  /** A module's level at the start is drawn from [low, high); null: that of the column before. */
  readonly level: readonly [low: number, high: number] | null;
  /** Added to that level. */
  readonly above: number;
  /** Added over the whole file, in a straight line. */
  readonly drift: number;
  readonly noiseSd: number;
  /** An outlier lies OUTLIER_SDS of these away. */
  readonly outlierSd: number;
  readonly hazard: Hazard | null;
}

/** Added to the rows of the hazard: offset + gain · progression^power + noise, with progression from 0 to 1. */
export interface Hazard {
  readonly offset: number;
  readonly gain: number;
  readonly power: 1 | 2;
  readonly noiseSd: number;
  /** On top of what was added to the column before, its noise included. */
  readonly followsColumnBefore?: true;
}

/** Share of values that are missing. */
export const MISSING_SHARE = 0.0005;
/** Share of values that are outliers, of either sign. */
export const OUTLIER_SHARE = 0.0001;
export const OUTLIER_SDS = 7;

const gas = (column: Signal['column'], offset: number, gain: number): Signal => ({
  column,
  level: [1.5, 2.5],
  above: 0,
  drift: 0,
  noiseSd: 0.5,
  // Ten times the noise: outliers of gas lie 35 ppm away in the file.
  outlierSd: 5,
  hazard: { offset, gain, power: 1, noiseSd: 10 },
});

/** The nine measured columns in the order of the file. */
export const SIGNALS: readonly Signal[] = [
  {
    column: 'Module_Avg_Surface_Temp_C',
    level: [23, 27],
    above: 0,
    drift: 2,
    noiseSd: 0.3,
    outlierSd: 0.2,
    hazard: { offset: 10, gain: 60, power: 2, noiseSd: 1 },
  },
  {
    column: 'Module_Max_Surface_Temp_C',
    level: null,
    above: 1,
    drift: 2,
    noiseSd: 0.4,
    outlierSd: 0.3,
    hazard: { offset: 2, gain: 0, power: 1, noiseSd: 1, followsColumnBefore: true },
  },
  {
    column: 'Module_Voltage_V',
    level: [50, 52],
    above: 0,
    drift: -1.5,
    noiseSd: 0.15,
    // Outliers this small drown in the noise: by the file, anything below 0.5 V.
    outlierSd: 0.05,
    hazard: { offset: -2, gain: -15, power: 1, noiseSd: 0.5 },
  },
  {
    column: 'Module_Current_A',
    level: [0, 0],
    above: 0,
    drift: 0,
    noiseSd: 0.05,
    outlierSd: 0.1,
    hazard: null,
  },
  {
    column: 'Module_SoC_percent',
    level: [75, 85],
    above: 0,
    drift: -5,
    noiseSd: 1.5,
    // The same: by the file, anything below 5 %.
    outlierSd: 0.5,
    hazard: { offset: -5, gain: -40, power: 1, noiseSd: 2 },
  },
  gas('Sim_OffGas_CO_ppm_proxy', 50, 400),
  gas('Sim_OffGas_H2_ppm_proxy', 60, 500),
  gas('Sim_OffGas_VOC_ppm_proxy', 70, 600),
  {
    column: 'Ambient_Temp_Rack_C',
    level: [21, 23],
    above: 0,
    drift: 0,
    noiseSd: 0.1,
    outlierSd: 0.1,
    hazard: null,
  },
];
