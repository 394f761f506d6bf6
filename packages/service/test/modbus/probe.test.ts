import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { probe } from '../../src/protocols/modbus/probe.ts';
import { ModbusSettings } from '../../src/protocols/modbus/settings.ts';
import { battery, chainOf, moduleOf, NOW_MS, stringOf } from '../sunspec/plant.ts';
import { FakeDevice } from './device.ts';

describe('probe', () => {
  it('lists what a device has, and only reads', async () => {
    const models = [battery(), stringOf(1, [{}], { Evt1: 4 }), moduleOf(1, 1, { V_SF: 0x8000 })];
    const device = new FakeDevice(chainOf(models));
    const port = await device.listen();
    const report = await probe({ name: 'x', host: '127.0.0.1', port }, () => NOW_MS);
    await device.close();
    expect(report.found.map(({ id, address }) => [id, address])).toEqual([
      [1, 40_002],
      [802, 40_070],
      [804, 40_134],
      [805, 40_198],
    ]);
    expect(report.models[0]).toMatchObject({ id: 802, label: 'battery', values: { SoC: 55, A: 100, Hb: 1 } });
    expect(report.models[1]).toMatchObject({
      id: 804,
      parts: 1,
      notInParts: expect.arrayContaining(['ModSoH']),
    });
    expect(report.models[1]!.notImplemented).toEqual(expect.arrayContaining(['DoD', 'NCyc', 'SoH_SF']));
    expect(report.models[1]!.notImplemented).not.toContain('A');
    expect(report.records).toMatchObject([
      { module_id: 'String1_Module01', voltage_v: null, current_a: -51.2 },
    ]);
    expect(report.events).toMatchObject([{ source: 'String1', name: 'OVER_TEMP_WARNING', isAlarm: false }]);
    expect(report.refusals).toMatchObject([{ reason: 'no-scale-factor' }]);
    // It says that it discharges, and its current is positive.
    expect(report.isSignRight).toBe(true);
    expect([...device.functionCodes]).toEqual([3]);
  });

  it('of a device that does not answer fails', async () => {
    const device = new FakeDevice([]);
    const port = await device.listen();
    const nowhere = probe({ name: 'x', host: '127.0.0.1', port, timeoutMs: 500 });
    await expect(nowhere).rejects.toMatchObject({ failure: 'no-sunspec' });
    await device.close();
    await expect(probe({ name: 'x', host: '127.0.0.1', port })).rejects.toMatchObject({
      failure: 'no-connection',
    });
  });
});

describe('settings', () => {
  it('take what is written down in the guide, and nothing unknown', () => {
    const device = { name: 'a', host: 'h', unit: 3, sunspec: { bank: 2, positiveCurrent: 'charge' } };
    expect(Value.Check(ModbusSettings, { devices: [device] })).toBe(true);
    for (const wrong of [
      { ...device, intervall: 5 },
      { ...device, unit: 256 },
      { host: 'h' },
      { ...device, blockRegisters: 126 },
    ])
      expect(Value.Check(ModbusSettings, { devices: [wrong] })).toBe(false);
  });
});
