import { setTimeout as sleep } from 'node:timers/promises';
import { ServerTCP } from 'modbus-serial';
import { afterEach, describe, expect, it } from 'vitest';
import { type Poller, type PollerOptions, startPoller } from '../../src/protocols/modbus/poller.ts';
import type { ModbusDevice } from '../../src/protocols/modbus/settings.ts';
import {
  battery,
  chainOf,
  FakeIntake,
  moduleOf,
  NOW_MS,
  type RawModel,
  stringOf,
  wordsOf,
} from '../sunspec/plant.ts';
import { exceptionOf, FakeDevice, until } from './device.ts';

const INTERVAL_MS = 20;
const BANK: RawModel[] = [battery(), stringOf(1, [{}, {}]), moduleOf(1, 1), moduleOf(1, 2)];
/** Registers of `SunS` and of the model that nobody asks for. */
const FIRST_MODEL = 40_000 + 2 + 68;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function deviceOf(models: readonly RawModel[] = BANK): Promise<{ device: FakeDevice; port: number }> {
  const device = new FakeDevice(chainOf(models));
  open.push(device);
  return { device, port: await device.listen() };
}

function poll(devices: (Partial<ModbusDevice> & { port: number })[], options: Partial<PollerOptions> = {}) {
  const intake = new FakeIntake();
  let nowMs = NOW_MS;
  const warnings: unknown[] = [];
  const log = {
    info: () => {},
    warn: (what: unknown) => warnings.push(what),
  } as unknown as PollerOptions['log'];
  const settings = devices.map((device, i) => ({
    ...{ name: `bms-${i + 1}`, host: '127.0.0.1', intervalMs: INTERVAL_MS, timeoutMs: 200, ...device },
  }));
  const poller = startPoller({ devices: settings }, { intake, now: () => (nowMs += 1000), log, ...options });
  open.push(poller);
  const status = (i = 0) => poller.status()[i]!;
  return { intake, poller, status, warnings };
}

const hasPolled = (status: () => { polls: number }, times: number) =>
  until(() => status().polls >= times, `${times} readings`);

describe('a device', () => {
  it('is found, read again and again, and never written to', async () => {
    const { device, port } = await deviceOf();
    const { intake, status } = poll([{ port, unit: 9 }]);
    await hasPolled(status, 3);
    expect(intake.gateways).toEqual(['born bms-1']);
    expect(intake.deliveries[0]).toEqual({
      gatewayId: 'bms-1',
      door: 'modbus',
      sequence: null,
      modules: null,
    });
    expect(intake.records.slice(0, 2)).toMatchObject([
      {
        module_id: 'String1_Module01',
        voltage_v: 51.2,
        current_a: -51.2,
        cell_voltages_v: [3.331, 3.345, 3.34, 3.33],
      },
      { module_id: 'String1_Module02' },
    ]);
    // The time of the answer, the same for all of one reading.
    expect(intake.records[0]!['time']).toBe(intake.records[1]!['time']);
    expect(intake.records[2]!['time']).not.toBe(intake.records[0]!['time']);
    expect(status()).toMatchObject({
      isAlive: true,
      models: 4,
      modules: 2,
      failures: 0,
      torn: 0,
      refusals: [],
    });
    expect([...device.functionCodes]).toEqual([3]);
    expect(new Set(device.requests.map(({ unit }) => unit))).toEqual(new Set([9]));
    expect(Math.max(...device.requests.map(({ count }) => count))).toBeLessThanOrEqual(125);
    expect(device.crowded).toBe(0);
    expect(device.connections).toBe(1);
  });

  it('may keep its models in input registers, or at known addresses', async () => {
    const input = await deviceOf();
    const known = await deviceOf();
    known.device.start = 7000;
    known.device.words = Uint16Array.from([...wordsOf(moduleOf(3, 1)), ...wordsOf(stringOf(3))]);
    const models = [
      { model: 804, address: 7060 },
      { model: 805, address: 7000 },
    ];
    const { intake, status } = poll([
      { port: input.port, registers: 'input' },
      { port: known.port, models },
    ]);
    await hasPolled(() => status(0), 1);
    await hasPolled(() => status(1), 1);
    expect([...input.device.functionCodes]).toEqual([4]);
    expect(intake.records).toContainEqual(
      expect.objectContaining({ module_id: 'String3_Module01', current_a: -51.2 }),
    );
  });

  it('of another make is read as well: the server of the library', async () => {
    const words = chainOf(BANK);
    const { device, port } = await deviceOf([]);
    // A port that was free a moment ago: this server cannot be asked which one it got.
    await device.close();
    const server = new ServerTCP(
      { getHoldingRegister: (address: number) => words[address] ?? 0xffff },
      { host: '127.0.0.1', port },
    );
    open.push({ close: () => new Promise<void>((done) => server.close(() => done())) });
    await new Promise<void>((done) => server.on('initialized', () => done()));
    const { intake, status } = poll([{ port, bases: [50_000, 0] }]);
    await hasPolled(status, 2);
    expect(intake.records[0]).toMatchObject({ module_id: 'String1_Module01', soc_percent: 55.1 });
  });
});

