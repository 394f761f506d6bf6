/** The sensor faults of one module: opened when seen, closed when they have stayed away. */
import {
  type DetectorSink,
  HOT_READING_DEG_C,
  SENSOR_FAULT_KINDS,
  type SensorFault,
  type SensorFaultKind,
} from './verdict.ts';

const CLEAR_S = 60;

interface OpenFault {
  fault: SensorFault;
  lastSeenS: number;
}

export class SensorFaults {
  private readonly open = new Map<string, OpenFault>();
  /** Seen with a part of an instant that is now evaluated anew. */
  private readonly doubtful = new Map<string, OpenFault>();
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

  copyFrom({ open }: SensorFaults): void {
    this.open.clear();
    for (const [key, { fault, lastSeenS }] of open) this.open.set(key, { fault, lastSeenS });
  }

  /** What was seen since is in doubt until the instant has been evaluated anew. */
  goBackTo({ open: before }: SensorFaults): void {
    for (const [key, one] of this.open) {
      const known = before.get(key);
      if (known) one.lastSeenS = known.lastSeenS;
      else {
        this.open.delete(key);
        this.doubtful.set(key, one);
      }
    }
  }

  /** What was in doubt and is not there ends. */
  endDoubtful(): void {
    for (const { fault, lastSeenS } of this.doubtful.values())
      this.sink.sensorFault?.({ ...fault, toMs: lastSeenS * 1000 });
    this.doubtful.clear();
  }

  /**
   * The fault is there in this frame.
   *
   * @param detail ends the sentence
   * @param readingDegC what a sensor of temperature reads that is not believed
   * @param fromS when it began
   */
  see(
    kind: SensorFaultKind,
    channel: string,
    timeS: number,
    detail = '',
    readingDegC = Number.NaN,
    fromS = timeS,
  ): void {
    const key = `${kind} ${channel}`;
    const known = this.open.get(key) ?? this.outOfDoubt(key);
    if (known) {
      known.lastSeenS = timeS;
      this.noteReading(known, readingDegC);
      return;
    }
    const hottest = Number.isNaN(readingDegC) ? {} : { hottestDegC: readingDegC };
    const text = `${channel} ${SENSOR_FAULT_KINDS[kind]}${detail && `: ${detail}`}`;
    const fault = {
      moduleId: this.moduleId,
      channel,
      kind,
      fromMs: Math.round(fromS * 1000),
      toMs: null,
      text,
      ...hottest,
    };
    this.open.set(key, { fault, lastSeenS: timeS });
    this.sink.sensorFault?.(fault);
  }

  private outOfDoubt(key: string): OpenFault | undefined {
    const one = this.doubtful.get(key);
    if (!one) return undefined;
    this.doubtful.delete(key);
    this.open.set(key, one);
    return one;
  }

  private noteReading(known: OpenFault, readingDegC: number): void {
    const before = known.fault.hottestDegC ?? Number.NEGATIVE_INFINITY;
    if (!(readingDegC > before)) return;
    known.fault = { ...known.fault, hottestDegC: readingDegC };
    if (readingDegC >= HOT_READING_DEG_C && before < HOT_READING_DEG_C) this.sink.sensorFault?.(known.fault);
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
