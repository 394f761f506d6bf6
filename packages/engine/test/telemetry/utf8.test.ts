/** Text of bytes, held against the decoder of Node on bytes that nobody would write. */

import { createRandom } from '@emberwatch/engine/random';
import { describe, expect, it } from 'vitest';
import { escapedUtf8, textOfUtf8 } from '../../src/telemetry/utf8.ts';

const NAMED: readonly (readonly [string, readonly number[]])[] = [
  ['an overlong slash', [0xe0, 0x80, 0xaf]],
  ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
  ['beyond the last code point', [0xf4, 0x90, 0x80, 0x80]],
  ['a sequence that is cut', [0x41, 0xe2, 0x82]],
  ['a byte order mark', [0xef, 0xbb, 0xbf, 0x41]],
  ['Latin-1', [0x54, 0xfc, 0x72]],
];

describe('text of UTF-8', () => {
  const reference = new TextDecoder('utf-8', { ignoreBOM: true });
  const whole = (bytes: Uint8Array) => textOfUtf8(bytes, 0, bytes.length);

  it.each(NAMED)('of %s is that of the Encoding Standard', (_, bytes) => {
    expect(whole(Uint8Array.from(bytes))).toBe(reference.decode(Uint8Array.from(bytes)));
  });

  it('of random bytes, mostly ASCII or mostly broken, is that of the Encoding Standard', () => {
    const random = createRandom(20_260_101, 'utf8');
    for (let turn = 0; turn < 5000; turn++) {
      const highShare = turn % 3 === 0 ? 0 : random.uniform();
      const bytes = Uint8Array.from({ length: Math.floor(random.uniform() * 40) }, () =>
        random.uniform() < highShare
          ? 128 + Math.floor(random.uniform() * 128)
          : 32 + Math.floor(random.uniform() * 95),
      );
      const start = Math.floor(random.uniform() * bytes.length);
      expect(textOfUtf8(bytes, start, bytes.length)).toBe(reference.decode(bytes.subarray(start)));
    }
    const long = Uint8Array.from({ length: 10_000 }, (_, i) => 65 + (i % 26));
    expect(whole(long)).toBe(reference.decode(long));
  });

  it('escaped for a message loses no byte, and leaves what is valid alone', () => {
    const random = createRandom(20_260_102, 'utf8');
    const encoder = new TextEncoder();
    for (let turn = 0; turn < 2000; turn++) {
      const valid = encoder.encode('T°1 ☀ 😀'.slice(0, Math.floor(random.uniform() * 9)));
      const noise = Uint8Array.from(
        { length: 1 + Math.floor(random.uniform() * 6) },
        () => 128 + Math.floor(random.uniform() * 128),
      );
      const bytes = Uint8Array.from([...valid, ...noise, 0x41]);
      const text = escapedUtf8(bytes, 0, bytes.length);
      const back = text
        .split(/\\x([0-9A-F]{2})/)
        .flatMap((part, i) => (i % 2 === 0 ? [...encoder.encode(part)] : [Number.parseInt(part, 16)]));
      expect(back).toEqual([...bytes]);
    }
    expect(escapedUtf8(Uint8Array.from([0x54, 0xfc, 0x72]), 0, 3)).toBe('T\\xFCr');
  });
});
