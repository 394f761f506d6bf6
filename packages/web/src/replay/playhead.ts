/** Where in a period one stands, and how fast it goes on. */
import { useSyncExternalStore } from 'react';
import type { Between } from '../module/span.ts';

/** Seconds of the period in one second. */
export const SPEEDS = [1, 10, 60, 600, 3600] as const;
export type Speed = (typeof SPEEDS)[number];

/** The map is drawn so often while it plays, ms. */
const STEP_MS = 100;

export interface Ticker {
  now(): number;
  /** Calls again and again until the returned function is called. */
  every(lengthMs: number, tick: () => void): () => void;
}

const BROWSER: Ticker = {
  now: () => performance.now(),
  every: (lengthMs, tick) => {
    const timer = window.setInterval(tick, lengthMs);
    return () => window.clearInterval(timer);
  },
};

export interface PlayState {
  /** Unix ms. */
  readonly timeMs: number;
  readonly isPlaying: boolean;
  readonly speed: Speed;
}

export class Playhead {
  readonly period: Between;
  private state: PlayState;
  private beforeMs = 0;
  private stop: (() => void) | null = null;
  private readonly ticker: Ticker;
  private readonly listeners = new Set<() => void>();

  constructor(period: Between, timeMs: number, ticker = BROWSER) {
    this.period = period;
    this.ticker = ticker;
    this.state = { timeMs: this.within(timeMs), isPlaying: false, speed: 60 };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): PlayState => this.state;

  readonly moveTo = (timeMs: number): void => this.become({ timeMs: this.within(timeMs) });

  readonly chooseSpeed = (speed: Speed): void => this.become({ speed });

  /** From the beginning where it stands at the end. */
  readonly play = (): void => {
    if (this.stop) return;
    const { fromMs, toMs } = this.period;
    this.beforeMs = this.ticker.now();
    this.stop = this.ticker.every(STEP_MS, this.step);
    this.become({ isPlaying: true, ...(this.state.timeMs >= toMs && { timeMs: fromMs }) });
  };

  readonly pause = (): void => {
    this.stop?.();
    this.stop = null;
    this.become({ isPlaying: false });
  };

  private readonly step = (): void => {
    const nowMs = this.ticker.now();
    const timeMs = this.within(this.state.timeMs + this.state.speed * (nowMs - this.beforeMs));
    this.beforeMs = nowMs;
    if (timeMs >= this.period.toMs) this.pause();
    this.become({ timeMs });
  };

  private within(timeMs: number): number {
    return Math.min(Math.max(timeMs, this.period.fromMs), this.period.toMs);
  }

  private become(part: Partial<PlayState>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}

export const usePlay = (playhead: Playhead): PlayState =>
  useSyncExternalStore(playhead.subscribe, playhead.current);
