/**
 * The alarm policy: one table. Thresholds B1 to B5 are what industry uses (sources beside them); the rows are
 * the baseline that every model is measured against. A model may hold back two criticals, HOT and AGREE, to a warning
 * (`ModelPolicyOptions`); it can silence nothing.
 */
import type { FeatureId } from './features.ts';
import type { ModelThreshold } from './scoring/document.ts';
import type { AlarmLevel } from './verdict.ts';

export interface ThresholdRow {
  readonly id: string;
  readonly level: AlarmLevel;
  readonly feature: FeatureId;
  /** `above`: fires while the feature is at or above the limit; `below`: while it is at or below. */
  readonly when: 'above' | 'below';
  readonly limit: number;
  /** The row lets go once the feature stays beyond this on the safe side. */
  readonly clear: number;
  /** It must hold for more than 60 % of so long, and of so many frames, before it counts. */
  readonly holdS: number;
  readonly holdFrames: number;
  readonly clearS: number;
  /** A second condition, needed to fire but not to hold. */
  readonly also?: { readonly feature: FeatureId; readonly atLeast: number };
  /** False: no evidence where physics have to agree. */
  readonly counts?: false;
  /** It does not fire while a model that can judge gives a probability of hazard below this. */
  readonly unlessHazardBelow?: number;
  readonly why: string;
}

/** Different kinds of physics that agree. */
export interface AgreementRow {
  readonly id: string;
  readonly level: AlarmLevel;
  /** So many of thermal, electrical and gas … */
  readonly physics: number;
  /** … at this level or above at the same time. */
  readonly at: AlarmLevel;
  readonly clearS: number;
  /** As of a threshold row. */
  readonly unlessHazardBelow?: number;
  readonly why: string;
}

export interface Policy {
  readonly thresholds: readonly ThresholdRow[];
  readonly agreements: readonly AgreementRow[];
  /** No frame for so many usual intervals, and at least so long: the module is silent. */
  readonly silenceIntervals: number;
  readonly silenceMinS: number;
  /** Frames before a module may be called normal. */
  readonly warmUpFrames: number;
}

/** Voltage rows hold at least five frames: scans of cells mix instants. */
const row = (
  id: string,
  level: AlarmLevel,
  feature: FeatureId,
  when: 'above' | 'below',
  limit: number,
  clear: number,
  holdS: number,
  holdFrames: number,
  clearS: number,
  why: string,
): ThresholdRow => ({ id, level, feature, when, limit, clear, holdS, holdFrames, clearS, why });

// biome-ignore format: a table is read by its columns
export const POLICY: Policy = {
  thresholds: [
    //   id         level       feature                 when     limit clear holdS n  clearS why
    row('B1-55',   'advisory', 'hottestDegC',          'above',    55,   52,  10, 3,  60, 'two-level practice for LFP storage; foxBMS 2 maximum safety limit in discharge'),
    row('B1-60',   'warning',  'hottestDegC',          'above',    60,   57,  10, 3,  60, 'second level of the same practice: emergency stop at 60 to 65 °C'),
    row('B2-1',    'advisory', 'heatingKPerMin',       'above',     1,  0.5,  30, 3, 120, 'common advisory limit, load allowed for'),
    row('B2-2',    'warning',  'heatingKPerMin',       'above',     2,    1,  30, 3, 120, 'common alarm limit, load allowed for'),
    row('B2-60',   'warning',  'heatingFastKPerMin',   'above',    60,   20,   3, 3, 120, 'GB 38031-2025 C.5.3.7: 1 K/s for 3 s'),
    row('B3-50',   'advisory', 'cellLowMv',            'above',    50,   40,  60, 5, 600, 'imbalance limit of BESS practice; held, because scans of cells mix instants'),
    row('B3-100',  'warning',  'cellLowMv',            'above',   100,   80,  60, 5, 600, 'second imbalance level'),
    row('B3-3%',   'advisory', 'belowSiblingsPercent', 'above',     3,    2,  60, 5, 600, 'the same between modules of a rack'),
    row('B3-6%',   'warning',  'belowSiblingsPercent', 'above',     6,    4,  60, 5, 600, 'about one cell of sixteen lost'),
    row('B4-7',    'advisory', 'spreadK',              'above',     7,    5, 120, 3, 300, 'practice says 5 K between extremes; healthy vehicle packs reach 7 K after charging'),
    row('B4-10',   'warning',  'spreadK',              'above',    10,    8,  60, 3, 300, 'second level of the spread inside a module'),
    row('B4-7s',   'advisory', 'aboveSiblingsK',       'above',     7,    5, 120, 3, 300, 'the same between modules of a rack'),
    row('B4-10s',  'warning',  'aboveSiblingsK',       'above',    10,    8,  60, 3, 300, 'second level between modules'),
    row('B5-CO50', 'advisory', 'coPpm',                'above',    50,   35,  30, 3, 300, 'OSHA limit, EN 50291 first level'),
    row('B5-CO100','warning',  'coPpm',                'above',   100,   70,  30, 3, 300, 'EN 50291 second level'),
    row('B5-H2',   'advisory', 'h2Ppm',                'above',   400,  200,  30, 3, 300, '1 % of the lower flammability limit: no room holds it without a source'),
    row('B5-LEL',  'warning',  'h2Ppm',                'above',  4000, 2000,  10, 3, 300, '10 % of the lower flammability limit of hydrogen'),
    row('B5-VOC3', 'advisory', 'vocOverBaseline',      'above',     3,    2,  30, 3, 300, 'relative rise, as off-gas monitors use'),
    row('B5-VOC10','warning',  'vocOverBaseline',      'above',    10,    5,  30, 3, 300, 'ten times the baseline'),
    row('OV',      'advisory', 'cellOverV',            'above',  0.01,    0,  10, 3, 120, 'protection level of the chemistry'),
    row('OV-150',  'warning',  'cellOverV',            'above',  0.15, 0.05,   5, 3, 120, 'overcharge beyond what a charger overshoots'),
    row('VF-25',   'warning',  'voltageFallPercent',   'above',    25,   15,   2, 3,  60, 'GB 38031-2025 C.5.3.7 (a): more than 25 %, within seconds, at rest, or below any discharge'),
    row('INS-500', 'advisory', 'insulationOhmPerV',    'below',   500,  600,  30, 3, 300, 'vehicle practice for AC and DC combined'),
    row('INS-100', 'warning',  'insulationOhmPerV',    'below',   100,  150,  30, 3, 300, 'vehicle practice for DC'),
    {
      ...row('LEAP', 'warning',  'unconfirmedDegC',      'above',    60,   50,   5, 3,  60, 'faster than the sampling, or a broken sensor: told at once, judged within a minute'),
      counts: false,
    },
    {
      ...row('HOT', 'critical',  'hottestDegC',          'above',    90,   80,  10, 3, 600, 'above the onset of self-heating of most cells (median T1 91 to 117 °C, NMC, NCA, LCO) and still heating: level, rate and time of one physics agree'),
      also: { feature: 'heatingKPerMin', atLeast: 0.2 },
    },
    {
      ...row('HOT-FAST', 'critical', 'hottestDegC',      'above',    90,   80,   2, 3, 600, 'the same and 0.5 K/s within seconds: no operation does that, no time to wait'),
      also: { feature: 'heatingFastKPerMin', atLeast: 30 },
    },
    row('HOT-120', 'critical', 'hottestDegC',          'above',   120,   80,   3, 1, 600, 'separators melt from 130 °C on: no cell is meant to be here, heating or not; sampled slowly, two frames that agree are enough'),
  ],
  agreements: [
    { id: 'AGREE', level: 'critical', physics: 2, at: 'warning', clearS: 600, why: 'heat, voltage and gas fail for different reasons: two that agree are no sensor fault' },
  ],
  silenceIntervals: 5,
  silenceMinS: 60,
  warmUpFrames: 5,
};

