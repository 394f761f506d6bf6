import { describe, expect, it } from 'vitest';
import { emberwatch, folderWith } from './command.ts';

const OVEN = `kinetics: lco-kim-2007
shape: {radiusM: 0.009, lengthM: 0.065}   # whole surface, both ends included
densityKgPerM3: 2580
heatCapacityJPerKgK: 830
coolingWPerM2K: 7.17
emissivity: 0.8
startDegC: 25
oven: {temperatureDegC: 155}              # or  adiabatic: true
powerW: 0                                 # constant internal heat, until energyWh is spent (no limit if absent)
endS: 12000
`;
const KEYS = [
  'runaway',
  'timeToRateOneKPerSS',
  'temperatureAtRateOneKPerSK',
  'timeTo200DegCS',
  'peakK',
  'peakS',
];

/**
 * References: the same equations by scipy's Radau (rtol 1e-9) and by LIM1TR c2d859c, which agree to 0.01 s; see
 * packages/engine/test/physics/oven.test.ts for the whole table.
 */
describe('emberwatch cell', () => {
  it('runs the oven test of Kim 2007 at 155 °C', async () => {
    const folder = await folderWith({ 'case.yaml': OVEN });
    const { code, stdout } = await emberwatch(folder, 'cell', 'case.yaml', '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Record<string, number>;
    expect(Object.keys(result)).toEqual(KEYS);
    expect(result['runaway']).toBe(true);
    expect(Math.abs(result['timeTo200DegCS']! / 1496.846 - 1)).toBeLessThan(0.001);
    expect(Math.abs(result['peakK']! - 796.505)).toBeLessThan(0.1);
  });

  it('runs an adiabatic case with heat until its energy is spent, and says null where nothing happens', async () => {
    const adiabatic = OVEN.replace(/^oven:.*$/m, 'adiabatic: true')
      .replace(/^powerW:.*$/m, 'powerW: 2\nenergyWh: 0.2')
      .replace('startDegC: 25', 'startDegC: 5');
    const folder = await folderWith({ 'case.yaml': adiabatic });
    const { code, stdout } = await emberwatch(folder, 'cell', 'case.yaml', '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({
      runaway: false,
      timeToRateOneKPerSS: null,
      temperatureAtRateOneKPerSK: null,
      timeTo200DegCS: null,
    });
    // 720 J into m·cp of 42.7 g and 830 J/(kg K); the reactions add millikelvins below 30 °C.
    expect(result['peakK']).toBeCloseTo(278.15 + 720 / (Math.PI * 0.009 ** 2 * 0.065 * 2580 * 830), 1);
  });

  it('says it in words', async () => {
    const folder = await folderWith({ 'case.yaml': OVEN });
    const { stdout } = await emberwatch(folder, 'cell', 'case.yaml');
    expect(stdout).toContain('Runaway: passes 200 °C after 1,496.85 s (0:24:57)');
  });
});