describe('a device in trouble', () => {
  it('is told as gone once, and as back once', async () => {
    const { device, port } = await deviceOf();
    const { intake, status } = poll([{ port }]);
    await hasPolled(status, 1);
    await device.close();
    await until(() => status().failures >= 4, 'failures');
    expect(intake.gateways).toEqual(['born bms-1', expect.stringContaining('died bms-1: it cannot be read')]);
    const again = new FakeDevice(chainOf(BANK));
    open.push(again);
    await again.listen(port);
    await until(() => intake.gateways.length >= 3, 'the device to be back');
    expect(intake.gateways.slice(2)).toEqual(['born bms-1']);
    const { polls } = status();
    await hasPolled(status, polls + 2);
    expect(intake.gateways).toHaveLength(3);
  });

  it('that was never there is told as gone', async () => {
    const { device, port } = await deviceOf();
    await device.close();
    const { intake } = poll([{ port }]);
    await until(() => intake.gateways.length > 0, 'the death');
    expect(intake.gateways).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });

  it('that misses one answer is not gone', async () => {
    const { device, port } = await deviceOf();
    const { intake, status } = poll([{ port, timeoutMs: 40 }]);
    await hasPolled(status, 1);
    const answer = device.answer;
    device.answer = () => {
      device.answer = answer;
      return null;
    };
    await until(() => status().failures === 1, 'the failure');
    const { polls } = status();
    await hasPolled(status, polls + 1);
    expect(intake.gateways).toEqual(['born bms-1']);
    expect(status().lastError).toBe('timeout: no answer in time');
  });

  it('without SunSpec, or without batteries, is told as what it is', async () => {
    const other = await deviceOf([]);
    const none = await deviceOf([]);
    none.device.words.fill(0);
    const { intake, status } = poll([{ port: other.port }, { port: none.port }]);
    await until(() => intake.gateways.length >= 2, 'both deaths');
    expect(status(0).lastError).toBe('no-sunspec: no model 802 to 805 that can be read');
    expect(status(1).lastError).toBe('no-sunspec: no "SunS" at 40000, 0, 50000');
  });

  it('that refuses some registers is read as far as it goes', async () => {
    const { device, port } = await deviceOf([battery(), stringOf(1, [{}]), moduleOf(1, 1), moduleOf(1, 2)]);
    const last = 40_000 + device.words.length - 2 - 60;
    device.answer = (request) =>
      request.count > 2 && request.address + request.count > last
        ? exceptionOf(request, 2)
        : device.read(request);
    const { intake, status, warnings } = poll([{ port }]);
    await hasPolled(status, 3);
    expect(intake.records[0]).toMatchObject({ module_id: 'String1_Module01' });
    expect(intake.records.some(({ module_id }) => module_id === 'String1_Module02')).toBe(false);
    expect(status().exceptions).toBeGreaterThanOrEqual(3);
    // Once, not with each reading.
    expect(warnings).toHaveLength(1);
  });

  it('that has become another is looked at anew', async () => {
    const { device, port } = await deviceOf();
    const { intake, status } = poll([{ port }]);
    await hasPolled(status, 1);
    device.words = Uint16Array.from(chainOf([stringOf(4, [{}])]));
    await until(
      () => intake.records.some(({ module_id }) => module_id === 'String4_Module01'),
      'the other bank',
    );
    expect(status().failures).toBeGreaterThan(0);
    expect(intake.rejections).toEqual([]);
  });

  it('whose scale factor changes within a reading loses that module, not the truth', async () => {
    const cells = Array.from({ length: 40 }, () => ({ CellV: 3300, CellTmp: 250, CellSt: 0 }));
    const { device, port } = await deviceOf([moduleOf(1, 1, {}, cells)]);
    const scaleFactor = FIRST_MODEL + 2 + 40 - 40_000;
    let isSwitching = false;
    device.answer = (request) => {
      // Between the first and the second block the device goes from mV to 0.1 mV.
      if (isSwitching && request.count > 2 && request.address > FIRST_MODEL)
        device.words[scaleFactor] = 0x10000 - 4;
      return device.read(request);
    };
    const { intake, status } = poll([{ port }]);
    await hasPolled(status, 1);
    isSwitching = true;
    await until(() => status().torn >= 1, 'a torn reading');
    const seen = intake.records.map(({ cell_voltages_v }) => (cell_voltages_v as number[])[0]);
    // Wholly old or wholly new; never values of one time with the factor of another.
    expect(new Set(seen.slice(0, 1))).toEqual(new Set([3.3]));
    expect(status().torn).toBe(1);
    expect(status().isAlive).toBe(true);
  });

  it('that goes on with old values is told as gone', async () => {
    const { device, port } = await deviceOf();
    const beat = FIRST_MODEL + 2 + 16 - 40_000;
    let beats = true;
    device.answer = (request) => {
      if (beats) device.words[beat] = (device.words[beat]! + 1) % 1000;
      return device.read(request);
    };
    const { intake, status } = poll([{ port, heartbeatTimeoutMs: 150 }]);
    await hasPolled(status, 3);
    beats = false;
    await until(() => intake.gateways.length >= 2, 'the death');
    expect(intake.gateways[1]).toContain('heartbeat stands still');
    const { length } = intake.records;
    const { polls } = status();
    await hasPolled(status, polls + 3);
    expect(intake.records).toHaveLength(length);
    beats = true;
    await until(() => intake.gateways.length >= 3, 'the device to be back');
    expect(intake.gateways[2]).toBe('born bms-1');
  });

  it('that is slower than its interval is not asked twice at a time', async () => {
    const { device, port } = await deviceOf();
    device.answer = async (request) => {
      await sleep(25);
      return device.read(request);
    };
    const { status } = poll([{ port }]);
    await hasPolled(status, 3);
    expect(status().overruns).toBeGreaterThanOrEqual(3);
    expect(device.crowded).toBe(0);
  });
});

