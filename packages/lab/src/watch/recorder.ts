/** Keeps the signals around each alarm episode, in one pass and bounded memory. */
import { FEATURE_INDEX, levelRank } from '@emberwatch/engine/detector';
import { CHANNEL_INDEX, type Frame } from '@emberwatch/engine/telemetry';
import { MS_PER_MIN } from '@emberwatch/engine/units';
import type { Episode } from './episodes.ts';
import { TRACE_SIGNALS, Trace } from './trace.ts';

/** What was before an episode explains it; what came after shows whether it was right. */
const BEFORE_MS = 30 * MS_PER_MIN;
const AFTER_MS = 15 * MS_PER_MIN;
const BEFORE_POINTS = 600;
const EPISODE_POINTS = 1600;
const OVERVIEW_POINTS = 2000;
/** More pictures than this nobody reads; further episodes are listed without one. */
export const MAX_TRACED_EPISODES = 60;
/** Overviews are kept for so many modules. */
const MAX_OVERVIEWS = 64;

export interface EpisodeTrace {
  readonly episode: Episode;
  readonly trace: Trace;
}

interface ModuleRecord {
  readonly before: Trace;
  readonly overview: Trace | null;
  open: EpisodeTrace | null;
}

export class SignalRecorder {
  readonly traces: EpisodeTrace[] = [];
  private readonly modules = new Map<string, ModuleRecord>();
  private readonly values = new Float64Array(TRACE_SIGNALS.length);

  get overviews(): Map<string, Trace> {
    const overviews = new Map<string, Trace>();
    for (const [moduleId, { overview }] of this.modules) if (overview) overviews.set(moduleId, overview);
    return overviews;
  }

  observe(frame: Frame, features: Float64Array): void {
    const module = this.modules.get(frame.moduleId) ?? this.join(frame.moduleId);
    const { timeMs } = frame;
    this.fill(frame, features);
    module.overview?.add(timeMs, this.values);
    const { open } = module;
    if (!open) {
      module.before.add(timeMs, this.values);
      module.before.dropBefore(timeMs - BEFORE_MS);
      return;
    }
    open.trace.add(timeMs, this.values);
    const { toMs } = open.episode;
    if (toMs !== null && timeMs - toMs > AFTER_MS) module.open = null;
  }

  opened(episode: Episode): void {
    const module = this.modules.get(episode.moduleId) ?? this.join(episode.moduleId);
    if (this.traces.length >= MAX_TRACED_EPISODES && !this.makeRoom()) return;
    const trace = new Trace(EPISODE_POINTS);
    trace.copyOf(module.before, episode.fromMs - BEFORE_MS);
    module.open = { episode, trace };
    this.traces.push(module.open);
  }

  /** Gives up the picture of the first ended episode of the lowest level; a critical one keeps its own. */
  private makeRoom(): boolean {
    let min = -1;
    this.traces.forEach(({ episode }, i) => {
      if (episode.toMs === null || episode.level === 'critical') return;
      if (min < 0 || levelRank(episode.level) < levelRank(this.traces[min]!.episode.level)) min = i;
    });
    if (min >= 0) this.traces.splice(min, 1);
    return min >= 0;
  }

  private join(moduleId: string): ModuleRecord {
    const hasRoom = this.modules.size < MAX_OVERVIEWS;
    const record: ModuleRecord = {
      before: new Trace(BEFORE_POINTS * 2, BEFORE_MS / BEFORE_POINTS),
      overview: hasRoom ? new Trace(OVERVIEW_POINTS) : null,
      open: null,
    };
    this.modules.set(moduleId, record);
    return record;
  }

  private fill(frame: Frame, features: Float64Array): void {
    const { values } = frame;
    const cells = cellRange(frame.cellVoltagesV);
    const signals: Record<(typeof TRACE_SIGNALS)[number], number> = {
      hottestDegC: features[FEATURE_INDEX.hottestDegC]!,
      meanDegC: values[CHANNEL_INDEX.surface_temperature_mean_degc]!,
      ambientDegC: values[CHANNEL_INDEX.ambient_temperature_degc]!,
      heatingKPerMin: features[FEATURE_INDEX.heatingKPerMin]!,
      voltageV: values[CHANNEL_INDEX.voltage_v]!,
      currentA: values[CHANNEL_INDEX.current_a]!,
      socPercent: values[CHANNEL_INDEX.soc_percent]!,
      cellLowestV: cells?.lowest ?? values[CHANNEL_INDEX.cell_voltage_min_v]!,
      cellMeanV: cells?.mean ?? values[CHANNEL_INDEX.cell_voltage_mean_v]!,
      cellHighestV: cells?.highest ?? values[CHANNEL_INDEX.cell_voltage_max_v]!,
      cellLowMv: features[FEATURE_INDEX.cellLowMv]!,
      coPpm: values[CHANNEL_INDEX.co_ppm]!,
      h2Ppm: values[CHANNEL_INDEX.h2_ppm]!,
      vocPpm: values[CHANNEL_INDEX.voc_ppm]!,
      hazardProbability: features[FEATURE_INDEX.hazardProbability]!,
    };
    TRACE_SIGNALS.forEach((signal, k) => {
      this.values[k] = signals[signal];
    });
  }
}

function cellRange(voltagesV: Float64Array | null): { lowest: number; highest: number; mean: number } | null {
  if (!voltagesV) return null;
  let [lowest, highest, sum, n] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of voltagesV) {
    if (Number.isNaN(value)) continue;
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
    sum += value;
    n++;
  }
  return n === 0 ? null : { lowest, highest, mean: sum / n };
}
