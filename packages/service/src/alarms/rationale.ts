/** Why a module is critical: which physics agree, or why one was enough. */
import {
  type Driver,
  FEATURE_INDEX,
  FEATURES,
  levelRank,
  type Physics,
  POLICY,
  type Policy,
  type Reason,
} from '@emberwatch/engine/detector';
import { AGREEMENT_TEXTS } from '../messages.ts';
import type { AlarmRecord } from '../records.ts';

type Agreement = NonNullable<AlarmRecord['agreement']>;

const NAMES: Readonly<Record<Physics, string>> = { thermal: 'heat', electrical: 'voltage', gas: 'gas' };
const ORDER: readonly Physics[] = ['thermal', 'electrical', 'gas'];

/**
 * @param reasons of a critical module
 * @param drivers what moved the model; null without one
 * @param policy the table that judged
 */
export function rationaleOf(
  reasons: readonly Reason[],
  drivers: readonly Driver[] | null,
  policy: Policy = POLICY,
): Agreement {
  const found = new Set<Physics>();
  const texts: string[] = [];
  for (const reason of reasons) {
    const agreeing = policy.agreements.find(({ id }) => id === reason.rule);
    if (agreeing?.level === 'critical') {
      const evidence = physicsAt(reasons, levelRank(agreeing.at), policy);
      texts.push(agreedText(evidence));
      for (const physics of evidence) found.add(physics);
    } else if (reason.rule === 'MODEL-critical') {
      const carrying = physicsOf(drivers ?? []);
      texts.push(AGREEMENT_TEXTS.model(carrying.length < 2 ? null : listed(carrying)));
      for (const physics of carrying) found.add(physics);
    } else if (isCritical(reason.rule, policy)) {
      texts.push(aloneText(reason));
      const of = reason.rule === 'MODEL-hot' ? 'thermal' : reason.physics;
      if (of) found.add(of);
    }
  }
  const physics = ORDER.filter((one) => found.has(one));
  return { physics, text: texts.length > 0 ? texts.join('; ') : AGREEMENT_TEXTS.none };
}

const isCritical = (rule: string, policy: Policy): boolean =>
  rule === 'MODEL-hot' || policy.thresholds.some(({ id, level }) => id === rule && level === 'critical');

/** Physics of what counts as evidence at a level or above. */
function physicsAt(reasons: readonly Reason[], rank: number, policy: Policy): Physics[] {
  const counting = new Set<Physics>();
  for (const { rule, physics } of reasons) {
    const row = policy.thresholds.find(({ id }) => id === rule);
    if (physics && row && row.counts !== false && levelRank(row.level) >= rank) counting.add(physics);
  }
  return ORDER.filter((one) => counting.has(one));
}

function physicsOf(drivers: readonly Driver[]): Physics[] {
  const carrying = new Set(drivers.map(({ feature }) => FEATURES[FEATURE_INDEX[feature]]!.physics));
  return ORDER.filter((one) => carrying.has(one));
}

function agreedText(physics: readonly Physics[]): string {
  if (physics.length > 1) return AGREEMENT_TEXTS.agree(listed(physics));
  return physics.length === 1
    ? AGREEMENT_TEXTS.agreedOneLeft(listed(physics))
    : AGREEMENT_TEXTS.agreedNoneLeft;
}

function aloneText({ rule, limit, unit }: Reason): string {
  const text = AGREEMENT_TEXTS.alone[rule] ?? AGREEMENT_TEXTS.ruleAlone(rule);
  const limitText = limit === null ? AGREEMENT_TEXTS.itsLimit : `${limit}${unit ? ` ${unit}` : ''}`;
  return text.replace('LIMIT', limitText);
}

function listed(physics: readonly Physics[]): string {
  const names = physics.map((one) => NAMES[one]);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
