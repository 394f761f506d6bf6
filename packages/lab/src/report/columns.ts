/** Many column names in few words: V_1, V_2, V_3 become V_1 … V_3. */
import { naturalOrder } from './wording.ts';

const MAX_SHOWN = 12;

interface Numbered {
  readonly name: string;
  readonly before: string;
  readonly number: number;
  readonly after: string;
}

function numbered(name: string): Numbered {
  const match = /^(.*?)(\d{1,9})(\D*)$/s.exec(name);
  return match
    ? { name, before: match[1]!, number: Number(match[2]), after: match[3]! }
    : { name, before: name, number: Number.NaN, after: '' };
}

export function columnRanges(names: readonly string[]): string[] {
  const sorted = [...new Set(names)].sort(naturalOrder).map(numbered);
  const runs: Numbered[][] = [];
  for (const next of sorted) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const follows =
      last && next.before === last.before && next.after === last.after && next.number === last.number + 1;
    if (follows) run!.push(next);
    else runs.push([next]);
  }
  return runs.flatMap((run) =>
    run.length > 2 ? [`${run[0]!.name} … ${run.at(-1)!.name}`] : run.map(({ name }) => name),
  );
}

/** The same as one piece of text, cut where nobody would read on. */
export function columnList(names: readonly string[], limit = MAX_SHOWN): string {
  const ranges = columnRanges(names);
  const more = ranges.length - limit;
  return ranges.slice(0, limit).join(', ') + (more > 0 ? `, … and ${more} more` : '');
}
