/** One instant of a module in several rows: parts of one frame, the same again, contradictions, several samples. */
import { describe, expect, it } from 'vitest';
import {
  CELL_TEMPERATURES_BIT,
  CHANNEL_INDEX,
  type Frame,
  ModuleClocks,
  newFrame,
} from '../../src/telemetry/index.ts';
import { Collected, readCsv, SIMPLE, utc } from './collect.ts';

const START = utc('2026-01-12T06:00:00Z');
const S = 1000;

type Values = Partial<Record<'voltage_v' | 'current_a' | 'surface_temperature_max_degc' | 'co_ppm', number>>;

function frameOf(atS: number, values: Values, lists: Partial<Frame> = {}): Frame {
  const frame = newFrame('m', null, START + atS * S);
  for (const [id, value] of Object.entries(values)) frame.values[CHANNEL_INDEX[id as 'voltage_v']] = value;
  return Object.assign(frame, lists);
}

/** Takes frames as a live delivery does: nothing waits. */
class Live extends Collected {
  readonly clocks = new ModuleClocks();
  readonly rejected: (string | null)[] = [];
  readonly parts: Frame[] = [];

  part(whole: Frame, part: Frame): void {
    this.frame(whole);
    this.parts.push({ ...part });
  }

  take(...frames: Frame[]): this {
    for (const frame of frames) {
      const rejection = this.clocks.take(
        frame,
        1,
        this,
        () => {
          throw new Error('nothing leaps here');
        },
        { isKnownStep: true, order: Number.NaN },
      );
      this.rejected.push(rejection?.reason ?? null);
    }
    return this;
  }

  get given(): [number, Values][] {
    return this.frames.map(({ timeMs, values }) => {
      const there: Values = {};
      for (const id of ['voltage_v', 'current_a', 'surface_temperature_max_degc', 'co_ppm'] as const)
        if (!Number.isNaN(values[CHANNEL_INDEX[id]]!)) there[id] = values[CHANNEL_INDEX[id]]!;
      return [(timeMs - START) / S, there];
    });
  }
}

