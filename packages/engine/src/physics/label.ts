/** Labels, made after a run from its events; nothing during a run knows of them. */
import type { ModuleEvents } from './events.ts';
import type { LabelPlan } from './plan.ts';
import type { Trajectory } from './trajectory.ts';

/** The worst that happened to a module, from nothing to runaway that spread. */
export const SEVERITIES = ['none', 'disturbance', 'fault', 'vent', 'pnr', 'runaway', 'propagation'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Labels of one module; arrays have one entry per row. */
export interface ModuleLabels {
  readonly module: string;
  /** 1 in the hazard window before the point of no return by threshold, else 0. */
  readonly hazard: Uint8Array;
  /** The same before the point of no return by intervention. */
  readonly hazardIntervention: Uint8Array;
  /** Seconds until that point, negative after it; NaN throughout where there is none. */
  readonly timeToPnrS: Float32Array;
  readonly timeToPnrInterventionS: Float32Array;
  /** 1 from the onset of the first hazardous fault on. */
  readonly faultActive: Uint8Array;
  readonly faultKind: string | null;
  readonly faultOnsetS: number | null;
  readonly severity: Severity;
}

/**
 * Labels every module of a run: the hazard window is [PNR − guard − window, PNR − guard), for each definition of the
 * point of no return. Modules that never reach it have no labelled row. Shape: one entry per module.
 */
export function label(trajectory: Trajectory, plan: LabelPlan): ModuleLabels[] {
  const timesS = Float64Array.from({ length: trajectory.rows }, (_, row) => trajectory.timeS(row));
  return trajectory.header.events.map((event) => labelModule(event, plan, timesS));
}

/** Labels of one module at any instants, s from the start of the run: one entry per instant. */
export function labelModule(event: ModuleEvents, plan: LabelPlan, timesS: Float64Array): ModuleLabels {
  const rows = timesS.length;
  const labels = {
    module: event.module,
    hazard: new Uint8Array(rows),
    hazardIntervention: new Uint8Array(rows),
    timeToPnrS: new Float32Array(rows),
    timeToPnrInterventionS: new Float32Array(rows),
    faultActive: new Uint8Array(rows),
    faultKind: event.faultKinds[0] ?? null,
    faultOnsetS: event.faultOnsetS,
    severity: severityOf(event),
  };
  for (let row = 0; row < rows; row++) {
    const timeS = timesS[row]!;
    labels.hazard[row] = inWindow(timeS, event.pnrThresholdS, plan) ? 1 : 0;
    labels.hazardIntervention[row] = inWindow(timeS, event.pnrInterventionS, plan) ? 1 : 0;
    labels.timeToPnrS[row] = (event.pnrThresholdS ?? Number.NaN) - timeS;
    labels.timeToPnrInterventionS[row] = (event.pnrInterventionS ?? Number.NaN) - timeS;
    labels.faultActive[row] = event.faultOnsetS !== null && timeS >= event.faultOnsetS ? 1 : 0;
  }
  return labels;
}

function inWindow(timeS: number, pnrS: number | null, plan: LabelPlan): boolean {
  if (pnrS === null) return false;
  const endS = pnrS - plan.guardS;
  return timeS >= endS - plan.windowS && timeS < endS;
}

/** The worst that happened to a module over the whole run. */
export function severityOf(event: ModuleEvents): Severity {
  if (event.runaways.length > 1) return 'propagation';
  if (event.runawayS !== null) return 'runaway';
  if (event.pnrThresholdS !== null) return 'pnr';
  if (event.ventS !== null) return 'vent';
  if (event.faultKinds.length > 0) return 'fault';
  return event.disturbanceKinds.length > 0 ? 'disturbance' : 'none';
}
