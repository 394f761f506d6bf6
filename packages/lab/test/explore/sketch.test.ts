import { createRandom } from '@emberwatch/engine/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kolmogorovSmirnov, wassersteinOf } from '../../src/explore/compare.ts';
import {
  LogHistogram,
  Moments,
  quantileOf,
  Reservoir,
  resolutionOf,
} from '../../src/explore/streaming-stats.ts';

const normals = (n: number, seed = 1): Float64Array => {
  const random = createRandom(seed, 'sketch test');
  return Float64Array.from({ length: n }, () => random.normal());
};

describe('sample', () => {
  it('keeps everything while there is room, then a fair share of early and late values', () => {
    const sample = new Reservoir(1000, 7, 'fair');
    for (let i = 0; i < 1000; i++) sample.add(i);
    expect([...sample.values()]).toEqual([...Array(1000).keys()]);
    for (let i = 1000; i < 100_000; i++) sample.add(i);
    const kept = sample.values();
    expect(kept).toHaveLength(1000);
    // Tenths of the stream: binomial(1000, 0.1) has a deviation of 9.5.
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = kept.filter((value) => Math.floor(value / 10_000) === tenth).length;
      expect(Math.abs(count - 100)).toBeLessThan(4 * 9.5);
    }
  });

  it('is the same for the same seed, and keeps rows whole', () => {
    const fill = (seed: number): number[] => {
      const sample = new Reservoir(50, seed, 'rows', 2);
      for (let i = 0; i < 5000; i++) sample.addAll([i, -i]);
      return [...sample.values()];
    };
    expect(fill(3)).toEqual(fill(3));
    expect(fill(3)).not.toEqual(fill(4));
    const rows = fill(3);
    for (let i = 0; i < rows.length; i += 2) expect(rows[i + 1]).toBe(-rows[i]!);
  });
});

describe('figures of a stream', () => {
  it('have the mean, spread and extremes of the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const moments = new Moments();
        for (const value of values) moments.add(value);
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        const size = Math.max(1, ...values.map(Math.abs));
        expect(Math.abs(moments.mean - mean)).toBeLessThan(1e-9 * size);
        expect(Math.abs(moments.deviation - Math.sqrt(variance))).toBeLessThan(1e-6 * size);
        expect(moments.min).toBe(Math.min(...values));
        expect(moments.max).toBe(Math.max(...values));
      }),
    );
  });

  it('have quantiles and counts of magnitudes to a bin of some percent', () => {
    const histogram = new LogHistogram();
    for (let i = 0; i < 100; i++) histogram.add(0);
    for (let i = 1; i <= 900; i++) histogram.add(-i / 1000);
    expect(histogram.quantile(0.05)).toBe(0);
    expect(histogram.quantile(0.55) / 0.45).toBeCloseTo(1, 1);
    expect(histogram.countAbove(0.3) / 600).toBeCloseTo(1, 1);
    expect(histogram.bars(8).reduce((sum, { count }) => sum + count, 0)).toBe(900);
  });

  it('know the step in which values were rounded, or that there is none', () => {
    const step = (of: number, offset = 0): number | null =>
      resolutionOf(
        normals(4000)
          .map((x) => offset + Math.round((20 + 3 * x) / of) * of)
          .sort(),
      );
    for (const of of [1, 0.5, 0.1, 0.05, 0.001]) expect(step(of)).toBe(of);
    expect(step(1 / 256)).toBeCloseTo(1 / 256, 6);
    expect(resolutionOf(normals(4000).sort())).toBeNull();
    expect(resolutionOf(Float32Array.from(normals(4000), (x) => Math.round(400 + 10 * x) / 10).sort())).toBe(
      0.1,
    );
  });
});

describe('distances of distributions', () => {
  it('are what they are by definition', () => {
    const x = normals(2000).sort();
    expect(kolmogorovSmirnov(x, x)).toBe(0);
    expect(wassersteinOf(x, x)).toBe(0);
    const shifted = x.map((value) => value + 0.7);
    expect(wassersteinOf(x, shifted)).toBeCloseTo(0.7, 9);
    expect(wassersteinOf(shifted, x)).toBeCloseTo(0.7, 9);
    // Of two unit normals a shift apart: 2 Φ(shift / 2) − 1.
    expect(kolmogorovSmirnov(x, shifted)).toBeCloseTo(0.2737, 1);
    expect(kolmogorovSmirnov([0, 1], [5, 6])).toBe(1);
    expect(kolmogorovSmirnov([1, 1, 1, 2], [1, 2, 2, 2])).toBe(0.5);
  });

  it('are symmetric and at most 1, whatever the samples', () => {
    const sample = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const [x, y] = [a.sort((p, q) => p - q), b.sort((p, q) => p - q)];
        expect(kolmogorovSmirnov(x, y)).toBeCloseTo(kolmogorovSmirnov(y, x), 12);
        expect(kolmogorovSmirnov(x, y)).toBeLessThanOrEqual(1);
        expect(wassersteinOf(x, y)).toBeCloseTo(wassersteinOf(y, x), 9);
        expect(wassersteinOf(x, y)).toBeGreaterThanOrEqual(Math.abs(mean(x) - mean(y)) - 1e-9);
      }),
    );
  });
});

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('quantiles', () => {
  it('lie linear between sorted values', () => {
    expect(quantileOf([0, 10], 0.25)).toBe(2.5);
    expect(quantileOf([], 0.5)).toBeNaN();
  });
});
