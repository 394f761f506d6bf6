/** A current that contradicts state of charge, voltage or capacity is told after an hour; one that fits never is. */
import { describe, expect, it } from 'vitest';
import { type Measured, noise, play } from './site.ts';

const HOUR_S = 3600;

/** A pack of 100 Ah, discharged and charged at up to 60 A, as it would be measured with this sign. */
function cycling(sign: 1 | -1, changed: (timeS: number, measured: Measured) => Measured = (_, m) => m) {
  const random = noise(7);
  let soc = 60;
  return (timeS: number): Measured => {
    const phase = Math.floor(timeS / 1200) % 4;
    const currentA = [-60, 0, 55, 0][phase]! + (phase % 2 === 0 ? 6 * random() : 0);
    soc += (currentA * 10) / HOUR_S;
    const measured: Measured = {
      current_a: sign * currentA,
      soc_percent: Math.round(soc * 10) / 10,
      voltage_v: Math.round((52 + 0.02 * currentA + 0.02 * (soc - 60)) * 100) / 100,
      surface_temperature_max_degc: 25 + 0.2 * random(),
    };
    return changed(timeS, measured);
  };
}

const NAMEPLATE = { nameplate: { capacityAh: 100, cellsInSeries: 16 } };
const faultsOf = (endS: number, stepS: number, measure: (timeS: number) => Measured, options = NAMEPLATE) =>
  play(endS, stepS, measure, options)
    .faults.filter(({ channel }) => ['current_a', 'soc_percent', 'time'].includes(channel))
    .map(({ channel, fromMs, toMs, text }) => ({
      channel,
      fromS: fromMs / 1000,
      toS: toMs === null ? null : toMs / 1000,
      text,
    }));

describe('a sign of current', () => {
  it('that is right is never doubted, nor is a current without state of charge', () => {
    expect(faultsOf(12 * HOUR_S, 10, cycling(1))).toEqual([]);
    const bare = cycling(1, (_, { soc_percent: __, ...measured }) => measured);
    expect(faultsOf(12 * HOUR_S, 10, bare)).toEqual([]);
  });

  it('that is turned is told after the first hour, with what to set', () => {
    const [fault, ...others] = faultsOf(4 * HOUR_S, 10, cycling(-1));
    expect(
      others.map(({ toS }) => toS! > 3.9 * HOUR_S),
      'it ends with the run',
    ).toEqual([true]);
    expect(fault).toMatchObject({ channel: 'current_a', toS: null });
    expect(fault!.fromS).toBeGreaterThanOrEqual(HOUR_S);
    expect(fault!.fromS).toBeLessThan(2 * HOUR_S);
    expect(fault!.text).toContain('the sign of the current looks turned');
    expect(fault!.text).toContain('positive: discharging');
  });

  it('that is turned is told by the voltage where there is no state of charge', () => {
    const bare = cycling(-1, (_, { soc_percent: __, voltage_v, current_a, ...measured }) => ({
      ...measured,
      current_a: current_a!,
      voltage_v: voltage_v!,
    }));
    expect(faultsOf(6 * HOUR_S, 10, bare)[0]?.text).toContain('the voltage falls when it rises');
  });

  it('that was set right is no longer doubted', () => {
    const mended = cycling(1, (timeS, measured) => ({
      ...measured,
      current_a: timeS < 4 * HOUR_S ? -measured.current_a! : measured.current_a!,
    }));
    const [fault] = faultsOf(24 * HOUR_S, 10, mended).slice(-1);
    expect(fault?.toS).toBeLessThan(12 * HOUR_S);
  });

  it('is not blamed for a state of charge that is corrected in jumps, or falls at rest', () => {
    const jumping = cycling(1, (timeS, measured) => ({
      ...measured,
      soc_percent: measured.soc_percent! + (Math.floor(timeS / 1200) % 2 === 0 ? 15 : 0),
    }));
    expect(faultsOf(12 * HOUR_S, 10, jumping)).toEqual([]);
  });

  it('is not told by the noise of a module at rest', () => {
    const random = noise(3);
    const resting = (): Measured => ({
      current_a: 0.05 * random() + 0.01,
      soc_percent: 84 + 2 * random(),
      voltage_v: 51 + 0.2 * random(),
    });
    expect(faultsOf(12 * HOUR_S, 10, resting, { nameplate: {} } as never)).toEqual([]);
    expect(faultsOf(12 * HOUR_S, 10, resting)).toEqual([]);
  });
});

describe('charge against capacity', () => {
  /** One discharge of an hour at 1C, its milliseconds read as seconds. */
  const slow = (timeS: number): Measured => ({
    current_a: -100,
    voltage_v: 53 - timeS / 3_600_000,
    soc_percent: Math.max(0, 100 - timeS / 36_000),
  });

  it('tells elapsed milliseconds that are read as seconds', () => {
    const [fault] = faultsOf(3_600_000, 10_000, slow);
    expect(fault).toMatchObject({ channel: 'time' });
    expect(fault!.text).toContain('milliseconds');
  });

  it('says nothing of whole discharges, of trickle charge, or without a capacity', () => {
    expect(faultsOf(40 * HOUR_S, 60, cycling(1))).toEqual([]);
    const trickle = (timeS: number): Measured => ({ current_a: 2 + 0.01 * Math.sin(timeS), voltage_v: 54 });
    expect(faultsOf(90 * 24 * HOUR_S, 600, trickle)).toEqual([]);
    expect(faultsOf(3_600_000, 10_000, slow, { nameplate: {} } as never)).toEqual([]);
  });
});
