/** What breaks: each fault changes what it says, from when to when it says, and is told. */
import { describe, expect, it } from 'vitest';
import { measureModule, validateSensorPlan } from '../../src/sensors/index.ts';
import { degCOfKelvin } from '../../src/units.ts';
import { EXACT, measured, voltages, written } from './ground-truth.ts';

const rising = { rows: 201, columns: { voltageV: (timeS: number) => 10 + timeS / 10 } };
const exact = { voltage_v: { ...EXACT, max: 100 } };
const broken = (fault: Record<string, unknown>, plan: Record<string, unknown> = {}) =>
  measured(rising, { channels: exact, faults: [{ channel: 'voltage_v', ...fault }], ...plan });

const whole = voltages(measured(rising, { channels: exact }));

describe('faults of a channel', () => {
  it('stuck: the value of before, then the truth again', () => {
    const module = broken({ kind: 'stuck', atS: 50, forS: 30 });
    const values = voltages(module);
    expect(values.subarray(0, 50)).toEqual(whole.subarray(0, 50));
    expect(new Set(values.subarray(50, 80))).toEqual(new Set([whole[49]]));
    expect(values.subarray(80)).toEqual(whole.subarray(80));
    expect(module.sensorFaults).toEqual([{ channel: 'voltage_v', kind: 'stuck', fromS: 50, toS: 80 }]);
  });

  it('stuck for good, with noise: what is delivered does not move any more', () => {
    const module = broken(
      { kind: 'stuck', atS: 50 },
      { channels: { voltage_v: { noiseSd: 0.1, resolution: 0.01 } } },
    );
    expect(new Set(voltages(module).subarray(50)).size).toBe(1);
    expect(module.sensorFaults[0]?.toS).toBe(null);
  });

  it('offset and drift: by how much it says', () => {
    const off = voltages(broken({ kind: 'offset', atS: 50, forS: 30, by: -2 }));
    const drifting = voltages(broken({ kind: 'drifting', atS: 50, by: 36 }));
    for (let row = 0; row <= 200; row++) {
      const isIn = row >= 50 && row < 80;
      expect(off[row]).toBeCloseTo(whole[row]! - (isIn ? 2 : 0), 9);
      expect(drifting[row]).toBeCloseTo(whole[row]! + Math.max(0, row - 50) / 100, 9);
    }
  });

  it('open reads nothing or what it is told; saturated reads its limit; missing is missing', () => {
    expect(voltages(broken({ kind: 'open', atS: 50 }))[120]).toBeNaN();
    expect(voltages(broken({ kind: 'open', atS: 50, reads: 3276.7 }))[120]).toBe(3276.7);
    expect(voltages(broken({ kind: 'saturated', atS: 50 }))[120]).toBe(100);
    expect(voltages(broken({ kind: 'missing', atS: 50, forS: 10 })).findIndex(Number.isNaN)).toBe(50);
  });

  it('begins when the sensor stands at a value', () => {
    const module = broken({ kind: 'open', above: 17.95 });
    expect(voltages(module).findIndex(Number.isNaN)).toBe(80);
    expect(module.sensorFaults).toEqual([{ channel: 'voltage_v', kind: 'open', fromS: 80, toS: null }]);
    expect(broken({ kind: 'open', above: 1e4 }).sensorFaults).toEqual([]);
  });

  it('noisy: times the noise', () => {
    const sensor = { channels: { voltage_v: { noiseSd: 0.01, resolution: 0, max: 100 } } };
    const values = voltages(broken({ kind: 'noisy', atS: 100, by: 20 }, sensor));
    const worst = (from: number, to: number) =>
      Math.max(...values.subarray(from, to).map((value, i) => Math.abs(value - whole[from + i]!)));
    expect(worst(0, 100)).toBeLessThan(0.05);
    expect(worst(100, 200)).toBeGreaterThan(0.3);
  });

  it('a silent module sends no rows', () => {
    const module = broken({ kind: 'silent', atS: 50, forS: 30 });
    expect(module.rows).toBe(171);
    expect(module.truthS).toHaveLength(171);
    expect(Array.from(module.truthS)).not.toContain(60);
    expect(voltages(module)[50]).toBe(whole[80]);
    expect(module.sensorFaults).toEqual([{ channel: 'module', kind: 'silent', fromS: 50, toS: 80 }]);
  });

  it('befalls only what it can: nothing but surfaces comes loose, nothing without noise grows noisy', () => {
    const plan = { probes: { ...EXACT, count: 1 }, channels: exact };
    for (const seed of [1, 2, 3, 4, 5]) {
      const loose = measured(rising, { ...plan, faults: [{ kind: 'loose' }] }, { seed });
      expect(loose.sensorFaults.map(({ channel }) => channel)).toEqual(['cell_temperatures_degc[1]']);
      expect(measured(rising, { ...plan, faults: [{ kind: 'noisy' }] }, { seed }).sensorFaults).toEqual([]);
    }
  });

  it('befalls its share of modules, at times all over the run, and the same ones again', () => {
    const modules = Array.from({ length: 400 }, (_, m) => `M${m}`);
    const truth = written({ rows: 101, modules });
    const faultsOf = (module: number, fault: Record<string, unknown>) => {
      const plan = validateSensorPlan({ faults: [{ kind: 'open', channel: 'voltage_v', ...fault }] });
      return measureModule(truth, module, plan, { seed: 1, startMs: 0 }).sensorFaults;
    };
    const faults = modules.map((_, module) => faultsOf(module, { chance: 0.25 }));
    const hit = faults.flat();
    expect(Math.abs(hit.length - 100)).toBeLessThan(5 * Math.sqrt(75));
    expect(hit.filter(({ fromS }) => fromS < 50).length / hit.length).toBeGreaterThan(0.3);
    expect(hit.filter(({ fromS }) => fromS < 50).length / hit.length).toBeLessThan(0.7);
    expect(modules.map((_, module) => faultsOf(module, { chance: 0.25 }))).toEqual(faults);
    expect(faultsOf(7, { modules: ['M7'] })).toHaveLength(1);
    expect(faultsOf(8, { modules: ['M7'] })).toEqual([]);
  });
});

