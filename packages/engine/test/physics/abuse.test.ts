/** Abuse on a bench: what it looks like, how it ends, and what only looks like it. */
import { describe, expect, it } from 'vitest';
import { type Simulation, simulate, solveFaultStrength, validateScenario } from '../../src/physics/index.ts';
import { degCOfKelvin } from '../../src/units.ts';

const MODULE = 'Bench_Module01';

function bench(faults: readonly Record<string, unknown>[], given: Record<string, unknown> = {}): Simulation {
  const { module, ...more } = given;
  return simulate(
    validateScenario({
      name: 'abuse',
      durationS: 3600,
      outputIntervalS: 1,
      laboratory: {},
      pnr: { temperatureDegC: 180, rateAboveDegC: 165 },
      module: { cell: 'nmc111-25ah', cellScale: 0.1, startCharge: 0.9, ...(module as object) },
      faults: faults.map((fault) =>
        fault['kind'] === 'oven' ? fault : { module: MODULE, startS: 600, ...fault },
      ),
      ...more,
    }),
  );
}

const column = (run: Simulation, name: 'voltageV' | 'cellTemperatureMaxK' | 'currentA' | 'chargeShare') =>
  run.trajectory.column(name, 0);
const voltage = (run: Simulation, timeS: number) => column(run, 'voltageV')[timeS]!;
const hottest = (run: Simulation, timeS: number) => degCOfKelvin(column(run, 'cellTemperatureMaxK')[timeS]!);

describe('a mechanical short', () => {
  it('drops the voltage within its ramp, by the divider of contact and cell', () => {
    const run = bench([{ kind: 'mechanicalShort', shortC: 10, rampS: 2 }]);
    expect(voltage(run, 599)).toBeCloseTo(4.12, 3);
    // Contact 3.7 V / 25 A = 0.148 Ω, cell 46 mΩ: the relaxation pair follows within tens of seconds.
    expect(voltage(run, 602)).toBeGreaterThan(4.12 * (0.148 / 0.194) - 0.02);
    expect(voltage(run, 602)).toBeLessThan(4.12 * (0.148 / 0.194) + 0.02);
  });

  it('ends in cooling, in smouldering or in runaway, as its contact and its end decide', () => {
    const short = (more: object) => bench([{ kind: 'mechanicalShort', rampS: 1, ...more }]).events[0]!;
    const [soft, smouldering, healed, hard] = [
      short({ shortC: 0.3 }),
      short({ shortC: 1 }),
      short({ shortC: 20, holdS: 30, healS: 5 }),
      short({ shortC: 20 }),
    ];
    expect(degCOfKelvin(soft.peakK)).toBeLessThan(70);
    expect(degCOfKelvin(smouldering.peakK)).toBeGreaterThan(100);
    expect(smouldering.runawayS).toBeNull();
    expect(degCOfKelvin(healed.peakK)).toBeGreaterThan(60);
    expect(healed.runawayS).toBeNull();
    expect(hard.runawayS).not.toBeNull();
  });

  it('recovers its voltage when the contact gives way, and jumps as often as it is told', () => {
    const healed = bench([{ kind: 'mechanicalShort', shortC: 6, holdS: 60, healS: 5 }]);
    expect(voltage(healed, 650)).toBeLessThan(3.6);
    expect(voltage(healed, 900)).toBeGreaterThan(3.9);
    const jumping = bench([{ kind: 'mechanicalShort', shortC: 1, holdS: 600, changes: 10, changeFactor: 4 }]);
    const values = column(jumping, 'voltageV');
    const leaps = [...values.keys()].filter(
      (t) => t > 602 && t < 1195 && Math.abs(values[t]! - values[t - 1]!) > 0.01,
    );
    expect(leaps.length).toBeGreaterThanOrEqual(6);
    expect(leaps.length).toBeLessThanOrEqual(10);
    for (const timeS of leaps) expect((timeS - 601) % 60).toBeLessThanOrEqual(1);
  });

  it('takes all its heat out of the charge of the cell: a nearly empty cell only warms up', () => {
    const event = bench([{ kind: 'mechanicalShort', shortC: 20 }], { module: { startCharge: 0.15 } })
      .events[0]!;
    expect(degCOfKelvin(event.peakK)).toBeLessThan(110);
    expect(event.pnrThresholdS).toBeNull();
  });
});

it('micro shorts come once in each span, and the voltage comes back', () => {
  const run = bench([{ kind: 'microShorts', shortC: 5, everyS: 300, contactS: 10, durationS: 2400 }]);
  const values = column(run, 'voltageV');
  const falls = [...values.keys()].filter((t) => t > 0 && values[t]! < values[t - 1]! - 0.2);
  expect(falls).toHaveLength(8);
  expect(voltage(run, 3599)).toBeGreaterThan(4);
});

describe('a short outside', () => {
  it('heats the cell by its own resistance only: the rest of the energy stays outside', () => {
    const run = bench([{ kind: 'externalShort', resistanceOhm: 0.5 }], { durationS: 1200 });
    const charge = column(run, 'chargeShare');
    const drawnJ = (0.9 - charge[1200]!) * 2.5 * 3600 * 3.8;
    // Ratio of inner resistance (46 mΩ, relaxation 20 mΩ) to the whole.
    expect(run.energy.electricHeatJ / drawnJ).toBeGreaterThan(0.05);
    expect(run.energy.electricHeatJ / drawnJ).toBeLessThan(0.16);
  });

  it('is shared by cells in series and parallel', () => {
    const run = bench([{ kind: 'externalShort', resistanceOhm: 1, durationS: 100 }], {
      durationS: 800,
      module: {
        cellScale: 1,
        series: 3,
        parallel: 2,
        capacitySpread: 0,
        resistanceSpread: 0,
        startChargeSpread: 0,
      },
    });
    const lost = (column(run, 'chargeShare')[0]! - column(run, 'chargeShare')[800]!) * 50;
    expect(lost).toBeCloseTo((3 * 4.1 * 100) / 3600, 1);
  });
});

