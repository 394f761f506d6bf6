/** How the clocks of gateways stand to each other, from the times of their newest readings. */
import type { ModuleState } from '../wire.ts';

export interface GatewayClock {
  modules: number;
  silent: number;
  /** Newest and oldest last reading of its modules that are not silent, Unix ms of data. */
  newestMs: number;
  oldestMs: number;
}

/** @returns by gateway; empty name: it is not known who delivered */
export function clocksOf(modules: Iterable<ModuleState>): Map<string, GatewayClock> {
  const clocks = new Map<string, GatewayClock>();
  for (const { gatewayId, timeMs, isSilent } of modules) {
    const id = gatewayId ?? '';
    let clock = clocks.get(id);
    if (!clock) {
      clock = { modules: 0, silent: 0, newestMs: Number.NaN, oldestMs: Number.NaN };
      clocks.set(id, clock);
    }
    clock.modules++;
    if (isSilent) clock.silent++;
    else {
      clock.newestMs = Number.isNaN(clock.newestMs) ? timeMs : Math.max(clock.newestMs, timeMs);
      clock.oldestMs = Number.isNaN(clock.oldestMs) ? timeMs : Math.min(clock.oldestMs, timeMs);
    }
  }
  return clocks;
}
