/** What a device has, and which blocks of registers to ask it for. */
import { type Model, modelOf } from '../sunspec/models.ts';
import type { PointRejections } from '../sunspec/refusals.ts';
import { END_OF_CHAIN, HEADER_REGISTERS, readModel, repeatsIn, SUNS } from '../sunspec/registers.ts';
import type { Reading } from '../sunspec/values.ts';
import { type Connection, DeviceError } from './connection.ts';
import { DEFAULT_BASES, MAX_BLOCK_REGISTERS, type ModbusDevice } from './settings.ts';

export interface FoundModel {
  readonly id: number;
  /** Of its id. */
  readonly address: number;
  /** Registers after id and length. */
  readonly length: number;
}

const ADDRESSES = 0x10000;
const MAX_MODELS = 1024;
/** Not these registers, not this function: look elsewhere. All other exceptions say that the device is in trouble. */
const NOT_HERE: readonly (number | null)[] = [1, 2, 3];

const isNotHere = (error: unknown): boolean =>
  error instanceof DeviceError && error.failure === 'exception' && NOT_HERE.includes(error.exceptionCode);

async function readOrNull(
  connection: Connection,
  address: number,
  count: number,
): Promise<Uint16Array | null> {
  try {
    return await connection.read(address, count);
  } catch (error) {
    if (isNotHere(error)) return null;
    throw error;
  }
}

/** Models of a device, in the order of their addresses. @throws DeviceError `no-sunspec` where there is none */
export async function discover(
  connection: Connection,
  { bases: given, models }: ModbusDevice,
): Promise<FoundModel[]> {
  if (models) return knownModels(connection, models);
  const bases = given ?? DEFAULT_BASES;
  for (const base of bases) {
    const mark = await readOrNull(connection, base, SUNS.length);
    if (mark?.[0] === SUNS[0] && mark[1] === SUNS[1]) return chainFrom(connection, base + SUNS.length);
  }
  throw new DeviceError('no-sunspec', `no "SunS" at ${bases.join(', ')}`);
}

async function knownModels(
  connection: Connection,
  models: NonNullable<ModbusDevice['models']>,
): Promise<FoundModel[]> {
  const found: FoundModel[] = [];
  for (const { model, address } of models) {
    const [id, length] = await connection.read(address, HEADER_REGISTERS);
    if (id !== model)
      throw new DeviceError('no-sunspec', `at ${address} there is no model ${model} but ${id}`);
    found.push({ id, address, length: length! });
  }
  return found.toSorted((a, b) => a.address - b.address);
}

async function chainFrom(connection: Connection, start: number): Promise<FoundModel[]> {
  const found: FoundModel[] = [];
  for (let address = start; found.length < MAX_MODELS; ) {
    // Some devices end their chain with an exception.
    const header =
      address + HEADER_REGISTERS > ADDRESSES ? null : await readOrNull(connection, address, HEADER_REGISTERS);
    const [id = END_OF_CHAIN, length = 0] = header ?? [];
    if (id === END_OF_CHAIN || address + HEADER_REGISTERS + length > ADDRESSES) break;
    found.push({ id, address, length });
    address += HEADER_REGISTERS + length;
  }
  return found;
}

interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface Plan {
  readonly models: readonly FoundModel[];
  readonly blocks: readonly Range[];
  /** Models that no single answer holds, with the registers of their scale factors. */
  readonly split: ReadonlyMap<FoundModel, Range>;
}

/**
 * Few blocks for each model, cut only between its fixed part and its repeating parts: no value of two registers is
 * torn, and values of the fixed part always come with their scale factors. No block spans two models, which some
 * devices refuse.
 */
export function planOf(models: readonly FoundModel[], maxRegisters = MAX_BLOCK_REGISTERS): Plan {
  const blocks: Range[] = [];
  const split = new Map<FoundModel, Range>();
  for (const found of models) {
    const model = modelOf(found.id)!;
    const own: { start: number; end: number }[] = [];
    for (const { start, end } of piecesOf(found, model)) {
      const last = own.at(-1);
      if (last && end - last.start <= maxRegisters) last.end = end;
      else own.push({ start, end });
    }
    if (own.length > 1) split.set(found, scaleFactorsOf(found, model));
    blocks.push(...own);
  }
  return { models, blocks, split };
}

