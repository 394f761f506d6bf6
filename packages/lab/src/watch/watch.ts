/** The main job on a file: telemetry in, verdicts with reasons out. */
import {
  Detector,
  type LevelChange,
  type Model,
  type ModuleSummary,
  POLICY,
  type Policy,
  policyWithModel,
  type SensorFault,
  type Verdict,
} from '@emberwatch/engine/detector';
import type {
  ClockSetBack,
  Coverage,
  Frame,
  Mapping,
  Rejection,
  SpreadRows,
} from '@emberwatch/engine/telemetry';
import { MS_PER_MIN, parseDurationMs } from '@emberwatch/engine/units';
import { openRecording } from '../recording/read.ts';
import { type Episode, EpisodeLog, type Hazard } from './episodes.ts';
import { SignalRecorder } from './recorder.ts';
import { type RejectionGroup, RejectionLog } from './rejections.ts';

export interface WatchOptions {
  /** Null: the built-in schema that fits the columns. */
  readonly mapping?: Mapping | null;
  /** False: modules without any temperature are evaluated by the rest; null: as the mapping says. */
  readonly hasTemperature?: boolean | null;
  /** Judges beside the rules; without one they judge alone. */
  readonly model?: Model | null;
  /** `hazard`: what the model says at this moment, null without one. */
  readonly onChange?: (change: LevelChange, hazard: Hazard | null) => void;
  readonly onRejection?: (rejection: Rejection) => void;
  /** Share of the phase that is done, null where it is not known. */
  readonly onProgress?: (fraction: number | null, phase: 'reading' | 'ordering', frames: number) => void;
  /** Every frame, in the order in which it is judged; it is reused for the next. */
  readonly onFrame?: (frame: Frame) => void;
  /** Keeps the signals around episodes for a report. */
  readonly recordSignals?: boolean;
}

export interface WatchResult {
  readonly file: string;
  readonly mapping: Mapping;
  readonly coverage: Coverage;
  readonly frames: number;
  /** Frames that came after later ones of other modules. */
  readonly lateFrames: number;
  /** Rejections of rows and of single values. */
  readonly rejected: number;
  readonly rejectedRows: number;
  readonly rejections: readonly RejectionGroup[];
  /** The longest times of which all rows were refused because a clock had gone back, in the order of the file. */
  readonly setBacks: readonly ClockSetBack[];
  /** Rows that shared a stamp and were given times of their own; null where there were none. */
  readonly spread: SpreadRows | null;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly moduleHours: number;
  readonly modules: readonly ModuleSummary[];
  readonly changes: number;
  readonly episodes: readonly Episode[];
  readonly episodeCounts: Readonly<Record<'advisory' | 'warning' | 'critical', number>>;
  /** Ended and lasting ones, in the order in which they began. */
  readonly sensorFaults: readonly SensorFault[];
  /** How many there were; `sensorFaults` keeps the first MAX_SENSOR_FAULTS. */
  readonly sensorFaultCount: number;
  readonly signals: SignalRecorder | null;
  readonly model: Model | null;
  /** The rules that judged, those of the model among them. */
  readonly policy: Policy;
}

const MAX_SENSOR_FAULTS = 10_000;
/** A clock that goes back for less than this is a row out of order. */
const SET_BACK_MS = MS_PER_MIN;
const MAX_SET_BACKS = 100;

class FaultLog {
  /** How many began. */
  count = 0;
  private readonly faults = new Map<string, SensorFault>();

  /** Called when a fault begins and again when it ends. */
  add(fault: SensorFault): void {
    if (fault.toMs === null) this.count++;
    const key = `${fault.moduleId} ${fault.kind} ${fault.channel} ${fault.fromMs}`;
    if (this.faults.has(key) || this.faults.size < MAX_SENSOR_FAULTS) this.faults.set(key, fault);
  }

  list(): SensorFault[] {
    return [...this.faults.values()];
  }
}

/** Judges a recording in one pass. Throws InputError for input that cannot be judged. */
export async function watchRecording(file: string, options: WatchOptions = {}): Promise<WatchResult> {
  const episodes = new EpisodeLog();
  const rejections = new RejectionLog();
  const signals = options.recordSignals ? new SignalRecorder() : null;
  const faults = new FaultLog();
  const setBacks: ClockSetBack[] = [];
  let [frames, firstMs, lastMs] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const { mapping = null, model = null, hasTemperature = null } = options;
  const policy = model ? policyWithModel(model.thresholds) : POLICY;
  const detector: Detector = new Detector({
    policy,
    ...(model && { model }),
    nameplate: { ...mapping?.nameplate, ...(hasTemperature !== null && { hasTemperature }) },
    intervalMs: intervalOf(mapping),
    sink: {
      change: (change) => {
        const hazard = model && hazardOf(detector.verdict(change.moduleId));
        const opened = episodes.add(change, hazard);
        if (opened) signals?.opened(opened);
        options.onChange?.(change, hazard);
      },
      sensorFault: (fault) => faults.add(fault),
    },
  });
  const reading = await openRecording(file, {
    mapping,
    ordered: true,
    sink: {
      frame: (frame) => {
        frames++;
        firstMs = Math.min(firstMs, frame.timeMs);
        lastMs = Math.max(lastMs, frame.timeMs);
        detector.observeInstant(frame);
        options.onFrame?.(frame);
        signals?.observe(frame, detector.features(frame.moduleId)!);
      },
      rejection: (rejection) => {
        rejections.add(rejection);
        options.onRejection?.(rejection);
      },
      setBack: (setBack) => addLongest(setBacks, setBack),
    },
    onProgress: (done, all, phase) => options.onProgress?.(all > 0 ? done / all : null, phase, frames),
  });
  detector.finish();
  const modules = detector.summary();
  return {
    file,
    mapping: reading.mapping,
    coverage: reading.coverage,
    frames,
    lateFrames: reading.lateFrames,
    ...rejectedIn(rejections),
    setBacks,
    spread: reading.spread,
    firstMs,
    lastMs,
    moduleHours: modules.reduce((sum, { judgedH: evaluatedH }) => sum + evaluatedH, 0),
    modules,
    changes: episodes.changes,
    episodes: episodes.episodes,
    episodeCounts: episodes.counts(),
    sensorFaults: faults.list(),
    sensorFaultCount: faults.count,
    signals,
    model,
    policy,
  };
}

const rejectedIn = (log: RejectionLog) => ({
  rejected: log.total,
  rejectedRows: log.rows,
  rejections: log.list(),
});

const hazardOf = (verdict: Verdict | undefined): Hazard | null =>
  verdict
    ? {
        hazardProbability: verdict.hazardProbability,
        timeToPnr: verdict.timeToPnr,
        drivers: verdict.drivers,
      }
    : null;

/** 0: found out from the frames. */
function intervalOf(mapping: Mapping | null): number {
  const interval = mapping?.sampling?.interval;
  return interval === undefined ? 0 : (parseDurationMs(interval) ?? 0);
}

const lengthMs = ({ fromMs, toMs }: ClockSetBack): number => toMs - fromMs;

function addLongest(list: ClockSetBack[], setBack: ClockSetBack): void {
  if (lengthMs(setBack) < SET_BACK_MS) return;
  list.push(setBack);
  if (list.length <= MAX_SET_BACKS) return;
  const shortest = list.reduce((min, one, i) => (lengthMs(one) < lengthMs(list[min]!) ? i : min), 0);
  list.splice(shortest, 1);
}
