/** The presets against the recordings that they were fitted to, by the same arithmetic on both. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { measureModule, validateSensorPlan } from '../../src/sensors/index.ts';
import { meanOf, sdOf, written } from './ground-truth.ts';

const data =
  process.env['EMBERWATCH_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname;

const MAX_LINES = 150_000;

/** The one file of an archive; its sizes stand in the directory at the end. */
function unzip(bytes: Buffer): Buffer {
  const directory = bytes.lastIndexOf('PK\u0001\u0002');
  const length = bytes.readUInt32LE(directory + 20);
  const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  return inflateRawSync(bytes.subarray(start, start + length));
}

/** Columns by name, empty fields as NaN, times of text in seconds; only what is asked for becomes numbers. */
function columnsOf(file: string): (name: string) => Float64Array {
  const bytes = readFileSync(join(data, file));
  const text = (file.endsWith('.zip') ? unzip(bytes) : gunzipSync(bytes)).toString('latin1');
  const [header, ...lines] = text.split(/\r?\n/, MAX_LINES);
  const names = header!.split(',');
  const rows = lines.filter((line) => line !== '').map((line) => line.split(','));
  const numberOf = (field: string): number => {
    if (field === '') return Number.NaN;
    return /^\d{4}-/.test(field) ? Date.parse(`${field.trim()}Z`) / 1000 : Number(field);
  };
  return (name) => Float64Array.from(rows, (fields) => numberOf(fields[names.indexOf(name)]!));
}

const rowsWhere = (count: number, isFit: (row: number) => boolean): number[] =>
  Array.from({ length: count }, (_, row) => row).filter(isFit);

/** Second differences of three values `lag` rows apart, from each of these rows. */
const secondDifferences = (values: Float64Array, lag: number, from: readonly number[]): number[] =>
  from.map((row) => values[row]! - 2 * values[row + lag]! + values[row + 2 * lag]!);

/** The same of all rows of a module that stands still. */
const allDifferences = (values: Float64Array, lag: number): number[] =>
  secondDifferences(
    values,
    lag,
    rowsWhere(values.length - 2 * lag, () => true),
  );

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** White noise has second differences of √6 times its deviation; the median is deaf to what really moved. */
const noiseOf = (differences: readonly number[]): number =>
  medianOf(differences.map(Math.abs)) / 0.6745 / Math.sqrt(6);

const shareOf = (differences: readonly number[], resolution: number): number =>
  differences.filter((d) => Math.abs(d) < resolution / 2).length / differences.length;

/** A calm module whose values lie anywhere between two steps of their sensors. */
const calm = (rows: number, intervalS: number, voltS: number) =>
  written({
    rows,
    intervalS,
    columns: { voltageV: (timeS) => 3.7 + timeS / voltS, currentA: () => 3 },
    cells: {
      count: 96,
      temperatureK: (timeS, k) => 300 + k * 0.618 + timeS / 1e5,
      voltageV: (timeS, k) => 3.7 + k / 3456 + timeS / 1e8,
    },
  });

const byPreset = (preset: string, rows: number, intervalS: number, more: Record<string, unknown> = {}) => {
  const voltS = preset.startsWith('laboratory') ? 1e9 : 1e4;
  const plan = validateSensorPlan({ preset, ...more });
  return measureModule(calm(rows, intervalS, voltS), 0, plan, { seed: 1, startMs: 0 });
};