describe('an instant in parts', () => {
  it('is given anew with each part, whatever came first', () => {
    const live = new Live().take(
      frameOf(0, { voltage_v: 52 }),
      frameOf(0, { surface_temperature_max_degc: 140 }),
      frameOf(0, { co_ppm: 300, voltage_v: 52 }),
    );
    expect(live.given).toEqual([
      [0, { voltage_v: 52 }],
      [0, { voltage_v: 52, surface_temperature_max_degc: 140 }],
      [0, { voltage_v: 52, surface_temperature_max_degc: 140, co_ppm: 300 }],
    ]);
    expect(live.rejected).toEqual([null, null, null]);
  });

  it('is a repetition only where nothing is new, also as 32 bits keep it', () => {
    const live = new Live().take(
      frameOf(0, { voltage_v: 3.3, current_a: 1 }),
      frameOf(0, { voltage_v: 3.3, current_a: 1 }),
      frameOf(0, { voltage_v: Math.fround(3.3) }),
      frameOf(0, {}),
    );
    expect(live.rejected).toEqual([null, 'duplicate-time', 'duplicate-time', 'duplicate-time']);
  });

  it('that contradicts itself is refused with channel and both values', () => {
    const { clocks } = new Live().take(frameOf(0, { surface_temperature_max_degc: 25, voltage_v: 52 }));
    const sink = new Collected();
    expect(
      clocks.take(frameOf(0, { surface_temperature_max_degc: 140, co_ppm: 1 }), 1, sink, () => null as never),
    ).toEqual({
      reason: 'contradicting-values',
      column: 'surface_temperature_max_degc',
      value: '140, before 25',
    });
    expect(sink.frames).toEqual([]);
  });

  it('has its cells one by one, and a refused value as news of its sensor', () => {
    const live = new Live().take(
      frameOf(0, {}, { cellTemperaturesDegC: Float64Array.of(20, Number.NaN) }),
      frameOf(0, {}, { cellTemperaturesDegC: Float64Array.of(Number.NaN, 140) }),
      frameOf(0, {}, { cellTemperaturesDegC: Float64Array.of(20, 141) }),
      frameOf(0, {}, { impossible: 1 }),
      frameOf(0, {}, { impossible: 1 | CELL_TEMPERATURES_BIT }),
    );
    expect(live.rejected).toEqual([null, null, 'contradicting-values', null, 'duplicate-time']);
    expect(live.frames.at(-1)).toMatchObject({ cellTemperaturesDegC: [20, 140], impossible: 1 });
  });

  it('may lack channels that trail it by a scan or two: they are given with the present instant', () => {
    const live = new Live();
    for (const atS of [0, 5, 10, 15])
      live.take(
        frameOf(atS, { voltage_v: 50 + atS }),
        frameOf(atS - 5, { surface_temperature_max_degc: 100 + atS }),
      );
    expect(live.rejected).toEqual(Array(8).fill(null));
    expect(live.given.slice(-2)).toEqual([
      [15, { voltage_v: 65 }],
      [15, { voltage_v: 65, surface_temperature_max_degc: 115 }],
    ]);
    expect(live.parts.map(({ timeMs }) => (timeMs - START) / S)).toEqual([-5, 0, 5, 10]);
    // Its own time comes after all: it takes the place of the one that trailed.
    live.take(frameOf(15, { surface_temperature_max_degc: 140 }));
    expect(live.given.at(-1)).toEqual([15, { voltage_v: 65, surface_temperature_max_degc: 140 }]);
  });

  it('is late where it trails for longer, and where a later value is known', () => {
    const live = new Live();
    for (const atS of [0, 5, 10, 15, 20, 25, 30, 35, 40]) live.take(frameOf(atS, { voltage_v: 50 }));
    live.take(
      frameOf(25, { co_ppm: 5 }),
      frameOf(24, { surface_temperature_max_degc: 30 }),
      frameOf(30, { co_ppm: 5 }),
      frameOf(27, { co_ppm: 5 }),
      frameOf(38, { voltage_v: 3 }),
    );
    expect(live.rejected.slice(9)).toEqual([
      null,
      'time-goes-back',
      null,
      'time-goes-back',
      'time-goes-back',
    ]);
  });

  it('goes on where its state was written down', () => {
    const frames = [
      frameOf(0, { voltage_v: 52 }, { cellVoltagesV: Float64Array.of(3.3, Number.NaN) }),
      frameOf(-2, { surface_temperature_max_degc: 40 }),
      frameOf(0, { current_a: 3 }, { cellVoltagesV: Float64Array.of(3.3, 3.4) }),
      frameOf(0, { voltage_v: 51 }),
      frameOf(-2, { surface_temperature_max_degc: 41 }),
      frameOf(1, { voltage_v: 52 }),
    ];
    for (let cut = 0; cut <= frames.length; cut++) {
      const first = new Live().take(...frames.slice(0, cut));
      const second = new Live();
      for (const state of structuredClone([...first.clocks.state()])) second.clocks.restore(state);
      second.take(...frames.slice(cut));
      const whole = new Live().take(...frames);
      expect([...first.rejected, ...second.rejected]).toEqual(whole.rejected);
      expect([...first.frames, ...second.frames]).toEqual(whole.frames);
    }
  });

  it('that was taken back leaves no trace', () => {
    const live = new Live().take(frameOf(0, { voltage_v: 52 }), frameOf(900, { voltage_v: 53 }));
    live.clocks.setLastMs('m', START);
    live.take(frameOf(0, { surface_temperature_max_degc: 140 }), frameOf(1, { voltage_v: 54 }));
    expect(live.rejected).toEqual([null, null, null, null]);
  });
});

const stamp = (ms: number): string => new Date(START + ms).toISOString();
const rowsOf = (rows: readonly (readonly [atS: number, ...values: (number | string)[]])[], header = 't,v') =>
  `${header}\n${rows.map(([atS, ...values]) => [stamp(atS * S), ...values].join(',')).join('\n')}\n`;

