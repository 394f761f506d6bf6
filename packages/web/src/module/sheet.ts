/** What a view shows, as a table for other programs. */
import type { HistoryBody } from '../wire.ts';

/** A spreadsheet takes such a text for a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;

function textCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * CSV with a line for each instant of any of the modules. Frames have a column for each channel; steps have its lowest,
 * mean and highest value. Numbers are those of the service, digit for digit; empty: not measured.
 */
export function csvOf(histories: readonly HistoryBody[]): string {
  const columns = histories.flatMap(({ moduleId, stepMs, timesMs, series }) => {
    const rows = new Map(timesMs.map((timeMs, at) => [timeMs, at]));
    const prefix = histories.length > 1 ? `${moduleId} ` : '';
    return series.flatMap(({ id, min, mean, max }) => {
      const named = (name: string, values: readonly (number | null)[]) => ({
        name: textCell(prefix + name),
        at: (timeMs: number): string => {
          const value = values[rows.get(timeMs) ?? -1] ?? null;
          return value === null ? '' : String(value);
        },
      });
      if (stepMs === 0) return [named(id, mean)];
      return [named(`${id}_min`, min), named(`${id}_mean`, mean), named(`${id}_max`, max)];
    });
  });
  const timesMs = [...new Set(histories.flatMap((history) => history.timesMs))].sort((a, b) => a - b);
  const late = new Set(
    histories.flatMap(({ timesMs: times, late: places }) => places.map((at) => times[at]!)),
  );
  const lines = timesMs.map((timeMs) =>
    [
      new Date(timeMs).toISOString(),
      late.has(timeMs) ? '1' : '0',
      ...columns.map(({ at }) => at(timeMs)),
    ].join(','),
  );
  return `${[['time', 'late', ...columns.map(({ name }) => name)].join(','), ...lines].join('\n')}\n`;
}
