/** The hazard label of a recording that carries one: for training and for looking, never for judging. */
import { CHANNEL_INDEX, type Frame, type Mapping } from '@emberwatch/engine/telemetry';
import type { LateColumns } from './columns.ts';
import { openRecording, type RecordingSummary } from './read.ts';
import type { Numbers } from './spool.ts';

/** Columns that are read as the label, the first one that a file has. */
const LABEL_NAMES = ['Hazard_Label', 'hazard_label', 'hazard_label_threshold'] as const;
/** A channel whose place the label takes while it is read; no other channel is asked for. */
const CARRIER = 'humidity_percent';

/** Null where there is none, and with a mapping that makes several modules of a row. */
export function labelColumnOf({
  mapping,
  coverage,
}: Pick<RecordingSummary, 'mapping' | 'coverage'>): string | null {
  if (mapping.split) return null;
  return LABEL_NAMES.find((name) => coverage.unusedFields.includes(name)) ?? null;
}

/**
 * Reads the file once more, through the same reader, with the label in the place of a channel: so every packing and
 * format has labels alike. NaN: a row without one.
 */
export async function eachLabel(
  file: string,
  mapping: Mapping,
  column: string,
  visit: (moduleId: string, timeMs: number, label: number) => void,
): Promise<void> {
  const frame = ({ moduleId, timeMs, values }: Frame): void =>
    visit(moduleId, timeMs, values[CHANNEL_INDEX[CARRIER]]!);
  const { cell_voltages_v: _, cell_temperatures_degc: __, ...rest } = mapping;
  await openRecording(file, {
    mapping: { ...rest, channels: { [CARRIER]: { column, range: [0, 1] } } },
    sink: { frame, rejection: () => {} },
  });
}

/** When the label of a module changes, in rising time, and to what. */
interface Changes {
  readonly timesMs: number[];
  readonly labels: number[];
}

/** The labels of a recording by module and time, in memory that grows with the number of changes alone. */
class LabelIndex {
  private readonly modules = new Map<string, Changes>();

  static async read(file: string, mapping: Mapping, column: string): Promise<LabelIndex> {
    const log = new LabelIndex();
    await eachLabel(file, mapping, column, (moduleId, timeMs, label) => log.note(moduleId, timeMs, label));
    for (const [moduleId, changes] of log.modules) log.modules.set(moduleId, inRisingTime(changes));
    return log;
  }

  /** Of the last row of the module until then; NaN where it has none. */
  at(moduleId: string, timeMs: number): number {
    const changes = this.modules.get(moduleId);
    if (!changes) return Number.NaN;
    let [low, high] = [0, changes.timesMs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (changes.timesMs[middle]! <= timeMs) low = middle + 1;
      else high = middle;
    }
    return changes.labels[low - 1] ?? Number.NaN;
  }

  private note(moduleId: string, timeMs: number, label: number): void {
    let changes = this.modules.get(moduleId);
    if (!changes) {
      changes = { timesMs: [], labels: [] };
      this.modules.set(moduleId, changes);
    }
    if (changes.labels.length > 0 && Object.is(changes.labels.at(-1), label)) return;
    changes.timesMs.push(timeMs);
    changes.labels.push(label);
  }
}

/**
 * `hazard_label` for a file made from a recording, whose first two columns are instants and positions in
 * `moduleNames`. None where the recording has no labels, or is standard input, which cannot be read twice.
 */
export async function lateLabels(
  path: string,
  summary: Pick<RecordingSummary, 'mapping' | 'coverage'>,
  moduleNames: readonly string[],
): Promise<LateColumns | undefined> {
  const column = path === '-' ? null : labelColumnOf(summary);
  if (column === null) return undefined;
  const log = await LabelIndex.read(path, summary.mapping, column);
  return {
    columns: [{ name: 'hazard_label', type: 'TINYINT' }],
    of: ({ rows, columns: [times, modules] }) => {
      const [timesMs, codes] = [times as Numbers, modules as Numbers];
      return [Float32Array.from({ length: rows }, (_, i) => log.at(moduleNames[codes[i]!]!, timesMs[i]!))];
    },
  };
}

/** A clock that was set back makes times of a module fall. */
function inRisingTime(changes: Changes): Changes {
  const { timesMs, labels } = changes;
  if (timesMs.every((timeMs, i) => i === 0 || timeMs >= timesMs[i - 1]!)) return changes;
  const order = [...timesMs.keys()].sort((a, b) => timesMs[a]! - timesMs[b]!);
  return { timesMs: order.map((i) => timesMs[i]!), labels: order.map((i) => labels[i]!) };
}
