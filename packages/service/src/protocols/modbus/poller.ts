/** Reads Modbus devices again and again, each by itself, and hands what they say to the intake. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Intake } from '../../monitor/intake.ts';
import type { DeviceEvent } from '../sunspec/events.ts';
import { recordsOf, type SunSpecRecord } from '../sunspec/records.ts';
import { type PointRejection, PointRejections } from '../sunspec/refusals.ts';
import { type Names, namesOf } from '../sunspec/settings.ts';
import { type Connection, connectTo, DeviceError } from './connection.ts';
import { Heartbeat } from './heartbeat.ts';
import { discover, PlanReader } from './plan.ts';
import {
  checkModbusSettings,
  DEFAULT_HEARTBEAT_TIMEOUT_MS,
  DEFAULT_INTERVAL_MS,
  DEFAULT_PORT,
  DEFAULT_UNIT,
  type ModbusDevice,
  type ModbusSettings,
} from './settings.ts';

export interface PollerOptions {
  readonly intake: Pick<Intake, 'takeRecords' | 'gatewayBorn' | 'gatewayDied'>;
  /** Wall clock, Unix ms: Modbus has no clock, so a reading gets the time of its last answer. */
  readonly now: () => number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** After each reading: all that the device says of itself. */
  readonly onEvents?: (gatewayId: string, events: readonly DeviceEvent[]) => void;
}

export interface DeviceStatus {
  readonly name: string;
  /** Answers, and its heartbeat moves; null before the first attempt has ended. */
  readonly isAlive: boolean | null;
  /** Readings that came to an end. */
  readonly polls: number;
  /** Readings that were due while another was still going on. */
  readonly overruns: number;
  /** Readings that failed as a whole. */
  readonly failures: number;
  /** Blocks answered with a Modbus exception. */
  readonly exceptions: number;
  /** Models left out because their scale factors changed while they were read. */
  readonly torn: number;
  /** Readings that the intake did not take; they are not tried again, the next one is newer. */
  readonly notTaken: number;
  readonly lastAnswerMs: number | null;
  readonly lastError: string | null;
  readonly models: number;
  /** As of the last reading. */
  readonly modules: number;
  readonly refusals: readonly PointRejection[];
}

export interface Poller {
  status(): DeviceStatus[];
  /** Resolves once no connection is left. */
  close(): Promise<void>;
}

/** @throws InputError for settings that cannot be */
export function startPoller(settings: ModbusSettings, options: PollerOptions): Poller {
  checkModbusSettings(settings);
  const pollers = settings.devices.map((device) => new DevicePoller(device, options));
  const running = pollers.map((poller) => poller.run());
  return {
    status: () => pollers.map((poller) => ({ ...poller.status })),
    close: async () => {
      for (const poller of pollers) poller.stop();
      await Promise.all(running);
    },
  };
}

