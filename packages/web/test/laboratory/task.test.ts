import {
  decodeTrajectory,
  mapRunaway,
  runSummary,
  simulate,
  sizeFault,
  validateScenario,
} from '@emberwatch/engine/physics';
import { validateSensorPlan } from '@emberwatch/engine/sensors';
import { type Frame, NdjsonRecordingReader } from '@emberwatch/engine/telemetry';
import { beforeAll, describe, expect, it } from 'vitest';
import { feedRun, LAB_PREFIX, labBatches } from '../../src/laboratory/feed.ts';
import { axisOf, axisText, mapPathsOf } from '../../src/laboratory/map-paths.ts';
import { perform, type Report, spreadOut, type Task } from '../../src/laboratory/task.ts';
import { firstAt, stretchesOf } from '../../src/laboratory/watch.ts';

const MODULE = 'RackA1_Module02';
const DOCUMENT = {
  name: 'heated',
  durationS: 3600,
  site: { racks: [{ id: 'RackA1', modules: 2 }] },
  module: { cell: 'nmc111-25ah', series: 4, startCharge: 0.9 },
  faults: [{ kind: 'externalHeating', module: MODULE, startS: 120, firstCell: 1, cells: 1, powerW: 400 }],
};
const SCENARIO = validateScenario(DOCUMENT);

async function reportsOf(task: Task): Promise<Report[]> {
  const reports: Report[] = [];
  await perform(task, (report) => reports.push(report), { model: null, breathe: async () => {} });
  return reports;
}

const only = <K extends Report['kind']>(reports: readonly Report[], kind: K) =>
  reports.filter((report): report is Extract<Report, { kind: K }> => report.kind === kind);

describe('a run in a worker', () => {
  let reports: Report[];
  const truth = simulate(SCENARIO, { intervention: true });

  beforeAll(async () => {
    reports = await reportsOf({ kind: 'run', document: DOCUMENT });
  });

  it('reports the run, then the detector, then the last moments, and ends', () => {
    const order = reports.map(({ kind }) => kind).filter((kind) => kind !== 'progress');
    expect(order).toEqual(['ran', 'watched', 'intervened', 'done']);
    expect(only(reports, 'progress').every(({ share }) => share >= 0 && share <= 1)).toBe(true);
  });

  it('is the run of the engine, though every cell of it is recorded', () => {
    const [ran] = only(reports, 'ran');
    const [intervened] = only(reports, 'intervened');
    expect(intervened!.summary).toEqual(runSummary(SCENARIO, truth));
    expect(ran!.summary.events[MODULE]!.pnrInterventionS).toBeNull();
    expect(intervened!.summary.events[MODULE]!.pnrInterventionS).not.toBeNull();
    const trajectory = decodeTrajectory(ran!.trajectory);
    expect(trajectory.header.recordCellsOf).toHaveLength(2);
    expect(trajectory.column('voltageV', MODULE)).toEqual(truth.trajectory.column('voltageV', MODULE));
  });

  it('tells what the detector said and when: a heated cell is warned of before it is lost', () => {
    const { watched } = only(reports, 'watched')[0]!;
    const warningS = firstAt(watched, MODULE, 'warning');
    const { pnrThresholdS } = truth.events.find(({ module }) => module === MODULE)!;
    expect(warningS).toBeGreaterThan(120);
    expect(warningS).toBeLessThan(pnrThresholdS!);
    expect(firstAt(watched, 'RackA1_Module01', 'critical')).toBeNull();
    const stretches = stretchesOf(watched, MODULE, 3600);
    // Without a gap from the first instant to the last.
    expect(stretches[0]!.fromS).toBe(0);
    expect(stretches.at(-1)!.toS).toBe(3600);
    expect(stretches.slice(1).map(({ fromS }) => fromS)).toEqual(
      stretches.slice(0, -1).map(({ toS }) => toS),
    );
  });

  it('fails with the place of what cannot be run', async () => {
    const broken = { ...DOCUMENT, module: { cell: 'paper' } };
    const [failed] = await reportsOf({ kind: 'run', document: broken });
    expect(failed).toMatchObject({ kind: 'failed', path: 'module.cell' });
    const calm = { ...DOCUMENT, faults: [] };
    expect(await reportsOf({ kind: 'size', document: calm, module: MODULE, wantedS: 600 })).toMatchObject([
      { kind: 'failed', path: 'faults' },
    ]);
  });

  it('sizes a fault as the engine does', async () => {
    const [sized, done] = await reportsOf({ kind: 'size', document: DOCUMENT, module: MODULE, wantedS: 900 });
    expect(sized).toEqual({ kind: 'sized', sized: sizeFault(SCENARIO, MODULE, 900) });
    expect(done).toEqual({ kind: 'done' });
  });
});

