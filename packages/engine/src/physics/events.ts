/** What happened to each module, and where the energy went. */

export interface CellEvent {
  readonly cell: number;
  readonly timeS: number;
}

/** Times in s from the start of the run; null where it did not happen. */
export interface ModuleEvents {
  readonly module: string;
  /** Earliest onset of a hazardous fault on this module. */
  readonly faultOnsetS: number | null;
  /** Hazardous faults of this module, and what looks odd at it, its rack or the room but endangers nobody. */
  readonly faultKinds: readonly string[];
  readonly disturbanceKinds: readonly string[];
  /** First opened vent. */
  readonly ventS: number | null;
  /** First cell hotter than the threshold, or heating faster than the threshold while hot. */
  readonly pnrThresholdS: number | null;
  /** Last moment at which removing the faults with full cooling averts runaway; null also where not asked for. */
  readonly pnrInterventionS: number | null;
  /** First cell that heats faster than the runaway rate while hot. */
  readonly runawayS: number | null;
  /** Hottest cell over the whole run. */
  readonly peakK: number;
  readonly peakS: number;
  /** Cells in the order in which they vented and ran away: propagation step by step. */
  readonly vents: readonly CellEvent[];
  readonly runaways: readonly CellEvent[];
}

/** Of the whole site over the whole run, in J. */
export interface EnergyBalance {
  readonly releasedByReactionsJ: number;
  readonly electricHeatJ: number;
  readonly heaterJ: number;
  readonly storedInSolidsJ: number;
  readonly toAirJ: number;
  readonly toCoolantJ: number;
  readonly ejectedJ: number;
  /** What is unaccounted for, in the modules and in the air of their racks, over the heat released. */
  readonly residual: number;
}

/** Something other than a disturbance happened to the module. */
export const hasEvent = (event: ModuleEvents): boolean =>
  event.faultOnsetS !== null ||
  event.ventS !== null ||
  event.pnrThresholdS !== null ||
  event.runawayS !== null;

const rank = (event: ModuleEvents): number =>
  event.runawayS !== null ? 3 : event.pnrThresholdS !== null ? 2 : event.ventS !== null ? 1 : 0;

/** Modules with events, the worst first, then the earliest. */
export function worstFirst(events: readonly ModuleEvents[]): ModuleEvents[] {
  const firstS = (event: ModuleEvents) =>
    event.runawayS ?? event.pnrThresholdS ?? event.ventS ?? event.faultOnsetS ?? 0;
  return events.filter(hasEvent).sort((a, b) => rank(b) - rank(a) || firstS(a) - firstS(b));
}
