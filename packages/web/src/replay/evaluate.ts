/** Frames of the past judged by today's model and policy, as the service would judge them if they came now. */
import {
  type AirSpaces,
  Detector,
  type Level,
  type LevelChange,
  type Model,
} from '@emberwatch/engine/detector';
import type { Frame, Nameplate } from '@emberwatch/engine/telemetry';
import { ValueKeeper, type ValueTable } from './last-values.ts';
import { SiteTime } from './site-time.ts';

/** The service tells its detector of passing time in steps as long. */
const ADVANCE_STEP_MS = 1000;
const MAX_CHANGES = 20_000;
/** Modules of which values are kept for the map. */
const MAX_MODULES = 256;
/** Instants at which the probability is kept. */
const PROBABILITY_POINTS = 600;

export interface EvaluationSettings {
  readonly nameplate: Nameplate;
  readonly modulesWithoutTemperature?: readonly string[];
  readonly intervalMs: number | null;
  readonly spaces?: AirSpaces | null;
  readonly model: Model | null;
}

interface Period {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/** A change of level as a timeline needs it. */
export type PastChange = Pick<LevelChange, 'moduleId' | 'timeMs' | 'from' | 'to' | 'reasons'>;

export interface Probability {
  readonly timesMs: readonly number[];
  /** 0 to 1; null where the model could not judge. */
  readonly values: readonly (number | null)[];
}

/** Plain data, from the worker to the page. */
export interface Evaluation {
  readonly model: { readonly name: string; readonly sha256: string } | null;
  /** Of them, also those of the lead-in. */
  readonly frames: number;
  /** Rows and values of the export that could not be read. */
  readonly refused: number;
  /** Of the first frame; the lead-in is as long as `fromMs` is later. */
  readonly firstMs: number;
  /** Level of each module as the period begins. */
  readonly levels: Readonly<Record<string, Level>>;
  /** Within the period, oldest first. */
  readonly changes: readonly PastChange[];
  /** There were more changes than are kept. */
  readonly isCut: boolean;
  readonly values: ValueTable;
  /** Of modules that were asked for, where a model judges. */
  readonly probability: Readonly<Record<string, Probability>>;
}

export class Rejudgement {
  frames = 0;
  private firstMs = Number.NaN;
  private advancedToMs = Number.NEGATIVE_INFINITY;
  private isCut = false;
  private readonly levels: Record<string, Level> = {};
  private readonly changes: PastChange[] = [];
  private readonly probability: Record<string, { timesMs: number[]; values: (number | null)[] }> = {};
  private readonly time = new SiteTime();
  private readonly values: ValueKeeper;
  private readonly detector: Detector;
  private readonly period: Period;

  /** @param followed modules whose probability of hazard is kept */
  constructor(settings: EvaluationSettings, period: Period, followed: readonly string[]) {
    const { nameplate, modulesWithoutTemperature = [], intervalMs, spaces, model } = settings;
    this.period = period;
    this.values = new ValueKeeper(period.fromMs, period.toMs, MAX_MODULES);
    if (model) for (const moduleId of followed) this.probability[moduleId] = { timesMs: [], values: [] };
    this.detector = new Detector({
      nameplate,
      modulesWithoutTemperature,
      ...(intervalMs !== null && { intervalMs }),
      ...(spaces && { spaces }),
      ...(model && { model }),
      clock: 'caller',
      sink: { change: (change) => this.takeChange(change) },
    });
  }

  /** In the order of time, of each module rising. Takes a copy of what it needs. */
  observe(frame: Frame): void {
    const { moduleId, timeMs } = frame;
    if (this.frames === 0) this.firstMs = timeMs;
    this.frames++;
    this.detector.observe(frame);
    const siteMs = this.time.observe(moduleId, timeMs);
    if (siteMs >= this.advancedToMs + ADVANCE_STEP_MS) {
      this.advancedToMs = siteMs;
      this.detector.advance(siteMs);
    }
    this.values.see(frame);
    if (timeMs >= this.period.fromMs) this.follow(moduleId, timeMs);
  }

  result(model: Evaluation['model'], rejected: number): Evaluation {
    const { frames, firstMs, levels, changes, isCut, probability } = this;
    return {
      model,
      frames,
      refused: rejected,
      firstMs,
      levels,
      changes,
      isCut,
      values: this.values.table(),
      probability,
    };
  }

  private takeChange({ moduleId, timeMs, from, to, reasons }: LevelChange): void {
    if (timeMs < this.period.fromMs) this.levels[moduleId] = to;
    else if (this.changes.length >= MAX_CHANGES) this.isCut = true;
    else this.changes.push({ moduleId, timeMs, from, to, reasons });
  }

  /** Thinned out: asking for a verdict costs more than judging a frame. */
  private follow(moduleId: string, timeMs: number): void {
    const kept = this.probability[moduleId];
    const everyMs = (this.period.toMs - this.period.fromMs) / PROBABILITY_POINTS;
    if (!kept || timeMs < (kept.timesMs.at(-1) ?? Number.NEGATIVE_INFINITY) + everyMs) return;
    kept.timesMs.push(timeMs);
    kept.values.push(this.detector.verdict(moduleId)?.hazardProbability ?? null);
  }
}
