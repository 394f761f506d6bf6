/** An edge node as the specification wants it: one device, births with aliases, a sequence. */
import { DATATYPE, encodePayload, type MetricToSend } from '../../src/protocols/sparkplug/payload.ts';

export const START_MS = Date.UTC(2026, 0, 1);

const bdSeqMetric = (bdSeq: number): MetricToSend => ({
  name: 'bdSeq',
  datatype: DATATYPE.int64,
  value: bdSeq,
});

export class Edge {
  bdSeq = 0;
  seq = 0;
  readonly group: string;
  readonly name: string;

  constructor(name = 'edge1', group = 'RackA1') {
    this.name = name;
    this.group = group;
  }

  topic(type: string, device?: string): string {
    return ['spBv1.0', this.group, type, this.name, ...(device === undefined ? [] : [device])].join('/');
  }

  nodeBirth(atS = 0): Uint8Array {
    this.seq = 0;
    return this.message(atS, [bdSeqMetric(this.bdSeq)]);
  }

  /** Without a sequence number: it is the will. */
  nodeDeath(bdSeq = this.bdSeq): Uint8Array {
    return encodePayload({ metrics: [bdSeqMetric(bdSeq)] });
  }

  /** Temperature has alias 1, voltage 2, current 3. */
  deviceBirth(atS: number, degC = 25, volt = 51.2): Uint8Array {
    return this.message(atS, [
      { name: 'surface_temperature_max_degc', alias: 1, datatype: DATATYPE.float, value: degC },
      { name: 'Module_Voltage_V', alias: 2, datatype: DATATYPE.double, value: volt },
      { name: 'Battery/Current', alias: 3, datatype: DATATYPE.int16, value: -120 },
      { name: 'uptime', alias: 4, datatype: DATATYPE.uint32, value: 1 },
    ]);
  }

  data(atS: number, ...metrics: MetricToSend[]): Uint8Array {
    return this.message(atS, metrics);
  }

  message(atS: number, metrics: readonly MetricToSend[]): Uint8Array {
    const seq = this.seq;
    this.seq = (seq + 1) % 256;
    return encodePayload({ timestampMs: START_MS + atS * 1000, metrics, seq });
  }
}

export const temperature = (degC: number | null, more: Partial<MetricToSend> = {}): MetricToSend => ({
  alias: 1,
  datatype: DATATYPE.float,
  value: degC,
  ...more,
});
export const voltage = (volt: number): MetricToSend => ({ alias: 2, datatype: DATATYPE.double, value: volt });
export const uptime = (value: number): MetricToSend => ({ alias: 4, datatype: DATATYPE.uint32, value });