/** Above what operation knows: the two-level practice stops at 60 to 65 °C. */
const BEYOND_OPERATION_DEG_C = 70;
/** The probability lets go at this share of its threshold. */
const MODEL_CLEAR_SHARE = 0.6;

/**
 * What detectors take unless they are told otherwise. Nearly every rule fires on shorts and overcharges that end
 * harmlessly, too: whether those are critical is what a model is asked.
 */
const CRITICAL_NEEDS: AlarmLevel | null = 'critical';

export interface ModelPolicyOptions {
  /**
   * While the probability of hazard is below the model's threshold of this level, heat that is still below 120 °C, and
   * physics that agree, are a warning and not critical: abuse that the model holds to be harmless. Null: the model takes
   * nothing away. HOT-120, HOT-FAST and every warning stand whatever a model says, and so does all where it
   * cannot judge.
   */
  readonly criticalNeeds?: AlarmLevel | null;
}

/** The same table with the rows of a model: neither can silence the warnings of the other. */
export function policyWithModel(
  thresholds: Readonly<Record<AlarmLevel, ModelThreshold>>,
  { criticalNeeds = CRITICAL_NEEDS }: ModelPolicyOptions = {},
): Policy {
  const held = criticalNeeds ? { unlessHazardBelow: thresholds[criticalNeeds].probability } : {};
  const modelRow = (
    id: string,
    level: AlarmLevel,
    holdS: number,
    clearS: number,
    why: string,
  ): ThresholdRow => {
    const { probability } = thresholds[level];
    const clear = MODEL_CLEAR_SHARE * probability;
    return row(id, level, 'hazardProbability', 'above', probability, clear, holdS, 3, clearS, why);
  };
  const budget = (level: AlarmLevel): string => `threshold for ${thresholds[level].budget}`;
  return {
    ...POLICY,
    thresholds: [
      ...POLICY.thresholds.map((rule) => (rule.id === 'HOT' ? { ...rule, ...held } : rule)),
      modelRow('MODEL-advisory', 'advisory', 20, 120, budget('advisory')),
      modelRow('MODEL-warning', 'warning', 10, 120, budget('warning')),
      {
        ...modelRow(
          'MODEL-critical',
          'critical',
          2,
          600,
          `${budget('critical')}; different physics carry it`,
        ),
        also: { feature: 'hazardPhysics', atLeast: 2 },
      },
      {
        ...modelRow(
          'MODEL-hot',
          'critical',
          2,
          600,
          `${budget('critical')}; heat beyond what operation knows`,
        ),
        also: { feature: 'hottestDegC', atLeast: BEYOND_OPERATION_DEG_C },
      },
    ],
    agreements: POLICY.agreements.map((rule) => ({ ...rule, ...held })),
  };
}
