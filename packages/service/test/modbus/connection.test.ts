import { once } from 'node:events';
import { createRandom } from '@emberwatch/engine/random';
import ModbusRTU from 'modbus-serial';
import { afterEach, describe, expect, it } from 'vitest';
import { connectTo, DeviceError, ReadOnlySocket } from '../../src/protocols/modbus/connection.ts';
import { type Answer, exceptionOf, FakeDevice, frameOf } from './device.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(answer?: Answer, timeoutMs = 2000) {
  const device = new FakeDevice([10, 20, 30, 40]);
  if (answer) device.answer = answer;
  const port = await device.listen();
  open.push(device);
  const connection = await connectTo({ name: 'one', host: '127.0.0.1', port, unit: 7, timeoutMs });
  open.push(connection);
  return { device, connection, port };
}

async function guarded(port: number): Promise<{ socket: ReadOnlySocket; errors: Error[] }> {
  const socket = new ReadOnlySocket();
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  open.push({ close: () => socket.destroy() });
  return { socket, errors };
}

describe('a connection', () => {
  it('reads registers', async () => {
    const { connection, device } = await start();
    expect([...(await connection.read(40_001, 3))]).toEqual([20, 30, 40]);
    expect(device.requests).toEqual([{ transaction: 1, unit: 7, code: 3, address: 40_001, count: 3 }]);
  });

  it('has nothing but reading to offer', async () => {
    const { connection } = await start();
    expect(Object.keys(connection).sort()).toEqual(['close', 'read']);
  });

  const readable = (request: Parameters<Answer>[0]) => frameOf(request, [3, 4, 0, 1, 0, 2]);
  it.each<[string, string, Answer]>([
    ['a Modbus exception', 'exception', (request) => exceptionOf(request, 4)],
    ['fewer registers than asked for', 'bad-answer', (request) => frameOf(request, [3, 2, 0, 1])],
    ['more registers than asked for', 'bad-answer', (request) => frameOf(request, [3, 6, 0, 1, 0, 2, 0, 3])],
    [
      'a count that contradicts its length',
      'bad-answer',
      (request) => frameOf(request, [3, 200, 0, 1, 0, 2]),
    ],
    ['a count of half of what it brings', 'bad-answer', (request) => frameOf(request, [3, 2, 0, 1, 0, 2])],
    ['another unit', 'bad-answer', (request) => readable({ ...request, unit: 8 })],
    ['another function', 'bad-answer', (request) => frameOf(request, [4, 4, 0, 1, 0, 2])],
    ['another transaction', 'timeout', (request) => readable({ ...request, transaction: 77 })],
    ['nothing', 'timeout', () => null],
    [
      'a header without a body',
      'bad-answer',
      ({ transaction }) => Buffer.from([0, transaction, 0, 0, 0, 0, 7]),
    ],
    [
      'a length that never comes',
      'timeout',
      ({ transaction }) => Buffer.from([0, transaction, 0, 0, 0xff, 0xff, 7, 3]),
    ],
    [
      'the end of the connection',
      'closed',
      (_, socket) => {
        socket.destroy();
        return null;
      },
    ],
  ])('%s is a failure of the device: %s', async (_, failure, answer) => {
    const { connection } = await start(answer, 60);
    await expect(connection.read(0, 2)).rejects.toMatchObject({ name: 'DeviceError', failure });
  });

  it('tells which exception it was', async () => {
    const { connection } = await start((request) => exceptionOf(request, 11));
    await expect(connection.read(0, 1)).rejects.toMatchObject({ exceptionCode: 11 });
  });

  it('survives any bytes at all', async () => {
    const random = createRandom(4, 'answers');
    const device = new FakeDevice([10, 20, 30, 40]);
    open.push(device);
    const port = await device.listen();
    device.answer = (request, socket) => {
      let bytes = random.integer(4) === 0 ? exceptionOf(request, random.integer(256)) : device.read(request);
      for (let n = random.integer(5); n > 0; n--) bytes[random.integer(bytes.length)] = random.integer(256);
      if (random.integer(3) === 0) bytes = bytes.subarray(0, random.integer(bytes.length));
      if (random.integer(3) === 0) bytes = Buffer.concat([bytes, bytes]);
      socket.end(bytes);
      return null;
    };
    const outcomes = new Set<string>();
    for (let i = 0; i < 600; i++) {
      const connection = await connectTo({ name: 'one', host: '127.0.0.1', port, unit: 7 });
      const outcome = await connection.read(40_000, 4).then(
        (words) => (words.length === 4 ? 'read' : 'wrong length'),
        (error) => (error instanceof DeviceError ? error.failure : String(error)),
      );
      outcomes.add(outcome);
      connection.close();
    }
    expect([...outcomes].sort()).toEqual(['bad-answer', 'closed', 'exception', 'read']);
  });

  it('to nobody fails', async () => {
    const device = new FakeDevice([]);
    const port = await device.listen();
    await device.close();
    const failing = connectTo({ name: 'gone', host: '127.0.0.1', port });
    await expect(failing).rejects.toMatchObject({ failure: 'no-connection' });
  });

  it('ends a wait when it is closed', async () => {
    const { connection } = await start(() => null, 60_000);
    const waiting = connection.read(0, 1);
    connection.close();
    await expect(waiting).rejects.toMatchObject({ failure: 'closed' });
  });
});

