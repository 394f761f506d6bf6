/** The latest changes of level, numbered. */
import type { LevelChange } from '@emberwatch/engine/detector';
import type { ChangeEntry } from '../records.ts';

export class ChangeList {
  private readonly changes: ChangeEntry[] = [];
  private readonly max: number;
  /** Number of the last change. */
  private count = 0;

  constructor(max: number) {
    this.max = max;
  }

  add(change: LevelChange, seenMs: number): ChangeEntry {
    const numbered = { ...change, seq: ++this.count, seenMs };
    this.changes.push(numbered);
    if (this.changes.length > this.max) this.changes.shift();
    return numbered;
  }

  /** Changes that were told before a restart, oldest first. */
  remember(changes: readonly ChangeEntry[]): void {
    this.changes.splice(0, this.changes.length, ...changes.slice(-this.max));
    this.count = Math.max(this.count, changes.at(-1)?.seq ?? 0);
  }

  /** Newest first. */
  latest(limit: number, moduleId?: string): ChangeEntry[] {
    const found = moduleId ? this.changes.filter((change) => change.moduleId === moduleId) : this.changes;
    return found.slice(-limit).reverse();
  }
}
