/** The figures that verdicts rest on: one table, one array per module, computed frame by frame. */
import type { Physics } from './verdict.ts';

export interface Feature {
  readonly id: string;
  readonly physics: Physics;
  /** How a reason names it. */
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  /** Physical sign it is, and when it is blind. */
  readonly sign: string;
  readonly blind: string;
}

export const FEATURES = [
  {
    id: 'hottestDegC',
    physics: 'thermal',
    label: 'hottest surface',
    unit: '°C',
    digits: 1,
    sign: 'Heat has already been released, or comes from outside.',
    blind:
      'Without a surface temperature; a hot spot away from every probe; early, while the heat is still inside.',
  },
  {
    id: 'heatingKPerMin',
    physics: 'thermal',
    label: 'heating that the load does not explain',
    unit: 'K/min',
    digits: 2,
    sign: 'The surface surely warms faster than a step of the load accounts for (lower edge of the 95 % interval of the slope over 1 and 3 minutes, less an allowance that fades after the step).',
    blind:
      'For the first half of its horizon after a gap; for two to three minutes after a step of the load beyond 1C; for heating slower than the sensor resolves.',
  },
  {
    id: 'heatingFastKPerMin',
    physics: 'thermal',
    label: 'surface heats within seconds at',
    unit: 'K/min',
    digits: 0,
    sign: 'Self-heating out of control: the same over 10 s.',
    blind: 'When sampled more slowly than every 10 s it looks over five frames.',
  },
  {
    id: 'unconfirmedDegC',
    physics: 'thermal',
    label: 'a sensor leapt, not confirmed yet, to',
    unit: '°C',
    digits: 0,
    sign: 'A surface rose faster than the sampling can follow, or its sensor failed: for up to a minute nobody knows.',
    blind: 'Once the sensor stands still or jumps about it is a sensor fault and no longer counts.',
  },
  {
    id: 'spreadK',
    physics: 'thermal',
    label: 'hottest probe above the rest of the module by',
    unit: 'K',
    digits: 1,
    sign: 'One place is warmer than the module as a whole.',
    blind: 'With fewer than two probes.',
  },
  {
    id: 'aboveSiblingsK',
    physics: 'thermal',
    label: 'hottest surface above the median of the rack',
    unit: 'K',
    digits: 1,
    sign: 'This module is warmer than modules that share its air and its current.',
    blind: 'With fewer than two siblings in time.',
  },
  {
    id: 'cellLowMv',
    physics: 'electrical',
    label: 'lowest cell below the median of its siblings by',
    unit: 'mV',
    digits: 0,
    sign: 'A cell that lost charge or capacity: internal short, ageing, leak.',
    blind:
      'Without cell voltages; in the flat part of the LFP curve; a parallel group hides one cell of many.',
  },
  {
    id: 'belowSiblingsPercent',
    physics: 'electrical',
    label: 'voltage below the median of the rack by',
    unit: '%',
    digits: 1,
    sign: 'Cells of this module have lost voltage that its siblings still have.',
    blind: 'With fewer than two siblings; one cell of many moves it little.',
  },
  {
    id: 'voltageFallPercent',
    physics: 'electrical',
    label: 'voltage has collapsed by',
    unit: '%',
    digits: 0,
    sign: 'Collapse: separator or contact fails (GB 38031: more than 25 %).',
    blind: 'Where one cell is a small part of the measured voltage.',
  },
  {
    id: 'cellOverV',
    physics: 'electrical',
    label: 'cell voltage above what its chemistry bears by',
    unit: 'V',
    digits: 2,
    sign: 'Overcharge: lithium plates, the electrolyte oxidises.',
    blind: 'Without cell voltages or a nameplate; an unknown chemistry is granted 4.5 V.',
  },
  {
    id: 'insulationOhmPerV',
    physics: 'electrical',
    label: 'insulation resistance',
    unit: 'Ω/V',
    digits: 0,
    sign: 'Coolant, condensation or dust bridges the insulation.',
    blind: 'Without an insulation monitor.',
  },
  {
    id: 'coPpm',
    physics: 'gas',
    label: 'carbon monoxide',
    unit: 'ppm',
    digits: 0,
    sign: 'Vented electrolyte or smouldering; electrochemical cells answer to hydrogen as well.',
    blind: 'Without a sensor, or where the air does not pass it.',
  },
  {
    id: 'h2Ppm',
    physics: 'gas',
    label: 'hydrogen',
    unit: 'ppm',
    digits: 0,
    sign: 'Vent gas; nearly absent from a discharged LFP cell.',
    blind: 'Without a sensor; at low state of charge.',
  },
  {
    id: 'vocOverBaseline',
    physics: 'gas',
    label: 'solvent vapour against its baseline',
    unit: '×',
    digits: 1,
    sign: 'Electrolyte solvent: the earliest gas of a venting cell.',
    blind: 'Without a sensor; solvents from cleaning and paint look the same.',
  },
] as const satisfies readonly Feature[];

export type FeatureId = (typeof FEATURES)[number]['id'];

export const FEATURE_COUNT = FEATURES.length;

/** Position of each feature in the array of a module. */
export const FEATURE_INDEX = Object.fromEntries(
  FEATURES.map((feature, index) => [feature.id, index]),
) as Record<FeatureId, number>;
