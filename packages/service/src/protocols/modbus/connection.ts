/**
 * A connection that can only read. The library behind it can write to a plant; three things keep it from doing so:
 * nobody outside sees more than `read`, only its two read functions are called, and the socket itself refuses every
 * byte that is no request to read registers.
 */
import { Socket } from 'node:net';
import ModbusRTU from 'modbus-serial';
import {
  DEFAULT_PORT,
  DEFAULT_TIMEOUT_MS,
  DEFAULT_UNIT,
  MAX_BLOCK_REGISTERS,
  type ModbusDevice,
} from './settings.ts';

export type DeviceFailure =
  | 'no-connection'
  | 'timeout'
  | 'closed'
  | 'exception'
  | 'bad-answer'
  | 'no-sunspec';

/** Why a device could not be read. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly failure: DeviceFailure;
  /** Of a Modbus exception. */
  readonly exceptionCode: number | null;

  constructor(failure: DeviceFailure, message: string, exceptionCode: number | null = null) {
    super(message);
    this.failure = failure;
    this.exceptionCode = exceptionCode;
  }
}

const READ_HOLDING = 3;
const READ_INPUT = 4;
/** MBAP header, function code, address, count: a request to read registers has no other length. */
const REQUEST_BYTES = 12;
const FUNCTION_BYTE = 7;
const COUNT_BYTE = 10;

/** Why these bytes may not go out; null: one request to read registers. */
function objectionTo(bytes: Uint8Array): string | null {
  if (bytes.length !== REQUEST_BYTES) return `${bytes.length} bytes are no request to read registers`;
  const code = bytes[FUNCTION_BYTE]!;
  if (code !== READ_HOLDING && code !== READ_INPUT) return `function code ${code} does not read registers`;
  const registers = bytes[COUNT_BYTE]! * 256 + bytes[COUNT_BYTE + 1]!;
  return registers < 1 || registers > MAX_BLOCK_REGISTERS ? `a request for ${registers} registers` : null;
}

type Written = (error?: Error | null) => void;

/** The last gate before the wire: whatever is written passes `_write` or `_writev`, also what `end` takes along. */
export class ReadOnlySocket extends Socket {
  override _write(chunk: unknown, encoding: BufferEncoding, done: Written): void {
    const objection = chunk instanceof Uint8Array ? objectionTo(chunk) : 'text is no request';
    if (objection === null) super._write(chunk, encoding, done);
    else done(new Error(`refused to send: ${objection}`));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Written): void {
    for (const { chunk } of chunks) {
      const objection = chunk instanceof Uint8Array ? objectionTo(chunk) : 'text is no request';
      if (objection === null) continue;
      done(new Error(`refused to send: ${objection}`));
      return;
    }
    super._writev!(chunks, done);
  }
}

export interface Connection {
  /** One request at a time. @throws DeviceError; after anything but `exception` the connection is of no more use. */
  read(address: number, count: number): Promise<Uint16Array>;
  close(): void;
}

/** @param signal gives up and closes, whenever it comes. @throws DeviceError `no-connection` */
export async function connectTo(device: ModbusDevice, signal?: AbortSignal): Promise<Connection> {
  const { host, port = DEFAULT_PORT, unit = DEFAULT_UNIT, timeoutMs = DEFAULT_TIMEOUT_MS } = device;
  const socket = new ReadOnlySocket();
  await opened(socket, host, port, timeoutMs, signal);
  socket.setNoDelay();
  let why = 'the device closed the connection';
  const closed = new Promise<never>((_, reject) => {
    socket.once('error', (error) => {
      why = error.message;
    });
    socket.once('close', () => reject(new DeviceError('closed', why)));
  });
  // It may close while nobody waits for an answer.
  closed.catch(() => {});
  const client = new ModbusRTU();
  client.on('error', () => {});
  // Without a port of its own: the library would connect again, to nowhere.
  await client.linkTCP(socket, { port });
  const hangUp = (): void => client.destroy(() => {});
  signal?.addEventListener('abort', hangUp, { once: true });
  socket.once('close', () => signal?.removeEventListener('abort', hangUp));
  client.setID(unit);
  client.setTimeout(timeoutMs);
  const request = device.registers === 'input' ? client.readInputRegisters : client.readHoldingRegisters;
  return {
    read: async (address, count) => {
      const answer = await Promise.race([request.call(client, address, count).catch(failureOf), closed]);
      if (answer.data.length !== count)
        throw new DeviceError('bad-answer', `asked for ${count} registers, got ${answer.data.length}`);
      return Uint16Array.from(answer.data);
    },
    close: hangUp,
  };
}

function opened(
  socket: Socket,
  host: string,
  port: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((done, reject) => {
    const fail = (why: string): void => {
      socket.destroy();
      reject(new DeviceError('no-connection', `${host}:${port}: ${why}`));
    };
    const onAbort = (): void => fail('given up');
    const onError = (error: Error): void => fail(error.message);
    const timer = setTimeout(() => fail(`no connection within ${timeoutMs} ms`), timeoutMs);
    socket.on('error', onError);
    socket.once('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      done();
    });
    if (signal?.aborted) onAbort();
    else {
      signal?.addEventListener('abort', onAbort, { once: true });
      socket.connect({ host, port });
    }
  });
}

/** The library tells its errors apart by a code, an error number, or only in words. */
function failureOf(error: Error & { modbusCode?: number; errno?: unknown }): never {
  if (error.modbusCode !== undefined) throw new DeviceError('exception', error.message, error.modbusCode);
  if (error.errno === 'ETIMEDOUT') throw new DeviceError('timeout', 'no answer in time');
  if (error.errno === 'ECONNREFUSED') throw new DeviceError('closed', 'the connection is closed');
  throw new DeviceError('bad-answer', error.message);
}
