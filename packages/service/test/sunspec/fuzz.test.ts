/** A hundred thousand broken bodies: none may crash the door, none may bring a value that cannot be. */
import { createRandom, type Random } from '@emberwatch/engine/random';
import { CELL_ARRAYS, CHANNELS, RecordDecoder } from '@emberwatch/engine/telemetry';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import type { IngestResult } from '../../src/monitor/intake.ts';
import { takeSunSpec } from '../../src/protocols/sunspec/intake.ts';
import { battery, chainOf, DELIVERY, moduleOf, NOW_MS, stringOf } from './plant.ts';

const BODIES = 100_000;
const MODELS = [battery(), stringOf(1, [{}, {}]), moduleOf(1, 1), moduleOf(1, 2)];
const WORDS = chainOf(MODELS);
const JSON_BODY = { models: MODELS.map(({ id, points, repeats }) => ({ id, ...points, parts: repeats })) };
const STRANGE: readonly unknown[] = [
  ...[null, undefined, true, '', 'NaN', '-', '\0', [], {}, [[]], [{}], { length: 3 }],
  ...[Number.NaN, Number.POSITIVE_INFINITY, -0, -1, 0.1, 1e-320, 1e308, -1e308, 2 ** 53, 11, -11, 10, -10],
  ...[0x7fff, 0x8000, -0x8000, -0x8001, 0xfffe, 0xffff, 0x10000, 0x80000000, 0xffffffff, 2 ** 32],
  ...[802, 803, 804, 805, '805', 1e6],
];

const pick = <T>(random: Random, items: readonly T[]): T => items[random.integer(items.length)]!;

/** Replaces, deletes or doubles something somewhere within. */
function mutate(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null) return pick(random, STRANGE);
  const keys = Object.keys(value);
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  if (keys.length === 0) return pick(random, STRANGE);
  const key = pick(random, keys);
  const choice = random.integer(12);
  if (choice === 0 && Array.isArray(copy)) copy.splice(Number(key), 1);
  else if (choice === 0) delete copy[key];
  else if (choice === 1) copy[pick(random, keys)] = copy[key];
  else copy[key] = choice === 2 ? pick(random, STRANGE) : mutate(copy[key], random);
  return copy;
}

function mutatedWords(random: Random): number[] {
  const words = WORDS.slice();
  for (let n = random.integer(6); n >= 0; n--) {
    const at = random.integer(Math.max(1, words.length));
    const choice = random.integer(6);
    if (choice === 0) words.splice(at, 1 + random.integer(20));
    else if (choice === 1) words.splice(at, 0, random.integer(0x10000));
    else if (choice === 2) words.length = at + 1;
    else
      words[at] =
        choice === 3 ? pick(random, [0, 1, 802, 803, 804, 805, 0x8000, 0xffff]) : random.integer(0x10000);
  }
  return words;
}

function bodyOf(random: Random): unknown {
  const choice = random.integer(4);
  if (choice === 0) return { start: random.integer(0x10000), registers: mutatedWords(random) };
  if (choice === 1) {
    const text = Buffer.from(mutatedWords(random).flatMap((word) => [word >> 8, word & 0xff]));
    return { registers: text.toString(random.integer(2) === 0 ? 'hex' : 'base64').slice(random.integer(2)) };
  }
  let body: unknown =
    choice === 2 ? JSON_BODY : { '804': JSON_BODY.models[1], '805': JSON_BODY.models.slice(2) };
  for (let n = random.integer(4); n >= 0; n--) body = mutate(body, random);
  return body;
}

describe('broken bodies', () => {
  it(`${BODIES} of them crash nothing and bring no impossible value`, async () => {
    const random = createRandom(20_260_102, 'sunspec fuzz');
    let frames = 0;
    let rejected = 0;
    const impossible: unknown[] = [];
    const decoder = new RecordDecoder(null, {
      frame: ({ values, cellVoltagesV, cellTemperaturesDegC }) => {
        frames++;
        const check = (
          value: number,
          { id, plausibleMin: min, plausibleMax: max }: (typeof RANGES)[number],
        ): void => {
          if (!Number.isNaN(value) && !(value >= min && value <= max)) impossible.push([id, value]);
        };
        for (const [i, value] of values.entries()) check(value, CHANNELS[i]!);
        for (const value of cellVoltagesV ?? []) check(value, CELL_ARRAYS[0]);
        for (const value of cellTemperaturesDegC ?? []) check(value, CELL_ARRAYS[1]);
      },
      rejection: () => {},
    });
    const takeRecords = async (_: unknown, records: readonly Readonly<Record<string, unknown>>[]) => {
      for (const record of records) {
        for (const value of Object.values(record).flat())
          if (typeof value === 'number' && !Number.isFinite(value)) impossible.push(record);
        decoder.decode(record, 1);
      }
      return { accepted: records.length } as IngestResult;
    };
    for (let i = 0; i < BODIES; i++) {
      try {
        // Times differ, so that the decoder takes each.
        await takeSunSpec({ takeRecords }, DELIVERY, bodyOf(random), {}, NOW_MS + 1000 * i);
      } catch (error) {
        if (!(error instanceof ServiceError) || error.code !== 'NO_TELEMETRY') throw error;
        rejected++;
      }
    }
    expect(impossible).toEqual([]);
    // The bodies are neither all harmless nor all beyond reading.
    expect(frames).toBeGreaterThan(BODIES / 2);
    expect(rejected).toBeGreaterThan(BODIES / 1000);
  });
});

const RANGES = [...CHANNELS, ...CELL_ARRAYS];
