/** One run through the real detector, once: everything that tables are made of, in memory that time does not fill. */
import { Detector, type DetectorOptions, levelRank } from '@emberwatch/engine/detector';
import type { Frame } from '@emberwatch/engine/telemetry';
import { MS_PER_S } from '@emberwatch/engine/units';
import type { ModuleRecord, RunRecord } from '../dataset/manifest.ts';
import {
  DebouncedScore,
  EPISODE_MERGE_S,
  EpisodeCounts,
  FirstCrossings,
  levelsReached,
  Samples,
} from '../rows/crossings.ts';
import {
  CALIBRATION_BINS,
  type Exposure,
  type FaultMetrics,
  type Regime,
  type RunMetrics,
} from '../rows/outcome.ts';
import { SCORE_COUNT, SCORES, type Scorer, scoresOf, WindowedZ } from '../rows/scores.ts';
import { exposureEndS, HAZARD_WINDOW_S, kindOf, regimeOf } from '../rows/truth.ts';

const ALARMS = 3;
const ADVISORY = levelRank('advisory');

/** One module of the run. */
class ModuleMetrics {
  readonly looks = new Samples();
  readonly held = SCORES.map(() => new DebouncedScore());
  readonly latest = new Float64Array(SCORE_COUNT).fill(Number.NaN);
  readonly z = new WindowedZ();
  readonly record: ModuleRecord | null;
  readonly untilS: number;
  readonly exposure: Exposure;
  readonly fault: FaultMetrics | null;
  readonly crossings: FirstCrossings[];
  readonly counts: EpisodeCounts[] = SCORES.map(({ grid }) => new EpisodeCounts(grid.length));
  readonly calmMax = new Float64Array(SCORE_COUNT).fill(Number.NEGATIVE_INFINITY);
  readonly lastAlarmS = new Float64Array(ALARMS).fill(Number.NEGATIVE_INFINITY);
  rank = 0;
  /** Of the gravest reason. */
  rule = '';
  lastS = Number.NaN;
  maxCurrentA = 0;
  isPastPnr = false;

  constructor(record: ModuleRecord | null, untilS: number, exposure: Exposure, fault: FaultMetrics | null) {
    this.record = record;
    this.untilS = untilS;
    this.exposure = exposure;
    this.fault = fault;
    this.crossings = fault === null ? [] : SCORES.map(({ grid }) => new FirstCrossings(grid.length));
  }
}

export interface RunMetricsOptions {
  readonly scorer: Scorer | null;
  readonly detector: DetectorOptions;
}

export class RunObserver {
  private readonly record: RunRecord;
  private readonly scorer: Scorer | null;
  private readonly detector: Detector;
  private readonly modules = new Map<string, ModuleMetrics>();
  private readonly records: ReadonlyMap<string, ModuleRecord>;
  private readonly exposures = new Map<string, Exposure>();
  private readonly regimes = new Map<Regime, { moduleS: number; alarms: number[] }>();
  private readonly scores = new Float64Array(SCORE_COUNT);
  private readonly reliability = new Float64Array(4 * CALIBRATION_BINS);
  private readonly quietUntilS: number;
  private frames = 0;

  constructor(record: RunRecord, { scorer, detector }: RunMetricsOptions) {
    this.record = record;
    this.scorer = scorer;
    this.records = new Map(record.modules.map((module) => [module.module, module]));
    this.quietUntilS = exposureEndS(record);
    this.detector = new Detector({
      ...detector,
      nameplate: detector.nameplate ?? record.nameplate,
      sink: {
        change: ({ moduleId, to, reasons }) => {
          const module = this.modules.get(moduleId);
          if (!module) return;
          module.rank = levelRank(to);
          module.rule = reasons[0]?.rule ?? '';
        },
      },
    });
  }

