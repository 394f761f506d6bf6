/**
 * Whether the clock of this computer can be believed. Gateways have clocks of their own: where most of them contradict
 * this one by the same amount, or it was set and they did not follow, it is the one to be doubted.
 */
import { MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { MAX_CLOCK_ERROR_MS } from '../limits.ts';

/** Gateways that agree with each other do so to within this. */
export const AGREEMENT_MS = MS_PER_MIN;
/** What time servers and the network make of a right clock. */
const JITTER_MS = 5 * MS_PER_S;
/** A clock that was set and that no gateway has confirmed since is doubted for so long. */
const UNCONFIRMED_MS = 10 * MS_PER_MIN;

/** By how much the stamps of a gateway differ from the clock of this computer, steadily; ahead is positive. */
export interface Vote {
  readonly gatewayId: string;
  readonly skewMs: number;
}

export interface HostClockState {
  readonly errorMs: number;
  readonly suspectedByMs: number | null;
  readonly isAgeKnown: boolean;
  readonly setByMs: number;
  readonly setAtMs: number;
}

export class HostClock {
  /** How far this clock is ahead of the time that frames are evaluated by; 0: it is believed. */
  errorMs = 0;
  /** By how much it seems to be ahead of the gateways (behind: negative); null: no suspicion. */
  suspectedByMs: number | null = null;
  /** False: its error and data that come late cannot be told apart. */
  isAgeKnown = true;
  /** Sum of what it was set by since gateways last agreed with it, and when. */
  private setByMs = 0;
  private setAtMs = Number.NEGATIVE_INFINITY;

  /** Where the clock is believed, the time itself. */
  trusted(wallMs: number): number {
    return wallMs - this.errorMs;
  }

  /** @param wallMs by the new clock */
  clockSet(byMs: number, wallMs: number): void {
    this.setByMs += byMs;
    this.setAtMs = wallMs;
    // Until the gateways have their say, time goes on as it did.
    this.errorMs += byMs;
    if (Math.abs(this.setByMs) > MAX_CLOCK_ERROR_MS) this.suspectedByMs = this.setByMs;
  }

  consider(votes: readonly Vote[], wallMs: number): void {
    if (votes.length === 0) {
      if (this.setByMs !== 0 && wallMs - this.setAtMs > UNCONFIRMED_MS) this.believe();
      return;
    }
    const skews = votes.map(({ skewMs }) => skewMs).sort((a, b) => a - b);
    const direction = Math.sign(skews[skews.length >> 1]!);
    const against = skews.filter((skewMs) => skewMs * direction > JITTER_MS);
    const middleMs = against[against.length >> 1] ?? 0;
    const agreeing = against.filter((skewMs) => Math.abs(skewMs - middleMs) <= AGREEMENT_MS).length;
    if (2 * against.length <= skews.length) {
      this.believe();
      return;
    }
    const errorMs = -middleMs;
    const wasSet = this.setByMs !== 0 && Math.abs(errorMs - this.setByMs) <= AGREEMENT_MS;
    const isFar = against.filter((skewMs) => Math.abs(skewMs) > MAX_CLOCK_ERROR_MS).length * 2 > skews.length;
    if (!wasSet && !isFar) {
      this.believe();
      return;
    }
    const isAgreed = wasSet || (agreeing >= 2 && 2 * agreeing > skews.length);
    this.errorMs = isAgreed ? errorMs : 0;
    this.suspectedByMs = errorMs;
    // Nothing comes from the future, but a queue may hold everything back by the same time.
    this.isAgeKnown = wasSet || (isAgreed && errorMs < 0);
  }

  state(): HostClockState {
    const { errorMs, suspectedByMs, isAgeKnown, setByMs, setAtMs } = this;
    return { errorMs, suspectedByMs, isAgeKnown, setByMs, setAtMs };
  }

  restoreState(state: HostClockState): void {
    Object.assign(this, state);
  }

  private believe(): void {
    this.errorMs = 0;
    this.suspectedByMs = null;
    this.isAgeKnown = true;
    this.setByMs = 0;
  }
}
