/** Gas is compared with the gas of the same air, never with that behind a wall. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detector, SpaceMap } from '../../src/detector/index.ts';
import { frameOf, type Measured } from './site.ts';

describe('which racks share air', () => {
  it('is said by patterns; all others share the rest, and where nothing is said the whole site does', () => {
    const spaces = new SpaceMap({ north: { racks: ['RackA*'] }, south: { racks: ['RackB*', 'Hall*Rack?'] } });
    expect(
      ['RackA1', 'RackA', 'RackB12', 'Hall3Rack?', 'Hall3Rack4', 'rackA1', null].map((id) => spaces.of(id)),
    ).toEqual(['north', 'north', 'south', 'south', 'other racks', 'other racks', 'other racks']);
    expect(new SpaceMap().of('RackA1')).toBe('whole site');
  });

  it('a star stands for any characters, also none, and nothing else is special', () => {
    const text = fc.stringMatching(/^[ab.*]{0,6}$/);
    const name = fc.stringMatching(/^[ab.]{0,6}$/);
    fc.assert(
      fc.property(text, name, (pattern, rack) => {
        const expected = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(rack);
        expect(new SpaceMap({ one: { racks: [pattern] } }).of(rack) === 'one').toBe(expected);
      }),
    );
  });

  it('two patterns that can name one rack are refused, and no others', () => {
    const text = fc.stringMatching(/^[ab*]{1,4}$/);
    // Every name that a common match of two such patterns can need.
    const names = Array.from({ length: 2 ** 9 }, (_, i) =>
      i.toString(2).slice(1).replaceAll('0', 'a').replaceAll('1', 'b'),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [one, other] = [new SpaceMap({ one: { racks: [a] } }), new SpaceMap({ other: { racks: [b] } })];
        const isShared = names.some((name) => one.of(name) === 'one' && other.of(name) === 'other');
        const both = () => new SpaceMap({ one: { racks: [a] }, other: { racks: [b] } });
        if (isShared) expect(both).toThrow('can name the same rack');
        else expect(both).not.toThrow();
      }),
    );
    expect(() => new SpaceMap({ north: { racks: ['RackA*', 'RackA1'] } })).toThrow('twice in north');
  });

  it('patterns without a rack are found', () => {
    const spaces = new SpaceMap({ north: { racks: ['RackA*', 'RackZ1'] } });
    expect(spaces.unmatched(['RackA1', 'RackB1'])).toEqual([{ space: 'north', pattern: 'RackZ1' }]);
  });
});

const SPACES = { north: { racks: ['A*'] }, south: { racks: ['B*'] } };
const clean: Measured = { surface_temperature_max_degc: 25, voltage_v: 51.2, co_ppm: 0 };

/** Rack A1 smells strongly from 300 s on, A2 and B1 a fifth of it a minute later. */
function vent(detector: Detector, fromS: number, toS: number): void {
  for (let s = fromS; s < toS; s++) {
    const flicker = { surface_temperature_max_degc: 25 + (s % 3) * 0.1, voltage_v: 51.2 + (s % 5) * 0.01 };
    for (const [moduleId, rackId, coPpm] of [
      ['A1_M1', 'A1', s < 300 ? 0 : 600],
      ['A2_M1', 'A2', s < 360 ? 0 : 120],
      ['B1_M1', 'B1', s < 360 ? 0 : 120],
    ] as const)
      detector.observe(frameOf(moduleId, s, { ...clean, ...flicker, co_ppm: coPpm }, rackId));
  }
}

describe('gas of another space', () => {
  it('takes no alarm from a rack: what is weak beside the strongest of one air is all there is in another', () => {
    const divided = new Detector({ spaces: SPACES });
    vent(divided, 0, 600);
    expect(['A1_M1', 'A2_M1', 'B1_M1'].map((id) => divided.verdict(id)!.level)).toEqual([
      'warning',
      'normal',
      'warning',
    ]);
    const open = new Detector();
    vent(open, 0, 600);
    expect(open.verdict('B1_M1')!.level).toBe('normal');
  });

  it('a snapshot in the middle of it changes no verdict, also after a space has lost all its modules', () => {
    const whole = new Detector({ spaces: SPACES });
    vent(whole, 0, 330);
    whole.observe(frameOf('C_M1', 330, clean, 'C'));
    whole.forget('C_M1');
    const parts = whole.snapshot().parts();
    const restored = new Detector({ spaces: SPACES });
    restored.restore(parts);
    vent(whole, 331, 600);
    vent(restored, 331, 600);
    expect([...restored.moduleIds()].map((id) => restored.verdict(id))).toEqual(
      [...whole.moduleIds()].map((id) => whole.verdict(id)),
    );
  });
});
