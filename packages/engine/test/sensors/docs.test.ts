/** docs/sensors.md names every setting, preset and fault, and its example is a plan. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SENSOR_PRESETS, validateSensorPlan } from '../../src/sensors/index.ts';
import { FAULT_KINDS } from '../../src/sensors/plan.ts';

const text = readFileSync(new URL('../../../../docs/sensors.md', import.meta.url), 'utf8');

/** Names of all settings of a plan, however deep. */
function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

describe('docs/sensors.md', () => {
  it('names every setting, preset and kind of fault', () => {
    const plan = validateSensorPlan({ preset: 'vehicle-1s', deliver: ['co_ppm'] });
    const faults = FAULT_KINDS.map((kind) => ({ kind }));
    const settings = namesIn({ ...plan, fault: namesIn(validateSensorPlan({ faults }).faults[0]) });
    const wanted = [...settings, ...Object.keys(SENSOR_PRESETS), ...FAULT_KINDS, 'noiseFactor', 'without'];
    expect(wanted.filter((name) => name !== 'fault' && !text.includes(name))).toEqual([]);
  });

  it('its example is a plan', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(text)![1]!;
    const plan = validateSensorPlan((parse(example) as { sensors: unknown }).sensors);
    expect(plan.channels.humidity_percent).toBeDefined();
    expect(plan.channels.current_a).toBeUndefined();
    expect(plan.faults).toHaveLength(3);
  });
});