describe('the poller', () => {
  it('lets no device wait for another', async () => {
    const silent = await deviceOf();
    silent.device.answer = () => null;
    const well = await deviceOf();
    const { status } = poll([{ port: silent.port, timeoutMs: 60_000 }, { port: well.port }]);
    await hasPolled(() => status(1), 5);
    expect(status(0).polls).toBe(0);
  });

  it('goes on where the intake takes nothing', async () => {
    const { port } = await deviceOf();
    const { intake, status } = poll([{ port }]);
    intake.failWith = new Error('full');
    await until(() => status().notTaken >= 2, 'refused deliveries');
    intake.failWith = null;
    await until(() => intake.records.length > 0, 'a delivery');
    expect(status().isAlive).toBe(true);
  });

  it('tells the events of each reading', async () => {
    const { port } = await deviceOf([stringOf(2, [{}], { Evt1: 2 })]);
    const seen: unknown[] = [];
    const { status } = poll([{ port }], { onEvents: (gatewayId, events) => seen.push([gatewayId, events]) });
    await hasPolled(status, 1);
    expect(seen[0]).toEqual([
      'bms-1',
      [{ source: 'String2', point: '804.Evt1', bit: 1, name: 'OVER_TEMP_ALARM', isAlarm: true }],
    ]);
  });

  it('stops for good, whatever it waits for', async () => {
    const silent = await deviceOf();
    silent.device.answer = () => null;
    const { poller, intake } = poll([
      { port: silent.port, timeoutMs: 60_000 },
      { port: 1, timeoutMs: 60_000 },
    ]);
    await until(() => silent.device.requests.length > 0, 'a request');
    await poller.close();
    const declared = intake.gateways.length;
    await sleep(3 * INTERVAL_MS);
    expect(intake.gateways).toHaveLength(declared);
  });

  it('refuses settings that cannot be', () => {
    const start = (devices: ModbusDevice[]): Poller => startPoller({ devices }, {} as PollerOptions);
    const device = { name: 'a', host: 'h' };
    expect(() => start([device, device])).toThrow('two devices are called "a"');
    expect(() => start([{ ...device, sunspec: { moduleId: 'x' } }])).toThrow(
      'device "a": moduleId: "x" needs {module}',
    );
  });
});
