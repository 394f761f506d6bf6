import type { Random } from '@emberwatch/engine/random';

const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xff];

/** Bytes with one to four things wrong with them. */
export function mutated(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let result = [...bytes];
  for (let count = 1 + random.integer(4); count > 0; count--) {
    const place = random.integer(result.length + 1);
    const kind = random.integer(7);
    if (kind === 0 && place < result.length) result[place]! ^= 1 << random.integer(8);
    else if (kind === 1) result.splice(place, 0, random.integer(256));
    else if (kind === 2) result.splice(place, 1 + random.integer(4));
    else if (kind === 3 && place < result.length) result[place] = EDGES[random.integer(EDGES.length)]!;
    else if (kind === 4) result = result.slice(0, place);
    else if (kind === 5) {
      const other = others[random.integer(others.length)]!;
      result.splice(place, random.integer(8), ...other.subarray(random.integer(other.length + 1)));
    } else result.push(...Array.from({ length: random.integer(12) }, () => random.integer(256)));
  }
  return Uint8Array.from(result);
}
