/**
 * Work in slices, by turns: each sender has its next slice evaluated before anybody has a second one, and between two
 * slices the event loop answers everybody else. Deliveries of one sender are begun and ended in the order they came.
 */

/** Deliveries that are decoded or evaluated at once, each of another sender: what bounds the memory they take. */
const MAX_OPEN = 8;

/** Between two `yield` lies one slice: an amount of work that nobody minds waiting for. */
export type Slices<T> = Generator<void, T, void>;

interface Work {
  readonly slices: Slices<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

export class Turns {
  /** Slices that were run. */
  slices = 0;
  /** By sender: the first is at work or next, the others wait for it. */
  private readonly queues = new Map<string, Work[]>();
  /** Senders at work, the one whose turn it is first. */
  private readonly open: string[] = [];
  /** Senders that wait for a place. */
  private readonly waiting: string[] = [];
  private readonly onIdle: (() => void)[] = [];
  /** A slice was run since the event loop last came round. */
  private hasRun = false;

  /** Runs the first slice at once where nobody else is at work. */
  run<T>(sender: string, slices: Slices<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const work: Work = { slices, resolve, reject };
      const queue = this.queues.get(sender);
      if (queue) queue.push(work);
      else {
        this.queues.set(sender, [work]);
        (this.open.length < MAX_OPEN ? this.open : this.waiting).push(sender);
      }
      if (!this.hasRun) this.runSlice();
    });
  }

  /** Resolves once nothing is left to do. */
  idle(): Promise<void> {
    if (this.open.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.onIdle.push(resolve));
  }

  private runSlice(): void {
    const sender = this.open.shift();
    if (sender === undefined) return;
    this.hasRun = true;
    setImmediate(() => {
      this.hasRun = false;
      this.runSlice();
    });
    this.slices++;
    const queue = this.queues.get(sender)!;
    const work = queue[0]!;
    try {
      const { done, value } = work.slices.next();
      if (done !== true) {
        this.open.push(sender);
        return;
      }
      work.resolve(value as never);
    } catch (error) {
      work.reject(error);
    }
    queue.shift();
    this.giveUpPlace(sender, queue);
  }

  /** Who has more to deliver stands behind everybody who waits. */
  private giveUpPlace(sender: string, queue: readonly Work[]): void {
    if (queue.length > 0) this.waiting.push(sender);
    else this.queues.delete(sender);
    const next = this.waiting.shift();
    if (next !== undefined) this.open.push(next);
    if (this.open.length === 0) for (const resolve of this.onIdle.splice(0)) resolve();
  }
}
