/** An intake that does as it is told, and remembers what it was given; only what it has resolved is stored. */
import { type ErrorCode, ServiceError } from '../../src/errors.ts';
import {
  type BodyFormat,
  type Delivery,
  type IngestResult,
  type Intake,
  NOTHING_DELIVERED,
  type Protocol,
} from '../../src/monitor/intake.ts';

interface Stored {
  readonly delivery: Delivery;
  readonly format: BodyFormat | 'records';
  readonly text: string;
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

const TAKEN: IngestResult = { ...NOTHING_DELIVERED, accepted: 1 };

export class FakeIntake implements Intake {
  readonly stored: Stored[] = [];
  readonly reported: string[] = [];
  readonly rejected: string[] = [];
  readonly unknown: string[] = [];
  readonly declared: string[] = [];
  /** Every attempt, stored or not. */
  attempts = 0;
  /** Set: every delivery fails with it. */
  trouble: ErrorCode | 'crash' | null = null;
  /** What is taken has to wait for it. */
  gate: Promise<void> = Promise.resolve();
  failure: IngestResult['failure'] = null;
  result = TAKEN;

  async take(delivery: Delivery, format: BodyFormat, body: Uint8Array): Promise<IngestResult> {
    return this.store({ delivery, format, text: Buffer.from(body).toString(), records: [] });
  }

  async takeRecords(delivery: Delivery, records: Stored['records']): Promise<IngestResult> {
    return this.store({ delivery, format: 'records', text: '', records });
  }

  reject(gatewayId: string, protocol: Protocol, reason: string, detail: string): void {
    this.rejected.push(`${gatewayId} ${protocol} ${reason}: ${detail}`);
  }

  noteUnknownFields(gatewayId: string, names: readonly string[]): void {
    this.unknown.push(...names.map((name) => `${gatewayId} ${name}`));
  }

  declareChannels(moduleId: string, channels: readonly string[]): void {
    this.declared.push(`${moduleId}: ${channels.join(', ')}`);
  }

  gatewayBorn(gatewayId: string, protocol: Protocol): void {
    this.reported.push(`born ${gatewayId} ${protocol}`);
  }

  gatewayDied(gatewayId: string, modules: readonly string[] | null, why: string): void {
    this.reported.push(`died ${gatewayId} ${modules ?? 'all'} (${why})`);
  }

  get texts(): string[] {
    return this.stored.map(({ text }) => text);
  }

  get records(): Readonly<Record<string, unknown>>[] {
    return this.stored.flatMap(({ records }) => records);
  }

  /** Holds what comes until the returned function is called. */
  close(): () => void {
    let open: () => void = () => undefined;
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  private async store(stored: Stored): Promise<IngestResult> {
    this.attempts++;
    if (this.trouble === 'crash') throw new Error('told to fail');
    if (this.trouble !== null) throw new ServiceError(this.trouble);
    await this.gate;
    this.stored.push(stored);
    return { ...this.result, failure: this.failure };
  }
}
