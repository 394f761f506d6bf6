/**
 * The inner loops of growing trees as WebAssembly: a gradient and a hessian are one pair of 64-bit floats there, added
 * in one instruction and without checks of bounds, which is 1.7 times as fast as JavaScript. Written down as
 * instructions (webassembly.github.io/spec/core/binary), a few hundred bytes.
 */

/** Addresses are in bytes, ranges must not be empty. */
export interface Kernel {
  /** Adds the pair of each row to the histograms of the four features of a group, which stand behind each other. */
  addGroup(histograms: number, group: number, order: number, pairs: number, orderEnd: number): void;
  /** Brings the pairs of rows together in their order. */
  gather(gradients: number, order: number, pairs: number, orderEnd: number): void;
  subtract(from: number, what: number, fromEnd: number): void;
  /** Writes the sum of pairs to `to`. */
  total(to: number, pairs: number, pairsEnd: number): void;
  /**
   * Rows whose bin is 1 in `goesLeft` to the front, the others into `held`, both in the order that they had. Returns
   * the address behind the last one in front.
   */
  partition(
    order: number,
    orderEnd: number,
    group: number,
    shift: number,
    goesLeft: number,
    held: number,
  ): number;
}

type Code = readonly (number | Code)[];

const I32 = 0x7f;
const V128 = 0x7b;
const ADD = 0x6a;
const SUB = 0x6b;
const AND = 0x71;
const SHL = 0x74;
const SHR = 0x76;
const END = 0x0b;
const ROW_BYTES = 4;
const PAIR_BYTES = 16;
/** Of one feature: 256 bins, a pair each. */
const HISTOGRAM_BYTES = 4096;

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const constant = (value: number): Code => [0x41, signed(value)];
const load = [0x28, 2, 0];
const loadByte = [0x2d, 0, 0];
const store = [0x36, 2, 0];
const loadPair = (offset = 0): Code => [0xfd, 0x00, 4, unsigned(offset)];
const storePair = (offset = 0): Code => [0xfd, 0x0b, 4, unsigned(offset)];
const addPairs = [0xfd, 0xf0, 0x01];
const subtractPairs = [0xfd, 0xf1, 0x01];
const advance = (local: number, bytes: number): Code => [get(local), constant(bytes), ADD, set(local)];
/** Repeats until the address in `local` reaches that in `end`. */
const until = (local: number, end: number, ...body: Code): Code => [
  [0x03, 0x40],
  ...body,
  [get(local), get(end), 0x47, 0x0d, 0],
  END,
];
/** From the address of a row number to that of its element in an array of `2 ** shift` bytes each. */
const elementOf = (array: number, order: number, shift: number): Code => [
  get(array),
  [get(order), load],
  [constant(shift), SHL, ADD],
];

const addGroup = (): Code => {
  const [histograms, group, order, pairs, end, bins, address, pair] = [0, 1, 2, 3, 4, 5, 6, 7];
  const addressOf = (k: number): Code =>
    k === 0
      ? [get(bins), constant(255), AND, constant(4), SHL]
      : [get(bins), constant(8 * k - 4), SHR, constant(255 * PAIR_BYTES), AND];
  return until(
    order,
    end,
    [elementOf(group, order, 2), load, set(bins)],
    [get(pairs), loadPair(), set(pair)],
    [0, 1, 2, 3].map((k) => [
      [addressOf(k), get(histograms), ADD, tee(address)],
      [get(address), loadPair(k * HISTOGRAM_BYTES), get(pair), addPairs, storePair(k * HISTOGRAM_BYTES)],
    ]),
    [advance(order, ROW_BYTES), advance(pairs, PAIR_BYTES)],
  );
};

const gather = (): Code => {
  const [gradients, order, pairs, end] = [0, 1, 2, 3];
  return until(
    order,
    end,
    [get(pairs), elementOf(gradients, order, 4), loadPair(), storePair()],
    [advance(order, ROW_BYTES), advance(pairs, PAIR_BYTES)],
  );
};

