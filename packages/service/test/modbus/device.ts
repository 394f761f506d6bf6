/** A Modbus TCP device in this process that notes every request, and misbehaves where it is told to. */
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Request {
  readonly transaction: number;
  readonly unit: number;
  readonly code: number;
  readonly address: number;
  readonly count: number;
}

/** Bytes to send, or null for silence. */
export type Answer = (request: Request, socket: Socket) => Buffer | null | Promise<Buffer | null>;

export const frameOf = (
  { transaction, unit }: Pick<Request, 'transaction' | 'unit'>,
  pdu: readonly number[],
): Buffer => Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, pdu.length + 1, unit, ...pdu]);

export const exceptionOf = (request: Request, code: number): Buffer =>
  frameOf(request, [request.code | 0x80, code]);

export class FakeDevice {
  readonly requests: Request[] = [];
  readonly functionCodes = new Set<number>();
  /** Requests that came before the last one of the same connection was answered. */
  crowded = 0;
  connections = 0;
  bytes = 0;
  words: Uint16Array;
  start = 40_000;
  answer: Answer = (request) => this.read(request);
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(words: readonly number[]) {
    this.words = Uint16Array.from(words);
    this.server = createServer((socket) => this.serve(socket));
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((done) => this.server.listen(port, '127.0.0.1', done));
    return (this.server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((done) => this.server.close(done));
  }

  /** What a well-behaved device answers. */
  read(request: Request): Buffer {
    const { address, count, code } = request;
    const from = address - this.start;
    if (from < 0 || from + count > this.words.length) return exceptionOf(request, 2);
    const words = [...this.words.subarray(from, from + count)];
    return frameOf(request, [code, 2 * count, ...words.flatMap((word) => [word >> 8, word & 0xff])]);
  }

  private serve(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => {});
    let rest = Buffer.alloc(0);
    let waiting = 0;
    socket.on('data', async (data) => {
      this.bytes += data.length;
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 8 && rest.length >= 6 + rest.readUInt16BE(4)) {
        const frame = rest.subarray(0, 6 + rest.readUInt16BE(4));
        rest = rest.subarray(frame.length);
        if (waiting++ > 0) this.crowded++;
        await this.handle(frame, socket);
        waiting--;
      }
    });
  }

  private async handle(frame: Buffer, socket: Socket): Promise<void> {
    const code = frame[7]!;
    this.functionCodes.add(code);
    const request: Request = {
      transaction: frame.readUInt16BE(0),
      unit: frame[6]!,
      code,
      address: frame.length >= 12 ? frame.readUInt16BE(8) : -1,
      count: frame.length >= 12 ? frame.readUInt16BE(10) : -1,
    };
    this.requests.push(request);
    const bytes = await this.answer(request, socket);
    if (bytes && !socket.destroyed) socket.write(bytes);
  }
}

/** Until it holds, or a test has waited far too long. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let n = 0; n < 2000; n++) {
    if (holds()) return;
    await sleep(5);
  }
  throw new Error(`waited in vain for: ${what}`);
}
