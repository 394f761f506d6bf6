import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EvidenceBundle, evidenceOf, isIntact } from '../../src/evidence/bundle.ts';
import { canonicalJson } from '../../src/evidence/canonical.ts';
import { ALARM, RAISED_MS, reportStory, SICK, sourceOf } from './story.ts';

const MIN = 60_000;
const made = evidenceOf('A000123', sourceOf(reportStory({ everyS: 10 })));

describe('a bundle', () => {
  it('holds the alarm, its log, what fired, the signals before and after, and the rack', async () => {
    const bundle = await made;
    expect(bundle.alarm).toEqual(ALARM);
    expect(bundle.history.map(({ action }) => action)).toEqual([
      'alarm.raised',
      'notice.sent',
      'alarm.acknowledged',
      'alarm.escalated',
    ]);
    expect(bundle.thresholds.map(({ id }) => id)).toEqual([
      'B1-55',
      'B1-60',
      'B5-CO100',
      'HOT',
      'MODEL-critical',
    ]);
    expect(bundle.window).toEqual({ fromMs: RAISED_MS - 60 * MIN, toMs: RAISED_MS + 44 * MIN, isCut: false });
    const [module] = bundle.modules;
    expect(module).toMatchObject({ moduleId: SICK, stepMs: 0 });
    expect(module!.timesMs[0]).toBe(RAISED_MS - 60 * MIN);
    expect(module!.series.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'surface_temperature_max_degc',
        'h2_ppm',
        'cell_voltages_v[16]',
        'cell_temperatures_degc[4]',
      ]),
    );
    expect(bundle.siblings).toHaveLength(7);
    expect(bundle.levelChanges.map(({ to }) => to)).toEqual(['advisory', 'warning', 'critical']);
    expect(bundle.sensorFaults).toHaveLength(1);
    expect(bundle.leftOut).toEqual([]);
  });

  it('gives the exact values of the store, and null where there is none', async () => {
    const store = reportStory({ everyS: 60, cells: 0, moduleIds: [SICK] });
    const frame = store.frames.get(SICK)![30]!;
    frame.values[0] = Number.NaN;
    frame.values[3] = 0.1 + 0.2;
    const bundle = await evidenceOf('A000123', sourceOf(store));
    const at = bundle.modules[0]!.timesMs.indexOf(frame.timeMs);
    const numberOf = (id: string) => bundle.modules[0]!.series.find((one) => one.id === id)!.values![at];
    expect(numberOf('surface_temperature_mean_degc')).toBeNull();
    expect(numberOf('voltage_v')).toBe(0.1 + 0.2);
  });

  it('is sealed: whatever is changed, added or taken away is found', async () => {
    const bundle = await made;
    expect(isIntact(bundle)).toBe(true);
    // As a file that was written and read again, in another order of keys.
    const reread = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(bundle))).reverse());
    expect(isIntact(reread as unknown as EvidenceBundle)).toBe(true);
    const { modules } = JSON.parse(JSON.stringify(bundle)) as {
      modules: { series: { values: number[] }[] }[];
    };
    modules[0]!.series[0]!.values[3]! += 1e-9;
    expect(isIntact({ ...bundle, modules } as unknown as EvidenceBundle)).toBe(false);
    expect(isIntact({ ...bundle, alarm: { ...bundle.alarm, acknowledgedBy: 'Somebody Else' } })).toBe(false);
    const { agreements: _, ...less } = bundle;
    expect(isIntact(less as EvidenceBundle)).toBe(false);
    expect(isIntact({ ...bundle, more: 1 } as EvidenceBundle)).toBe(false);
  });

  it('of an alarm that nobody knows is an error with its name', async () => {
    await expect(evidenceOf('A999999', sourceOf(reportStory({ everyS: 600 })))).rejects.toMatchObject({
      code: 'UNKNOWN_ALARM',
      detail: 'A999999',
    });
  });

  it('says when another model judges now', async () => {
    const source = sourceOf(reportStory({ everyS: 600 }));
    const { model } = await evidenceOf('A000123', {
      ...source,
      model: { name: 'x', sha256: 'ef'.repeat(32) },
    });
    expect(model).toMatchObject({ judgedSha256: ALARM.modelSha256, isSame: false });
    expect((await evidenceOf('A000123', { ...source, model: null })).model.isSame).toBe(false);
  });
});

describe('its size is bounded', () => {
  it('many cells come in coarser steps, their extremes kept; the channels stay frame by frame', async () => {
    const store = reportStory({ everyS: 1, cells: 60, moduleIds: [SICK] });
    const spike = store.frames.get(SICK)!.find(({ timeMs }) => timeMs === RAISED_MS + 7 * MIN)!;
    spike.cellVoltagesV![50] = 4.9;
    const bundle = await evidenceOf('A000123', sourceOf(store));
    expect(bundle.modules[0]!.timesMs.length).toBeGreaterThan(5000);
    const [cells] = bundle.cells;
    expect(cells!.series).toHaveLength(64);
    expect(cells!.timesMs.length * cells!.series.length).toBeLessThanOrEqual(300_000);
    const { max } = cells!.series.find(({ id }) => id === 'cell_voltages_v[51]')!;
    expect(Math.max(...max!.map(Number))).toBe(4.9);
    expect(JSON.stringify(bundle).length).toBeLessThan(12e6);
  });

  it('what lasts for weeks, stands for many or was written about at length is cut, and says so', async () => {
    const store = reportStory({ everyS: 600, cells: 0 });
    store.alarmRows[0] = {
      ...ALARM,
      kind: 'gateway-silence',
      members: Array.from({ length: 300 }, (_, i) => `RackA1_Module0${i + 1}`),
      dataChangedMs: RAISED_MS + 30 * 24 * 60 * MIN,
    };
    const [first] = store.auditRows;
    for (let seq = 100; seq < 3000; seq++) store.auditRows.push({ ...first!, seq });
    const bundle = await evidenceOf('A000123', sourceOf(store));
    expect(bundle.window.isCut).toBe(true);
    expect(bundle.window.toMs - bundle.window.fromMs).toBe(24 * 60 * MIN);
    expect(bundle.modules).toHaveLength(4);
    expect(bundle.history).toHaveLength(2000);
    expect(bundle.leftOut).toEqual(
      expect.arrayContaining([
        'signals of 296 modules',
        expect.stringMatching(/^entries of the audit log after/),
      ]),
    );
  });

  it('trouble of the whole site has no module, and is evidence all the same', async () => {
    const store = reportStory({ everyS: 600 });
    store.alarmRows[0] = { ...ALARM, kind: 'storage', source: 'site', rackId: null, reasons: [] };
    const bundle = await evidenceOf('A000123', sourceOf(store));
    expect([bundle.modules, bundle.siblings, bundle.levelChanges]).toEqual([[], [], []]);
    expect(isIntact(bundle)).toBe(true);
  });
});

describe('canonical JSON', () => {
  it('is that of RFC 8785', () => {
    // Its example, section 3.2.2 and 3.2.3.
    const source = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(source)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('does not depend on the order of keys, and reads back as the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        const shuffled = JSON.parse(text, (_key, inner) =>
          inner && typeof inner === 'object' && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).reverse())
            : inner,
        );
        expect(canonicalJson(shuffled)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('has no form for what JSON cannot say', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, 1n, () => 1])
      expect(() => canonicalJson({ value: [value] })).toThrow(TypeError);
  });
});
