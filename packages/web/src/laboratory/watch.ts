/** What the sensors would have shown of a run, and what the detector would have said of it. */
import { chemistryOf } from '@emberwatch/engine/chemistry';
import { Detector, type Level, type LevelChange, levelRank, type Model } from '@emberwatch/engine/detector';
import { cellTypeOf, hasEvent, type Scenario, type Trajectory } from '@emberwatch/engine/physics';
import { measure, type SensorPlan } from '@emberwatch/engine/sensors';
import type { Nameplate } from '@emberwatch/engine/telemetry';
import { MS_PER_S } from '@emberwatch/engine/units';

/** When experiments begin: 2026-01-15 08:00 UTC, as the recording of the demo. */
const START_MS = Date.UTC(2026, 0, 15, 8);
/** A site that changes its levels more often than this shows the first of them. */
const MAX_CHANGES = 4000;
/** Modules of which the probability is kept, and how many values of each. */
const MAX_FOLLOWED = 8;
const MAX_POINTS = 500;

export interface WatchedChange {
  readonly module: string;
  /** From the start of the run, by the clock of the site. */
  readonly timeS: number;
  readonly from: Level;
  readonly to: Level;
  /** In words, the first one first. */
  readonly reasons: readonly string[];
}

export interface Watched {
  /** Name of the model that judged beside the rules; null: the rules alone. */
  readonly model: string | null;
  readonly frames: number;
  readonly changes: readonly WatchedChange[];
  /** Of modules to which something happened, where a model judges: time in s and probability, 0 to 1. */
  readonly hazard: Readonly<
    Record<string, { readonly timesS: readonly number[]; readonly probability: readonly (number | null)[] }>
  >;
}

export interface WatchOptions {
  readonly scenario: Scenario;
  readonly sensors: SensorPlan;
  readonly model: { readonly name: string; readonly model: Model } | null;
  readonly progress: (share: number) => void;
}

/** Of the cells of the scenario: what a plate on the module says. */
function nameplateOf({ module }: Scenario): Nameplate {
  const type = cellTypeOf(module);
  return {
    capacityAh: type.capacityAh * module.parallel * module.capacityFactor,
    cellsInSeries: module.series,
    chemistry: chemistryOf(type.chemistry),
  };
}

export function watchRun(trajectory: Trajectory, options: WatchOptions): Watched {
  const { scenario, sensors, model, progress } = options;
  const changes: WatchedChange[] = [];
  const detector = new Detector({
    nameplate: nameplateOf(scenario),
    ...(model && { model: model.model }),
    sink: {
      change: (change) => {
        if (changes.length < MAX_CHANGES) changes.push(watchedChange(change));
      },
    },
  });
  const followed = new Followed(trajectory, model !== null);
  let frames = 0;
  for (const frame of measure(trajectory, { seed: scenario.seed, startMs: START_MS, plan: sensors })) {
    detector.observe(frame);
    frames++;
    const timeS = (frame.timeMs - START_MS) / MS_PER_S;
    followed.see(frame.moduleId, timeS, detector);
    if (frames % 4096 === 0) progress(timeS / scenario.durationS);
  }
  detector.finish();
  return { model: model?.name ?? null, frames, changes, hazard: followed.series };
}

const watchedChange = ({ moduleId, timeMs, from, to, reasons }: LevelChange): WatchedChange => ({
  module: moduleId,
  timeS: (timeMs - START_MS) / MS_PER_S,
  from,
  to,
  reasons: reasons.map(({ text }) => text),
});

/** Keeps the probability of some modules, thinned out: asking for a verdict costs more than observing a frame. */
class Followed {
  readonly series: Record<string, { timesS: number[]; probability: (number | null)[] }> = {};
  private readonly everyS: number;

  constructor(trajectory: Trajectory, hasModel: boolean) {
    this.everyS = (trajectory.rows * trajectory.header.intervalS) / MAX_POINTS;
    const events = hasModel ? trajectory.header.events.filter(hasEvent) : [];
    for (const { module } of events.slice(0, MAX_FOLLOWED))
      this.series[module] = { timesS: [], probability: [] };
  }

  see(module: string, timeS: number, detector: Detector): void {
    const series = this.series[module];
    if (!series || timeS < (series.timesS.at(-1) ?? Number.NEGATIVE_INFINITY) + this.everyS) return;
    series.timesS.push(timeS);
    series.probability.push(detector.verdict(module)?.hazardProbability ?? null);
  }
}

/** When the module first stood at this level or above; null where it never did. */
export const firstAt = (watched: Watched, module: string, level: Level): number | null =>
  watched.changes.find((change) => change.module === module && levelRank(change.to) >= levelRank(level))
    ?.timeS ?? null;

/** How long the module stood at a level. */
interface Stretch {
  readonly level: Level;
  readonly fromS: number;
  readonly toS: number;
}

/** From the start of the run to its end without a gap. */
export function stretchesOf(watched: Watched, module: string, endS: number): Stretch[] {
  const changes = watched.changes.filter((change) => change.module === module);
  const stretches: Stretch[] = [];
  let [level, fromS]: [Level, number] = [changes[0]?.from ?? 'unknown', 0];
  for (const change of changes) {
    if (change.timeS > fromS) stretches.push({ level, fromS, toS: change.timeS });
    [level, fromS] = [change.to, change.timeS];
  }
  return endS > fromS ? [...stretches, { level, fromS, toS: endS }] : stretches;
}
