/** Blocks of registers to readings: along the chain of models, or from the header of one. */
import { type Block, type Model, modelOf, type Point } from './models.ts';
import type { PointRejections } from './refusals.ts';
import { type RawSource, type Reading, rawValues } from './values.ts';

/** `SunS`, before the first model. */
export const SUNS = [0x5375, 0x6e53] as const;
export const END_OF_CHAIN = 0xffff;
/** Id and length, before the points of a model. */
export const HEADER_REGISTERS = 2;

export interface Registers {
  /** Address of the first. */
  readonly start: number;
  readonly words: Uint16Array;
}

const isSunS = (words: Uint16Array): boolean => words[0] === SUNS[0] && words[1] === SUNS[1];

/** All models of a block that say anything of modules; others of a chain are stepped over. */
export function readChain({ start, words }: Registers, rejections: PointRejections): Reading[] {
  const readings: Reading[] = [];
  const isChain = isSunS(words);
  let at = isChain ? SUNS.length : 0;
  if (!isChain && modelOf(words[0] ?? 0) === undefined) {
    rejections.add('no-model', `register ${start}`, words[0]);
    return readings;
  }
  while (at + HEADER_REGISTERS <= words.length) {
    const id = words[at]!;
    if (id === END_OF_CHAIN) return readings;
    const next = at + HEADER_REGISTERS + words[at + 1]!;
    if (next > words.length) break;
    const reading = readModel({ start: start + at, words: words.subarray(at, next) }, rejections);
    if (reading) readings.push(reading);
    at = next;
  }
  // A block that is no chain may end with its last model.
  if (isChain || at < words.length) rejections.add('cut-off', `register ${start + at}`);
  return readings;
}

/** How often the repeating part stands in a model of this length; null where the length cannot be right. */
export function repeatsIn({ fixed, repeat }: Model, lengthRegisters: number): number | null {
  const rest = lengthRegisters - fixed.size;
  if (rest < 0) return null;
  if (!repeat) return 0;
  return rest % repeat.size === 0 ? rest / repeat.size : null;
}

/** One model with its header, all of it; null where it says nothing of modules or cannot be what it says. */
export function readModel({ start, words }: Registers, rejections: PointRejections): Reading | null {
  const model = modelOf(words[0] ?? 0);
  if (!model) return null;
  const place = `${model.id} at ${start}`;
  const room = repeatsIn(model, words.length - HEADER_REGISTERS);
  if (room === null) {
    rejections.add('wrong-length', place, words.length - HEADER_REGISTERS);
    return null;
  }
  const fixedWords = words.subarray(HEADER_REGISTERS, HEADER_REGISTERS + model.fixed.size);
  const fixed = sourceOf(fixedWords);
  const values = rawValues(model, model.fixed, fixed, fixed, place, rejections);
  if (!model.repeat) return { model, values, repeats: [] };
  const block: Block = model.repeat;
  const declared = values.get(model.repeat.count);
  if (typeof declared === 'number' && declared > room)
    rejections.add('wrong-count', `${place}.${model.repeat.count}`, declared);
  const count = typeof declared === 'number' ? Math.min(declared, room) : room;
  const repeats = Array.from({ length: count }, (_, i) => {
    const at = HEADER_REGISTERS + model.fixed.size + i * block.size;
    const source = sourceOf(words.subarray(at, at + block.size));
    return rawValues(model, block, source, fixed, `${place}[${i + 1}]`, rejections);
  });
  return { model, values, repeats };
}

const sourceOf =
  (words: Uint16Array): RawSource =>
  ({ type, offset }: Point) => {
    const high = words[offset]!;
    if (type === 'text') return textIn(words, offset);
    return type === 'u32' || type === 'b32' ? high * 0x10000 + words[offset + 1]! : high;
  };

const TEXT_REGISTERS = 16;
const UTF8 = new TextDecoder('utf-8');

function textIn(words: Uint16Array, offset: number): string {
  const bytes = new Uint8Array(2 * TEXT_REGISTERS);
  for (let i = 0; i < TEXT_REGISTERS; i++) {
    bytes[2 * i] = words[offset + i]! >> 8;
    bytes[2 * i + 1] = words[offset + i]! & 0xff;
  }
  return UTF8.decode(bytes);
}
