/** What a store ought to answer, in the plainest way: all frames in a list. */
import { CELL_ARRAYS, CHANNEL_COUNT, CHANNELS, copyOfFrame, type Frame } from '@emberwatch/engine/telemetry';
import { expect } from 'vitest';
import type { History, HistoryQuery, Tier } from '../../src/store/store.ts';

interface Kept {
  readonly frame: Frame;
  readonly isLate: boolean;
}

const STEP_MS: Record<Tier, number> = { raw: 0, '1min': 60_000, '15min': 900_000 };

export class PlainStore {
  private readonly kept = new Map<string, Map<number, Kept>>();

  add(frame: Frame, isLate: boolean): void {
    const ofModule = this.kept.get(frame.moduleId) ?? new Map<number, Kept>();
    this.kept.set(frame.moduleId, ofModule);
    const before = ofModule.get(frame.timeMs);
    ofModule.set(
      frame.timeMs,
      before
        ? { frame: merged(before.frame, frame), isLate: before.isLate || isLate }
        : { frame: copyOfFrame(frame), isLate },
    );
  }

  /** By time, each time once, of all its parts. */
  frames(moduleId: string, fromMs: number, toMs: number): Kept[] {
    return [...(this.kept.get(moduleId)?.values() ?? [])]
      .filter(({ frame }) => frame.timeMs >= fromMs && frame.timeMs < toMs)
      .sort((a, b) => a.frame.timeMs - b.frame.timeMs);
  }

  /** Compares an answer of a store with what the frames say. */
  check(query: HistoryQuery, answer: History): void {
    const unitMs = STEP_MS[answer.tier];
    const whole = unitMs || 1;
    const fromMs = Math.floor(query.fromMs / whole) * whole;
    const toMs = Math.ceil(query.toMs / whole) * whole;
    const frames = this.frames(query.moduleId, fromMs, toMs);
    expect(answer.timesMs.length).toBeLessThanOrEqual(query.maxPoints);
    if (answer.tier === 'raw' && answer.stepMs === 0) expect(answer.timesMs.length).toBe(frames.length);
    if (answer.tier === 'raw' && answer.stepMs > 0) expect(frames.length).toBeGreaterThan(query.maxPoints);
    if (unitMs > 0) expect(answer.stepMs % unitMs).toBe(0);
    const steps = new Map<number, Kept[]>();
    for (const kept of frames) {
      const { timeMs } = kept.frame;
      const start = answer.stepMs === 0 ? timeMs : Math.floor(timeMs / answer.stepMs) * answer.stepMs;
      steps.set(start, [...(steps.get(start) ?? []), kept]);
    }
    expect([...answer.timesMs]).toEqual([...steps.keys()]);
    expect(answer.late).toEqual(
      [...steps.values()].flatMap((list, at) => (list.some(({ isLate }) => isLate) ? [at] : [])),
    );
    expect(answer.series.map(({ id }) => id)).toEqual(idsIn(frames, query));
    for (const { id, min, mean, max } of answer.series)
      [...steps.values()].forEach((list, at) => {
        const values = list.map(({ frame }) => valueIn(frame, id)).filter((value) => !Number.isNaN(value));
        const place = `${id} at ${answer.timesMs[at]}`;
        if (values.length === 0) {
          expect([min[at], mean[at], max[at]], place).toEqual([Number.NaN, Number.NaN, Number.NaN]);
          return;
        }
        expect(min[at], place).toBe(Math.min(...values));
        expect(max[at], place).toBe(Math.max(...values));
        const sum = values.reduce((total, value) => total + value, 0);
        expect(Math.abs(mean[at]! - sum / values.length), place).toBeLessThan(1e-9);
      });
  }
}

/** What is missing in the first comes from the second. */
function merged(first: Frame, second: Frame): Frame {
  const of = (a: Float64Array, b: Float64Array): Float64Array =>
    a.length === b.length ? a.map((value, i) => (Number.isNaN(value) ? b[i]! : value)) : a;
  const cellsOf = (a: Float64Array | null, b: Float64Array | null): Float64Array | null =>
    a && b ? of(a, b) : (a ?? b);
  return copyOfFrame({
    ...first,
    rackId: first.rackId ?? second.rackId,
    impossible: first.impossible | second.impossible,
    values: of(first.values, second.values),
    cellVoltagesV: cellsOf(first.cellVoltagesV, second.cellVoltagesV),
    cellTemperaturesDegC: cellsOf(first.cellTemperaturesDegC, second.cellTemperaturesDegC),
  });
}

function valueIn(frame: Frame, id: string): number {
  const cell = /^(\w+)\[(\d+)\]$/.exec(id);
  if (!cell) return frame.values[CHANNELS.findIndex((channel) => channel.id === id)]!;
  const cells = cell[1] === CELL_ARRAYS[0].id ? frame.cellVoltagesV : frame.cellTemperaturesDegC;
  return cells?.[Number(cell[2]) - 1] ?? Number.NaN;
}

function idsIn(frames: readonly Kept[], { channels, withCells }: HistoryQuery): string[] {
  const ids = Array.from({ length: CHANNEL_COUNT }, (_, i) => CHANNELS[i]!.id as string).filter(
    (id) => !channels || channels.includes(id),
  );
  if (withCells)
    for (const { id } of CELL_ARRAYS) for (let cell = 1; cell <= 4; cell++) ids.push(`${id}[${cell}]`);
  return ids.filter((id) => frames.some(({ frame }) => !Number.isNaN(valueIn(frame, id))));
}
