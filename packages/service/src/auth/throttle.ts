/** How often an address may be refused, and how much of it is written down. */

export const MAX_DENIALS = 10;
export const DENIAL_WINDOW_MS = 60_000;
const MAX_ADDRESSES = 10_000;
/** Refusals of all addresses that the audit log takes in a window: a flood of them must not fill the disk. */
export const MAX_AUDITED = 60;

interface Count {
  refusals: number;
  fromMs: number;
}

/**
 * Counts refusals in windows of a minute. Only refusals are slowed: a token that is valid passes from any address, so
 * that one wrong gateway does not silence the others behind the same router.
 */
export class Throttle {
  private readonly addresses = new Map<string, Count>();
  private readonly audited: Count = { refusals: 0, fromMs: Number.NEGATIVE_INFINITY };
  private unwritten = 0;

  /** Time that is left, ms; 0: the address may try. */
  blockedForMs(address: string, nowMs: number): number {
    const count = this.addresses.get(address);
    if (!count || count.refusals < MAX_DENIALS || !isCurrent(count, nowMs)) return 0;
    return count.fromMs + DENIAL_WINDOW_MS - nowMs;
  }

  /** Counts a refusal; tells whether it was the one that blocks the address. */
  deny(address: string, nowMs: number): boolean {
    const known = this.addresses.get(address);
    const count = known && isCurrent(known, nowMs) ? known : { refusals: 0, fromMs: nowMs };
    // The one that came last stands last: the oldest is forgotten first.
    this.addresses.delete(address);
    this.addresses.set(address, count);
    if (this.addresses.size > MAX_ADDRESSES) this.addresses.delete(this.addresses.keys().next().value!);
    return ++count.refusals === MAX_DENIALS;
  }

  /** Refusals that went unwritten before this one, or null where this one is not to be written either. */
  toWrite(nowMs: number): number | null {
    if (!isCurrent(this.audited, nowMs)) Object.assign(this.audited, { refusals: 0, fromMs: nowMs });
    if (this.audited.refusals >= MAX_AUDITED) {
      this.unwritten++;
      return null;
    }
    this.audited.refusals++;
    const unwritten = this.unwritten;
    this.unwritten = 0;
    return unwritten;
  }
}

/** A clock that was set back ends a window, too. */
const isCurrent = ({ fromMs }: Count, nowMs: number): boolean =>
  nowMs >= fromMs && nowMs < fromMs + DENIAL_WINDOW_MS;
