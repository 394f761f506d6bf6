/** The sensor faults of one module: opened when seen, closed when they have stayed away. */
import { type DetectorSink, SENSOR_FAULT_KINDS, type SensorFault, type SensorFaultKind } from './verdict.ts';

const CLEAR_S = 60;

interface OpenFault {
  fault: SensorFault;
  lastSeenS: number;
}

export class SensorFaults {
  private readonly open = new Map<string, OpenFault>();
  private readonly moduleId: string;
  private readonly sink: DetectorSink;

  constructor(moduleId: string, sink: DetectorSink) {
    this.moduleId = moduleId;
    this.sink = sink;
  }

  get count(): number {
    return this.open.size;
  }

  has(channel: string, kind: SensorFaultKind): boolean {
    return this.open.size > 0 && this.open.has(`${kind} ${channel}`);
  }

  /** The fault is there in this frame. `detail` ends the sentence. */
  see(kind: SensorFaultKind, channel: string, timeS: number, detail = ''): void {
    const key = `${kind} ${channel}`;
    const known = this.open.get(key);
    if (known) {
      known.lastSeenS = timeS;
      return;
    }
    const text = `${channel} ${SENSOR_FAULT_KINDS[kind]}${detail && `: ${detail}`}`;
    const fault = { moduleId: this.moduleId, channel, kind, fromMs: timeS * 1000, toMs: null, text };
    this.open.set(key, { fault, lastSeenS: timeS });
    this.sink.sensorFault?.(fault);
  }

  /** Closes what has not been seen for a while; `all` closes everything. */
  expire(timeS: number, intervalS: number, all = false): void {
    if (this.open.size === 0) return;
    const clearS = Math.max(CLEAR_S, 3 * intervalS);
    for (const [key, { fault, lastSeenS }] of this.open) {
      if (!all && timeS - lastSeenS <= clearS) continue;
      this.open.delete(key);
      this.sink.sensorFault?.({ ...fault, toMs: lastSeenS * 1000 });
    }
  }

  list(): SensorFault[] {
    return [...this.open.values()].map(({ fault }) => fault);
  }
}
