/** Whole modules: the same again, whatever else is measured; frames read off the columns. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type MeasuredModule,
  measure,
  measureModule,
  SENSOR_PRESETS,
  validateSensorPlan,
} from '../../src/sensors/index.ts';
import { CHANNEL_INDEX, type ChannelId } from '../../src/telemetry/index.ts';
import { written } from './ground-truth.ts';

const site = written({
  rows: 61,
  intervalS: 10,
  modules: ['R1_M1', 'R1_M2', 'R2_M1'],
  rackOf: [0, 0, 1],
  columns: { voltageV: (timeS) => 50 + timeS / 100, h2Ppm: (timeS) => timeS },
  cells: { count: 6, temperatureK: (timeS, k) => 300 + k + timeS / 60, voltageV: (_, k) => 3.3 + k / 100 },
});
const options = { seed: 5, startMs: 1_700_000_000_000 };

const columnsOf = (module: MeasuredModule): [string, Float64Array][] => [
  ...module.channels,
  ...(module.cellVoltagesV ?? []).map((column, k): [string, Float64Array] => [`cell ${k}`, column]),
  ...(module.cellTemperaturesDegC ?? []).map((column, k): [string, Float64Array] => [`probe ${k}`, column]),
];

const presets = Object.keys(SENSOR_PRESETS);

describe('a module', () => {
  it.each(presets)('by %s is the same again, and another one by another seed', (preset) => {
    const plan = validateSensorPlan({ preset });
    const once = measureModule(site, 1, plan, options);
    measureModule(site, 0, plan, options);
    expect(measureModule(site, 1, plan, options)).toEqual(once);
    const other = measureModule(site, 1, plan, { ...options, seed: 6 });
    expect(columnsOf(other)).not.toEqual(columnsOf(once));
  });

  it('does not notice a channel, a probe or a fault more elsewhere', () => {
    const plan = { preset: 'rack-field', probes: { count: 2, noiseSd: 0.1 }, gateway: { lateShare: 0 } };
    const few = measureModule(site, 0, validateSensorPlan(plan), options);
    const more = measureModule(
      site,
      0,
      validateSensorPlan({
        ...plan,
        channels: { insulation_kohm: { noiseSd: 3 }, voltage_v: { outlierShare: 0.5 } },
        probes: { ...plan.probes, count: 5 },
        cellVoltages: true,
        faults: [{ kind: 'stuck', channel: 'h2_ppm' }],
      }),
      options,
    );
    for (const [channel, column] of few.channels)
      if (channel !== 'voltage_v' && channel !== 'h2_ppm')
        expect(more.channels.get(channel), channel).toEqual(column);
    expect(more.cellTemperaturesDegC!.slice(0, 2)).toEqual(few.cellTemperaturesDegC);
    expect(more.truthS).toEqual(few.truthS);
  });

  it('every value is on the grid of its sensor or missing, time goes on, whatever the plan', () => {
    fc.assert(
      fc.property(
        fc.record({
          preset: fc.constantFrom(...presets),
          noiseFactor: fc.double({ min: 0, max: 30, noNaN: true }),
          missingShare: fc.double({ min: 0, max: 1, noNaN: true }),
          outlierShare: fc.double({ min: 0, max: 1, noNaN: true }),
          sampling: fc.record({
            intervalS: fc.constantFrom(0.5, 3, 10, 45),
            jitterS: fc.double({ min: 0, max: 5, noNaN: true }),
          }),
          gateway: fc.constantFrom({}, { dropoutsPerDay: 500, dropoutS: [5, 60] }),
          faults: fc.array(
            fc.record({
              kind: fc.constantFrom(
                'stuck',
                'offset',
                'drifting',
                'noisy',
                'loose',
                'open',
                'missing',
                'silent',
              ),
              chance: fc.double({ min: 0, max: 1, noNaN: true }),
            }),
            { maxLength: 4 },
          ),
        }),
        fc.integer({ min: 0, max: 1e9 }),
        (raw, seed) => {
          const gateway = { ...raw.gateway, lateShare: 0 };
          const plan = validateSensorPlan({ ...raw, gateway });
          const module = measureModule(site, 1, plan, { ...options, seed });
          for (let i = 1; i < module.rows; i++)
            if (!(module.truthS[i]! > module.truthS[i - 1]!)) throw new Error(`truthS stands still at ${i}`);
          const sensorOf = (name: string) =>
            name.startsWith('cell ') ? plan.cellVoltages : (plan.channels[name as ChannelId] ?? plan.probes);
          for (const [name, column] of columnsOf(module)) {
            expect(column).toHaveLength(module.rows);
            const { resolution } = sensorOf(name)!;
            const isOff = (value: number) =>
              Math.abs(value / resolution - Math.round(value / resolution)) >
              1e-6 * Math.max(1, Math.abs(value));
            if (resolution > 0) expect(column.some(isOff), name).toBe(false);
            expect(column.some((value) => Math.abs(value) === Number.POSITIVE_INFINITY)).toBe(false);
          }
          for (const { fromS, toS } of module.sensorFaults) expect(fromS).toBeLessThanOrEqual(toS ?? fromS);
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });
});

describe('frames', () => {
  const plan = validateSensorPlan({
    preset: 'rack',
    cellVoltages: true,
    probes: { count: 2 },
    missingShare: 0.05,
    gateway: { lateShare: 0.1, lateS: 25 },
  });

  it('carry the columns of their module, row by row', () => {
    const rows = new Map<string, number>();
    const modules = new Map(
      site.header.modules.map((id, m) => [id, measureModule(site, m, plan, options)] as const),
    );
    for (const frame of measure(site, { ...options, plan })) {
      const row = rows.get(frame.moduleId) ?? 0;
      const module = modules.get(frame.moduleId)!;
      rows.set(frame.moduleId, row + 1);
      expect(frame.timeMs).toBe(module.timeMs[row]);
      expect(frame.rackId).toBe(module.rackId);
      for (const [channel, column] of module.channels)
        expect(frame.values[CHANNEL_INDEX[channel]]).toBe(column[row]);
      expect(frame.values[CHANNEL_INDEX.humidity_percent]).toBeNaN();
      expect(Array.from(frame.cellVoltagesV!)).toEqual(module.cellVoltagesV!.map((column) => column[row]));
      expect(frame.cellTemperaturesDegC![1]).toBe(module.cellTemperaturesDegC![1]![row]);
    }
    expect([...rows.values()]).toEqual([61, 61, 61]);
  });

  it('come in time order, all modules of an instant together, but for the late ones', () => {
    const reported: string[] = [];
    for (const frame of measure(site, { seed: 1, startMs: 0 }))
      reported.push(`${frame.timeMs} ${frame.moduleId}`);
    expect(reported.slice(0, 4)).toEqual(['0 R1_M1', '0 R1_M2', '0 R2_M1', '10000 R1_M1']);
    const newest = new Map<string, number>();
    let late = 0;
    for (const frame of measure(site, { ...options, plan })) {
      const before = newest.get(frame.moduleId) ?? 0;
      if (frame.timeMs < before) late++;
      // At most as late as the plan says, and no later than the next row.
      expect(before - frame.timeMs).toBeLessThanOrEqual(30_000);
      newest.set(frame.moduleId, Math.max(before, frame.timeMs));
    }
    expect(late).toBeGreaterThan(5);
  });
});
