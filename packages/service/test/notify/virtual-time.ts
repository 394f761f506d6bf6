/** Time that passes only when told to. */
import type { Timers } from '../../src/notify/timers.ts';

export class VirtualTime implements Timers {
  private nowMs: number;
  private elapsedMs = 0;
  private readonly waiting = new Set<{ dueMs: number; call: () => void }>();

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { dueMs: this.elapsedMs + Math.max(0, delayMs), call };
    this.waiting.add(timer);
    return () => this.waiting.delete(timer);
  }

  /** The wall clock alone. */
  leap(deltaMs: number): void {
    this.nowMs += deltaMs;
  }

  /** Runs what falls due on the way, and lets promises settle after each. */
  async pass(deltaMs: number): Promise<void> {
    const untilMs = this.elapsedMs + deltaMs;
    for (;;) {
      await settled();
      let next: { dueMs: number; call: () => void } | null = null;
      for (const timer of this.waiting)
        if (timer.dueMs <= untilMs && (next === null || timer.dueMs < next.dueMs)) next = timer;
      if (next === null) break;
      this.waiting.delete(next);
      this.moveTo(Math.max(this.elapsedMs, next.dueMs));
      next.call();
    }
    this.moveTo(untilMs);
  }

  private moveTo(elapsedMs: number): void {
    this.nowMs += elapsedMs - this.elapsedMs;
    this.elapsedMs = elapsedMs;
  }
}

export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