  /** @param timeToPnrS as labelled, NaN where there is none; the detector does not see it */
  observe(frame: Frame, timeToPnrS: number): void {
    this.frames++;
    const module = this.modules.get(frame.moduleId) ?? this.join(frame.moduleId);
    this.detector.observe(frame);
    const clockS = frame.timeMs / MS_PER_S;
    const pnrS = module.record?.pnrThresholdS ?? null;
    // The labels know when a row was really measured, whatever its clock says.
    const timeS =
      pnrS === null || Number.isNaN(timeToPnrS)
        ? (frame.timeMs - this.record.startMs) / MS_PER_S
        : pnrS - timeToPnrS;
    if (!module.looks.take(clockS)) return;
    if (module.looks.isRestart) for (const held of module.held) held.restart();
    const features = this.detector.features(frame.moduleId)!;
    scoresOf(features, this.scorer, module.z.add(clockS, frame), this.scores);
    const elapsedS = this.elapsedOf(module, timeS);
    if (this.scorer && elapsedS > 0) this.addReliability(module, timeS, elapsedS);
    if (timeS < module.untilS) this.addExposure(module, frame, timeS, elapsedS);
    else if (module.fault) this.addFault(module, module.fault, timeS);
    if (pnrS !== null && timeS >= pnrS && !module.isPastPnr) this.pass(module);
  }

  private elapsedOf(module: ModuleMetrics, timeS: number): number {
    const sinceLastS = timeS - module.lastS;
    module.lastS = timeS;
    // A gap is no exposure: nobody looked.
    return sinceLastS > 0 && sinceLastS <= EPISODE_MERGE_S ? sinceLastS : 0;
  }

  private join(moduleId: string): ModuleMetrics {
    const record = this.records.get(moduleId) ?? null;
    const kind = kindOf(this.record, moduleId);
    let exposure = this.exposures.get(kind);
    if (!exposure) {
      exposure = {
        kind,
        modules: 0,
        moduleS: 0,
        episodes: SCORES.map(({ grid }) => new Float64Array(grid.length)),
        alarms: [0, 0, 0],
        rules: {},
        max: [],
      };
      this.exposures.set(kind, exposure);
    }
    const fault = record === null ? null : this.faultOf(record);
    const untilS = Math.min(this.quietUntilS, fault?.fromS ?? Number.POSITIVE_INFINITY);
    const module = new ModuleMetrics(record, untilS, exposure, fault);
    this.modules.set(moduleId, module);
    return module;
  }

  /** Null where nothing hazardous happened to the module itself. */
  private faultOf(record: ModuleRecord): FaultMetrics | null {
    const { faultOnsetS, pnrThresholdS } = record;
    if (faultOnsetS === null && pnrThresholdS === null) return null;
    return {
      module: record.module,
      kind: record.faultKinds[0] ?? 'propagation',
      isOwn: faultOnsetS !== null,
      fromS: faultOnsetS ?? this.quietUntilS,
      pnrS: pnrThresholdS,
      pnrInterventionS: record.pnrInterventionS,
      runawayS: record.runawayS,
      vented: record.ventS !== null,
      crossedS: [],
      max: new Array<number>(SCORE_COUNT).fill(Number.NEGATIVE_INFINITY),
      alarmS: [Number.NaN, Number.NaN, Number.NaN],
      rank: null,
      modules: this.record.moduleCount,
    };
  }

  private hold(module: ModuleMetrics, k: number): number {
    const held = module.held[k]!.add(this.scores[k]!);
    if (!Number.isNaN(held)) module.latest[k] = held;
    return held;
  }

  private addExposure(module: ModuleMetrics, frame: Frame, timeS: number, elapsedS: number): void {
    const { exposure, counts, calmMax } = module;
    exposure.moduleS += elapsedS;
    for (let k = 0; k < SCORE_COUNT; k++) {
      const held = this.hold(module, k);
      if (Number.isNaN(held)) continue;
      if (held > calmMax[k]!) calmMax[k] = held;
      counts[k]!.add(timeS, levelsReached(SCORES[k]!.grid, held));
    }
    const regime = this.regimeIn(module, frame);
    regime.moduleS += elapsedS;
    for (let level = 0; level < ALARMS && module.rank >= ADVISORY + level; level++) {
      if (timeS - module.lastAlarmS[level]! > EPISODE_MERGE_S) {
        exposure.alarms[level]!++;
        (exposure.rules[module.rule] ??= [0, 0, 0])[level]!++;
        regime.alarms[level]!++;
      }
      module.lastAlarmS[level] = timeS;
    }
  }

