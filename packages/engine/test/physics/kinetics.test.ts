/** Kinetics sets as data: what a copying error would change, and identities of their heat. */
import { describe, expect, it } from 'vitest';
import { CELL_TYPES, KINETICS, type KineticsSet, kineticsById } from '../../src/physics/index.ts';
import {
  compileKinetics,
  FIRST_REACTION,
  react,
  releasedHeatJ,
  remainingShare,
  SLOT_CHARGE,
  startReactions,
} from '../../src/physics/kinetics/reaction.ts';

/** Name, A in 1/s, E in J/mol, H in J/kg, content, start: as printed in the papers. */
const row = (set: KineticsSet, name: string): (number | undefined)[] => {
  const reaction = set.reactions.find((one) => one.name === name)!;
  const content = 'kgPerM3' in reaction.content ? reaction.content.kgPerM3 : reaction.content.kgPerKg * 0.72;
  const start = reaction.form === 'anode' ? reaction.fullLithium : reaction.start;
  return [
    reaction.frequencyPerS,
    reaction.activationJPerMol,
    reaction.heatJPerKg,
    Number(content.toFixed(6)),
    start,
  ];
};

describe('published numbers', () => {
  it('of Kim 2007, Table 1', () => {
    const set = kineticsById('lco-kim-2007');
    expect(row(set, 'sei')).toEqual([1.667e15, 1.3508e5, 2.57e5, 610.4, 0.15]);
    expect(row(set, 'anode')).toEqual([2.5e13, 1.3508e5, 1.714e6, 610.4, 0.75]);
    expect(row(set, 'cathode')).toEqual([6.667e13, 1.396e5, 3.14e5, 1221, 0.04]);
    expect(row(set, 'electrolyte')).toEqual([5.14e25, 2.74e5, 1.55e5, 406.9, 1]);
  });

  it('of Feng 2015 for a 25 Ah cell of 0.72 kg, contents in kg', () => {
    const set = kineticsById('nmc111-feng-2015');
    expect(row(set, 'sei')).toEqual([1.667e15, 1.3508e5, 2.57e5, 0.10058, 0.15]);
    expect(row(set, 'anode')).toEqual([0.035, 3.3e4, 1.714e6, 0.10058, 1]);
    expect(row(set, 'separator')).toEqual([1.5e50, 4.2e5, -2.332e5, 0.0176, 1]);
    expect(row(set, 'electrolyte')).toEqual([3e15, 1.7e5, 8e5, 0.108, 1]);
    expect(row(set, 'cathode')).toEqual([1.75e9, 1.1495e5, 7.7e4, 0.17912, 0.001]);
    expect(row(set, 'cathode2')).toEqual([1.077e12, 1.5888e5, 8.4e4, 0.17912, 0.001]);
  });

  it('each set says where it comes from and whether that was verified', () => {
    for (const set of KINETICS) {
      expect(set.source).toMatch(/20\d\d|doi|10\.\d{4}/);
      expect(set.notes.length).toBeGreaterThan(20);
    }
    expect(kineticsById('lfp-arc-fit').verified).toBe(false);
    expect(() => kineticsById('lfp')).toThrow(
      'kinetics: expected one of lco-kim-2007, nmc111-feng-2015, lfp-arc-fit, got "lfp"',
    );
  });
});

describe('heat', () => {
  it('of the whole Kim set raises the cell by 578.7465 K', () => {
    const { kgPerM3 } = { kgPerM3: 2580 };
    const kinetics = compileKinetics(kineticsById('lco-kim-2007'), kgPerM3, 1);
    // The anode starts with 0.75 of lithium; everything else goes from its start to nothing, or to one.
    let sum = 0;
    for (let k = 0; k < kinetics.count; k++) {
      const range = [0.15, 0.75, 0.96, 1][k]!;
      sum += range * kinetics.heatJ[k]!;
    }
    expect(sum / (2580 * 830)).toBeCloseTo(578.7465, 4);
  });

  it.each(KINETICS.map((set) => [set.id, set] as const))('of %s is that of what has reacted', (_id, set) => {
    const kinetics = compileKinetics(set, 1, 5e-4);
    const size = FIRST_REACTION + kinetics.count;
    const state = new Float64Array(size);
    const rates = new Float64Array(size);
    state[SLOT_CHARGE] = 0.8;
    startReactions(kinetics, state, FIRST_REACTION, 1);
    const start = state.slice();
    let heatJ = 0;
    const stepS = 0.02;
    for (let i = 0; i < 40_000; i++) {
      // Slow ramp from 100 to 260 °C by the midpoint rule.
      const temperatureK = 373.15 + (160 * i) / 40_000;
      react(kinetics, temperatureK, false, state, rates, SLOT_CHARGE, FIRST_REACTION, 1);
      const middle = state.map((value, slot) => value + 0.5 * stepS * rates[slot]!);
      heatJ +=
        stepS * react(kinetics, temperatureK + 0.002, false, middle, rates, SLOT_CHARGE, FIRST_REACTION, 1);
      for (let slot = 1; slot < size; slot++) state[slot] = state[slot]! + stepS * rates[slot]!;
    }
    let releasedJ = 0;
    for (let k = 0; k < kinetics.count; k++) {
      const at = FIRST_REACTION + k;
      releasedJ += releasedHeatJ(kinetics, k, state[at]!) - releasedHeatJ(kinetics, k, start[at]!);
      if (set.reactions[k]!.form === 'anode') {
        const reacted = state[at]! - start[at]!;
        releasedJ += kinetics.regrowth * reacted * kinetics.heatJ[0]!;
        // Lithium that reacted is charge that is gone.
        expect(reacted / kinetics.fullLithium).toBeCloseTo(0.8 - state[SLOT_CHARGE]!, 9);
      }
      expect(remainingShare(kinetics, k, start[at]!)).toBeCloseTo(1, 12);
    }
    expect(heatJ).toBeGreaterThan(1e4);
    // Midpoint rule with 40 000 steps; onsets and the switch of the anode cost one step each.
    expect(Math.abs(heatJ / releasedJ - 1)).toBeLessThan(1e-4);
  });

  it('does not depend on how far a spent reactant has fallen', () => {
    const kinetics = compileKinetics(kineticsById('lco-kim-2007'), 1, 5e-4);
    const state = new Float64Array(FIRST_REACTION + kinetics.count).fill(-1e9);
    const rates = new Float64Array(state.length);
    state[SLOT_CHARGE] = 0;
    state[FIRST_REACTION + 2] = 1e9;
    expect(react(kinetics, 900, false, state, rates, SLOT_CHARGE, FIRST_REACTION, 1)).toBe(0);
    expect(rates.every(Number.isFinite)).toBe(true);
  });
});

it('every cell type names a set that exists and says what is assumed', () => {
  for (const type of CELL_TYPES) {
    expect(kineticsById(type.kinetics).chemistry).toBe(type.chemistry);
    expect(type.source.length).toBeGreaterThan(20);
    expect(type.assumed.length).toBeGreaterThan(20);
    for (const curve of [type.openCircuitV, type.entropyVPerK, type.resistanceOhm, type.gas.ejectedShare]) {
      for (let i = 1; i < curve.length; i++) expect(curve[i]![0]).toBeGreaterThan(curve[i - 1]![0]);
    }
  }
});