describe('a recording with several rows a second under whole-second stamps', () => {
  /** Four rows a second, all different. */
  const fast = (seconds: number): [number, number][] =>
    Array.from({ length: 4 * seconds }, (_, i) => [Math.floor(i / 4), 3 + i / 1000]);

  it('has them spread evenly, none refused', () => {
    const { times, rejections } = readCsv(rowsOf(fast(20)), SIMPLE);
    expect(rejections).toEqual([]);
    expect(times.map((ms) => ms - START)).toEqual(Array.from({ length: 80 }, (_, i) => 250 * i));
  });

  it('has equal rows of a module at rest spread as well, once the habit is known', () => {
    const rows = [
      ...fast(3),
      ...Array.from({ length: 40 }, (_, i): [number, number] => [3 + Math.floor(i / 4), 3]),
    ];
    const { times, rejections } = readCsv(rowsOf(rows), SIMPLE);
    expect(rejections).toEqual([]);
    expect(times).toHaveLength(52);
  });

  it('spreads over whole minutes, of each module by itself, and not over a pause', () => {
    const rows = [0, 60, 120, 7200, 7260].flatMap((atS) =>
      [0, 1, 2].flatMap((k): [number, string, number][] => [
        [atS, 'A', atS + k],
        [atS, 'B', atS + 2 * k],
      ]),
    );
    const { frames, rejections } = readCsv(rowsOf(rows, 't,m,v'), { ...SIMPLE, module: { column: 'm' } });
    expect(rejections.filter(({ reason }) => reason !== 'out-of-range')).toEqual([]);
    for (const id of ['A', 'B'])
      expect(
        frames.filter(({ moduleId }) => moduleId === id).map(({ timeMs }) => (timeMs - START) / S),
      ).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160, 7200, 7220, 7240, 7260, 7280, 7300]);
  });

  it('puts them in the order of a second column that the mapping names', () => {
    const rows: [number, number, number][] = [0, 1, 2].flatMap((atS) =>
      [3, 1, 2].map((n): [number, number, number] => [atS, 3 + n / 10, 10 * atS + n]),
    );
    const read = readCsv(rowsOf(rows, 't,v,n'), { ...SIMPLE, time: { column: 't', order: 'n' } });
    expect(read.rejections).toEqual([]);
    expect(read.channel('voltage_v')).toEqual([3.1, 3.2, 3.3, 3.1, 3.2, 3.3, 3.1, 3.2, 3.3]);
    expect(read.times.map((ms) => ms - START)).toEqual([0, 333, 667, 1000, 1333, 1667, 2000, 2333, 2667]);
  });

  it('is told from one stamp that contradicts itself, which is refused with both values', () => {
    const rows: [number, number][] = Array.from({ length: 40 }, (_, i) => [i, 3]);
    rows.splice(11, 0, [10, 4]);
    const { times, rejections } = readCsv(rowsOf(rows), SIMPLE);
    expect(times).toEqual(Array.from({ length: 40 }, (_, i) => START + i * S));
    expect(rejections).toEqual([
      { reason: 'contradicting-values', scope: 'row', line: 13, column: 'voltage_v', value: '4, before 3' },
    ]);
  });

  it('keeps no more rows waiting than it must', () => {
    const clocks = new ModuleClocks({ mergesRows: true });
    const sink = new Collected();
    const take = (atS: number, v: number) =>
      clocks.take(frameOf(atS, { voltage_v: v }), 1, sink, () => ({
        reason: 'duplicate-time',
        scope: 'row',
        line: 1,
        column: null,
        value: null,
      }));
    for (let i = 0; i < 20_000; i++) {
      take(Math.floor(i / 5000), i);
      expect(i - sink.frames.length - sink.rejections.length).toBeLessThan(2100);
    }
    clocks.flush(sink);
    expect(sink.frames.length + sink.rejections.length).toBe(20_000);
  });
});

describe('a recording whose instants come in parts', () => {
  it('has them merged, each instant once after the first', () => {
    const rows = [0, 1, 2, 3].flatMap((atS): [number, string | number, string | number][] => [
      [atS, 50 + atS, ''],
      [atS, '', 20 + atS],
    ]);
    const read = readCsv(rowsOf(rows, 't,v,x'), {
      ...SIMPLE,
      channels: { voltage_v: { column: 'v' }, surface_temperature_max_degc: { column: 'x' } },
    });
    expect(read.rejections).toEqual([]);
    expect(read.times.map((ms) => (ms - START) / S)).toEqual([0, 1, 2, 3]);
    expect(read.channel('surface_temperature_max_degc')).toEqual([20, 21, 22, 23]);
    expect(read.channel('voltage_v')).toEqual([50, 51, 52, 53]);
  });
});
