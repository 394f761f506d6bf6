/** One contract for every kind of fault and disturbance. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { moduleControls } from '../../src/physics/controls.ts';
import { type FaultEntry, faultValues } from '../../src/physics/faults/fault.ts';
import {
  DEFAULT_MODULE,
  FAULT_KINDS,
  ScenarioError,
  simulate,
  validateScenario,
} from '../../src/physics/index.ts';

/** The least that each kind needs beside its defaults. */
const NEEDED: Record<string, Record<string, number>> = {
  internalShort: { resistanceOhm: 0.05 },
  internalShortHeat: { baseHeatW: 10, maxHeatW: 100, timeToMaxHeatS: 600 },
  healingShort: { resistanceOhm: 0.05 },
  mechanicalShort: { resistanceOhm: 0.05, holdS: 300 },
  microShorts: { resistanceOhm: 0.05 },
  externalShort: { resistanceOhm: 0.2 },
  overdischarge: { dischargeC: 0.5 },
  externalHeating: { powerW: 100 },
  overcharge: { currentA: 50 },
  looseConnection: { resistanceOhm: 0.002 },
  hotDay: { riseK: 10 },
  oven: { riseK: 60 },
  gasInRoom: { coGPerH: 50 },
};

const START_S = 600;

function entryOf(kind: (typeof FAULT_KINDS)[number]): FaultEntry {
  const starts = kind.parameters.some(({ name }) => name === 'startS') ? { startS: START_S } : {};
  const target =
    kind.target === 'room' ? {} : kind.target === 'rack' ? { rack: 'A' } : { module: 'A_Module01' };
  return { kind: kind.kind, ...target, ...starts, ...NEEDED[kind.kind] };
}

const scenario = (faults: FaultEntry[]) =>
  validateScenario({
    name: 'contract',
    durationS: 3600,
    site: { racks: [{ id: 'A', modules: 2 }] },
    module: { series: 4, coolantWPerK: 5 },
    load: -0.2,
    faults,
  });

const sound = simulate(scenario([]));

describe.each(FAULT_KINDS.map((kind) => [kind.kind, kind] as const))('%s', (_name, kind) => {
  const entry = entryOf(kind);

  it('has a documented purpose and documented parameters', () => {
    expect(kind.about.length).toBeGreaterThan(5);
    for (const parameter of kind.parameters) expect(parameter.about.length).toBeGreaterThan(5);
    if (kind.strength) expect(kind.parameters.map(({ name }) => name)).toContain(kind.strength.parameter);
  });

  it('refuses what it does not know and what is out of bounds, with path and value', () => {
    expect(() => faultValues(kind, { ...entry, wrong: 1 }, 'faults[0]')).toThrow(
      'faults[0].wrong: expected a parameter of',
    );
    for (const { name, low, high } of kind.parameters) {
      const misspelt = name.slice(0, 1) + name.slice(2);
      const { [name]: moved, ...rest } = entry;
      expect(() =>
        faultValues(kind, { ...rest, kind: kind.kind, [misspelt]: moved ?? 1 }, 'faults[0]'),
      ).toThrow(`faults[0].${misspelt}: expected a parameter of ${kind.kind} such as ${name}`);
      expect(() => faultValues(kind, { ...entry, [name]: high * 2 + 1 }, 'faults[0]')).toThrow(
        `faults[0].${name}: expected`,
      );
      expect(() => faultValues(kind, { ...entry, [name]: 'much' }, 'faults[0]')).toThrow(ScenarioError);
      expect(low).toBeLessThan(high);
    }
  });

  it('does nothing before its onset and something after it', () => {
    const run = simulate(scenario([entry]));
    const differs = (row: number): boolean =>
      run.trajectory.header.columns.some((column) => {
        const name = column as 'voltageV';
        return [0, 1].some(
          (m) => run.trajectory.column(name, m)[row] !== sound.trajectory.column(name, m)[row],
        );
      });
    if (entry.startS !== undefined) {
      // The step that ends at the onset is shorter than without the fault: the air differs by its splitting error.
      const before = START_S / 10 - 1;
      for (const name of ['voltageV', 'cellTemperatureMaxK', 'coPpm', 'vocPpm', 'insulationKohm'] as const) {
        const [a, b] = [run, sound].map(({ trajectory }) => trajectory.column(name, 0)[before]!);
        expect(Math.abs(a! - b!)).toBeLessThanOrEqual(1e-4 * Math.abs(b!));
      }
    }
    expect(differs(run.trajectory.rows - 1)).toBe(true);
  });

  it('conserves energy and leaves no number undefined', () => {
    const run = simulate(scenario([entry]));
    expect(Math.abs(run.energy.residual)).toBeLessThan(1e-9);
    for (const column of run.trajectory.header.columns) {
      const values = run.trajectory.column(column as 'voltageV', 0);
      expect(values.every((value) => Number.isFinite(value))).toBe(true);
    }
  });

  it('is told apart as hazard or disturbance in the events', () => {
    const [event] = simulate(scenario([entry])).events;
    expect(event!.faultKinds).toEqual(kind.hazard ? [kind.kind] : []);
    expect(event!.disturbanceKinds).toEqual(kind.hazard ? [] : [kind.kind]);
    expect(event!.faultOnsetS).toBe(kind.hazard ? START_S : null);
  });

  it('acts as a function of time alone', () => {
    if (!kind.onModule) return;
    const values = faultValues(kind, entry, 'faults[0]');
    const at = (timeS: number) => {
      const controls = moduleControls(4);
      kind.onModule?.(timeS, values, controls);
      return controls;
    };
    at(5000);
    expect(at(700)).toEqual(at(700));
    expect(at(0)).toEqual(moduleControls(4));
  });
});

it('an aged module keeps its plan but for capacity and resistance', () => {
  const kind = FAULT_KINDS.find(({ kind: name }) => name === 'agedModule')!;
  const plan = kind.onPlan!({ capacityFactor: 0.7, resistanceFactor: 2 }, DEFAULT_MODULE);
  expect(plan).toEqual({ ...DEFAULT_MODULE, capacityFactor: 0.7, resistanceFactor: 2 });
});

it('the document lists every kind and every parameter', () => {
  const text = readFileSync(new URL('../../../../docs/physics.md', import.meta.url), 'utf8');
  for (const { kind, parameters } of FAULT_KINDS) {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`| \`${kind}\` |`)) ?? '';
    for (const { name } of parameters) {
      if (!['startS', 'rampS', 'durationS', 'cell'].includes(name)) expect(line).toContain(`\`${name}\``);
    }
  }
});
