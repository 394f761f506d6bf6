/** The hazard label of a recording that carries one: for training and for looking, never for judging. */
import type { Frame, Mapping } from '@emberwatch/engine/telemetry';
import { CHANNEL_INDEX } from '@emberwatch/engine/telemetry';
import { openRecording } from '../recording/read.ts';

/** Columns that are read as the label, the first one that a file has. */
export const LABEL_NAMES = ['Hazard_Label', 'hazard_label', 'hazard_label_threshold'] as const;
const MAX_WINDOWS = 500;

/** Labelled frames of one module without an unlabelled one between them. */
export interface LabelWindow {
  readonly module: string;
  readonly fromMs: number;
  toMs: number;
  rows: number;
}

export interface Labels {
  readonly column: string;
  readonly rows: number;
  readonly hazardRows: number;
  readonly unlabelledRows: number;
  readonly hazardModules: number;
  /** The first MAX_WINDOWS. */
  readonly windows: readonly LabelWindow[];
  readonly windowCount: number;
}

/** A channel whose place the label takes while it is read; no other channel is asked for. */
const CARRIER = 'humidity_percent';

/**
 * Reads the file once more, through the same reader, with the label in the place of a channel: so every packing and
 * format has labels alike.
 */
export async function readLabels(file: string, mapping: Mapping, column: string): Promise<Labels> {
  const windows: LabelWindow[] = [];
  const open = new Map<string, LabelWindow | null>();
  const hazardModules = new Set<string>();
  let [rows, hazardRows, unlabelledRows, windowCount] = [0, 0, 0, 0];
  const observe = ({ moduleId, timeMs, values }: Frame): void => {
    const label = values[CHANNEL_INDEX[CARRIER]]!;
    rows++;
    if (Number.isNaN(label)) unlabelledRows++;
    if (!(label > 0)) {
      open.delete(moduleId);
      return;
    }
    hazardRows++;
    hazardModules.add(moduleId);
    const window = open.get(moduleId);
    if (window) {
      window.toMs = timeMs;
      window.rows++;
    } else if (window === undefined) {
      windowCount++;
      const next = { module: moduleId, fromMs: timeMs, toMs: timeMs, rows: 1 };
      if (windows.length < MAX_WINDOWS) windows.push(next);
      open.set(moduleId, next);
    }
  };
  const { cell_voltages_v: _, cell_temperatures_degc: __, ...rest } = mapping;
  await openRecording(file, {
    mapping: { ...rest, channels: { [CARRIER]: { column, range: [0, 1] } } },
    sink: { frame: observe, rejection: () => {} },
  });
  return {
    column,
    rows,
    hazardRows,
    unlabelledRows,
    hazardModules: hazardModules.size,
    windows,
    windowCount,
  };
}
