/**
 * The lumped 18650 of Kim et al. (J. Power Sources 170 (2007) 476) in ovens and in an adiabatic calorimeter.
 * Reference: the same equations solved by scipy's Radau (rtol 1e-9) and by LIM1TR c2d859c (Sandia), which agree
 * on the time to 200 °C to 0.01 s and on the peak to 0.001 K.
 */
import { describe, expect, it } from 'vitest';
import { type CellCase, runCell } from '../../src/physics/cell.ts';
import { kelvinOfDegC } from '../../src/units.ts';

const KIM: CellCase = {
  kinetics: 'lco-kim-2007',
  shape: { radiusM: 0.009, lengthM: 0.065 },
  densityKgPerM3: 2580,
  heatCapacityJPerKgK: 830,
  coolingWPerM2K: 7.17,
  startDegC: 25,
  endS: 12_000,
};

// emissivity, oven °C, time to 1 K/s, temperature then, time to 200 °C, peak K
const OVEN: [number, number, number | null, number | null, number | null, number][] = [
  [0, 130, null, null, null, 411.7741],
  [0, 140, 4566.065, 472.493, 4566.7039, 813.5052],
  [0, 150, 3014.4184, 474.7442, 3012.707, 847.6363],
  [0, 155, 2664.8912, 475.3031, 2662.5219, 855.3664],
  [0, 165, 2205.1809, 475.993, 2201.9623, 865.7098],
  [0, 170, 2040.7374, 476.2094, 2037.2472, 869.5135],
  [0, 180, 1785.6343, 476.4843, 1781.8027, 875.611],
  [0.8, 130, null, null, null, 407.7125],
  [0.8, 135, null, null, null, 413.8858],
  [0.8, 140, null, null, null, 420.8635],
  [0.8, 145, null, null, null, 467.0865],
  [0.8, 155, 1499.0016, 475.1134, 1496.8459, 796.5054],
  [0.8, 165, 1065.8215, 477.0206, 1061.1854, 823.7397],
  [0.8, 170, 947.3606, 477.3946, 942.2297, 831.1023],
  [0.8, 180, 781.5526, 477.5565, 776.3005, 841.4599],
];

/** start °C, time to 200 °C */
const ADIABATIC: [number, number][] = [
  [90, 42415.6],
  [110, 5219.3518],
  [120, 1981.2916],
  [150, 129.12280942],
];

describe('Kim 2007 cell', () => {
  it.each(OVEN)(
    'emissivity %d in an oven at %d °C',
    (emissivity, temperatureDegC, rateS, rateK, hotS, peakK) => {
      const result = runCell({ ...KIM, emissivity, oven: { temperatureDegC } });
      expect(result.runaway).toBe(hotS !== null);
      near(result.timeTo200DegCS, hotS, 1e-5);
      near(result.timeToRateOneKPerSS, rateS, 1e-5);
      near(result.temperatureAtRateOneKPerSK, rateK, 1e-5);
      // At 145 °C the cell hangs at the edge of runaway for hours, which multiplies errors of both codes.
      expect(Math.abs(result.peakK - peakK)).toBeLessThan(0.002);
    },
  );

  it.each(ADIABATIC)('adiabatic from %d °C', (startDegC, hotS) => {
    const result = runCell({ ...KIM, startDegC, adiabatic: true, endS: 60_000 });
    // The reference at 90 °C is printed to 0.1 s, that at 150 °C interpolates an output grid.
    near(result.timeTo200DegCS, hotS, 2e-6);
    // The whole heat of the set over ρ·cp: an upper bound that the anode approaches for hours.
    expect(result.peakK - kelvinOfDegC(startDegC)).toBeLessThan(578.7466);
  });

  it('has the critical oven temperatures of the reference: 133.511 °C without and 145.071 °C with radiation', () => {
    const critical = (emissivity: number, low: number, high: number): number => {
      while (high - low > 0.002) {
        const middle = 0.5 * (low + high);
        const run = runCell({ ...KIM, emissivity, oven: { temperatureDegC: middle }, endS: 86_400 });
        if (run.runaway) high = middle;
        else low = middle;
      }
      return 0.5 * (low + high);
    };
    expect(Math.abs(critical(0, 132, 135) - 133.5105)).toBeLessThan(0.003);
    expect(Math.abs(critical(0.8, 144, 147) - 145.0706)).toBeLessThan(0.003);
  });

  it('reaches the same answer at a hundred times the tolerance within 0.1 %', () => {
    const loose = runCell({ ...KIM, oven: { temperatureDegC: 155 }, toleranceK: 1e-3 });
    near(loose.timeTo200DegCS, 2662.5219, 1e-3);
    expect(Math.abs(loose.peakK - 855.3664)).toBeLessThan(0.1);
  });

  it('counts constant power only until its energy is spent', () => {
    const inert = { ...KIM, adiabatic: true, startDegC: 5, powerW: 2, endS: 3000 };
    const massKg = Math.PI * 0.009 ** 2 * 0.065 * 2580;
    const result = runCell({ ...inert, energyWh: 0.2 });
    // 720 J into m·cp; below 30 °C the reactions add less than a millikelvin in 50 minutes.
    expect(result.peakK - 278.15).toBeCloseTo(720 / (massKg * 830), 2);
  });

  it('names the path and the value of what is wrong', () => {
    expect(() => runCell({ ...KIM, kinetics: 'lco', adiabatic: true })).toThrow(
      'case.kinetics: expected one of lco-kim-2007',
    );
    expect(() => runCell({ ...KIM, endS: -1, adiabatic: true })).toThrow(
      'case.endS: expected a number above 0, got -1',
    );
    expect(() => runCell(KIM)).toThrow('case.oven: expected either an oven or adiabatic: true, got nothing');
  });
});

function near(value: number | null, reference: number | null, relative: number): void {
  if (reference === null) expect(value).toBeNull();
  else expect(Math.abs((value ?? Number.NaN) / reference - 1)).toBeLessThan(relative);
}
