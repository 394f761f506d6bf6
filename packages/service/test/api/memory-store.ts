/** A store that forgets: as much of the contract as the routes and the tokens ask for. */
import type { SensorFault } from '@emberwatch/engine/detector';
import { CHANNEL_INDEX, CHANNELS, copyOfFrame, type Frame } from '@emberwatch/engine/telemetry';
import type { Keeper } from '../../src/auth/access.ts';
import { ServiceError } from '../../src/errors.ts';
import type { AlarmRecord, AuditRow, ChangeEntry, TokenRow } from '../../src/records.ts';
import { decodeFrames, FrameEncoder } from '../../src/store/frames.ts';
import type { Commit, History, HistoryQuery, Page, Store } from '../../src/store/store.ts';

const PIECE_FRAMES = 2;

export class MemoryStore {
  readonly pendingBytes = 0;
  readonly keptFrames: Frame[] = [];
  readonly keptChanges: ChangeEntry[] = [];
  readonly keptFaults = new Map<string, SensorFault>();
  readonly keptAlarms = new Map<string, AlarmRecord>();
  readonly keptAudit: AuditRow[] = [];
  readonly keptTokens = new Map<string, TokenRow>();
  readonly settings = new Map<string, string>();
  /** Tokens, sessions and audit rows cannot be written. */
  isBroken = false;

  asStore(): Store {
    return this as unknown as Store;
  }

  /** What the fleet has said since the last commit. */
  readonly pending = { changes: [] as ChangeEntry[], sensorFaults: [] as SensorFault[] };

  takePending() {
    const { changes, sensorFaults } = this.pending;
    return {
      changes: changes.splice(0),
      sensorFaults: sensorFaults.splice(0),
      alarms: [],
      audit: [],
      outbox: [],
      settings: [],
    };
  }

  async commit({ batches = [], changes = [], sensorFaults = [] }: Commit): Promise<void> {
    for (const { frames } of batches)
      decodeFrames(frames, (frame) => void this.keptFrames.push(copyOfFrame(frame)));
    this.keptChanges.push(...changes);
    for (const fault of sensorFaults)
      this.keptFaults.set(`${fault.moduleId} ${fault.channel} ${fault.kind} ${fault.fromMs}`, fault);
  }

  async history(query: HistoryQuery): Promise<History> {
    const frames = this.framesOf([query.moduleId], query.fromMs, query.toMs).slice(0, query.maxPoints);
    const ids = query.channels ?? CHANNELS.map(({ id }) => id);
    const series = ids.flatMap((id) => {
      const values = Float64Array.from(frames, (f) => f.values[CHANNEL_INDEX[id as 'voltage_v']]!);
      return values.every(Number.isNaN) ? [] : [{ id, min: values, mean: values, max: values }];
    });
    const cells = query.withCells
      ? [cellSeries(frames, 'cellVoltagesV'), cellSeries(frames, 'cellTemperaturesDegC')]
      : [];
    return {
      tier: 'raw',
      stepMs: 0,
      timesMs: Float64Array.from(frames, ({ timeMs }) => timeMs),
      series: [...series, ...cells.flat()],
      late: [],
    };
  }

  async *frames(
    moduleIds: readonly string[] | null,
    fromMs: number,
    toMs: number,
  ): AsyncIterable<Uint8Array> {
    const frames = this.framesOf(moduleIds, fromMs, toMs);
    for (let i = 0; i < frames.length; i += PIECE_FRAMES) {
      const encoder = new FrameEncoder();
      for (const frame of frames.slice(i, i + PIECE_FRAMES)) encoder.add(frame, false);
      yield encoder.finish();
    }
  }

  async modules() {
    return [];
  }

  async changes(query: { moduleId?: string; limit: number; cursor?: string }): Promise<Page<ChangeEntry>> {
    const found = this.keptChanges
      .filter(({ moduleId }) => moduleId === (query.moduleId ?? moduleId))
      .reverse();
    return paged(found, query);
  }

  async sensorFaults(query: { moduleId?: string; openOnly?: boolean; limit: number; cursor?: string }) {
    const found = [...this.keptFaults.values()]
      .filter(({ moduleId }) => moduleId === (query.moduleId ?? moduleId))
      .filter(({ toMs }) => !query.openOnly || toMs === null);
    return paged(found.reverse(), query);
  }

  async alarms(query: { open?: boolean; kind?: string; limit: number; cursor?: string }) {
    const found = [...this.keptAlarms.values()]
      .filter(({ state }) => query.open === undefined || (state !== 'closed') === query.open)
      .filter(({ kind }) => kind === (query.kind ?? kind));
    return paged(found.reverse(), query);
  }

  async alarm(id: string): Promise<AlarmRecord | null> {
    return this.keptAlarms.get(id) ?? null;
  }

  async audit({ afterSeq, limit }: { afterSeq: number; limit: number }): Promise<readonly AuditRow[]> {
    return this.keptAudit.filter(({ seq }) => seq > afterSeq).slice(0, limit);
  }

  async tokens(): Promise<readonly TokenRow[]> {
    return [...this.keptTokens.values()];
  }

  /** What tokens and sessions are kept by. */
  readonly keeper: Keeper = {
    createToken: async (row, byName) => this.keepToken(row, byName, 'token.created'),
    revokeToken: async (row, byName) => this.keepToken(row, byName, 'token.revoked'),
    isTokenStored: (id) => !this.unstored.has(id),
    saveSetting: async (key, value) => {
      this.check();
      this.settings.set(key, value);
    },
  };
  private readonly unstored = new Set<string>();

  private keepToken(row: TokenRow, byName: string, action: string): void {
    this.unstored.add(row.id);
    const { name, role, modules, expiresMs } = row;
    this.writeAudit(byName, action, row.id, { name, role, modules, expiresMs });
    this.keptTokens.set(row.id, row);
    this.unstored.delete(row.id);
  }

  async setting(key: string): Promise<string | null> {
    return this.settings.get(key) ?? null;
  }

  writeAudit(actor: string, action: string, subject: string, detail: unknown): void {
    this.check();
    const seq = this.keptAudit.length + 1;
    this.keptAudit.push({
      seq,
      atMs: 0,
      actor,
      action,
      subject,
      detail: JSON.stringify(detail),
      hash: `${seq}`,
    });
  }

  private check(): void {
    if (this.isBroken) throw new ServiceError('STORAGE_FAILED');
  }

  private framesOf(moduleIds: readonly string[] | null, fromMs: number, toMs: number): Frame[] {
    return this.keptFrames
      .filter(
        ({ moduleId, timeMs }) =>
          (moduleIds?.includes(moduleId) ?? true) && timeMs >= fromMs && timeMs < toMs,
      )
      .sort((a, b) => a.timeMs - b.timeMs);
  }
}

function paged<T>(rows: T[], { limit, cursor }: { limit: number; cursor?: string }): Page<T> {
  const from = Number(cursor ?? 0);
  const isMore = rows.length > from + limit;
  return { rows: rows.slice(from, from + limit), cursor: isMore ? String(from + limit) : null };
}

function cellSeries(frames: readonly Frame[], field: 'cellVoltagesV' | 'cellTemperaturesDegC') {
  const name = field === 'cellVoltagesV' ? 'cell_voltages_v' : 'cell_temperatures_degc';
  const count = Math.max(0, ...frames.map((frame) => frame[field]?.length ?? 0));
  return Array.from({ length: count }, (_, i) => {
    const values = Float64Array.from(frames, (frame) => frame[field]?.[i] ?? Number.NaN);
    return { id: `${name}[${i + 1}]`, min: values, mean: values, max: values };
  });
}
