/** What a search has found so far, line by line, so that a killed one goes on where it was. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { InputError } from '@emberwatch/engine/telemetry';

interface Line {
  readonly key: string;
  readonly score: number;
}

export class Journal {
  private readonly path: string | null;
  private readonly scores = new Map<string, number>();

  /** Without a path it forgets. Errors: `InputError` where the file belongs to another search. */
  constructor(path: string | null, search: string) {
    this.path = path;
    if (path === null) return;
    const header = JSON.stringify({ search });
    if (!existsSync(path)) {
      writeFileSync(path, `${header}\n`);
      return;
    }
    const text = readFileSync(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [first, ...lines] = whole.split('\n').filter(Boolean);
    if (first !== header)
      throw new InputError(`${path}: the journal of a search with other rows or settings; name a new file`);
    // A line that was cut off when the search was killed is done anew.
    if (whole !== text) writeFileSync(path, whole);
    for (const line of lines) {
      const { key, score } = JSON.parse(line) as Line;
      this.scores.set(key, score);
    }
  }

  find(key: string): number | undefined {
    return this.scores.get(key);
  }

  add(key: string, score: number): void {
    this.scores.set(key, score);
    if (this.path !== null) appendFileSync(this.path, `${JSON.stringify({ key, score } satisfies Line)}\n`);
  }
}