describe('a map in a worker', () => {
  it('reports every pair once, far apart at first, as the engine has it', async () => {
    const x = { path: 'faults[0].powerW', values: [50, 200, 800] };
    const y = { path: 'module.startCharge', values: [0.3, 0.9] };
    const reports = await reportsOf({ kind: 'map', document: DOCUMENT, module: MODULE, x, y });
    const points = only(reports, 'mapped').map(({ point }) => point);
    expect(points.map(({ at }) => at).toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    const whole = mapRunaway(SCENARIO, MODULE, x, y);
    for (const { at, runaway, peakDegC } of points) {
      expect(runaway).toBe(whole.runaway[at] === 1);
      expect(peakDegC).toBe(whole.peakDegC[at]);
    }
  });

  it('goes over all numbers below any count', () => {
    for (const count of [1, 2, 3, 7, 12, 100, 144, 899])
      expect(new Set(spreadOut(count))).toEqual(new Set(Array.from({ length: count }, (_, k) => k)));
  });

  it('offers the strength of the fault first, and writes an axis as the command line takes it', () => {
    const paths = mapPathsOf(SCENARIO);
    expect(paths[0]!.path).toBe('faults[0].powerW');
    expect(paths.map(({ path }) => path)).toContain('ambientDegC.points[0][1]');
    const axis = { path: 'faults[0].powerW', from: 80, to: 2000, steps: 3, isLog: true };
    expect(axisText(axis)).toBe("'faults[0].powerW=80..2000:3:log'");
    expect(axisOf(axis).values).toEqual([80, 400, 2000]);
    for (const { path, from, to } of paths) {
      expect(from, path).toBeLessThan(to);
      for (const value of [from, to])
        expect(() =>
          mapRunaway(
            { ...SCENARIO, durationS: path.endsWith('startS') ? to + 1 : 150 },
            MODULE,
            { path, values: [value] },
            { path: 'seed', values: [1] },
          ),
        ).not.toThrow();
    }
  });
});

describe('a run that is sent into the live site', () => {
  const { trajectory } = simulate({ ...SCENARIO, durationS: 600 });
  const plan = {
    trajectory,
    sensors: validateSensorPlan({ preset: 'rack' }),
    seed: 3,
    startMs: 1_768_464_000_000,
  };

  it('is read by the decoder of every door, whole and under names of its own', () => {
    const frames: Frame[] = [];
    const rejections: unknown[] = [];
    const reader = new NdjsonRecordingReader(null, {
      frame: (frame) => frames.push({ ...frame, values: frame.values.slice() }),
      rejection: (rejection) => rejections.push(rejection),
    });
    for (const { ndjson } of labBatches({ ...plan, batchMs: 60_000 }))
      reader.push(new TextEncoder().encode(ndjson));
    reader.end();
    expect(rejections).toEqual([]);
    expect(frames).toHaveLength(2 * 61);
    expect(new Set(frames.map(({ moduleId }) => moduleId))).toEqual(
      new Set([`${LAB_PREFIX}RackA1_Module01`, `${LAB_PREFIX}${MODULE}`]),
    );
    expect(frames.every(({ rackId }) => rackId === `${LAB_PREFIX}RackA1`)).toBe(true);
    expect(frames[0]!.timeMs).toBe(plan.startMs);
  });

  it('keeps its pace, and stops when it is told to', async () => {
    let nowMs = 0;
    const sentMs: number[] = [];
    const door = {
      now: () => nowMs,
      wait: async (lengthMs: number) => {
        nowMs += lengthMs;
      },
      post: async () => {
        // A service that is slow to answer is made up for.
        nowMs += 40;
      },
    };
    const stop = new AbortController();
    await feedRun(
      { ...plan, speed: 60 },
      door,
      ({ endMs }) => sentMs.push(endMs - plan.startMs),
      stop.signal,
    );
    expect(sentMs.at(-1)).toBe(600_000);
    expect(Math.abs(nowMs - 10_000)).toBeLessThan(100);
    const few: number[] = [];
    await feedRun(
      { ...plan, speed: 60 },
      door,
      ({ endMs }) => {
        few.push(endMs);
        stop.abort();
      },
      stop.signal,
    );
    expect(few).toHaveLength(1);
  });
});
