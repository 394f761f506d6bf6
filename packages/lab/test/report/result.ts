/** Made-up results of a judged recording. */
import { type AlarmLevel, FEATURE_COUNT, POLICY, type Reason } from '@emberwatch/engine/detector';
import { newFrame, SEED_MAPPING } from '@emberwatch/engine/telemetry';
import { type Episode, EpisodeLog } from '../../src/watch/episodes.ts';
import { SignalRecorder } from '../../src/watch/recorder.ts';
import { RejectionLog } from '../../src/watch/rejections.ts';
import type { WatchResult } from '../../src/watch/watch.ts';

export const START_MS = Date.UTC(2024, 0, 1);
const STEP_MS = 10_000;

const reason = (text: string): Reason => ({
  rule: 'B1-60',
  physics: 'thermal',
  text,
  value: 61,
  limit: 60,
  unit: '°C',
});

interface Plan {
  readonly moduleIds?: readonly string[];
  readonly frames?: number;
  /** By number of the frame; all modules alike. */
  readonly values?: (i: number) => Partial<Record<'hottest' | 'voltage' | 'co', number>>;
  readonly episodes?: readonly {
    moduleId: string;
    level: AlarmLevel;
    from: number;
    to: number | null;
    text: string;
  }[];
}

const healthy = (i: number): { hottest: number; voltage: number; co: number } => ({
  hottest: 25 + Math.sin(i / 40),
  voltage: 50 - i / 1000,
  co: 2,
});

/** As the detector would deliver them, but with episodes as ordered. */
export function makeResult(plan: Plan = {}): WatchResult {
  const { moduleIds = ['M1'], frames = 1000, values = healthy, episodes: planned = [] } = plan;
  const log = new EpisodeLog();
  const signals = new SignalRecorder();
  const at = (i: number): number => START_MS + i * STEP_MS;
  const features = new Float64Array(FEATURE_COUNT).fill(Number.NaN);
  const [opening, closing] = [new Map<number, Episode[]>(), new Map<number, Episode[]>()];
  for (const { moduleId, level, from, to, text } of planned) {
    const episode: Episode = {
      moduleId,
      level,
      fromMs: at(from),
      toMs: null,
      peakMs: at(from),
      reasons: [reason(text)],
      hazard: null,
    };
    log.episodes.push(episode);
    opening.set(from, [...(opening.get(from) ?? []), episode]);
    if (to !== null) closing.set(to, [...(closing.get(to) ?? []), episode]);
  }
  for (let i = 0; i < frames; i++) {
    for (const episode of opening.get(i) ?? []) signals.opened(episode);
    for (const episode of closing.get(i) ?? []) episode.toMs = at(i);
    for (const moduleId of moduleIds) {
      const { hottest = Number.NaN, voltage = Number.NaN, co = Number.NaN } = values(i);
      const frame = newFrame(moduleId, null, at(i));
      frame.values[1] = hottest;
      frame.values[3] = voltage;
      frame.values[9] = co;
      features[0] = hottest;
      signals.observe(frame, features);
    }
  }
  return {
    file: 'recording.csv',
    mapping: SEED_MAPPING,
    coverage: { unusedFields: [], unknownFields: [], absentColumns: [] },
    frames: frames * moduleIds.length,
    rejected: 0,
    lateFrames: 0,
    rejectedRows: 0,
    rejections: new RejectionLog().list(),
    setBacks: [],
    spread: null,
    firstMs: frames > 0 ? at(0) : Number.POSITIVE_INFINITY,
    lastMs: frames > 0 ? at(frames - 1) : Number.NEGATIVE_INFINITY,
    moduleHours: (frames * moduleIds.length * STEP_MS) / 3_600_000,
    modules: moduleIds.map((moduleId) => ({
      moduleId,
      frames,
      judgedH: (frames * STEP_MS) / 3_600_000,
      mostDeviatingCell: null,
      hadTemperature: true,
      unknownFrames: 0,
    })),
    changes: 2 * log.episodes.length,
    episodes: log.episodes,
    episodeCounts: log.counts(),
    sensorFaults: [],
    sensorFaultCount: 0,
    signals,
    model: null,
    policy: POLICY,
  };
}