describe.skipIf(!existsSync(data))('presets (EMBERWATCH_DATA or ../shared/data beside the checkout)', () => {
  it('seed: noise, grid, missing values and outliers of its file', () => {
    const file = columnsOf('seed/dummy_fault_RackA2_Module01_200rows.csv.gz');
    const names = {
      surface_temperature_mean_degc: 'Module_Avg_Surface_Temp_C',
      surface_temperature_max_degc: 'Module_Max_Surface_Temp_C',
      voltage_v: 'Module_Voltage_V',
      current_a: 'Module_Current_A',
      soc_percent: 'Module_SoC_percent',
      co_ppm: 'Sim_OffGas_CO_ppm_proxy',
      h2_ppm: 'Sim_OffGas_H2_ppm_proxy',
      voc_ppm: 'Sim_OffGas_VOC_ppm_proxy',
      ambient_temperature_degc: 'Ambient_Temp_Rack_C',
    } as const;
    const module = byPreset('seed', 100_000, 10);
    expect([...module.channels.keys()].sort()).toEqual(Object.keys(names).sort());
    for (const [channel, name] of Object.entries(names)) {
      const real = file(name);
      const ours = module.channels.get(channel as keyof typeof names)!;
      const noise = noiseOf(allDifferences(real, 1).filter(Number.isFinite));
      expect(noiseOf(allDifferences(ours, 1).filter(Number.isFinite)) / noise, name).toBeCloseTo(1, 1);
      const missing = real.filter(Number.isNaN).length / real.length;
      expect(missing, name).toBeGreaterThan(0.0003);
      expect(missing, name).toBeLessThan(0.0007);
      const isFar = (noises: number) => (d: number) => Math.abs(d) > noises * noise;
      const hasOutliers = /current|ppm|ambient/.test(channel);
      const far = allDifferences(ours, 1).filter(isFar(13)).length;
      if (hasOutliers) expect(far, name).toBeGreaterThan(0);
      else expect(far, name).toBe(0);
    }
    const ppm = file('Sim_OffGas_CO_ppm_proxy');
    const low = Math.min(...ppm.filter((value) => value < -20));
    expect(Math.abs(low + 33)).toBeLessThan(2);
  });

  it('vehicle-1s: five cells a second, the value of nothing after starts, noise at rest', () => {
    const file = columnsOf('field/ev-pack-1.zip');
    const timeS = file('tboxTime');
    const currentA = file('BMSBatteryCurrent');
    const places = Array.from({ length: 24 }, (_, i) => 4 * i);
    const cells = places.map((k) => file(`V_${k + 1}`));
    const changed = (columns: readonly Float64Array[], row: number) =>
      columns.filter((column) => column[row] !== column[row - 1]).length;
    const moving = rowsWhere(
      timeS.length,
      (row) => Math.abs(currentA[row]!) > 10 && timeS[row]! - timeS[row - 1]! === 1,
    );
    // A scan of 96 cells, five in each second, is over in 19 s; now and then a cell reads the same again.
    const aSecond = 24 / 19;
    expect(Math.abs(meanOf(moving.map((row) => changed(cells, row))) - aSecond)).toBeLessThan(0.1);
    const truth = written({
      rows: 400,
      cells: { count: 96, temperatureK: () => 300, voltageV: (t) => 3.7 + 0.4 * Math.sin(t) },
    });
    const plan = validateSensorPlan({
      preset: 'vehicle-1s',
      gateway: { restartChance: 1, dropoutsPerDay: 0 },
    });
    const ours = measureModule(truth, 0, plan, { seed: 3, startMs: 0 }).cellVoltagesV!;
    const driven = places.map((k) => ours[k]!);
    const ofOurs = rowsWhere(300, () => true).map((row) => changed(driven, 100 + row));
    expect(Math.abs(meanOf(ofOurs) - aSecond)).toBeLessThan(0.1);
    expect(ours.filter((column) => column[0] === 66.535).length).toBeGreaterThan(0);
    expect(ours.some((column) => column.indexOf(66.535, 20) >= 20)).toBe(false);
    expect(cells.filter((column) => column.includes(66.535)).length).toBeGreaterThan(16);

    const atRest = rowsWhere(timeS.length, (row) => {
      if (timeS[row + 38]! - timeS[row]! !== 38) return false;
      for (let at = row; at <= row + 38; at++) if (Math.abs(currentA[at]!) > 1) return false;
      return true;
    });
    const still = (columns: readonly Float64Array[]) =>
      columns.flatMap((column) => secondDifferences(column, 19, atRest));
    const calmly = byPreset('vehicle-1s', 2500, 1, { gateway: { dropoutsPerDay: 0, restartChance: 0 } });
    const unmoved = (columns: readonly Float64Array[], resolution: number) =>
      shareOf(
        columns.flatMap((column) => allDifferences(column, 19)),
        resolution,
      );
    expect(unmoved(calmly.cellVoltagesV!, 0.001)).toBeCloseTo(shareOf(still(cells), 0.001), 1);
    const probes = [1, 5, 9, 13, 17, 21].map((k) => file(`T_${k}`));
    expect(unmoved(calmly.cellTemperaturesDegC!, 1)).toBeCloseTo(shareOf(still(probes), 1), 1);
    const pack = secondDifferences(file('BMSBatteryVoltage'), 19, atRest);
    expect(unmoved([calmly.channels.get('voltage_v')!], 0.25)).toBeCloseTo(shareOf(pack, 0.25), 1);
  });

  it('vehicle-30s: noise at rest, grid', () => {
    const file = columnsOf('field/ev-pack-2.zip');
    const timeS = file('tboxTime');
    const currentA = file('BMSBatteryCurrent');
    const steady = rowsWhere(
      timeS.length,
      (row) =>
        timeS[row + 2]! - timeS[row]! === 60 &&
        [1, 2].every((on) => Math.abs(currentA[row + on]! - currentA[row]!) < 0.3),
    );
    const cells = Array.from({ length: 22 }, (_, i) => file(`V_${4 * i + 1}`));
    const real = shareOf(
      cells.flatMap((column) => secondDifferences(column, 1, steady)),
      0.001,
    );
    const ours = byPreset('vehicle-30s', 3000, 30, { gateway: { dropoutsPerDay: 0 } });
    expect(
      shareOf(
        ours.cellVoltagesV!.flatMap((column) => allDifferences(column, 1)),
        0.001,
      ),
    ).toBeCloseTo(real, 1);
  });

  it('laboratory-1s: noise of voltage, current and temperature at 1C', () => {
    const file = columnsOf('normal/arts-30q-ds2-cell1-subset.csv.gz');
    const timeS = file('time_s');
    const currentA = file('current_a');
    const at1C = rowsWhere(
      timeS.length,
      (row) =>
        Math.abs(timeS[row + 2]! - timeS[row]! - 2) < 0.2 &&
        [0, 1, 2].every((on) => Math.abs(currentA[row + on]!) > 2.9),
    );
    const ours = byPreset('laboratory-1s', 20_000, 1);
    for (const [name, column] of [
      ['voltage_v', ours.channels.get('voltage_v')!],
      ['current_a', ours.channels.get('current_a')!],
      ['temp_c', ours.cellTemperaturesDegC![0]!],
    ] as const) {
      const real = noiseOf(secondDifferences(file(name), 1, at1C));
      const made = noiseOf(allDifferences(column, 1));
      expect(Math.abs(made / real - 1), `${name} ${real} ${made}`).toBeLessThan(0.15);
    }
    const intervals = Array.from(ours.truthS.subarray(1), (at, i) => at - ours.truthS[i]!);
    expect(meanOf(intervals)).toBeCloseTo(1, 6);
    expect(sdOf(intervals)).toBeLessThan(0.005);
  });

  it('laboratory-slow: sampling and noise', () => {
    const file = columnsOf('normal/nasa-b0018-discharge.csv.gz');
    const [timeS, currentA] = [file('time'), file('current')];
    const loaded = rowsWhere(
      timeS.length,
      (row) => timeS[row + 2]! > timeS[row]! && [0, 1, 2].every((on) => Math.abs(currentA[row + on]!) > 1.5),
    );
    const ours = byPreset('laboratory-slow', 4000, 100);
    for (const [name, column] of [
      ['voltage', ours.channels.get('voltage_v')!],
      ['current', ours.channels.get('current_a')!],
      ['temperature', ours.cellTemperaturesDegC![0]!],
    ] as const) {
      const real = noiseOf(secondDifferences(file(name), 1, loaded));
      const made = noiseOf(allDifferences(column, 1));
      expect(Math.abs(made / real - 1), `${name} ${real} ${made}`).toBeLessThan(0.2);
    }
    const intervals = Array.from(timeS.subarray(1), (at, i) => at - timeS[i]!).filter((step) => step > 0);
    expect(Math.min(...intervals)).toBeGreaterThan(9.2);
    expect(Math.max(...intervals)).toBeLessThan(20);
  });
});
