/** The hazard label of a recording, counted. */
import type { Mapping } from '@emberwatch/engine/telemetry';
import { eachLabel } from '../recording/labels.ts';

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

/** Reads the file once more. */
export async function readLabels(file: string, mapping: Mapping, column: string): Promise<Labels> {
  const windows: LabelWindow[] = [];
  const open = new Map<string, LabelWindow | null>();
  const hazardModules = new Set<string>();
  let [rows, hazardRows, unlabelledRows, windowCount] = [0, 0, 0, 0];
  await eachLabel(file, mapping, column, (moduleId, timeMs, label) => {
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
