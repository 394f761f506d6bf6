/** Sensor faults that last, and the latest of those that have ended. */
import { HOT_READING_DEG_C, type SensorFault } from '@emberwatch/engine/detector';
import type { HotSensor } from '../alarms/conditions.ts';

export class FaultList {
  private readonly faults = new Map<string, SensorFault>();
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  take(fault: SensorFault): void {
    this.faults.set(keyOf(fault), fault);
    if (this.faults.size > this.max) this.forgetOldest();
  }

  /** This very fault lasts. */
  isOpen(fault: SensorFault): boolean {
    return this.faults.get(keyOf(fault))?.toMs === null;
  }

  /** Of the faults of a module that last the one that read hottest, where that is as hot as what burns. */
  hotSensorOf(moduleId: string): HotSensor | null {
    let hottest: HotSensor | null = null;
    for (const { moduleId: of, toMs, channel, hottestDegC: degC } of this.faults.values()) {
      if (of !== moduleId || toMs !== null || degC === undefined || degC === null) continue;
      if (degC >= HOT_READING_DEG_C && !(degC <= (hottest?.degC ?? Number.NaN))) hottest = { channel, degC };
    }
    return hottest;
  }

  /** Newest first; with `toMs` null while they last. */
  list(moduleId?: string): SensorFault[] {
    const all = [...this.faults.values()].reverse();
    return moduleId ? all.filter((fault) => fault.moduleId === moduleId) : all;
  }

  forget(moduleId: string): void {
    for (const [key, fault] of this.faults) if (fault.moduleId === moduleId) this.faults.delete(key);
  }

  state(): SensorFault[] {
    return [...this.faults.values()];
  }

  restoreState(faults: readonly SensorFault[]): void {
    for (const fault of faults) this.faults.set(keyOf(fault), fault);
  }

  /** One that has ended goes before one that lasts, and one that reads hot and lasts is the last to go. */
  private forgetOldest(): void {
    let oldest: string | undefined;
    let oldestCool: string | undefined;
    for (const [key, { toMs, hottestDegC }] of this.faults) {
      oldest ??= key;
      if (!((hottestDegC ?? 0) >= HOT_READING_DEG_C)) oldestCool ??= key;
      if (toMs === null) continue;
      this.faults.delete(key);
      return;
    }
    const key = oldestCool ?? oldest;
    if (key !== undefined) this.faults.delete(key);
  }
}

const keyOf = ({ moduleId, channel, kind, fromMs }: SensorFault): string =>
  `${moduleId}\u0000${channel}\u0000${kind}\u0000${fromMs}`;
