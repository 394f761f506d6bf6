import { Detector, SENSOR_FAULT_KINDS, type SensorFault } from '@emberwatch/engine/detector';
import { newFrame, REJECTION_REASONS } from '@emberwatch/engine/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviceOnGap, adviceOnGateway, FAULT_ADVICE, isOfClock, reasonEntry } from '../src/quality/advice.ts';
import { clocksOf } from '../src/quality/clocks.ts';
import { coverageOf, hasHole } from '../src/quality/coverage.ts';
import type { Gateway, ModuleState, Signal } from '../src/wire.ts';

const signals: Signal[] = ['a', 'b', 'c'].map((id) => ({ id, label: id, unit: 'V', hasTrend: false }));

const moduleOf = (part: Partial<ModuleState>): ModuleState =>
  ({
    moduleId: 'M1',
    rackId: 'R1',
    timeMs: 0,
    missing: [],
    isSilent: false,
    ageMs: null,
    clockErrorMs: null,
    gatewayId: 'g',
    values: { a: 1, b: 1, c: 1 },
    sideStreams: [],
    ...part,
  }) as ModuleState;

const faultOf = (part: Partial<SensorFault>): SensorFault =>
  ({ moduleId: 'M1', channel: 'a', kind: 'stuck', fromMs: 0, toMs: null, text: '', ...part }) as SensorFault;

describe('coverage', () => {
  it('sees the hole of a rack, the sensor that is ill, and what nobody here delivers', () => {
    const { racks, whole } = coverageOf(
      [
        moduleOf({ moduleId: 'M1', values: { a: 1, b: null, c: null } }),
        moduleOf({ moduleId: 'M2', values: { a: 1, b: 2, c: null } }),
        moduleOf({ moduleId: 'M3', rackId: 'R2', values: { a: 1, b: 2, c: null } }),
        moduleOf({ moduleId: 'M4', rackId: 'R10', values: { a: 1, b: 2, c: null } }),
      ],
      signals,
      [faultOf({ moduleId: 'M4' }), faultOf({ moduleId: 'M3', toMs: 5 })],
    );
    expect(racks.map(({ rackId }) => rackId)).toEqual(['R1', 'R2', 'R10']);
    expect(racks.map(({ delivered }) => delivered)).toEqual([
      [2, 1, 0],
      [1, 1, 0],
      [1, 1, 0],
    ]);
    // A past fault is none; what nobody delivers is no hole of a rack.
    expect(racks.map((rack) => hasHole(rack, whole))).toEqual([true, false, true]);
  });

  it('adds up: racks are the whole, and a silent module delivers nothing', () => {
    const value = fc.option(fc.double({ noNaN: true }), { nil: null });
    const module = fc.record({
      rackId: fc.constantFrom('R1', 'R2', null),
      isSilent: fc.boolean(),
      values: fc.record({ a: value, b: value, c: value }),
    });
    fc.assert(
      fc.property(fc.array(module, { maxLength: 30 }), (parts) => {
        const modules = parts.map((part, i) => moduleOf({ moduleId: `M${i}`, ...part }));
        const { racks, whole } = coverageOf(modules, signals, []);
        expect(racks.reduce((sum, rack) => sum + rack.modules, 0)).toBe(modules.length);
        for (let i = 0; i < signals.length; i++) {
          expect(racks.reduce((sum, rack) => sum + rack.delivered[i]!, 0)).toBe(whole.delivered[i]);
          expect(whole.delivered[i]).toBe(
            modules.filter(({ isSilent, values }) => !isSilent && values[signals[i]!.id] !== null).length,
          );
          expect(whole.delivered[i]! + whole.silent).toBeLessThanOrEqual(whole.modules);
        }
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('counts what cannot be judged, and leaves faults of sensors to their own list', () => {
    const { gaps, impaired } = coverageOf(
      [
        moduleOf({ missing: ['no voltage: charge cannot be judged', 'voltage_v does not move'] }),
        moduleOf({ moduleId: 'M2', missing: ['no voltage: charge cannot be judged'] }),
        moduleOf({ moduleId: 'M3', missing: ['no gas sensor: venting cannot be smelt'] }),
        moduleOf({ moduleId: 'M4' }),
      ],
      signals,
      [],
    );
    expect(gaps.map(({ text, modules }) => [text.split(':')[0], modules])).toEqual([
      ['no voltage', 2],
      ['no gas sensor', 1],
    ]);
    expect(impaired).toBe(3);
  });
});

describe('advice', () => {
  it('stands beside every reason for which a row or a value is refused', () => {
    for (const reason of Object.keys(REJECTION_REASONS)) {
      const { means, advice } = reasonEntry(reason);
      expect(means.length, reason).toBeGreaterThan(5);
      expect(advice.length, reason).toBeGreaterThan(10);
    }
    // A service that is newer than the page still says something.
    expect(reasonEntry('no-such-reason').means).toBe('no such reason');
    expect(isOfClock('time-goes-back') && isOfClock('time-leaps') && !isOfClock('not-a-number')).toBe(true);
    for (const kind of Object.keys(SENSOR_FAULT_KINDS)) expect(FAULT_ADVICE).toHaveProperty(kind);
  });

  it('stands beside everything that the detector can miss', () => {
    const detector = new Detector({ sink: {} });
    for (let i = 1; i <= 10; i++) detector.observe(newFrame('M1', 'R1', i * 1000));
    const withVoltage = newFrame('M2', 'R1', 11_000);
    withVoltage.values.fill(1);
    detector.observe(withVoltage);
    const missing = ['M1', 'M2'].flatMap((id) => detector.verdict(id)!.missing);
    expect(missing.filter((text) => text.startsWith('no ')).length).toBeGreaterThan(3);
    for (const text of missing.filter((each) => each.startsWith('no ')))
      expect(adviceOnGap(text), text).not.toBeNull();
  });

  it('is silent on a gateway that delivers well, and says what is wrong with one that does not', () => {
    const good: Gateway = {
      gatewayId: 'g',
      door: 'http',
      firstMs: 0,
      lastMs: 1,
      deliveries: 10,
      frames: 1000,
      late: 2,
      lateModules: [],
      modules: { claimed: 4, delivering: 4, retirable: 0, places: 0, quota: 16 },
      repeated: 0,
      rejected: 3,
      rejectedValues: 0,
      rejectedBodies: 0,
      isGone: false,
      goneWhy: null,
      goneMs: null,
      lastDelivery: '10 e',
      deviceEvents: [{ source: 's', point: 'Evt1', bit: 1, name: 'OVER_TEMP', isAlarm: false }],
    };
    expect(adviceOnGateway(good)).toEqual([]);
    const bad = { ...good, late: 100, repeated: 50, rejected: 500, isGone: true };
    expect(adviceOnGateway(bad)).toHaveLength(4);
    const events = [{ ...good.deviceEvents[0]!, isAlarm: true }];
    expect(adviceOnGateway({ ...good, deviceEvents: events }).join()).toContain('BMS');
  });
});

it('tells how far the clocks of a gateway are apart, without what fell silent', () => {
  const clocks = clocksOf([
    moduleOf({ timeMs: 1000 }),
    moduleOf({ timeMs: 5000 }),
    moduleOf({ timeMs: 1, isSilent: true }),
    moduleOf({ timeMs: 9000, gatewayId: null }),
  ]);
  expect(clocks.get('g')).toEqual({ modules: 3, silent: 1, newestMs: 5000, oldestMs: 1000 });
  expect(clocks.get('')).toMatchObject({ modules: 1, newestMs: 9000 });
});
