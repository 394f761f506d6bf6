import { CHANNEL_COUNT, CHANNELS, newFrame } from '@emberwatch/engine/telemetry';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRows, decodeSteps, encodeRows, encodeSteps } from '../../src/store/chunk.ts';
import { ByteReader, ByteWriter, readColumn, writeColumn } from '../../src/store/columns.ts';
import { StepMaker } from '../../src/store/rollup.ts';
import { FrameRows } from '../../src/store/rows.ts';

const throughBytes = (values: readonly number[]): { bytes: number; back: number[] } => {
  const writer = new ByteWriter();
  writeColumn(writer, values.length, (at) => values[at]!);
  const bytes = writer.view().slice();
  return { bytes: bytes.length, back: Array.from(readColumn(new ByteReader(bytes), values.length)) };
};

const measured = fc
  .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.constantFrom(1, 10, 100, 1000))
  .map(([whole, power]) => whole / power);
const odd = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, -0, 2 ** 53, -(2 ** 52), 0.1 + 0.2, 5e-324));

describe('columns', () => {
  it('give every number back to the bit', () => {
    const column = fc.oneof(
      fc.array(measured),
      fc.array(fc.oneof(measured, fc.constant(Number.NaN))),
      fc.array(odd),
      fc.array(fc.oneof({ weight: 9, arbitrary: measured }, { weight: 1, arbitrary: odd })),
      fc.tuple(odd, fc.nat(40)).map(([value, count]) => Array.from({ length: count }, () => value)),
    );
    fc.assert(
      fc.property(column, (values) => {
        expect(throughBytes(values).back).toStrictEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  it('of a sensor with tenths take about a byte a value', () => {
    const values = Array.from({ length: 300 }, (_, k) => Math.round(246 + 20 * Math.sin(k / 40)) / 10);
    expect(throughBytes(values).bytes).toBeLessThan(320);
    expect(throughBytes(values.map((value) => value + Math.PI)).bytes).toBeGreaterThan(2300);
  });
});

/** An hour of a module with cells, gaps, a late frame and a change of rack. */
function hour(): FrameRows {
  const rows = new FrameRows();
  for (let k = 0; k < 360; k++) {
    const frame = newFrame(
      'm',
      k < 100 ? 'RackA1' : null,
      1_700_000_000_000 + 10_000 * (k === 50 ? 20.5 : k),
    );
    for (let i = 0; i < CHANNEL_COUNT - 3; i++)
      frame.values[i] = (i + k) % 7 === 0 ? Number.NaN : 24.6 + (k % 9) / 10;
    frame.impossible = k === 7 ? 5 : 0;
    if (k % 2 === 0) frame.cellVoltagesV = Float64Array.of(3.3, Number.NaN, 3.301);
    if (k > 200) frame.cellTemperaturesDegC = new Float64Array(k % 3).fill(24.1);
    rows.push(frame, k === 50);
  }
  return rows;
}

const framesOf = (rows: FrameRows) =>
  Array.from({ length: rows.count }, (_, row) => {
    const frame = newFrame('m');
    rows.read(row, frame);
    return { ...frame, isLate: rows.late[row] };
  });

describe('chunks', () => {
  it('hold frames exactly', () => {
    const rows = hour();
    const chunk = encodeRows(rows, rows.sorted());
    const sorted = framesOf(rows).sort((a, b) => a.timeMs - b.timeMs);
    expect(framesOf(decodeRows(chunk))).toStrictEqual(sorted);
  });

  it('that are cut, changed or foreign are an error', () => {
    const rows = hour();
    const chunk = encodeRows(rows, rows.sorted());
    fc.assert(
      fc.property(
        fc.nat(chunk.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, change, isCut) => {
          const bad = isCut ? chunk.slice(0, at) : chunk.slice();
          if (!isCut) bad[at] = bad[at]! ^ change;
          // The flag of deflation stands outside the checksum: bytes that are no longer deflated fail by themselves.
          expect(() => decodeRows(bad)).toThrow();
        },
      ),
      { numRuns: 300 },
    );
    expect(() => decodeSteps(new Uint8Array(3))).toThrow('chunk: byte 0');
  });

  it('of steps come back, and steps of steps are those of the frames', () => {
    const rows = hour();
    const minutes = new StepMaker({ stepMs: 60_000, withCells: true });
    const quarters = new StepMaker({ stepMs: 900_000, withCells: true });
    for (const row of rows.sorted()) {
      minutes.addRow(rows, row);
      quarters.addRow(rows, row);
    }
    const back = decodeSteps(encodeSteps(minutes.steps));
    expect(back).toStrictEqual(minutes.steps);
    const fromMinutes = new StepMaker({ stepMs: 900_000, withCells: true });
    fromMinutes.addSteps(back, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    expect(fromMinutes.steps.timesMs).toEqual(quarters.steps.timesMs);
    expect(fromMinutes.steps.late).toEqual(quarters.steps.late);
    expect(new Set(fromMinutes.steps.series.keys())).toEqual(new Set(quarters.steps.series.keys()));
    for (const [id, series] of quarters.steps.series) {
      const other = fromMinutes.steps.series.get(id)!;
      expect(other.counts).toEqual(series.counts);
      expect(other.min).toEqual(series.min);
      expect(other.max).toEqual(series.max);
      for (const [step, mean] of series.mean.entries())
        expect(Math.abs(other.mean[step]! - mean), `${id} ${step}`).not.toBeGreaterThan(1e-9);
    }
  });

  it('name channels by position: a new one is added at the end', () => {
    expect(CHANNELS.slice(0, 16).map(({ id }) => id)).toEqual([
      'surface_temperature_mean_degc',
      'surface_temperature_max_degc',
      'surface_temperature_min_degc',
      'voltage_v',
      'current_a',
      'soc_percent',
      'cell_voltage_min_v',
      'cell_voltage_max_v',
      'cell_voltage_mean_v',
      'co_ppm',
      'h2_ppm',
      'voc_ppm',
      'ambient_temperature_degc',
      'humidity_percent',
      'insulation_kohm',
      'coolant_flow_lpm',
    ]);
  });
});
