/** Where in the run one stands, and how fast it goes on. Told past React: pictures follow it in every frame. */
import { useSyncExternalStore } from 'react';

/** `whole`: the run in a dozen seconds, however long it is; else times as fast as it happened. */
export type Pace = 'whole' | number;
export const PACES = [
  { pace: 'whole', text: 'Fast' },
  { pace: 1000, text: '1000×' },
  { pace: 100, text: '100×' },
  { pace: 10, text: '10×' },
] as const satisfies readonly { pace: Pace; text: string }[];

const WHOLE_RUN_S = 12;

export class Playhead {
  readonly endS: number;
  private atS: number;
  private pace: Pace = 'whole';
  private frame = 0;
  private beforeMs = 0;
  private readonly listeners = new Set<() => void>();

  /** Stands at the end, where everything is seen. */
  constructor(endS: number) {
    this.endS = endS;
    this.atS = endS;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Seconds from the start of the run. */
  readonly timeS = (): number => this.atS;
  readonly isPlaying = (): boolean => this.frame !== 0;
  readonly currentPace = (): Pace => this.pace;

  readonly choosePace = (pace: Pace): void => {
    this.pace = pace;
    this.report();
  };

  readonly moveTo = (timeS: number): void => {
    this.atS = Math.min(Math.max(timeS, 0), this.endS);
    this.report();
  };

  /** From the beginning where it stands at the end. */
  readonly play = (): void => {
    if (this.frame !== 0) return;
    if (this.atS >= this.endS) this.atS = 0;
    this.beforeMs = performance.now();
    this.frame = requestAnimationFrame(this.step);
    this.report();
  };

  readonly pause = (): void => {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.report();
  };

  private readonly step = (nowMs: number): void => {
    const perS = this.pace === 'whole' ? this.endS / WHOLE_RUN_S : this.pace;
    this.atS = Math.min(this.atS + (perS * Math.max(0, nowMs - this.beforeMs)) / 1000, this.endS);
    this.beforeMs = nowMs;
    this.frame = this.atS < this.endS ? requestAnimationFrame(this.step) : 0;
    this.report();
  };

  private report(): void {
    for (const listener of this.listeners) listener();
  }
}

export const useTimeS = (playhead: Playhead): number =>
  useSyncExternalStore(playhead.subscribe, playhead.timeS);
export const useIsPlaying = (playhead: Playhead): boolean =>
  useSyncExternalStore(playhead.subscribe, playhead.isPlaying);
export const usePace = (playhead: Playhead): Pace =>
  useSyncExternalStore(playhead.subscribe, playhead.currentPace);
