/** What the guide and the example show, works. */
import { readFileSync } from 'node:fs';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkModbusSettings, ModbusSettings } from '../../src/protocols/modbus/settings.ts';
import { takeSunSpec } from '../../src/protocols/sunspec/intake.ts';
import { DELIVERY, FakeIntake, NOW_MS } from './plant.ts';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

describe('guide', () => {
  const bodies = [...read('docs/sunspec.md').matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) =>
    JSON.parse(text!),
  );

  it('shows bodies that are taken', async () => {
    const intake = new FakeIntake();
    for (const body of bodies) await takeSunSpec(intake, DELIVERY, body, {}, NOW_MS);
    expect(bodies).toHaveLength(3);
    expect(intake.records).toMatchObject([
      { time: '2026-01-01T08:00:00Z', voltage_v: 51.2, current_a: -51.2, cell_voltages_v: [3.34, 3.345] },
      { voltage_v: 51.2, cell_voltage_max_v: 3.345, surface_temperature_max_degc: 28.1 },
      { module_id: 'String1_Module01', soc_percent: 55.1, voltage_v: 51.2, surface_temperature_max_degc: 28 },
    ]);
  });

  it('has an example whose settings hold', () => {
    const { modbus } = parse(read('examples/sites/sunspec.yaml'));
    expect([...Value.Errors(ModbusSettings, modbus)]).toEqual([]);
    expect(() => checkModbusSettings(modbus)).not.toThrow();
  });
});