describe('the socket', () => {
  const request = (code: number, count = 1): Buffer =>
    Buffer.from([0, 1, 0, 0, 0, 6, 1, code, 0, 0, count >> 8, count & 0xff]);

  it('lets functions 3 and 4 out, and no other of the 256', async () => {
    const { device, port } = await start(() => null);
    for (let code = 0; code < 256; code++) {
      const { socket, errors } = await guarded(port);
      const before = device.bytes;
      const written = new Promise<unknown>((done) => socket.write(request(code), done));
      const error = await written;
      if (code === 3 || code === 4) expect(error ?? null, `function ${code}`).toBeNull();
      else {
        expect(String(error), `function ${code}`).toContain('refused to send');
        expect(device.bytes).toBe(before);
        expect(errors).toHaveLength(1);
      }
      socket.destroy();
    }
    expect([...device.functionCodes].filter((code) => code !== 3 && code !== 4)).toEqual([]);
  });

  it.each<[string, (socket: ReadOnlySocket) => void]>([
    ['two requests in one', (socket) => socket.write(Buffer.concat([request(3), request(6)]))],
    ['half a request', (socket) => socket.write(request(3).subarray(0, 8))],
    ['text', (socket) => socket.write('\0\0\0\0\0\0\0\u0003\0\0\0\u0001')],
    ['too many registers', (socket) => socket.write(request(3, 126))],
    ['no registers', (socket) => socket.write(request(3, 0))],
    [
      'a write behind a read, held back and sent together',
      (socket) => {
        socket.cork();
        socket.write(request(3));
        socket.write(request(6));
        socket.uncork();
      },
    ],
    ['a write with the end', (socket) => socket.end(request(6))],
  ])('refuses %s', async (_, attempt) => {
    const { device, port } = await start(() => null);
    const { socket, errors } = await guarded(port);
    const closed = once(socket, 'close').catch(() => {});
    attempt(socket);
    await closed;
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('refused to send')]);
    expect(device.bytes).toBe(0);
  });

  it('refuses every writing function of the library', async () => {
    const { device, port } = await start(() => null);
    const attempts: ((client: ModbusRTU) => Promise<unknown>)[] = [
      (client) => client.writeCoil(1, true),
      (client) => client.writeCoils(1, [true, false]),
      (client) => client.writeRegister(1, 2),
      (client) => client.writeRegisters(1, [2, 3]),
      (client) => client.maskWriteRegister(1, 2, 3),
      (client) => client.customFunction(66, [1, 2, 3, 4]),
      (client) => client.readCoils(1, 1),
      (client) => client.reportServerID(1),
    ];
    for (const attempt of attempts) {
      const { socket, errors } = await guarded(port);
      const client = new ModbusRTU();
      client.on('error', () => {});
      await client.linkTCP(socket, { port });
      client.setTimeout(1000);
      const closed = once(socket, 'close').catch(() => {});
      attempt(client).catch(() => {});
      await closed;
      expect(errors).toHaveLength(1);
      client.destroy(() => {});
    }
    expect(device.bytes).toBe(0);
  });
});
