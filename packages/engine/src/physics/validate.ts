/** Small checks with one kind of error: the path, what was expected, and the value found. */

/** A scenario or case that cannot be run. `path` names the place in it. */
export class ScenarioError extends Error {
  readonly code = 'scenario.invalid';
  readonly path: string;

  constructor(path: string, expected: string, value: unknown) {
    super(`${path}: expected ${expected}, got ${show(value)}`);
    this.name = 'ScenarioError';
    this.path = path;
  }
}

const LONGEST_SHOWN = 60;

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function check(holds: boolean, path: string, expected: string, value: unknown): asserts holds {
  if (!holds) throw new ScenarioError(path, expected, value);
}

/** The number at `key`, or `fallback`; `ScenarioError` at `path` where it is none within the bounds. */
export function numberAt(
  record: Record<string, unknown>,
  key: string,
  path: string,
  low: number,
  high: number,
  fallback: number,
): number {
  const value = record[key] ?? fallback;
  check(
    typeof value === 'number' && value >= low && value <= high,
    path,
    `a number between ${low} and ${high}`,
    value,
  );
  return value;
}

/** Rejects keys that nothing reads: a misspelt name would otherwise be ignored in silence. */
export function checkKeys(record: Record<string, unknown>, path: string, known: string): void {
  const names = known.split(' ');
  for (const key of Object.keys(record))
    check(names.includes(key), path === '' ? key : `${path}.${key}`, keyExpected(key, names), record[key]);
}

/** What somebody may have meant who wrote `key`, in words. */
function keyExpected(key: string, names: readonly string[]): string {
  const other = MEANT[key];
  const meant =
    other && names.includes(other.key) ? `${other.key} (${other.about})` : nearestName(key, names);
  return meant === undefined ? `one of the keys ${names.join(', ')}` : `a key such as ${meant}`;
}

/** Keys that people look for under another name. */
const MEANT: Readonly<Record<string, { readonly key: string; readonly about: string }>> = {
  capacityAh: { key: 'cellScale', about: 'multiplies the capacity of the cell' },
  soc: { key: 'startCharge', about: '0 to 1' },
  startSoc: { key: 'startCharge', about: '0 to 1' },
};

/** The known name with the fewest letters to insert, delete or replace; undefined where none is near enough to be meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((other) => distanceOf(name.toLowerCase(), other.toLowerCase()));
  const min = Math.min(...distances);
  return min <= Math.max(2, name.length / 3) ? known[distances.indexOf(min)] : undefined;
}

function distanceOf(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const now = [i + 1];
    for (let j = 0; j < b.length; j++)
      now.push(Math.min(now[j]! + 1, before[j + 1]! + 1, before[j]! + (a[i] === b[j] ? 0 : 1)));
    before = now;
  }
  return before[b.length]!;
}
