/** What modules deliver, rack by rack, and what therefore cannot be judged. */
import type { SensorFault } from '@emberwatch/engine/detector';
import { naturalOrder } from '../live/names.ts';
import type { ModuleState, Signal } from '../wire.ts';

export interface RackCoverage {
  /** Empty for modules without a rack. */
  readonly rackId: string;
  modules: number;
  silent: number;
  /** Modules that deliver it now, by signal. */
  readonly delivered: number[];
  /** Of these with an open fault of its sensor. */
  readonly faulty: number[];
}

export interface Gap {
  /** `no gas sensor: venting cannot be smelt` */
  readonly text: string;
  modules: number;
}

export interface Coverage {
  readonly racks: readonly RackCoverage[];
  readonly whole: RackCoverage;
  /** Most modules first. */
  readonly gaps: readonly Gap[];
  /** Modules whose verdict misses something. */
  readonly impaired: number;
}

/** Which signal of the page an ill sensor spoils. */
export function signalOf(channel: string): string {
  if (channel.startsWith('surface_temperature') || channel.startsWith('cell_temperatures'))
    return 'hottest_degc';
  if (channel.startsWith('cell_voltage')) return 'cell_spread_mv';
  return channel;
}

/** Signals with an open fault, by module. */
export function faultySignals(faults: readonly SensorFault[]): Map<string, Set<string>> {
  const signals = new Map<string, Set<string>>();
  for (const { moduleId, channel, toMs } of faults) {
    if (toMs !== null) continue;
    const of = signals.get(moduleId) ?? new Set();
    signals.set(moduleId, of.add(signalOf(channel)));
  }
  return signals;
}

/** What is missing of the data, and not for a fault of a sensor: those are told one by one. */
const isGap = (text: string): boolean => text.startsWith('no ');

export const gapsOf = ({ missing }: ModuleState): string[] => missing.filter(isGap);

/** Null where a module is silent: its last values are of the past. */
export const valueNow = (module: ModuleState, signal: Signal): number | null =>
  module.isSilent ? null : (module.values[signal.id] ?? null);

const emptyRack = (rackId: string, signals: number): RackCoverage => ({
  rackId,
  modules: 0,
  silent: 0,
  delivered: new Array<number>(signals).fill(0),
  faulty: new Array<number>(signals).fill(0),
});

export function coverageOf(
  modules: Iterable<ModuleState>,
  signals: readonly Signal[],
  faults: readonly SensorFault[],
): Coverage {
  const racks = new Map<string, RackCoverage>();
  const gaps = new Map<string, Gap>();
  const whole = emptyRack('', signals.length);
  const faulty = faultySignals(faults);
  let impaired = 0;
  for (const module of modules) {
    const rackId = module.rackId ?? '';
    let rack = racks.get(rackId);
    if (!rack) racks.set(rackId, (rack = emptyRack(rackId, signals.length)));
    for (const into of [rack, whole]) count(into, module, signals, faulty.get(module.moduleId));
    if (module.missing.length > 0 || module.isSilent) impaired++;
    for (const text of gapsOf(module)) {
      const gap = gaps.get(text);
      if (gap) gap.modules++;
      else gaps.set(text, { text, modules: 1 });
    }
  }
  return {
    racks: [...racks.values()].sort((a, b) => naturalOrder(a.rackId, b.rackId)),
    whole,
    gaps: [...gaps.values()].sort((a, b) => b.modules - a.modules),
    impaired,
  };
}

function count(
  into: RackCoverage,
  module: ModuleState,
  signals: readonly Signal[],
  faulty: ReadonlySet<string> | undefined,
): void {
  into.modules++;
  if (module.isSilent) into.silent++;
  for (let i = 0; i < signals.length; i++) {
    if (valueNow(module, signals[i]!) !== null) into.delivered[i]!++;
    if (faulty?.has(signals[i]!.id)) into.faulty[i]!++;
  }
}

/** Something that is delivered elsewhere at this site is missing here, or is ill. */
export const hasHole = (rack: RackCoverage, whole: RackCoverage): boolean =>
  rack.silent > 0 ||
  rack.faulty.some((modules) => modules > 0) ||
  rack.delivered.some((modules, i) => modules < rack.modules && whole.delivered[i]! > 0);
