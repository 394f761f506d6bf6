import {
  CELL_TEMPERATURES_BIT,
  CELL_VOLTAGES_BIT,
  CHANNEL_COUNT,
  copyOfFrame,
  type Frame,
  newFrame,
} from '@emberwatch/engine/telemetry';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrames, FrameEncoder } from '../../src/store/frames.ts';

const anyNumber = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, -0, 0, 24.6, -273.1, 1e300));
const cells = fc.option(fc.array(anyNumber, { maxLength: 20 }).map((list) => Float64Array.from(list)));

const anyFrame: fc.Arbitrary<Frame> = fc.record(
  {
    moduleId: fc.string({ unit: 'binary', maxLength: 12 }) as fc.Arbitrary<Frame['moduleId']>,
    rackId: fc.option(fc.string({ maxLength: 8 })),
    timeMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
    values: fc
      .array(anyNumber, { minLength: CHANNEL_COUNT, maxLength: CHANNEL_COUNT })
      .map((list) => Float64Array.from(list)),
    impossible: fc.nat({ max: CELL_VOLTAGES_BIT | CELL_TEMPERATURES_BIT | ((1 << CHANNEL_COUNT) - 1) }),
    cellVoltagesV: cells,
    cellTemperaturesDegC: cells,
  },
  { noNullPrototype: true },
);

const encode = (frames: readonly (readonly [Frame, boolean])[]): Uint8Array<ArrayBuffer> => {
  const encoder = new FrameEncoder();
  for (const [frame, isLate] of frames) encoder.add(frame, isLate);
  return encoder.finish();
};

const decode = (bytes: Uint8Array): [Frame, boolean][] => {
  const frames: [Frame, boolean][] = [];
  decodeFrames(bytes, (frame, isLate) => frames.push([copyOfFrame(frame), isLate]));
  return frames;
};

describe('frames as bytes', () => {
  it('come back exactly, wherever the bytes lie', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyFrame, fc.boolean()), { maxLength: 20 }),
        fc.nat(9),
        (frames, shift) => {
          const bytes = encode(frames);
          const moved = new Uint8Array(bytes.length + shift).subarray(shift);
          moved.set(bytes);
          // Object.is: minus zero and NaN are kept apart from zero and from absence of an array.
          expect(decode(moved)).toStrictEqual(frames);
        },
      ),
    );
  });

  it('that are cut or changed are an error, never a crash or other frames', () => {
    const good = encode([
      [{ ...newFrame('RackA1_Module01', 'RackA1', 1000), cellVoltagesV: Float64Array.of(3.3, 3.4) }, false],
      [newFrame('RackA1_Module02', null, 2000), true],
    ]);
    for (let length = 0; length < good.length; length++)
      expect(() => decode(good.subarray(0, length)), `cut at ${length}`).toThrow(/^frames: byte \d+: /);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = good.slice();
        bad[at] = bad[at]! ^ change;
        expect(() => decode(bad)).toThrow(/^frames: byte \d+: /);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(() => decode(noise)).toThrow(RangeError);
      }),
    );
  });

  it('a lying count with a true checksum ends in an error', async () => {
    const { crc32 } = await import('node:zlib');
    for (const index of [2, 3]) {
      for (const value of [0, 1, 3, 1000, 0xffff_ffff]) {
        const bytes = encode([
          [newFrame('RackA1_Module01', 'RackA1', 1000), false],
          [newFrame('RackA1_Module02', 'RackA1', 1000), false],
        ]);
        const head = new Uint32Array(bytes.buffer, 0, 4);
        if (head[index] === value) continue;
        head[index] = value;
        head[1] = crc32(bytes.subarray(8));
        expect(() => decode(bytes), `word ${index} = ${value}`).toThrow(RangeError);
      }
    }
  });

  it('a frame without a time is refused, and finish begins anew', () => {
    const encoder = new FrameEncoder();
    expect(() => encoder.add(newFrame('m', null, Number.NaN), false)).toThrow('frame of m: time is NaN');
    encoder.add(newFrame('m', null, 1), false);
    expect(encoder.count).toBe(1);
    encoder.finish();
    expect(encoder.count).toBe(0);
    expect(decode(encoder.finish())).toEqual([]);
  });

  it('takes two words and a share of the names beside the numbers', () => {
    const frames = Array.from({ length: 64 }, (_, k): [Frame, boolean] => {
      const frame = newFrame(`RackA${k >> 3}_Module0${k & 7}`, `RackA${k >> 3}`, 1_700_000_000_000);
      frame.values.fill(24.6);
      return [frame, false];
    });
    expect(encode(frames).length).toBeLessThan(64 * 8 * (CHANNEL_COUNT + 2) * 1.2);
  });
});
