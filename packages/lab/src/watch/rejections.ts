/** Counts what was refused, by reason and column, with the first places of each. */
import { REJECTION_REASONS, type Rejection, type RejectionReason } from '@emberwatch/engine/telemetry';

const EXAMPLES_KEPT = 3;
/** A file with more columns than this is counted under "other columns". */
const MAX_GROUPS = 500;

export interface RejectionGroup {
  readonly reason: RejectionReason;
  readonly scope: Rejection['scope'];
  readonly column: string | null;
  /** What the reason means, in words. */
  readonly meaning: string;
  count: number;
  readonly examples: Rejection[];
}

export class RejectionLog {
  total = 0;
  rows = 0;
  private readonly groups = new Map<string, RejectionGroup>();

  add(rejection: Rejection): void {
    this.total++;
    if (rejection.scope === 'row') this.rows++;
    const { reason, scope } = rejection;
    const isKnown = this.groups.has(`${reason} ${rejection.column}`);
    const column = isKnown || this.groups.size < MAX_GROUPS ? rejection.column : 'other columns';
    const key = `${reason} ${column}`;
    let group = this.groups.get(key);
    if (!group) {
      group = { reason, scope, column, meaning: REJECTION_REASONS[reason], count: 0, examples: [] };
      this.groups.set(key, group);
    }
    group.count++;
    if (group.examples.length < EXAMPLES_KEPT) group.examples.push(rejection);
  }

  /** The commonest first. */
  list(): RejectionGroup[] {
    return [...this.groups.values()].sort((a, b) => b.count - a.count);
  }
}
