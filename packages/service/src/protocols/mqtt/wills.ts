/** Wills that wait: a client of MQTT 5 that is back within its will delay was never gone (3.1.3.2.2). */

interface Waiting {
  readonly dueMs: number;
  readonly publish: () => Promise<void>;
}

export class Wills {
  private readonly waiting = new Map<string, Waiting>();
  private readonly maxWaiting: number;

  constructor(maxWaiting: number) {
    this.maxWaiting = maxWaiting;
  }

  /** The one that waits longest is published where too many wait. */
  hold(clientKey: string, dueMs: number, publish: () => Promise<void>): void {
    this.waiting.delete(clientKey);
    this.waiting.set(clientKey, { dueMs, publish });
    if (this.waiting.size <= this.maxWaiting) return;
    const [key, oldest] = this.waiting.entries().next().value!;
    this.waiting.delete(key);
    void oldest.publish();
  }

  /** The client is back. */
  cancel(clientKey: string): void {
    this.waiting.delete(clientKey);
  }

  publishDue(nowMs: number): void {
    for (const [key, { dueMs, publish }] of this.waiting) {
      if (nowMs < dueMs) continue;
      this.waiting.delete(key);
      void publish();
    }
  }
}
