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
import type { AlarmRecord } from './alarm.ts';

type Agreement = NonNullable<AlarmRecord['agreement']>;

const NAMES: Readonly<Record<Physics, string>> = { thermal: 'heat', electrical: 'voltage', gas: 'gas' };
const ORDER: readonly Physics[] = ['thermal', 'electrical', 'gas'];

/** Critical by one kind of physics, and why that was enough; `LIMIT` is that of the reason. */
const ALONE: Readonly<Record<string, string>> = {
  HOT: 'heat was enough: above LIMIT and still heating, level and rate agree over time',
  'HOT-FAST':
    'heat was enough: above LIMIT and half a kelvin more every second, which no operation does and leaves no time to wait',
  'HOT-120': 'heat was enough: above LIMIT no cell is meant to be, heating or not',
  'MODEL-hot':
    'probability and heat were enough: the model expects a runaway of a surface beyond what operation knows',
};

/**
 * @param reasons of a critical module
 * @param drivers what moved the model; null without one
 * @param policy the table that judged
 */
export function agreementOf(
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
      texts.push(
        carrying.length < 2
          ? 'the probability of hazard is carried by different physics'
          : `the probability of hazard is carried by ${listed(carrying)}`,
      );
      for (const physics of carrying) found.add(physics);
    } else if (isCritical(reason.rule, policy)) {
      texts.push(aloneText(reason));
      const of = reason.rule === 'MODEL-hot' ? 'thermal' : reason.physics;
      if (of) found.add(of);
    }
  }
  const physics = ORDER.filter((one) => found.has(one));
  return { physics, text: texts.length > 0 ? texts.join('; ') : 'the detector gave no reason' };
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
  if (physics.length > 1) return `${listed(physics)} agree: no single sensor fault explains that`;
  return physics.length === 1
    ? `different physics agreed; of them ${listed(physics)} still stands`
    : 'different physics agreed, and none of them stands any longer';
}

function aloneText({ rule, limit, unit }: Reason): string {
  const text = ALONE[rule] ?? `rule ${rule} was enough`;
  return text.replace('LIMIT', limit === null ? 'its limit' : `${limit}${unit ? ` ${unit}` : ''}`);
}

function listed(physics: readonly Physics[]): string {
  const names = physics.map((one) => NAMES[one]);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