describe('probes', () => {
  const hotK = (timeS: number, cell: number) => 300 + 10 * cell + timeS / 2;
  const truth = {
    rows: 101,
    columns: { caseTemperatureK: () => 290, airTemperatureK: () => 280 },
    cells: { count: 4, temperatureK: hotK, voltageV: () => 3.3 },
  };
  const probes = (settings: Record<string, unknown>, faults: unknown[] = []) =>
    measured(truth, { deliver: [], probes: { ...EXACT, ...settings }, faults });

  it('stand where they are put, between cell and case', () => {
    const module = probes({ cells: [2, 0], shareToCase: 0.25 });
    const expected = (timeS: number, cell: number) => degCOfKelvin(0.75 * hotK(timeS, cell) + 0.25 * 290);
    expect(module.cellTemperaturesDegC![0]![60]).toBeCloseTo(expected(60, 2), 4);
    expect(module.cellTemperaturesDegC![1]![60]).toBeCloseTo(expected(60, 0), 4);
    expect(module.channels.size).toBe(0);
  });

  it('stand on different cells while there are enough, and one more moves no other', () => {
    const three = probes({ count: 3, shareToCase: [0, 0.5] }).cellTemperaturesDegC!;
    const four = probes({ count: 4, shareToCase: [0, 0.5] }).cellTemperaturesDegC!;
    expect(four.slice(0, 3)).toEqual(three);
    const onCells = probes({ count: 4, shareToCase: 0 }).cellTemperaturesDegC!.map((column) => column[0]!);
    expect(onCells.map((value) => Math.round(value)).sort()).toEqual([27, 37, 47, 57]);
  });

  it('sit on the faces of a cell in layers, and its taps are those of whole groups', () => {
    const cells = { count: 12, temperatureK: (_: number, node: number) => 300 + node };
    const layered = { ...cells, voltageV: (_: number, node: number) => 3 + (node >= 6 ? 0.5 : 0) };
    const module = measured(
      { rows: 2, cells: { ...layered, nodesPerTap: 6, layersPerCell: 3 } },
      { deliver: [], cellVoltages: EXACT, probes: { ...EXACT, count: 8, shareToCase: 0 } },
    );
    expect(module.cellVoltagesV!.map((column) => column[0])).toEqual([3, 3.5]);
    const nodes = module.cellTemperaturesDegC!.map((column) => Math.round(column[0]! - degCOfKelvin(300)));
    expect(nodes.sort((a, b) => a - b)).toEqual([0, 2, 3, 5, 6, 8, 9, 11]);
  });

  it('each has its own lag', () => {
    const columns = probes({ count: 4, t90S: 20, t90Factor: [0.2, 3] }).cellTemperaturesDegC!;
    const behind = columns.map((column) => column[100]! - column[0]!);
    expect(new Set(behind.map((value) => value.toFixed(2))).size).toBe(4);
    for (const rise of behind) expect(rise).toBeLessThan(50);
  });

  it('a loose one reads partly the air', () => {
    const fault = { kind: 'loose', channel: 'cell_temperatures_degc[2]', atS: 20, by: 0.6 };
    const loose = probes({ cells: [0, 1], shareToCase: 0 }, [fault]);
    const [tight, hanging] = loose.cellTemperaturesDegC!;
    expect(tight![80]).toBeCloseTo(degCOfKelvin(hotK(80, 0)), 4);
    expect(hanging![80]).toBeCloseTo(degCOfKelvin(0.4 * hotK(80, 1) + 0.6 * 280), 4);
    expect(loose.sensorFaults[0]).toMatchObject({ channel: 'cell_temperatures_degc[2]', kind: 'loose' });
  });

  it('one of them opens when hot, and the summary still stands on the others', () => {
    const fault = { kind: 'open', channel: 'cell_temperatures_degc', above: 60, reads: 1370 };
    const settings = { cells: [0, 1, 2], shareToCase: 0, deliver: 'both' };
    const module = probes(settings, [fault]);
    const open = module.cellTemperaturesDegC!.findIndex((column) => column.includes(1370));
    expect(module.sensorFaults[0]!.channel).toBe(`cell_temperatures_degc[${open + 1}]`);
    expect(module.channels.get('surface_temperature_max_degc')![100]).toBe(1370);
    const gone = probes(settings, [{ ...fault, reads: null, channel: 'cell_temperatures_degc[3]' }]);
    expect(gone.channels.get('surface_temperature_max_degc')![100]).toBeCloseTo(
      degCOfKelvin(hotK(100, 1)),
      3,
    );
    expect(gone.channels.get('surface_temperature_min_degc')![100]).toBeCloseTo(
      degCOfKelvin(hotK(100, 0)),
      3,
    );
  });

  it('as a summary: no list', () => {
    const module = probes({ cells: [0, 3], shareToCase: 0, deliver: 'summary', resolution: 0.1 });
    expect(module.cellTemperaturesDegC).toBe(null);
    expect(module.channels.get('surface_temperature_mean_degc')![0]).toBe(41.9);
  });

  it('without recorded cells they stand between the coldest and the hottest', () => {
    const columns = { cellTemperatureMinK: () => 300, cellTemperatureMaxK: () => 340, hottestCell: () => 0 };
    const module = measured({ columns }, { deliver: [], probes: { ...EXACT, count: 1, shareToCase: 0 } });
    expect(module.cellTemperaturesDegC![0]![50]).toBeCloseTo(degCOfKelvin(340), 4);
    expect(measured({ columns }, { cellVoltages: true }).cellVoltagesV).toBe(null);
  });
});
