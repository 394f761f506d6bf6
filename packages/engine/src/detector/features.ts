/** The figures that verdicts rest on: one table, one array per module, computed frame by frame. */
import { ELECTRICAL_FEATURES } from './features-electrical.ts';
import { THERMAL_FEATURES } from './features-thermal.ts';
import type { Physics } from './verdict.ts';

export interface Feature {
  readonly id: string;
  /** Null: of several, or of the data themselves. */
  readonly physics: Physics | null;
  /** How a reason names it. */
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  /** How far back it looks, s; 0: the present. Slow sampling stretches it to at least five frames. */
  readonly windowS: number;
  /** 1: more is never safer, -1: less is never safer, 0: physics does not say. */
  readonly monotone: 1 | -1 | 0;
  /** Whether a model may look at it: what tells how the data were taken tells nothing of a hazard. */
  readonly model: boolean;
  /** Physical sign it is, and when it is blind. */
  readonly sign: string;
  readonly blind: string;
}

export const FEATURES = [
  ...THERMAL_FEATURES,
  ...ELECTRICAL_FEATURES,
  {
    id: 'coPpm',
    physics: 'gas',
    label: 'carbon monoxide',
    unit: 'ppm',
    digits: 0,
    windowS: 0,
    monotone: 1,
    model: true,
    sign: 'Vented electrolyte or smouldering; electrochemical cells answer to hydrogen as well.',
    blind: 'Without a sensor, or where the air does not pass it.',
  },
  {
    id: 'h2Ppm',
    physics: 'gas',
    label: 'hydrogen',
    unit: 'ppm',
    digits: 0,
    windowS: 0,
    monotone: 1,
    model: true,
    sign: 'Vent gas; nearly absent from a discharged LFP cell.',
    blind: 'Without a sensor; at low state of charge.',
  },
  {
    id: 'vocOverBaseline',
    physics: 'gas',
    label: 'solvent vapour against its baseline',
    unit: '×',
    digits: 1,
    windowS: 1800,
    monotone: 1,
    model: true,
    sign: 'Electrolyte solvent: the earliest gas of a venting cell.',
    blind: 'Without a sensor; solvents from cleaning and paint look the same.',
  },
  {
    id: 'coOverBaseline',
    physics: 'gas',
    label: 'carbon monoxide against its baseline',
    unit: '×',
    digits: 1,
    windowS: 1800,
    monotone: 1,
    model: true,
    sign: 'A sensor that drifts or a room with traffic has a baseline of its own.',
    blind: 'Without a sensor.',
  },
  {
    id: 'gasGrowthPerMin',
    physics: 'gas',
    label: 'strongest gas grows by',
    unit: '1/min',
    digits: 2,
    windowS: 120,
    monotone: 1,
    model: true,
    sign: 'Growth of the logarithm over two minutes: a source that opens, against a room that fills slowly.',
    blind: 'Without a sensor; below 5 ppm.',
  },
  {
    id: 'heatWithLoss',
    physics: null,
    label: 'heating while voltage is lost',
    unit: '×',
    digits: 2,
    windowS: 600,
    monotone: 1,
    model: true,
    sign: 'The lesser of heating over 3 minutes by 2 K/min and of unexplained voltage loss over 10 minutes by 5 %: two physics at once.',
    blind: 'Where either is; a runaway by outside heat keeps its voltage until the separator melts.',
  },
  {
    id: 'watchedForMin',
    physics: null,
    label: 'watched without a gap for',
    unit: 'min',
    digits: 0,
    windowS: 0,
    monotone: 0,
    model: false,
    sign: 'How much the windows have seen; says nothing of a hazard.',
    blind: 'Never.',
  },
  {
    id: 'believedShare',
    physics: null,
    label: 'share of the delivered channels that can be believed',
    unit: '',
    digits: 2,
    windowS: 0,
    monotone: 0,
    model: false,
    sign: 'Health of the data.',
    blind: 'Faults that nothing contradicts.',
  },
  {
    id: 'hazardProbability',
    physics: null,
    label: 'probability of hazard',
    unit: '',
    digits: 2,
    windowS: 0,
    monotone: 0,
    model: false,
    sign: 'What the model makes of all figures: calibrated probability that the point of no return comes.',
    blind: 'Without a model, and while the data cannot be believed.',
  },
  {
    id: 'hazardPhysics',
    physics: null,
    label: 'kinds of physics that carry the probability',
    unit: '',
    digits: 0,
    windowS: 0,
    monotone: 0,
    model: false,
    sign: 'Of heat, voltage and gas, how many carry at least a fifth of what moved the probability upwards.',
    blind: 'Below the critical threshold of the model it is not computed.',
  },
] as const satisfies readonly Feature[];

export type FeatureId = (typeof FEATURES)[number]['id'];

export const FEATURE_COUNT = FEATURES.length;

/** Position of each feature in the array of a module. */
export const FEATURE_INDEX = Object.fromEntries(
  FEATURES.map((feature, index) => [feature.id, index]),
) as Record<FeatureId, number>;
