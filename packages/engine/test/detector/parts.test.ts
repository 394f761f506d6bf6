/** An instant that comes in parts is judged as if it had come as one frame, and each part at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detector, type DetectorOptions } from '../../src/detector/index.ts';
import { CHANNEL_COUNT, copyOfFrame, type Frame, ModuleClocks, newFrame } from '../../src/telemetry/index.ts';
import { frameOf, noise } from './site.ts';

const OPTIONS: DetectorOptions = { nameplate: { capacityAh: 100, cellsInSeries: 16 } };

/** Two modules of a rack and one beside it; one heats, sags and gives off gas. */
function instantsOf(seed: number, steps: number, stepS: number): Frame[] {
  const random = noise(seed);
  const frames: Frame[] = [];
  for (let step = 0; step < steps; step++)
    for (const m of [0, 1, 2]) {
      const ill = m === 0 ? Math.max(0, step / steps - 0.3) * 120 : 0;
      const measured = {
        surface_temperature_max_degc: 25 + ill + 0.2 * random(),
        voltage_v: 51 - 0.05 * ill + 0.05 * random(),
        current_a: 20 + random(),
        soc_percent: 50,
        co_ppm: 2 + ill,
        cellsV: [3.2, 3.2 - 0.01 * ill, 3.2 + 0.002 * random(), 3.21],
        probesDegC: [24 + ill + random(), 24 + random()],
      };
      frames.push(frameOf(`M${m}`, 1e6 + step * stepS, measured, m < 2 ? 'R' : null));
    }
  return frames;
}

/** The values of a frame over so many frames, in any order; lists are cut between cells. */
function cut(frame: Frame, parts: number, random: () => number): Frame[] {
  const made = Array.from({ length: parts }, () => newFrame(frame.moduleId, frame.rackId, frame.timeMs));
  const any = (): Frame => made[Math.floor((0.5 + random() / 2) * parts) % parts]!;
  for (let i = 0; i < CHANNEL_COUNT; i++)
    if (!Number.isNaN(frame.values[i]!)) any().values[i] = frame.values[i]!;
  for (const list of ['cellVoltagesV', 'cellTemperaturesDegC'] as const) {
    const values = frame[list];
    values?.forEach((value, i) => {
      const part = any();
      part[list] ??= new Float64Array(values.length).fill(Number.NaN);
      part[list][i] = value;
    });
  }
  return made.filter(
    (part) =>
      part.cellVoltagesV || part.cellTemperaturesDegC || part.values.some((value) => !Number.isNaN(value)),
  );
}

class Watch {
  readonly detector: Detector;
  readonly clocks: ModuleClocks;

  constructor(detector = new Detector(OPTIONS), clocks = new ModuleClocks()) {
    this.detector = detector;
    this.clocks = clocks;
  }

  take(frame: Frame): void {
    const evaluate = (whole: Frame): void => this.detector.observeInstant(whole);
    const sink = { frame: evaluate, part: evaluate, rejection: () => expect.unreachable() };
    const rejection = this.clocks.take(frame, 1, sink, () => null as never, {
      isKnownStep: true,
      order: Number.NaN,
    });
    expect(rejection).toBeNull();
  }

  restarted(): Watch {
    const next = new Watch();
    next.detector.restore(this.detector.snapshot().parts());
    for (const state of structuredClone([...this.clocks.state()])) next.clocks.restore(state);
    return next;
  }

  get features(): unknown {
    const { detector } = this;
    return [...detector.moduleIds()].map((id) => {
      const { sinceMs: _, ...verdict } = detector.verdict(id)!;
      return [verdict, [...detector.features(id)!], detector.summary()];
    });
  }
}

describe('instants in parts', () => {
  it('give to the bit the figures of whole ones, however they are cut, and across a restart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(1, 5, 30),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, parts, stepS, share) => {
          const frames = instantsOf(seed, 60, stepS);
          const whole = new Watch();
          for (const frame of frames) whole.take(frame);
          const random = noise(seed + 1);
          const pieces = frames.flatMap((frame) => cut(frame, parts, random));
          let inParts = new Watch();
          pieces.forEach((piece, i) => {
            if (i === Math.floor(share * pieces.length)) inParts = inParts.restarted();
            inParts.take(copyOfFrame(piece));
          });
          expect(inParts.features).toEqual(whole.features);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are judged with each part: heat that comes second waits for nothing', () => {
    const watch = new Watch();
    for (let k = 0; k <= 20; k++) {
      watch.take(frameOf('M', 1e6 + 5 * k, { voltage_v: 52, current_a: -10 }));
      const hot = 40 + 5 * k;
      watch.take(frameOf('M', 1e6 + 5 * k, { surface_temperature_max_degc: hot }));
      if (hot >= 125) expect(watch.detector.verdict('M')!.level).toBe('critical');
    }
  });

  it('begin in the middle of a run without a step of the clock, and an alarm of one part stands', () => {
    const watch = new Watch();
    for (let k = 0; k < 30; k++)
      watch.take(frameOf('M', 1e6 + k, { voltage_v: 52, surface_temperature_max_degc: 25 }));
    for (let k = 30; k < 60; k++) {
      watch.take(frameOf('M', 1e6 + k, { surface_temperature_max_degc: Math.min(140, 25 + 5 * (k - 30)) }));
      watch.take(frameOf('M', 1e6 + k, { voltage_v: 52 }));
    }
    expect(watch.detector.verdict('M')).toMatchObject({ level: 'critical', timeMs: (1e6 + 59) * 1000 });
    expect(watch.detector.summary()[0]!.frames).toBe(60);
  });

  it('that trail by a scan raise the alarm all the same', () => {
    const watch = new Watch();
    for (let k = 0; k <= 24; k++) {
      watch.take(frameOf('M', 1e6 + 5 * k, { voltage_v: 52 }));
      if (k > 0)
        watch.take(
          frameOf('M', 1e6 + 5 * (k - 1), { surface_temperature_max_degc: Math.min(140, 35 + 5 * k) }),
        );
    }
    expect(watch.detector.verdict('M')!.level).toBe('critical');
  });
});