/** One lost answer is none, two in a row are a device that is gone. */
const FAILURES_UNTIL_DEAD = 2;
const MAX_BACKOFF_MS = 60_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class DevicePoller {
  readonly status: Mutable<DeviceStatus>;
  private readonly device: ModbusDevice;
  private readonly options: PollerOptions;
  private readonly names: Names;
  private readonly intervalMs: number;
  private readonly heartbeat: Heartbeat;
  private readonly stopping = new AbortController();
  private link: { connection: Connection; reader: PlanReader } | null = null;
  private failuresInRow = 0;
  private lastComplaint = '';

  constructor(device: ModbusDevice, options: PollerOptions) {
    this.device = device;
    this.options = options;
    this.names = namesOf(device.sunspec ?? {});
    this.intervalMs = device.intervalMs ?? DEFAULT_INTERVAL_MS;
    this.heartbeat = new Heartbeat(device.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_TIMEOUT_MS);
    this.status = {
      name: device.name,
      isAlive: null,
      polls: 0,
      overruns: 0,
      failures: 0,
      exceptions: 0,
      torn: 0,
      notTaken: 0,
      lastAnswerMs: null,
      lastError: null,
      models: 0,
      modules: 0,
      refusals: [],
    };
  }

  stop(): void {
    this.stopping.abort();
    this.hangUp();
  }

  /** Ends only after `stop`. Paced by a clock that cannot leap. */
  async run(): Promise<void> {
    await this.pause(this.fraction(0) * this.intervalMs);
    let dueMs = performance.now();
    while (!this.stopping.signal.aborted) {
      const isWell = await this.attempt();
      if (isWell) {
        dueMs += this.intervalMs;
        const lateMs = performance.now() - dueMs;
        const missed = lateMs <= 0 ? 0 : Math.ceil(lateMs / this.intervalMs);
        this.status.overruns += missed;
        dueMs += missed * this.intervalMs;
      } else dueMs = performance.now() + this.backoffMs();
      await this.pause(dueMs - performance.now());
    }
  }

  private async attempt(): Promise<boolean> {
    try {
      await this.poll();
      this.failuresInRow = 0;
      return true;
    } catch (error) {
      this.hangUp();
      if (!this.stopping.signal.aborted) this.failed(error);
      return false;
    }
  }

  private async poll(): Promise<void> {
    const rejections = new PointRejections();
    this.link ??= await this.dial();
    const { readings, exceptions, torn } = await this.link.reader.read(this.link.connection, rejections);
    const answeredMs = this.options.now();
    const time = new Date(answeredMs).toISOString();
    const { records, events } = recordsOf(readings, this.names, time, rejections);
    Object.assign(this.status, {
      polls: this.status.polls + 1,
      exceptions: this.status.exceptions + exceptions.length,
      torn: this.status.torn + torn,
      lastAnswerMs: answeredMs,
      modules: records.length,
      refusals: rejections.list(),
    });
    this.complain(exceptions, this.status.refusals);
    const stoppedMs = this.heartbeat.stoppedMs(readings, performance.now());
    if (stoppedMs !== null) {
      this.died(`its heartbeat stands still since ${Math.round(stoppedMs / 1000)} s: the values are old`);
      return;
    }
    this.born();
    this.options.onEvents?.(this.device.name, events);
    if (records.length > 0) await this.deliver(records);
  }

  private async dial(): Promise<{ connection: Connection; reader: PlanReader }> {
    const connection = await connectTo(this.device, this.stopping.signal);
    try {
      const reader = new PlanReader(await discover(connection, this.device), this.device.blockRegisters);
      this.status.models = reader.models;
      if (reader.models === 0) throw new DeviceError('no-sunspec', 'no model 802 to 805 that can be read');
      return { connection, reader };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  private async deliver(records: readonly SunSpecRecord[]): Promise<void> {
    const delivery = { gatewayId: this.device.name, door: 'modbus', sequence: null, modules: null } as const;
    try {
      await this.options.intake.takeRecords(delivery, records);
    } catch (error) {
      this.status.notTaken++;
      this.options.log.warn({ err: error, device: this.device.name }, 'a reading was not taken');
    }
  }

  private failed(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.status.failures++;
    this.status.lastError = error instanceof DeviceError ? `${error.failure}: ${text}` : text;
    if (++this.failuresInRow < FAILURES_UNTIL_DEAD) return;
    this.died(`it cannot be read: ${text}`);
  }

  private born(): void {
    if (this.status.isAlive) return;
    this.status.isAlive = true;
    this.options.log.info({ device: this.device.name }, 'device answers');
    this.options.intake.gatewayBorn(this.device.name, 'modbus');
  }

  private died(why: string): void {
    if (this.status.isAlive === false) return;
    this.status.isAlive = false;
    this.options.log.warn({ device: this.device.name, why }, 'device is gone');
    this.options.intake.gatewayDied(this.device.name, null, why, null);
  }

  /** Once for each kind of trouble, not once a second. */
  private complain(exceptions: readonly string[], rejections: readonly PointRejection[]): void {
    const complaint = [...exceptions, ...rejections.map(({ reason }) => reason)].join('; ');
    if (complaint !== this.lastComplaint && complaint !== '')
      this.options.log.warn(
        { device: this.device.name, exceptions, refusals: rejections },
        'not all could be read',
      );
    this.lastComplaint = complaint;
  }

  private hangUp(): void {
    this.link?.connection.close();
    this.link = null;
  }

  private backoffMs(): number {
    const growingMs = this.intervalMs * 2 ** Math.min(this.failuresInRow - 1, 16);
    return Math.min(growingMs, MAX_BACKOFF_MS) * (0.75 + 0.5 * this.fraction(this.failuresInRow));
  }

  /** Spreads devices in time, the same way at each start: 0 to 1 from name, address and number (FNV-1a). */
  private fraction(attempt: number): number {
    const { name, host, port = DEFAULT_PORT, unit = DEFAULT_UNIT } = this.device;
    let hash = 0x811c9dc5;
    for (const char of `${name} ${host} ${port} ${unit} ${attempt}`)
      hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
    return (hash >>> 0) / 2 ** 32;
  }

  private async pause(ms: number): Promise<void> {
    await sleep(Math.max(0, ms), undefined, { signal: this.stopping.signal }).catch(() => {});
  }
}
