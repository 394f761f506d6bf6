import { type Driver, POLICY, type Policy, policyWithModel, type Reason } from '@emberwatch/engine/detector';
import { describe, expect, it } from 'vitest';
import { rationaleOf } from '../../src/alarms/rationale.ts';

const WITH_MODEL = policyWithModel({
  advisory: { probability: 0.1, budget: 'x' },
  warning: { probability: 0.3, budget: 'y' },
  critical: { probability: 0.6, budget: 'z' },
});

const reason = (rule: string, physics: Reason['physics'], limit: number | null = null): Reason => ({
  rule,
  physics,
  text: rule,
  value: limit,
  limit,
  unit: limit === null ? null : '°C',
});
const hot = reason('B1-60', 'thermal', 60);
const low = reason('B3-100', 'electrical', 100);
const gas = reason('B5-LEL', 'gas', 4000);
const drivers = (...features: Driver['feature'][]): Driver[] =>
  features.map((feature) => ({ feature, label: feature, unit: '', digits: 0, value: 1, share: 0.3 }));

/** For every row that can make a module critical: what it stands beside, what is said. */
const TABLE: Record<string, { reasons: Reason[]; drivers?: Driver[]; physics: string[]; text: RegExp }[]> = {
  AGREE: [
    { reasons: [hot, low], physics: ['thermal', 'electrical'], text: /^heat and voltage agree: no single/ },
    {
      reasons: [gas, low, hot],
      physics: ['thermal', 'electrical', 'gas'],
      text: /^heat, voltage and gas agree/,
    },
    // An advisory is no evidence, and neither is a leap that is still to be judged.
    {
      reasons: [hot, reason('B3-50', 'electrical'), reason('LEAP', 'thermal')],
      physics: ['thermal'],
      text: /^different physics agreed; heat still shows the hazard$/,
    },
    { reasons: [], physics: [], text: /^different physics agreed; none of them shows the hazard now$/ },
  ],
  HOT: [{ reasons: [], physics: ['thermal'], text: /^heat alone is enough: above 90 °C and still heating/ }],
  'HOT-FAST': [
    {
      reasons: [],
      physics: ['thermal'],
      text: /^heat alone is enough: above 90 °C and rising by more than 0.5 K\/s/,
    },
  ],
  'HOT-120': [
    { reasons: [], physics: ['thermal'], text: /^heat alone is enough: no cell is meant to be above 120 °C/ },
  ],
  'MODEL-critical': [
    {
      reasons: [],
      drivers: drivers('hottestDegC', 'cellLowMv'),
      physics: ['thermal', 'electrical'],
      text: /^the probability of hazard rests on heat and voltage$/,
    },
    { reasons: [], drivers: drivers('believedShare'), physics: [], text: /rests on different physics$/ },
  ],
  'MODEL-hot': [{ reasons: [], physics: ['thermal'], text: /^probability and heat are enough/ }],
};

const criticalRows = ({ thresholds, agreements }: Policy) =>
  [...thresholds, ...agreements].filter(({ level }) => level === 'critical');

describe('why a module is critical', () => {
  it('every critical row of the policy is in the table', () => {
    const rows = new Set([...criticalRows(POLICY), ...criticalRows(WITH_MODEL)].map(({ id }) => id));
    expect([...rows].sort()).toEqual(Object.keys(TABLE).sort());
  });

  it.each(
    [POLICY, WITH_MODEL].flatMap((policy) =>
      criticalRows(policy).flatMap((row) => TABLE[row.id]!.map((expected) => ({ policy, row, ...expected }))),
    ),
  )('$row.id: $text', ({ policy, row, reasons, drivers = null, physics, text }) => {
    const limit = 'limit' in row ? row.limit : null;
    const thermal = 'feature' in row && row.feature === 'hottestDegC' ? 'thermal' : null;
    const agreement = rationaleOf([reason(row.id, thermal, limit), ...reasons], drivers, policy);
    expect(agreement.physics).toEqual(physics);
    expect(agreement.text).toMatch(text);
  });

  it('says all that is there, and names what it does not know', () => {
    const both = rationaleOf([reason('AGREE', null), reason('HOT-120', 'thermal', 120), gas, hot], null);
    expect(both).toMatchObject({ physics: ['thermal', 'gas'] });
    expect(both.text).toMatch(
      /^heat and gas agree.*; heat alone is enough: no cell is meant to be above 120 °C/,
    );
    expect(rationaleOf([hot], null).text).toBe('the detector gave no reason');
    const own = {
      ...POLICY,
      thresholds: [{ ...POLICY.thresholds[0]!, id: 'OWN', level: 'critical' as const }],
    };
    expect(rationaleOf([reason('OWN', 'gas')], null, own)).toEqual({
      physics: ['gas'],
      text: 'rule OWN is enough',
    });
  });
});
