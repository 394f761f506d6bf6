export { builtinMappingFor, NATIVE_MAPPING, SEED_MAPPING } from './builtin.ts';
export {
  CELL_ARRAYS,
  CHANNEL_COUNT,
  CHANNEL_INDEX,
  CHANNELS,
  type Channel,
  type ChannelId,
  channelAt,
  SEED_COLUMNS,
} from './channels.ts';
export {
  type ClockState,
  type FrameClocks,
  ModuleClocks,
  type TimeRejection,
} from './clocks.ts';
export { type CsvOptions, CsvReader, type CsvRow, type CsvSink } from './csv.ts';
export { type Coverage, type DecoderOptions, FrameDecoder } from './decode.ts';
export {
  CELL_TEMPERATURES_BIT,
  CELL_VOLTAGES_BIT,
  type ClockSetBack,
  copyOfFrame,
  type Frame,
  type FrameSink,
  type ModuleId,
  newFrame,
  quoteValue,
  REJECTION_REASONS,
  type Rejection,
  type RejectionReason,
} from './frame.ts';
export { parseJson } from './json.ts';
export {
  checkMapping,
  expandColumns,
  InputError,
  MAX_CELLS,
  type Mapping,
  type Nameplate,
} from './mapping.ts';
export { cellList, nativeRecord } from './native.ts';
export { numberOfText } from './number-text.ts';
export {
  CsvRecordingReader,
  NdjsonRecordingReader,
  type RecordingReader,
} from './recording.ts';
export { fieldsOfMapping, mappingFor, RecordDecoder } from './records.ts';
export { jsonText, NUMBER_BAD, NUMBER_MISSING, NUMBER_OK, RecordRow, type Row } from './row.ts';
export type { SpreadRows } from './row-merging.ts';
export { isWholeSecond, type Sample, type StampedRow, samplesOf, spread } from './samples.ts';
export { type IsoReader, isoReader, zoneOffsetMs } from './time.ts';
export {
  nameMatcher,
  nearestField,
  type UnknownField,
  UnknownFields,
  unknownFieldText,
} from './unknown-fields.ts';
export { textOfUtf8 } from './utf8.ts';
