/**
 * Seeded random numbers: sfc32 (Chris Doty-Humphrey, PractRand; 128 bits of state, period at least 2^32) with
 * named streams, so that adding a consumer of numbers never changes what another one draws.
 */

export interface Random {
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number;
  /** A number in [low, high). */
  uniformBetween(low: number, high: number): number;
  /** Standard normal (polar method of Marsaglia; Math.log and Math.sqrt only). */
  normal(): number;
  /** An integer in [0, count). `count` must be a positive integer below 2^32. */
  integer(count: number): number;
  /** A generator in the same state that goes its own way from here. */
  clone(): Random;
}

const WARM_UP_ROUNDS = 15;

/**
 * A generator for `seed` (any safe integer) and `stream` (a name such as `cells/RackA2_Module01`, or a number).
 * The same pair always gives the same sequence; different streams are independent.
 */
export function createRandom(seed: number, stream: string | number = 0): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed: expected a safe integer, got ${seed}`);
  const name = `${typeof stream}:${stream}`;
  const state = new Uint32Array([
    hash(name, seed >>> 0),
    hash(name, Math.floor(seed / 2 ** 32) >>> 0),
    seed,
    1,
  ]);
  const random = new Sfc32(state);
  for (let i = 0; i < WARM_UP_ROUNDS; i++) random.uint32();
  return random;
}

/** FNV-1a over UTF-16 code units with the finaliser of MurmurHash3. */
function hash(text: string, start: number): number {
  let h = 0x811c9dc5 ^ start;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

class Sfc32 implements Random {
  private readonly state: Uint32Array;
  private spare: number | undefined;

  constructor(state: Uint32Array, spare?: number) {
    this.state = state;
    this.spare = spare;
  }

  uint32(): number {
    const s = this.state;
    const a = s[0]!;
    const b = s[1]!;
    const c = s[2]!;
    const d = s[3]!;
    const sum = (a + b + d) | 0;
    s[3] = d + 1;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  }

  uniform(): number {
    const high = this.uint32() >>> 5;
    return (high * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  uniformBetween(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  normal(): number {
    if (this.spare !== undefined) {
      const value = this.spare;
      this.spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      this.spare = v * factor;
      return u * factor;
    }
  }

  integer(count: number): number {
    if (!Number.isInteger(count) || count < 1 || count > 0xffffffff) {
      throw new RangeError(`count: expected an integer in [1, 2^32), got ${count}`);
    }
    const limit = 0x100000000 - (0x100000000 % count);
    for (;;) {
      const value = this.uint32();
      if (value < limit) return value % count;
    }
  }

  clone(): Random {
    return new Sfc32(this.state.slice(), this.spare);
  }
}
