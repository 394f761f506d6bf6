/**
 * What people do is stored before it is done: what was answered as done outlives the process, and what could not be
 * stored has changed nothing.
 *
 * An action is written down first, behind everything that waits to be stored. Then it is done, and what comes of it is
 * stored in one commit with the end of its row. Where the process ends in between, the next start does it again.
 */
import type { AlarmPersonAction } from '../alarms/actions.ts';
import type { SettingRow, TokenRow } from '../records.ts';

export type PersonAction =
  | AlarmPersonAction
  | { readonly kind: 'retire'; readonly moduleId: string; readonly reason: string }
  | {
      readonly kind: 'decide-gateway';
      readonly moduleId: string;
      readonly gatewayId: string;
      readonly reason: string;
    }
  | { readonly kind: 'retire-gateway'; readonly gatewayId: string; readonly reason: string }
  /** The token itself is stored with the action, by the hash of its secret. */
  | { readonly kind: 'create-token'; readonly row: TokenRow };

export interface StoredAction {
  readonly number: number;
  readonly atMs: number;
  readonly byName: string;
  readonly what: PersonAction;
}

/** Under names that begin so the store keeps what was asked for and is not done. */
export const ACTION_PREFIX = 'action.';

interface StoredActionsOptions {
  readonly now: () => number;
  /** Stores what waits and then these; of these nothing stays where it fails. @throws ServiceError */
  readonly writeFirst: (settings: readonly SettingRow[], tokens: readonly TokenRow[]) => Promise<void>;
  /** What has come of an action, and `takeRows`; where it fails they wait. @throws ServiceError */
  readonly write: () => Promise<void>;
}

export class StoredActions {
  private readonly options: StoredActionsOptions;
  private readonly kept: readonly StoredAction[];
  private last: number;
  private ended: SettingRow[] = [];
  private turn: Promise<unknown> = Promise.resolve();

  /** @param rows as the store keeps them */
  constructor(options: StoredActionsOptions, rows: readonly SettingRow[]) {
    this.options = options;
    this.kept = rows
      .map(({ value }) => JSON.parse(value!) as StoredAction)
      .sort((a, b) => a.number - b.number);
    this.last = this.kept.at(-1)?.number ?? 0;
  }

  /** One after another. @throws ServiceError of the store: then nothing was done; and what `apply` throws */
  perform<R>(what: PersonAction, byName: string, apply: (nowMs: number) => R): Promise<R> {
    const turn = this.turn.then(() => this.performNow(what, byName, apply));
    this.turn = turn.catch(() => {});
    return turn;
  }

  /** At a start: what was stored and not done. */
  repeat(apply: (action: StoredAction) => void): void {
    for (const action of this.kept) {
      apply(action);
      this.ended.push(endOf(action));
    }
  }

  /** Belong into the commit of what came of the actions. */
  takeRows(): readonly SettingRow[] {
    const { ended } = this;
    this.ended = [];
    return ended;
  }

  private async performNow<R>(what: PersonAction, byName: string, apply: (nowMs: number) => R): Promise<R> {
    const { now, writeFirst, write } = this.options;
    const action: StoredAction = { number: ++this.last, atMs: now(), byName, what };
    const row = { key: keyOf(action), value: JSON.stringify(action) };
    await writeFirst([row], what.kind === 'create-token' ? [what.row] : []);
    this.ended.push(endOf(action));
    try {
      return apply(now());
    } finally {
      // It is stored that it was asked for: what came of it can wait.
      await write().catch(() => {});
    }
  }
}

const keyOf = ({ number }: StoredAction): string => `${ACTION_PREFIX}${String(number).padStart(9, '0')}`;
const endOf = (action: StoredAction): SettingRow => ({ key: keyOf(action), value: null });
