/** A detector that is written down and made again goes on to the bit as the one that was never stopped. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detector, type DetectorOptions, type LevelChange } from '../../src/detector/index.ts';
import type { Frame } from '../../src/telemetry/index.ts';
import { frameOf, type Measured, noise } from './site.ts';

interface Site {
  readonly modules: number;
  readonly stepS: number;
  readonly steps: number;
  readonly seed: number;
  readonly cells: number;
  readonly faultAt: number;
}

const sites = fc.record<Site>({
  modules: fc.integer({ min: 1, max: 7 }),
  stepS: fc.constantFrom(0.5, 1, 10, 30),
  steps: fc.integer({ min: 30, max: 260 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
  cells: fc.constantFrom(0, 0, 4, 9),
  faultAt: fc.double({ min: 0, max: 1, noNaN: true }),
});

/** Calm modules with gaps; one heats, sags, gives off gas, and has a wire that breaks now and then. */
function framesOf({ modules, stepS, steps, seed, cells, faultAt }: Site): Frame[] {
  const random = noise(seed);
  const frames: Frame[] = [];
  for (let step = 0; step < steps; step++) {
    for (let m = 0; m < modules; m++) {
      if (random() > 0.9) continue;
      const ill = m === 0 ? Math.max(0, step / steps - faultAt) * 80 : 0;
      const measured: Measured = {
        surface_temperature_max_degc: random() > 0.995 ? 900 : 25 + ill + 0.2 * random(),
        surface_temperature_mean_degc: 24 + 0.6 * ill + 0.2 * random(),
        voltage_v: 51 - 0.05 * ill + 0.05 * random(),
        current_a: 20 + random(),
        soc_percent: 50,
        voc_ppm: 2 + ill * ill * 0.2 + random(),
        ambient_temperature_degc: 22,
      };
      if (cells > 0) {
        measured.cellsV = Array.from(
          { length: cells },
          (_, c) => 3.2 - (c === 1 ? 0.01 * ill : 0) + 0.002 * random(),
        );
        measured.probesDegC = Array.from({ length: cells }, () => 24 + ill + random());
      }
      frames.push(frameOf(`R${m % 2}_M${m}`, 1e6 + step * stepS, measured, modules > 3 ? `R${m % 2}` : null));
    }
  }
  return frames;
}

const OPTIONS: DetectorOptions = { nameplate: { capacityAh: 100, cellsInSeries: 16 } };

const featuresOf = (detector: Detector): unknown =>
  [...detector.moduleIds()].map((id) => [detector.verdict(id), [...detector.features(id)!]]);

function evaluated(frames: readonly Frame[], detector: Detector, at: (i: number) => void = () => {}): void {
  frames.forEach((frame, i) => {
    at(i);
    detector.observe(frame);
  });
}

describe('a snapshot', () => {
  it('goes on exactly, wherever it is taken, although frames are judged while it is written', () => {
    fc.assert(
      fc.property(
        sites,
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.integer({ min: 0, max: 3 }),
        (site, share, pace) => {
          const frames = framesOf(site);
          const cut = Math.floor(share * frames.length);
          const reported: { before: LevelChange[]; after: LevelChange[] } = { before: [], after: [] };
          let isAfter = false;
          const through = new Detector({
            ...OPTIONS,
            sink: { change: (change) => reported[isAfter ? 'after' : 'before'].push(change) },
          });
          let snapshot: ReturnType<Detector['snapshot']> | null = null;
          let parts: Uint8Array[] | null = null;
          evaluated(frames, through, (i) => {
            if (i === cut) {
              snapshot = through.snapshot();
              isAfter = true;
            }
            if (snapshot && !parts && snapshot.capture(pace) && pace > 0) parts = snapshot.parts();
          });
          parts ??= snapshot!.parts();
          const again: LevelChange[] = [];
          const restored = new Detector({ ...OPTIONS, sink: { change: (change) => again.push(change) } });
          restored.restore(parts);
          evaluated(frames.slice(cut), restored);
          expect(featuresOf(restored)).toEqual(featuresOf(through));
          expect(again).toEqual(reported.after);
          expect(restored.summary()).toEqual(through.summary());
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });

  it('is as of the moment it was begun, also where silence is found while it is written', () => {
    const frames = framesOf({ modules: 4, stepS: 1, steps: 200, seed: 3, cells: 0, faultAt: 1 });
    const detector = new Detector({ ...OPTIONS, clock: 'caller' });
    evaluated(frames, detector);
    const then = featuresOf(detector);
    const snapshot = detector.snapshot();
    detector.advance(2e9);
    expect(featuresOf(detector)).not.toEqual(then);
    const restored = new Detector({ ...OPTIONS, clock: 'caller' });
    restored.restore(snapshot.parts());
    expect(featuresOf(restored)).toEqual(then);
  });

  it('knows nothing of a module that is gone for good, whoever shared its rack', () => {
    const frames = framesOf({ modules: 6, stepS: 1, steps: 160, seed: 11, cells: 0, faultAt: 0.6 });
    const [before, after] = [
      frames.slice(0, 400),
      frames.slice(400).filter(({ moduleId }) => moduleId !== 'R0_M0'),
    ];
    const detector = new Detector(OPTIONS);
    evaluated(before, detector);
    detector.forget('R0_M0');
    expect([...detector.moduleIds()]).not.toContain('R0_M0');
    const restored = new Detector(OPTIONS);
    restored.restore(detector.snapshot().parts());
    evaluated(after, detector);
    evaluated(after, restored);
    expect(featuresOf(restored)).toEqual(featuresOf(detector));
  });

  it('is refused where it is broken or of another version, and nothing of it is used', () => {
    const detector = new Detector(OPTIONS);
    evaluated(framesOf({ modules: 3, stepS: 1, steps: 60, seed: 5, cells: 4, faultAt: 0.5 }), detector);
    const parts = detector.snapshot().parts();
    const broken: [string, Uint8Array[]][] = [
      ['without a header', [new Uint8Array(0), ...parts.slice(1)]],
      ['without its pieces', parts.slice(0, 1)],
      ['cut short', [parts[0]!, parts[1]!.subarray(0, parts[1]!.length - 9)]],
    ];
    for (const [what, bytes] of broken) {
      const fresh = new Detector(OPTIONS);
      expect(() => fresh.restore(bytes), what).toThrow(/state/);
      expect([...fresh.moduleIds()], what).toEqual([]);
    }
  });
});