function piecesOf({ address, length }: FoundModel, model: Model): Range[] {
  const start = address + HEADER_REGISTERS;
  const pieces: Range[] = [{ start: address, end: start + model.fixed.size }];
  const size = model.repeat?.size ?? 0;
  for (let at = start + model.fixed.size; size > 0 && at < start + length; at += size)
    pieces.push({ start: at, end: at + size });
  return pieces;
}

function scaleFactorsOf({ address }: FoundModel, { fixed }: Model): Range {
  const offsets = fixed.points.filter(({ type }) => type === 'sf').map(({ offset }) => offset);
  const start = address + HEADER_REGISTERS;
  return { start: start + Math.min(...offsets), end: start + Math.max(...offsets) + 1 };
}

/** Where the points of a model end; a model without repeating parts may be longer than the points that are known. */
function endOf({ address, length }: FoundModel, { fixed, repeat }: Model): number {
  return address + HEADER_REGISTERS + (repeat ? length : fixed.size);
}

export interface Answer {
  readonly readings: readonly Reading[];
  /** Blocks that were answered with a Modbus exception; the models in them are missing. */
  readonly exceptions: readonly string[];
  /** Models whose scale factors changed while they were read, and are missing. */
  readonly torn: number;
}

/** Reads everything once, over one image of all registers that is used again each time. */
export class PlanReader {
  private readonly plan: Plan;
  /** Models with another length than their points: another draft, or no such model. */
  private readonly misfits: readonly FoundModel[];
  private readonly image = new Uint16Array(ADDRESSES);

  constructor(found: readonly FoundModel[], maxRegisters?: number) {
    const fits = ({ id, length }: FoundModel): boolean => repeatsIn(modelOf(id)!, length) !== null;
    const known = found.filter(({ id }) => modelOf(id) !== undefined);
    this.misfits = known.filter((model) => !fits(model));
    this.plan = planOf(known.filter(fits), maxRegisters);
  }

  /** How many models are read. */
  get models(): number {
    return this.plan.models.length;
  }

  /** @throws DeviceError where the device does not answer, answers nothing but exceptions, or has become another */
  async read(connection: Connection, rejections: PointRejections): Promise<Answer> {
    const { blocks, models, split } = this.plan;
    for (const { id, address, length } of this.misfits)
      rejections.add('wrong-length', `${id} at ${address}`, length);
    const missing: Range[] = [];
    const exceptions: string[] = [];
    for (const block of blocks) {
      try {
        this.image.set(await connection.read(block.start, block.end - block.start), block.start);
      } catch (error) {
        if (!(error instanceof DeviceError) || error.failure !== 'exception') throw error;
        missing.push(block);
        exceptions.push(`registers ${block.start} to ${block.end - 1}: ${error.message}`);
      }
    }
    if (missing.length === blocks.length && blocks.length > 0)
      throw new DeviceError('exception', exceptions[0]!);
    const readings: Reading[] = [];
    let torn = 0;
    for (const found of models) {
      const end = endOf(found, modelOf(found.id)!);
      if (missing.some((block) => block.start < end && found.address < block.end)) continue;
      this.mustBe(found);
      const factors = split.get(found);
      if (factors && !(await this.stillHolds(connection, factors))) {
        torn++;
        continue;
      }
      const words = this.image.subarray(found.address, end);
      const reading = readModel({ start: found.address, words }, rejections);
      if (reading) readings.push(reading);
    }
    return { readings, exceptions, torn };
  }

  private mustBe({ id, address, length }: FoundModel): void {
    if (this.image[address] === id && this.image[address + 1] === length) return;
    throw new DeviceError('bad-answer', `model ${id} is no longer at ${address}`);
  }

  private async stillHolds(connection: Connection, { start, end }: Range): Promise<boolean> {
    const again = await connection.read(start, end - start);
    return again.every((word, i) => word === this.image[start + i]);
  }
}