  private regimeIn(module: ModuleMetrics, frame: Frame): { moduleS: number; alarms: number[] } {
    const name = regimeOf(frame, this.record.nameplate.capacityAh, module);
    let regime = this.regimes.get(name);
    if (!regime) this.regimes.set(name, (regime = { moduleS: 0, alarms: [0, 0, 0] }));
    return regime;
  }

  private addFault(module: ModuleMetrics, fault: FaultMetrics, timeS: number): void {
    const isBefore = fault.pnrS === null || timeS < fault.pnrS;
    for (let k = 0; k < SCORE_COUNT; k++) {
      const held = this.hold(module, k);
      if (Number.isNaN(held)) continue;
      if (isBefore && held > fault.max[k]!) fault.max[k] = held;
      module.crossings[k]!.add(timeS, levelsReached(SCORES[k]!.grid, held));
    }
    for (let level = 0; level < ALARMS && module.rank >= ADVISORY + level; level++)
      if (Number.isNaN(fault.alarmS[level]!)) fault.alarmS[level] = timeS;
  }

  /** At its point of no return: how many modules of the run scored higher. */
  private pass(module: ModuleMetrics): void {
    module.isPastPnr = true;
    if (!module.fault?.isOwn || this.record.moduleCount < 2) return;
    const rank = new Array<number>(SCORE_COUNT).fill(1);
    for (const other of this.modules.values())
      for (let k = 0; k < SCORE_COUNT; k++)
        if (other !== module && !(other.latest[k]! < module.latest[k]!) && !Number.isNaN(other.latest[k]!))
          rank[k]!++;
    module.fault.rank = rank;
  }

  /** Weighted by time: rows of the hazard window against rows that are surely not hazardous. */
  private addReliability(module: ModuleMetrics, timeS: number, elapsedS: number): void {
    const pnrS = module.record?.pnrThresholdS ?? null;
    const isHazard = pnrS !== null && timeS >= pnrS - HAZARD_WINDOW_S && timeS < pnrS;
    const isCalm = timeS < module.untilS || (module.fault !== null && pnrS === null);
    if (!isHazard && !isCalm) return;
    const score = this.scores[0]!;
    if (Number.isNaN(score)) return;
    const p = this.scorer!.probability(score);
    const bin = Math.min(CALIBRATION_BINS - 1, Math.floor(p * CALIBRATION_BINS));
    const { reliability } = this;
    reliability[4 * bin]! += elapsedS;
    reliability[4 * bin + 1]! += isHazard ? elapsedS : 0;
    reliability[4 * bin + 2]! += elapsedS * p;
    reliability[4 * bin + 3]! += elapsedS * (p - (isHazard ? 1 : 0)) ** 2;
  }

  finish(): RunMetrics {
    this.detector.finish();
    const faults: FaultMetrics[] = [];
    for (const module of this.modules.values()) {
      const { exposure, fault } = module;
      for (const [k, count] of module.counts.entries()) count.addTo(exposure.episodes[k]!);
      exposure.modules++;
      exposure.max.push(Float32Array.from(module.calmMax));
      if (fault) faults.push({ ...fault, crossedS: module.crossings.map(({ atS }) => atS) });
    }
    const { modules: _, ...record } = this.record;
    return {
      record,
      frames: this.frames,
      exposures: [...this.exposures.values()],
      regimes: [...this.regimes].map(([regime, stats]) => ({ regime, ...stats })),
      faults,
      reliability: this.reliability,
    };
  }
}
