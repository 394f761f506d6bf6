/** By what the report judged: the alarm policy and the figures that it looks at. */
import { FEATURE_INDEX, FEATURES, type Policy, type ThresholdRow } from '@emberwatch/engine/detector';
import { type Html, html, name, table } from '../svg/html.ts';
import { duration, levelMark } from './wording.ts';

const featureOf = ({ feature }: Pick<ThresholdRow, 'feature'>): (typeof FEATURES)[number] =>
  FEATURES[FEATURE_INDEX[feature]]!;

function conditionOf(row: ThresholdRow): string {
  const { unit } = featureOf(row);
  const sign = row.when === 'above' ? '≥' : '≤';
  const base = `${sign} ${limitText(row.limit)}${unit && ` ${unit}`}`;
  if (!row.also) return base;
  const also = featureOf(row.also);
  return `${base} and ${also.label} ≥ ${row.also.atLeast} ${also.unit}`;
}

const clearOf = (row: ThresholdRow): string =>
  `${row.when === 'above' ? '≤' : '≥'} ${limitText(row.clear)} ${featureOf(row).unit}`.trimEnd();

/** Thresholds that were trained have more digits than mean something. */
const limitText = (limit: number): string => String(Number(limit.toPrecision(3)));

export function policyTable(policy: Policy): Html {
  const rows = policy.thresholds.map((row) => [
    name(row.id),
    levelMark(row.level),
    featureOf(row).label,
    conditionOf(row),
    `${duration(row.holdS * 1000)}, ${row.holdFrames} frames`,
    `${clearOf(row)} for ${duration(row.clearS * 1000)}`,
    row.why,
  ]);
  const agreements = policy.agreements.map((row) => [
    name(row.id),
    levelMark(row.level),
    'different physics agree',
    `${row.physics} of heat, voltage and gas at ${row.at} or above`,
    'as their rules',
    `no agreement for ${duration(row.clearS * 1000)}`,
    row.why,
  ]);
  const heads = ['Rule', 'Level', 'Figure', 'Raises', 'Must hold for', 'Lets go', 'Source or reason'];
  return html`<p>A rule counts once its condition held for more than 60 % of its hold time and frames; a missing figure neither holds nor clears it.
A module is silent, and its state unknown, without a frame for ${policy.silenceIntervals} usual intervals and at least ${duration(policy.silenceMinS * 1000)}; silence never clears an alarm.
After a start or a gap ${policy.warmUpFrames} frames pass before a module may be called normal.</p>
${table(heads, [...rows, ...agreements])}`;
}

export const featureTable = (): Html =>
  table(
    ['Figure', 'Unit', 'Physics', 'Sign of', 'Blind'],
    FEATURES.map(({ label, unit, physics, sign, blind }) => [label, unit, physics ?? 'several', sign, blind]),
  );
