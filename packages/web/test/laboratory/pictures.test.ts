import type { ModuleEvents } from '@emberwatch/engine/physics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockText, lengthText } from '../../src/laboratory/durations.ts';
import { flagsOf, marksOf } from '../../src/laboratory/marks.ts';
import { closeUp } from '../../src/laboratory/span.ts';
import { degCAtPlace, inkOfDegC, placeOnScale, rgbOfDegC } from '../../src/laboratory/temperature.ts';

/** WCAG 2.2, relative luminance. */
function luminance(rgb: readonly number[]): number {
  const [red, green, blue] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

describe('colours of temperatures', () => {
  it('grow lighter with heat, so that hue need not be seen', () => {
    let before = -1;
    for (let degC = 10; degC <= 500; degC += 5) {
      const now = luminance(rgbOfDegC(degC));
      expect(now, `${degC} °C`).toBeGreaterThan(before);
      before = now;
    }
    expect(rgbOfDegC(-40)).toEqual(rgbOfDegC(10));
    expect(rgbOfDegC(2000)).toEqual(rgbOfDegC(500));
  });

  it('carry their number readably: contrast of at least 4.5', () => {
    for (let degC = 10; degC <= 500; degC += 1) {
      const ink = inkOfDegC(degC) === '#ffffff' ? 1 : 0;
      const ground = luminance(rgbOfDegC(degC));
      const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
      expect(contrast, `${degC} °C`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('have one place each on the legend', () => {
    fc.assert(
      fc.property(fc.double({ min: 10, max: 499, noNaN: true }), (degC) => {
        expect(degCAtPlace(placeOnScale(degC))).toBeCloseTo(degC, 6);
      }),
    );
  });
});

const EVENT: ModuleEvents = {
  module: 'A',
  faultOnsetS: 600,
  faultKinds: ['externalHeating'],
  disturbanceKinds: [],
  ventS: 2535,
  pnrThresholdS: 2510,
  pnrInterventionS: 3404,
  runawayS: 3467,
  peakK: 880,
  peakS: 3600,
  vents: [],
  runaways: [],
};

describe('marks of a run', () => {
  it('stand in the order of time and leave out what never came', () => {
    const marks = marksOf({ ...EVENT, runawayS: null, pnrInterventionS: null }, null);
    expect(marks.map(({ id }) => id)).toEqual(['onset', 'pnr', 'vent']);
    expect(marksOf(EVENT, null)).toHaveLength(5);
  });

  it('have names that never cover each other nor leave the picture', () => {
    const times = fc.integer({ min: 0, max: 28_800 });
    fc.assert(
      fc.property(times, times, times, times, fc.integer({ min: 420, max: 1400 }), (a, b, c, d, widthPx) => {
        const marks = marksOf(
          { ...EVENT, faultOnsetS: a, ventS: b, pnrThresholdS: c, runawayS: d, pnrInterventionS: null },
          null,
        );
        const flags = flagsOf(marks, { fromS: 0, toS: 28_800 }, widthPx);
        const boxes = flags.map(({ mark, xPx, isLeft, row }) => {
          const lengthPx = (mark.name.length + 8) * 6.1;
          return isLeft ? { row, from: xPx - lengthPx, to: xPx } : { row, from: xPx, to: xPx + lengthPx };
        });
        for (const box of boxes) {
          expect(box.from).toBeGreaterThanOrEqual(0);
          expect(box.to).toBeLessThanOrEqual(widthPx + 1e-6);
          for (const other of boxes)
            if (other !== box && other.row === box.row)
              expect(box.to <= other.from || other.to <= box.from).toBe(true);
        }
      }),
    );
  });

  it('are looked at closely where they fill a small part of the run', () => {
    expect(closeUp([2510, 3467], 28_800)).toEqual({ fromS: 710, toS: 4367 });
    expect(closeUp([100, 3467], 3600)).toBeNull();
    expect(closeUp([], 3600)).toBeNull();
  });
});

it('writes times as the command line does', () => {
  expect(clockText(12_440.4)).toBe('3:27:20');
  expect(clockText(59.6)).toBe('0:01:00');
  expect([lengthText(75), lengthText(2700), lengthText(7200), lengthText(7500)]).toEqual([
    '75 s',
    '45 min',
    '2 h',
    '2 h 5 min',
  ]);
});
