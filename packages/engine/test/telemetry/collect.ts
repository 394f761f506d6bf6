import {
  CHANNEL_INDEX,
  type ChannelId,
  CsvRecordingReader,
  checkMapping,
  type Frame,
  type FrameSink,
  type Mapping,
  NdjsonRecordingReader,
  type RecordingReader,
  type Rejection,
} from '../../src/telemetry/index.ts';

export interface TakenFrame {
  readonly moduleId: string;
  readonly rackId: string | null;
  readonly timeMs: number;
  readonly values: readonly number[];
  readonly impossible: number;
  readonly cellVoltagesV: readonly number[] | null;
  readonly cellTemperaturesDegC: readonly number[] | null;
}

const taken = (frame: Frame): TakenFrame => ({
  moduleId: frame.moduleId,
  rackId: frame.rackId,
  timeMs: frame.timeMs,
  values: [...frame.values],
  impossible: frame.impossible,
  cellVoltagesV: frame.cellVoltagesV && [...frame.cellVoltagesV],
  cellTemperaturesDegC: frame.cellTemperaturesDegC && [...frame.cellTemperaturesDegC],
});

export class Collected implements FrameSink {
  readonly frames: TakenFrame[] = [];
  readonly rejections: Rejection[] = [];

  frame(frame: Frame): void {
    this.frames.push(taken(frame));
  }

  rejection(rejection: Rejection): void {
    this.rejections.push(rejection);
  }

  get times(): number[] {
    return this.frames.map(({ timeMs }) => timeMs);
  }

  channel(id: ChannelId): number[] {
    return this.frames.map(({ values }) => values[CHANNEL_INDEX[id]]!);
  }
}

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));

function readAll(
  reader: (mapping: Mapping | null, sink: FrameSink) => RecordingReader,
  source: string | Uint8Array,
  mapping: Mapping | null,
  chunkBytes: number,
): Collected {
  if (mapping) checkMapping(mapping);
  const collected = new Collected();
  const reading = reader(mapping, collected);
  const bytes = typeof source === 'string' ? bytesOf(source) : source;
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = bytes.slice(at, at + chunkBytes);
    reading.push(chunk);
    // The reader must not lean on a chunk that the source may reuse.
    chunk.fill(0x23);
  }
  reading.end();
  return collected;
}

export const readCsv = (
  source: string | Uint8Array,
  mapping: Mapping | null = null,
  chunkBytes = 65536,
): Collected => readAll((m, sink) => new CsvRecordingReader(m, sink), source, mapping, chunkBytes);

export const readNdjson = (source: string, mapping: Mapping | null = null, chunkBytes = 65536): Collected =>
  readAll((m, sink) => new NdjsonRecordingReader(m, sink), source, mapping, chunkBytes);

/** One module, time `t`, voltage `v`: what a test then changes. */
export const SIMPLE: Mapping = {
  name: 'simple',
  time: { column: 't' },
  module: { id: 'M' },
  channels: { voltage_v: { column: 'v' } },
};

export const utc = (text: string): number => Date.parse(text);
