/** The seed's file with what its columns hold, and what cleaning does to each value. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { CHANNEL_INDEX, CHANNELS, newFrame } from '@emberwatch/engine/telemetry';
import { OutlierFilter } from '../../src/clean/outliers.ts';
import { SIGNALS } from '../../src/quick-data/signal.ts';

const ROWS = 2160;
/** What stands out of the noise by more than this is an outlier for sure: noise does so in one of 500 million values. */
const SURE_SDS = 6;

export interface ColumnStats {
  readonly column: string;
  /** Hazard rows that clipping changes, and by how much, mean and most. */
  readonly clipped: number;
  readonly clippedMean: number;
  readonly clippedMax: number;
  /** Hazard rows that ours changes. */
  readonly altered: number;
  /** Outliers that stand out of the noise, and how many of them ours removes. */
  readonly outliers: number;
  readonly caught: number;
  /** Values of normal rows that ours removes and that do not stand out. */
  readonly falselyRemoved: number;
}

export interface SeedFile {
  readonly values: readonly Float64Array[];
  readonly labels: Float64Array;
}

export function readSeedFile(path: string): SeedFile {
  const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n').slice(1);
  const rows = lines.map((line) => line.split(','));
  const column = (i: number) =>
    Float64Array.from(rows, (row) => (row[i] === '' ? Number.NaN : Number(row[i])));
  return { values: SIGNALS.map((_, i) => column(i + 3)), labels: column(12) };
}

/** Linear between the two nearest, as pandas and NumPy have it. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const next = sorted[Math.min(low + 1, sorted.length - 1)]!;
  return sorted[low]! + (at - low) * (next - sorted[low]!);
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const CHANNEL_OF = new Map(
  CHANNELS.flatMap((channel) =>
    'seedColumn' in channel ? [[channel.seedColumn as string, CHANNEL_INDEX[channel.id]] as const] : [],
  ),
);

/** Every value after our treatment, by column and row. */
function treated(file: SeedFile): Float64Array[] {
  const cleaned = file.values.map((values) => values.slice());
  const channels = SIGNALS.map(({ column }) => CHANNEL_OF.get(column)!);
  for (let from = 0; from < file.labels.length; from += ROWS) {
    const filter = new OutlierFilter((frame) => {
      for (const [i, channel] of channels.entries()) cleaned[i]![frame.timeMs] = frame.values[channel]!;
    });
    const frame = newFrame('one module');
    for (let row = from; row < from + ROWS; row++) {
      // The row stands for the time: it finds its way back.
      frame.timeMs = row;
      for (const [i, channel] of channels.entries()) frame.values[channel] = file.values[i]![row]!;
      filter.take(frame);
    }
    filter.finish();
  }
  return cleaned;
}

function standsOut(file: SeedFile, i: number): Uint8Array {
  const { drift, noiseSd } = SIGNALS[i]!;
  const values = file.values[i]!;
  const found = new Uint8Array(values.length);
  for (let from = 0; from < values.length; from += ROWS) {
    const flat = (row: number): number => values[from + row]! - (drift * row) / ROWS;
    const normal = Array.from({ length: ROWS }, (_, row) => row).filter(
      (row) => file.labels[from + row] === 0 && !Number.isNaN(values[from + row]!),
    );
    const level = median(normal.map(flat));
    for (const row of normal) if (Math.abs(flat(row) - level) > SURE_SDS * noiseSd) found[from + row] = 1;
  }
  return found;
}

export function statsOf(file: SeedFile): ColumnStats[] {
  const cleaned = treated(file);
  return SIGNALS.map(({ column }, i) => {
    const values = file.values[i]!;
    const sorted = values.filter((value) => !Number.isNaN(value)).sort();
    const [low, high] = [quantile(sorted, 0.01), quantile(sorted, 0.99)];
    const outlying = standsOut(file, i);
    let [clipped, clippedSum, clippedMax, altered, outliers, caught, falselyRemoved] = [0, 0, 0, 0, 0, 0, 0];
    values.forEach((value, row) => {
      const after = cleaned[i]![row]!;
      const isAltered = !Object.is(value, after);
      if (file.labels[row] === 1) {
        const cut = Math.abs(value - Math.min(Math.max(value, low), high));
        if (cut > 0) clipped++;
        if (!Number.isNaN(cut)) clippedSum += cut;
        clippedMax = Math.max(clippedMax, cut || 0);
        if (isAltered) altered++;
      } else if (outlying[row] === 1) {
        outliers++;
        if (isAltered) caught++;
      } else if (isAltered) falselyRemoved++;
    });
    const clippedMean = clipped > 0 ? clippedSum / clipped : 0;
    return { column, clipped, clippedMean, clippedMax, altered, outliers, caught, falselyRemoved };
  });
}
