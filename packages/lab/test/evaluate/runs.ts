/** Runs in memory whose truth is simple enough to be worked out by hand. */
import { FEATURE_INDEX } from '@emberwatch/engine/detector';
import { CHANNEL_INDEX, newFrame } from '@emberwatch/engine/telemetry';
import type { RunRecord } from '../../src/dataset/manifest.ts';
import { metricsOfRun } from '../../src/evaluate/run.ts';
import type { Scorer } from '../../src/rows/scores.ts';
import type { RunSource } from '../../src/rows/source.ts';

export const INTERVAL_S = 10;
const START_MS = 1_700_000_000_000;
const CALM_DEG_C = 25;
const DISTURBANCE_K_PER_S = 0.01;

export interface Plan {
  readonly run: string;
  readonly modules: readonly string[];
  readonly durationS: number;
  /** Warms from the onset on, K/s; null: nothing happens. */
  readonly fault?: {
    readonly module: string;
    readonly onsetS: number;
    readonly rateKPerS: number;
    readonly pnrS: number | null;
  };
  readonly disturbance?: {
    readonly module: string;
    readonly kind: string;
    readonly fromS: number;
    readonly degC: number;
  };
  readonly split?: RunRecord['split'];
}

/** Log-odds are (hottest surface − 50 °C) / 10 K: the threshold of every level is a temperature. */
export const scorer: Scorer = {
  score: (features) => (features[FEATURE_INDEX.hottestDegC]! - 50) / 10,
  probability: (score) => 1 / (1 + Math.exp(-score)),
};

export const degCOfLogOdds = (logOdds: number): number => 50 + 10 * logOdds;

const quiet = {
  faultOnsetS: null,
  faultKinds: [],
  disturbanceKinds: [],
  ventS: null,
  pnrThresholdS: null,
  pnrInterventionS: null,
  runawayS: null,
  peakK: 300,
  peakS: 0,
  vents: [],
  runaways: [],
} as const;

export function recordOf({ run, modules, durationS, fault, disturbance, split = 'test' }: Plan): RunRecord {
  return {
    run,
    recipe: 'by-hand',
    seed: 1,
    split,
    outcome: fault
      ? fault.pnrS === null
        ? 'fault-without-pnr'
        : 'pnr'
      : disturbance
        ? 'disturbance'
        : 'calm',
    expected: null,
    site: 'bench',
    chemistry: 'NMC',
    cell: 'by-hand',
    family: fault ? 'heater' : 'calm',
    kinds: [],
    nameplate: {},
    startMs: START_MS,
    durationS,
    intervalS: INTERVAL_S,
    moduleCount: modules.length,
    channels: ['surface_temperature_max_degc', 'voltage_v'],
    cellVoltages: 0,
    probes: 0,
    rows: (modules.length * durationS) / INTERVAL_S,
    hazardRows: 0,
    modules: [
      ...(fault
        ? [
            {
              ...quiet,
              module: fault.module,
              faultOnsetS: fault.onsetS,
              faultKinds: ['heater'],
              pnrThresholdS: fault.pnrS,
              runawayS: fault.pnrS,
              peakS: fault.pnrS ?? 0,
              severity: fault.pnrS === null ? ('fault' as const) : ('pnr' as const),
            },
          ]
        : []),
      ...(disturbance
        ? [
            {
              ...quiet,
              module: disturbance.module,
              disturbanceKinds: [disturbance.kind],
              severity: 'disturbance' as const,
            },
          ]
        : []),
    ],
    sensorFaults: [],
    file: '',
    bytes: 0,
    sha256: '',
  };
}

export function sourceOf(plans: readonly Plan[]): RunSource {
  const byRun = new Map(plans.map((plan) => [plan.run, plan]));
  return {
    runs: plans.map(recordOf),
    sha256: 'by hand',
    play: async ({ run }, sink) => {
      const { modules, durationS, fault, disturbance } = byRun.get(run)!;
      for (let timeS = 0; timeS < durationS; timeS += INTERVAL_S)
        for (const module of modules) {
          const frame = newFrame(module, null, START_MS + timeS * 1000);
          const isFaulty = fault?.module === module && timeS > fault.onsetS;
          const isDisturbed = disturbance?.module === module && timeS >= disturbance.fromS;
          const warmedK = isDisturbed ? (timeS - disturbance.fromS) * DISTURBANCE_K_PER_S : 0;
          const risenK = isFaulty ? (timeS - fault.onsetS) * fault.rateKPerS : 0;
          frame.values[CHANNEL_INDEX.surface_temperature_max_degc] =
            Math.min(CALM_DEG_C + warmedK, disturbance?.degC ?? CALM_DEG_C) + Math.min(risenK, 200);
          frame.values[CHANNEL_INDEX.voltage_v] = 3.7;
          const pnrS = fault?.module === module ? fault.pnrS : null;
          sink(frame, pnrS === null ? Number.NaN : pnrS - timeS);
        }
    },
  };
}

export async function tallied(plans: readonly Plan[]) {
  const source = sourceOf(plans);
  const by = { scorer, detector: {} };
  return Promise.all(source.runs.map((run) => metricsOfRun(source, run, by)));
}
