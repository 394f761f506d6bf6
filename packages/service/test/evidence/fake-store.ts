/** The part of the store that evidence reads, in memory: simple enough to be believed. */

import type { SensorFault } from '@emberwatch/engine/detector';
import { CELL_ARRAYS, CHANNELS, type Frame } from '@emberwatch/engine/telemetry';
import type { EvidenceSource } from '../../src/evidence/bundle.ts';
import type { AlarmRecord, AuditRow, ChangeEntry } from '../../src/records.ts';
import type { History, HistoryQuery, HistorySeries } from '../../src/store/store.ts';

type Reader = EvidenceSource['store'];

export class FakeStore implements Reader {
  readonly frames = new Map<string, Frame[]>();
  readonly alarmRows: AlarmRecord[] = [];
  readonly auditRows: AuditRow[] = [];
  readonly changeRows: ChangeEntry[] = [];
  readonly faultRows: SensorFault[] = [];

  add(frame: Frame): void {
    const list = this.frames.get(frame.moduleId) ?? [];
    this.frames.set(frame.moduleId, list);
    list.push(frame);
  }

  async alarm(id: string): Promise<AlarmRecord | null> {
    return this.alarmRows.find((alarm) => alarm.id === id) ?? null;
  }

  async lastAudit(): Promise<AuditRow | null> {
    return this.auditRows.at(-1) ?? null;
  }

  async audit({ afterSeq, limit, subject }: Parameters<Reader['audit']>[0]): Promise<AuditRow[]> {
    return this.auditRows.filter((row) => row.seq > afterSeq && row.subject === subject).slice(0, limit);
  }

  async changes({
    moduleId,
    fromMs = 0,
    toMs = Number.POSITIVE_INFINITY,
    limit,
  }: Parameters<Reader['changes']>[0]) {
    const rows = this.changeRows.filter(
      (row) => row.moduleId === moduleId && row.timeMs >= fromMs && row.timeMs < toMs,
    );
    return { rows: rows.slice(0, limit), cursor: rows.length > limit ? 'more' : null };
  }

  async sensorFaults({ moduleId, limit }: Parameters<Reader['sensorFaults']>[0]) {
    const rows = this.faultRows.filter((fault) => fault.moduleId === moduleId);
    return { rows: rows.slice(0, limit), cursor: null };
  }

  async modules() {
    return [...this.frames].map(([moduleId, list]) => ({
      moduleId,
      rackId: list[0]!.rackId,
      firstMs: list[0]!.timeMs,
      lastMs: list.at(-1)!.timeMs,
    }));
  }

  async history({ moduleId, fromMs, toMs, maxPoints, channels, withCells }: HistoryQuery): Promise<History> {
    const list = (this.frames.get(moduleId) ?? []).filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs);
    const perStep = Math.max(1, Math.ceil(list.length / maxPoints));
    const count = Math.ceil(list.length / perStep);
    const series: HistorySeries[] = [];
    const put = (id: string, of: (frame: Frame) => number): void => {
      const [min, mean, max] = [0, 0, 0].map(() => new Float64Array(count).fill(Number.NaN)) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      for (let i = 0; i < count; i++) {
        const values = list
          .slice(i * perStep, (i + 1) * perStep)
          .map(of)
          .filter((value) => !Number.isNaN(value));
        if (values.length === 0) continue;
        min[i] = Math.min(...values);
        max[i] = Math.max(...values);
        mean[i] = values.reduce((a, b) => a + b, 0) / values.length;
      }
      if (mean.some((value) => !Number.isNaN(value))) series.push({ id, min, mean, max });
    };
    CHANNELS.forEach(({ id }, i) => {
      if (channels === undefined || channels.includes(id)) put(id, ({ values }) => values[i]!);
    });
    const cellsOf = (frame: Frame, id: string): Float64Array | null =>
      id === 'cell_voltages_v' ? frame.cellVoltagesV : frame.cellTemperaturesDegC;
    if (withCells)
      for (const { id } of CELL_ARRAYS)
        for (let cell = 0; cell < (list[0] ? (cellsOf(list[0], id)?.length ?? 0) : 0); cell++)
          put(`${id}[${cell + 1}]`, (frame) => cellsOf(frame, id)?.[cell] ?? Number.NaN);
    const stepMs = perStep === 1 || list.length < 2 ? 0 : perStep * (list[1]!.timeMs - list[0]!.timeMs);
    const timesMs = Float64Array.from({ length: count }, (_, i) => list[i * perStep]!.timeMs);
    return { tier: 'raw', timesMs, stepMs, series, late: [] };
  }
}