const subtract = (): Code => {
  const [from, what, end] = [0, 1, 2];
  return until(
    from,
    end,
    [get(from), get(from), loadPair(), get(what), loadPair(), subtractPairs, storePair()],
    [advance(from, PAIR_BYTES), advance(what, PAIR_BYTES)],
  );
};

const total = (): Code => {
  const [to, pairs, end, sum] = [0, 1, 2, 3];
  return [
    until(pairs, end, [get(pairs), loadPair(), get(sum), addPairs, set(sum)], advance(pairs, PAIR_BYTES)),
    [get(to), get(sum), storePair()],
  ];
};

const partition = (): Code => {
  const [order, end, group, shift, goesLeft, held, row, step, left] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  return [
    [get(order), set(left)],
    until(
      order,
      end,
      [get(order), load, set(row)],
      [get(goesLeft), elementOf(group, order, 2), load, get(shift), SHR, constant(255), AND, ADD, loadByte],
      [constant(2), SHL, set(step)],
      // Both are written, one of them counts: no branch that the processor has to guess.
      [get(left), get(row), store, get(held), get(row), store],
      [get(left), get(step), ADD, set(left)],
      [get(held), constant(ROW_BYTES), ADD, get(step), SUB, set(held)],
      advance(order, ROW_BYTES),
    ),
    get(left),
  ];
};

interface Function {
  readonly name: string;
  readonly parameters: number;
  /** Types of what stands behind the parameters. */
  readonly locals: readonly number[];
  readonly hasResult: boolean;
  readonly body: Code;
}

const FUNCTIONS: readonly Function[] = [
  { name: 'addGroup', parameters: 5, locals: [I32, I32, V128], hasResult: false, body: addGroup() },
  { name: 'gather', parameters: 4, locals: [], hasResult: false, body: gather() },
  { name: 'subtract', parameters: 3, locals: [], hasResult: false, body: subtract() },
  { name: 'total', parameters: 3, locals: [V128], hasResult: false, body: total() },
  { name: 'partition', parameters: 6, locals: [I32, I32, I32], hasResult: true, body: partition() },
];

const MAX_PAGES = 65_536;

/** What of WebAssembly is used here: the types of Node do not know it all. */
interface WebAssemblyParts {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly Module: new (program: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}
const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyParts }).WebAssembly;

/** Can be sent to threads, which then see the same. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

export function kernelOn(memory: SharedMemory): Kernel {
  compiled ??= new Module(program());
  return new Instance(compiled, { memory: { memory } }).exports as Kernel;
}
let compiled: object | undefined;

export function sharedMemory(bytes: number): SharedMemory {
  const initial = Math.ceil(bytes / 65_536);
  if (initial > MAX_PAGES)
    throw new RangeError(
      `trees need ${Math.round(bytes / 1e6)} MB for these rows; there are 4295 MB at most`,
    );
  return new Memory({ initial, maximum: MAX_PAGES, shared: true });
}

function program(): Uint8Array {
  const types = FUNCTIONS.map(({ parameters, hasResult }) => [
    0x60,
    list(new Array(parameters).fill(I32)),
    list(hasResult ? [I32] : []),
  ]);
  const memory = [text('memory'), text('memory'), 0x02, 0x03, unsigned(1), unsigned(MAX_PAGES)];
  const bodies = FUNCTIONS.map(({ locals, body }) =>
    sized([list(locals.map((type) => [1, type])), body, END]),
  );
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, list(types)),
      section(2, list([memory])),
      section(3, list(FUNCTIONS.map((_, f) => f))),
      section(7, list(FUNCTIONS.map(({ name }, f) => [text(name), 0x00, f]))),
      section(10, list(bodies)),
    ]),
  );
}

const flat = (code: Code): number[] =>
  code.flatMap((part) => (typeof part === 'number' ? [part] : flat(part)));
const sized = (code: Code): Code => [unsigned(flat(code).length), code];
const section = (id: number, code: Code): Code => [id, sized(code)];
const list = (items: Code): Code => [unsigned(items.length), items];
const text = (name: string): Code => list([...new TextEncoder().encode(name)]);

/** LEB128. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}
