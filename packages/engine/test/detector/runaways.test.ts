/**
 * A runaway is never taken for a broken sensor, nor a broken sensor for a runaway, whatever the shape of the one and the
 * kind of the other.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  brokenMeasure,
  brokenSensors,
  isSeenClimbing,
  measurementOf,
  passesS,
  type Runaway,
  runaways,
} from './runaways.ts';
import { firstS, type Measured, play } from './site.ts';

/** From the first frame above 120 °C on, or with the second where sampling is slower. */
const WITHIN_S = 15;

/** A detector that answers `unknown` above 100 °C. */
const blind = ({ surface_temperature_max_degc: max, probesDegC, ...rest }: Measured): Measured => ({
  ...rest,
  surface_temperature_max_degc: max! >= 100 ? Number.NaN : max!,
  ...(probesDegC && { probesDegC: probesDegC.map((value) => (value >= 100 ? Number.NaN : value)) }),
});

function evaluated(runaway: Runaway, seen: (measured: Measured) => Measured) {
  const { stepS } = runaway;
  const measurement = measurementOf(runaway);
  const { endS, hotDegC } = measurement;
  const [passS, secondS] = passesS(hotDegC, stepS, endS);
  const reported = play(endS, stepS, (t) => seen(measurement.measure(t)), {
    nameplate: runaway.voltageOffsetS === null ? { cellsInSeries: 14 } : { cellsInSeries: 1 },
  });
  return { reported: reported, passS, secondS, hotDegC, endS };
}

/** @returns whether a climb, or the voltage, is there to be seen at all */
function isCriticalInTime(runaway: Runaway, seen: (measured: Measured) => Measured): boolean {
  const { reported, passS, secondS, hotDegC } = evaluated(runaway, seen);
  const { stepS, voltageOffsetS } = runaway;
  // One step to the rail while the pack hides the voltage is all that a broken wire shows, too.
  if (!isSeenClimbing(hotDegC, stepS, passS) && voltageOffsetS === null) return false;
  for (const { to, timeMs } of reported.changes)
    if (to === 'normal') expect(hotDegC(timeMs / 1000), 'normal while hot').toBeLessThan(120);
  expect(firstS(reported, 'critical'), 'critical').toBeLessThanOrEqual(Math.max(passS + WITHIN_S, secondS));
  expect(reported.changes.at(-1)!.to, 'critical in the end').toBe('critical');
  return true;
}

describe('a generated runaway', () => {
  it('is critical soon after 120 °C once it is seen to climb, stays critical, and is never normal while hot', {
    timeout: 120_000,
  }, () => {
    let climbs = 0;
    const holds = fc.property(runaways, (runaway) => {
      if (isCriticalInTime(runaway, (measured) => measured)) climbs++;
    });
    fc.assert(holds, { numRuns: 300, seed: 20261201 });
    expect(climbs).toBeGreaterThan(200);
  });

  it('shows a detector that is blind above 100 °C', { timeout: 120_000 }, () => {
    const holds = fc.property(runaways, (runaway) => void isCriticalInTime(runaway, blind));
    expect(fc.check(holds, { numRuns: 20, seed: 20261201 }).failed).toBe(true);
  });
});

describe('a generated broken sensor', () => {
  it('is named and never critical, while the others go on being judged', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(brokenSensors, (broken) => {
        const endS = Math.max(2 * 3600, 400 * broken.stepS);
        const reported = play(endS, broken.stepS, brokenMeasure(broken), { nameplate: { capacityAh: 100 } });
        expect(reported.changes.map(({ to }) => to)).not.toContain('critical');
        expect(reported.faults.map(({ channel }) => channel)).toContain('cell_temperatures_degc[3]');
        expect(new Set(reported.faults.map(({ channel }) => channel)).size).toBe(1);
      }),
      { numRuns: 120, seed: 20261201 },
    );
  });
});