describe('overcharge', () => {
  it('stops at its voltage, within a second of rise, and does not begin again', () => {
    const run = bench([{ kind: 'overcharge', chargeC: 1, endV: 4.5 }]);
    expect(Math.max(...column(run, 'voltageV'))).toBeGreaterThan(4.495);
    expect(Math.max(...column(run, 'voltageV'))).toBeLessThan(4.51);
    const current = column(run, 'currentA');
    const on = [...current.keys()].filter((t) => current[t]! > 1);
    expect(on.at(-1)! - on[0]! + 1).toBe(on.length);
    expect(degCOfKelvin(run.events[0]!.peakK)).toBeLessThan(45);
  });

  it('vents, runs away, or neither, by its rate', () => {
    const at = (chargeC: number) =>
      bench([{ kind: 'overcharge', chargeC }], { durationS: 7200, module: { startCharge: 1 } }).events[0]!;
    expect(at(0.2).ventS).toBeNull();
    expect(at(1).ventS).not.toBeNull();
    expect(at(1).runawayS).toBeNull();
    expect(at(4).runawayS).not.toBeNull();
  });

  it('needs one of its two strengths, and not both', () => {
    expect(() => bench([{ kind: 'overcharge' }])).toThrow('faults[0].currentA: expected a number');
    expect(() => bench([{ kind: 'overcharge', currentA: 1, chargeC: 1 }])).toThrow(
      'faults[0].chargeC: expected nothing beside currentA',
    );
  });
});

describe('what only looks like it', () => {
  it('over-discharge: the voltage collapses and the cell stays cool', () => {
    const run = bench([{ kind: 'overdischarge', dischargeC: 1 }], { module: { startCharge: 0.3 } });
    expect(voltage(run, 3000)).toBeLessThan(0.1);
    expect(degCOfKelvin(run.events[0]!.peakK)).toBeLessThan(40);
  });

  it('an open contactor: no voltage, no current, no heat; the cells keep theirs', () => {
    const run = bench([{ kind: 'contactorOpen', durationS: 600 }], { load: -0.5 });
    expect(voltage(run, 700)).toBe(0);
    expect(column(run, 'currentA')[700]).toBeCloseTo(0, 9);
    expect(run.trajectory.column('cellVoltageMeanV', 0)[700]).toBeGreaterThan(3.5);
    expect(voltage(run, 1300)).toBeGreaterThan(3.5);
    const lost = bench([{ kind: 'contactorOpen', durationS: 600, tapsLost: 1 }]);
    expect(lost.trajectory.column('cellVoltageMinV', 0)[700]).toBe(0);
  });

  it('a heater that is switched off at 100 °C', () => {
    const run = bench([{ kind: 'externalHeating', powerWPerKg: 300, durationS: 330 }]);
    expect(degCOfKelvin(run.events[0]!.peakK)).toBeGreaterThan(80);
    expect(degCOfKelvin(run.events[0]!.peakK)).toBeLessThan(125);
    expect(hottest(run, 3600)).toBeLessThan(45);
    expect(run.events[0]!.pnrThresholdS).toBeNull();
  });
});

it('a heater that ends on the trip heats no burnt cell', () => {
  const heater = { kind: 'externalHeating', powerWPerKg: 1000 };
  const [on, off] = [bench([heater]), bench([{ ...heater, endsOnTrip: 1 }])];
  expect(on.events[0]!.runawayS).toBe(off.events[0]!.runawayS);
  expect(hottest(on, 3600) - hottest(off, 3600)).toBeGreaterThan(100);
});

it('an intervention opens the oven: the last moment lies before the runaway, and help there averts it', () => {
  const scenario = validateScenario({
    name: 'oven',
    durationS: 7200,
    laboratory: { coolingWPerM2K: 40 },
    module: { cell: 'lco-18650', startCharge: 1 },
    faults: [{ kind: 'oven', startS: 300, riseK: 160, kPerMin: 10 }],
  });
  const [event] = simulate(scenario, { intervention: true }).events;
  expect(event!.faultKinds).toEqual(['oven']);
  expect(event!.runawayS).not.toBeNull();
  expect(event!.pnrInterventionS!).toBeGreaterThan(900);
  expect(event!.pnrInterventionS!).toBeLessThan(event!.runawayS!);
});

it('a strength in the unit of the cell is solved for, and said to be out of reach where it is', () => {
  const scenario = (startCharge: number) =>
    validateScenario({
      name: 'sized',
      durationS: 7200,
      laboratory: {},
      module: { cell: 'nmc111-25ah', startCharge },
      faults: [{ kind: 'internalShort', module: MODULE, startS: 300, rampS: 30, shortC: 2 }],
    });
  const found = solveFaultStrength(scenario(1), MODULE, 400);
  expect(found.parameter).toBe('shortC');
  expect(Math.abs(found.timeToPnrS! - 400)).toBeLessThan(4);
  const none = solveFaultStrength(scenario(0.1), MODULE, 400);
  expect(none.found).toBe(false);
  expect(none.largestAvertedK).not.toBeNull();
});
