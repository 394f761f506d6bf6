/** A judge simple enough to foresee: levels by the hottest temperature, a fault above 1000 ppm of CO. */
import type {
  DetectorSink,
  Level,
  LevelChange,
  Reason,
  SensorFault,
  Verdict,
} from '@emberwatch/engine/detector';
import { CHANNEL_INDEX, type Frame } from '@emberwatch/engine/telemetry';
import type { DetectorLike } from '../src/monitor/detector-like.ts';

const STAND_IN_SILENT_AFTER_MS = 60_000;

const levelOf = (temperatureDegC: number): Level =>
  Number.isNaN(temperatureDegC)
    ? 'unknown'
    : temperatureDegC >= 80
      ? 'critical'
      : temperatureDegC >= 60
        ? 'warning'
        : temperatureDegC >= 50
          ? 'advisory'
          : 'normal';

const NO_MODEL = { hazardProbability: null, timeToPnr: null, drivers: null };

export class StandInDetector implements DetectorLike {
  private readonly sink: DetectorSink;
  private readonly verdicts = new Map<string, Verdict>();
  private readonly faults = new Map<string, SensorFault>();

  constructor(sink: DetectorSink) {
    this.sink = sink;
  }

  observe(frame: Frame): void {
    const { moduleId, rackId, timeMs } = frame;
    const temperatureDegC = frame.values[CHANNEL_INDEX.surface_temperature_max_degc]!;
    if (temperatureDegC === 666) throw new Error('the stand-in was told to fail');
    const reason: Reason = {
      rule: 'temperature',
      physics: 'thermal',
      text: `Hottest surface ${temperatureDegC} °C`,
      value: temperatureDegC,
      limit: 50,
      unit: 'degC',
    };
    const level = levelOf(temperatureDegC);
    const reasons = level === 'normal' || level === 'unknown' ? [] : [reason];
    this.noteVerdict({ moduleId, rackId, timeMs, level, sinceMs: timeMs, reasons, missing: [], ...NO_MODEL });
    this.watchGas(frame);
  }

  advance(timeMs: number): void {
    for (const verdict of this.verdicts.values()) {
      if (timeMs - verdict.timeMs <= STAND_IN_SILENT_AFTER_MS) continue;
      this.noteVerdict({ ...verdict, level: 'unknown', reasons: [], sinceMs: timeMs });
    }
  }

  verdict(moduleId: string): Verdict | undefined {
    return this.verdicts.get(moduleId);
  }

  finish(): void {}

  private noteVerdict(verdict: Verdict): void {
    const before = this.verdicts.get(verdict.moduleId);
    const from = before?.level ?? 'unknown';
    if (from === verdict.level && before) {
      this.verdicts.set(verdict.moduleId, { ...verdict, sinceMs: before.sinceMs });
      return;
    }
    this.verdicts.set(verdict.moduleId, verdict);
    const { moduleId, rackId, sinceMs: timeMs, level: to, reasons } = verdict;
    const change: LevelChange = { timeMs, moduleId, rackId, from, to, reasons };
    if (from !== to) this.sink.change?.(change);
  }

  private watchGas({ moduleId, timeMs, values }: Frame): void {
    const isFaulty = values[CHANNEL_INDEX.co_ppm]! > 1000;
    const open = this.faults.get(moduleId);
    if (isFaulty === (open !== undefined)) return;
    const fault: SensorFault = open
      ? { ...open, toMs: timeMs }
      : {
          moduleId,
          channel: 'co_ppm',
          kind: 'impossible',
          fromMs: timeMs,
          toMs: null,
          text: 'CO is impossible',
        };
    if (open) this.faults.delete(moduleId);
    else this.faults.set(moduleId, fault);
    this.sink.sensorFault?.(fault);
  }
}

export const START_MS = Date.UTC(2026, 0, 1);

/** A record in the native schema, `atS` seconds after the start. */
export const recordOf = (moduleId: string, atS: number, values: Record<string, unknown> = {}) => ({
  time: START_MS + atS * 1000,
  module_id: moduleId,
  rack_id: moduleId.split('_')[0],
  surface_temperature_max_degc: 25,
  voltage_v: 51.2,
  current_a: 10,
  ...values,
});
