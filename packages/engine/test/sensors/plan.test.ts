/** What a person writes: presets, what differs from them, and what is refused. */
import { describe, expect, it } from 'vitest';
import { SENSOR_PRESETS, validateSensorPlan } from '../../src/sensors/index.ts';
import { measured } from './ground-truth.ts';

describe('a plan', () => {
  it('of nothing is the rack', () => {
    expect(validateSensorPlan(undefined)).toEqual(validateSensorPlan({ preset: 'rack' }));
    expect(Object.keys(validateSensorPlan({}).channels)).toHaveLength(13);
  });

  it('fills in every default of every preset', () => {
    for (const preset of Object.keys(SENSOR_PRESETS)) {
      const plan = validateSensorPlan({ preset });
      expect(plan.preset).toBe(preset);
      const sensors = [...Object.values(plan.channels), plan.cellVoltages, plan.probes];
      for (const sensor of sensors) if (sensor) expect(Object.values(sensor)).not.toContain(undefined);
      expect(sensors.some((sensor) => sensor !== null)).toBe(true);
    }
  });

  it('takes its own settings over those of the preset, sensor by sensor', () => {
    const plan = validateSensorPlan({
      preset: 'rack-field',
      missingShare: 0.25,
      channels: { co_ppm: { t90S: 60 }, humidity_percent: true },
      sampling: { intervalS: 5 },
    });
    expect(plan.channels.co_ppm).toMatchObject({ t90S: 60, cross: { h2_ppm: 0.12 }, missingShare: 0.25 });
    expect(plan.channels.humidity_percent).toMatchObject({ noiseSd: 0, resolution: 1, max: 105 });
    expect(plan.sampling.intervalS).toEqual([5, 5]);
    expect(plan.gateway.dropoutsPerDay).toBe(2);
  });

  it('delivers what it is told to, and no more', () => {
    const channelsOf = (plan: Record<string, unknown>) => [...measured({}, plan).channels.keys()];
    expect(channelsOf({ deliver: ['voltage_v', 'soc_percent'] })).toEqual(['voltage_v', 'soc_percent']);
    const without = channelsOf({ deliver: undefined, without: ['co_ppm', 'h2_ppm', 'voc_ppm', 'current_a'] });
    expect(without).toHaveLength(9);
    expect(channelsOf({ deliver: undefined, channels: { current_a: false } })).not.toContain('current_a');
    expect(measured({}, { preset: 'laboratory-1s', probes: false }).cellTemperaturesDegC).toBe(null);
  });

  it('is itself a plan that means the same', () => {
    const plan = validateSensorPlan({
      preset: 'vehicle-1s',
      without: ['soc_percent'],
      channels: { insulation_kohm: { noiseSd: 1 } },
      faults: [{ kind: 'stuck', chance: 0.5 }],
    });
    const again = validateSensorPlan(plan);
    expect(again).toEqual(plan);
  });

  it.each([
    [{ preset: 'garage' }, 'sensors.preset: expected one of rack, rack-field, seed'],
    [{ probe: {} }, 'sensors.probe: expected a key such as probes'],
    [{ channels: { volts: {} } }, 'sensors.channels.volts: expected a channel'],
    [{ without: ['c_ppm'] }, 'sensors.without[0]: expected a channel, such as co_ppm, got "c_ppm"'],
    [{ channels: { co_ppm: { noise: 1 } } }, 'sensors.channels.co_ppm.noise: expected a key such as noiseSd'],
    [{ channels: { co_ppm: { noiseSd: -1 } } }, 'noiseSd: expected a number of at least 0, got -1'],
    [{ channels: { co_ppm: 3 } }, 'sensors.channels.co_ppm: expected settings by name'],
    [{ channels: { co_ppm: { min: 5, max: 4 } } }, 'max: expected a number of at least 5, got 4'],
    [{ missingShare: 2 }, 'sensors.missingShare: expected a number from 0 to 1, got 2'],
    [{ sampling: { intervalS: 0 } }, 'sensors.sampling.intervalS: expected a number from 0.01 to 3600'],
    [{ sampling: { intervalS: [9, 3] } }, 'or [lowest, highest] of them, got [9,3]'],
    [{ clock: { jumps: [{ at: 3 }] } }, 'sensors.clock.jumps[0].at: expected a key such as atS'],
    [{ probes: { count: 2.5 } }, 'sensors.probes.count: expected a whole number, got 2.5'],
    [{ probes: { cells: [1, 2], count: 3 } }, 'sensors.probes.cells: expected 3 cells'],
    [{ probes: { deliver: 'all' } }, 'sensors.probes.deliver: expected list, summary or both, got "all"'],
    [{ faults: [{ kind: 'melt' }] }, 'sensors.faults[0].kind: expected one of stuck'],
    [
      { faults: [{ kind: 'open', channel: 'cell_temperatures_degc[0]' }] },
      'sensors.faults[0].channel: expected a channel',
    ],
    [{ faults: {} }, 'sensors.faults: expected a list, got {}'],
    ['rack', 'sensors: expected settings by name, got "rack"'],
  ])('refuses %j with its place', (plan, message) => {
    expect(() => validateSensorPlan(plan)).toThrow(message);
    expect(() => validateSensorPlan(plan)).toThrow(expect.objectContaining({ name: 'ScenarioError' }));
  });
});
