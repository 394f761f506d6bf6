/** The policy as rows to read: what fires at which level, from when, for how long, and where the limit comes from. */
import {
  ALARM_LEVELS,
  type AlarmLevel,
  FEATURE_INDEX,
  FEATURES,
  type Feature,
  type FeatureId,
  type Physics,
  POLICY,
  policyWithModel,
  type ThresholdRow,
} from '@emberwatch/engine/detector';
import type { ModelBody } from '../wire.ts';

export interface RuleRow {
  readonly id: string;
  readonly level: AlarmLevel;
  readonly physics: Physics | null;
  /** `hottest surface ≥ 60 °C` */
  readonly condition: string;
  /** How long it must hold; null: while others do. */
  readonly heldS: number | null;
  readonly why: string;
  /** It stays at warning while a model that can judge holds the hazard for less likely than this. */
  readonly heldBackBelow: number | null;
  /** A row of the model, not one of the rules. */
  readonly isOfModel: boolean;
}

type Thresholds = NonNullable<ModelBody['model']>['thresholds'];

export const featureOf = (id: string): Feature | undefined => FEATURES[FEATURE_INDEX[id as FeatureId] ?? -1];

const numberText = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 });

const limitText = (id: FeatureId, limit: number): string =>
  `${numberText(limit)} ${featureOf(id)!.unit}`.trim();

function conditionOf({ feature, when, limit, also }: ThresholdRow): string {
  const bound = when === 'above' ? '≥' : '≤';
  const first = `${featureOf(feature)!.label} ${bound} ${limitText(feature, limit)}`;
  return also
    ? `${first}, and ${featureOf(also.feature)!.label} ≥ ${limitText(also.feature, also.atLeast)}`
    : first;
}

/** @param thresholds of the model; null: the rules alone. Gravest first, then as the policy has them. */
export function rulesOf(thresholds: Thresholds | null): RuleRow[] {
  const isWhole = thresholds !== null && ALARM_LEVELS.every((level) => level in thresholds);
  const policy = isWhole ? policyWithModel(thresholds as Record<AlarmLevel, Thresholds[string]>) : POLICY;
  const rows: RuleRow[] = [
    ...policy.thresholds.map((rule) => ({
      id: rule.id,
      level: rule.level,
      physics: featureOf(rule.feature)!.physics,
      condition: conditionOf(rule),
      heldS: rule.holdS,
      why: rule.feature === 'hazardProbability' ? 'threshold of the model, see the overview' : rule.why,
      heldBackBelow: rule.unlessHazardBelow ?? null,
      isOfModel: rule.feature === 'hazardProbability',
    })),
    ...policy.agreements.map(({ id, level, physics, at, why, unlessHazardBelow }) => ({
      id,
      level,
      physics: null,
      condition: `${physics} of heat, voltage and gas at ${at} together`,
      heldS: null,
      why,
      heldBackBelow: unlessHazardBelow ?? null,
      isOfModel: false,
    })),
  ];
  const moreSevere = (a: RuleRow, b: RuleRow): number =>
    ALARM_LEVELS.indexOf(b.level) - ALARM_LEVELS.indexOf(a.level);
  return rows.sort(moreSevere);
}
