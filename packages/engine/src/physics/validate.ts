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

/** Refuses keys that nothing reads: a misspelt name would otherwise be ignored in silence. */
export function checkKeys(record: Record<string, unknown>, path: string, known: string): void {
  const names = known.split(' ');
  for (const key of Object.keys(record)) {
    check(names.includes(key), `${path}.${key}`, `one of the keys ${names.join(', ')}`, record[key]);
  }
}
