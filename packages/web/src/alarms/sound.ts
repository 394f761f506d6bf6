/**
 * The sound of emergencies and of alarms of high priority that nobody has acknowledged. Bursts modelled on IEC 60601-1-8:
 * five pulses, higher and sooner again, for an emergency; three for high. Made by the browser; there is no file.
 */
import { MS_PER_MIN } from '@emberwatch/engine/units';
import type { AlarmRecord } from '../wire.ts';

export const SILENCE_MS = 10 * MS_PER_MIN;
/** A browser that may not make a sound now is asked again so often. */
const RETRY_MS = 1000;

interface Burst {
  /** Beginning of each pulse, s. */
  readonly pulsesS: readonly number[];
  readonly pitchHz: number;
  readonly everyMs: number;
}

export const BURSTS: Readonly<Record<1 | 2, Burst>> = {
  1: { pulsesS: [0, 0.2, 0.4, 0.75, 0.95], pitchHz: 784, everyMs: 4000 },
  2: { pulsesS: [0, 0.3, 0.6], pitchHz: 523, everyMs: 15_000 },
};

/** What makes the sound. */
export interface Player {
  /** False where the browser waits for a click before it lets a page be heard. */
  play(burst: Burst): boolean;
  /** After a click or a key: asks the browser to let the page be heard. */
  allow(): Promise<void>;
}

export interface Hearing {
  readonly state: 'quiet' | 'sounding' | 'silenced' | 'blocked';
  /** While silenced. */
  readonly untilMs: number | null;
}

const isReceived = ({ priority, state, suppression }: AlarmRecord): boolean =>
  priority <= 2 && state === 'unacknowledged' && suppression === null;

/** Which burst is due; what was there when it was silenced is `known` by when it last asked for a look. */
function burstFor(alarms: readonly AlarmRecord[], known: ReadonlyMap<string, number> | null): 1 | 2 | null {
  let mostSevere: 1 | 2 | null = null;
  for (const alarm of alarms) {
    if (!isReceived(alarm)) continue;
    const isNew = known?.get(alarm.id) !== alarm.escalatedMs;
    if (alarm.priority === 1 && (known === null || isNew)) return 1;
    if (known === null) mostSevere = 2;
  }
  return mostSevere;
}

export class Sounder {
  private readonly player: Player;
  private readonly now: () => number;
  private readonly listeners = new Set<() => void>();
  private alarms: readonly AlarmRecord[] = [];
  /** Alarms that were there when it was silenced. */
  private known: Map<string, number> | null = null;
  private untilMs: number | null = null;
  private burst: 1 | 2 | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private hearing: Hearing = { state: 'quiet', untilMs: null };

  constructor(player: Player, now: () => number) {
    this.player = player;
    this.now = now;
  }

  readonly current = (): Hearing => this.hearing;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  update(alarms: readonly AlarmRecord[]): void {
    const before = this.burst;
    this.alarms = alarms;
    this.burst = burstFor(alarms, this.known);
    if (this.burst === before) return;
    clearTimeout(this.timer);
    this.sound();
  }

  /** What is there now and all that is no emergency is not heard for a while; a new emergency is. */
  silence(): void {
    this.known = new Map(this.alarms.filter(isReceived).map(({ id, escalatedMs }) => [id, escalatedMs]));
    this.untilMs = this.now() + SILENCE_MS;
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => this.unsilence(), SILENCE_MS);
    this.refresh();
  }

  unsilence(): void {
    clearTimeout(this.silenceTimer);
    this.known = null;
    this.untilMs = null;
    this.refresh();
  }

  /** The browser may let it be heard now: a person has clicked. */
  tryAgain(): void {
    if (this.hearing.state === 'blocked') void this.player.allow().then(() => this.refresh());
  }

  private refresh(): void {
    clearTimeout(this.timer);
    this.burst = burstFor(this.alarms, this.known);
    this.sound();
  }

  private readonly sound = (): void => {
    const { burst, untilMs } = this;
    if (burst === null) {
      this.show(untilMs === null ? 'quiet' : 'silenced');
      return;
    }
    const isReceivedNow = this.player.play(BURSTS[burst]);
    this.show(isReceivedNow ? 'sounding' : 'blocked');
    this.timer = setTimeout(this.sound, isReceivedNow ? BURSTS[burst].everyMs : RETRY_MS);
  };

  private show(state: Hearing['state']): void {
    const { hearing, untilMs } = this;
    if (hearing.state === state && hearing.untilMs === untilMs) return;
    this.hearing = { state, untilMs };
    for (const listener of this.listeners) listener();
  }
}
