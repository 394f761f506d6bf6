/** From changes of level to alarm episodes: what an operator would have been called for. */
import {
  type AlarmLevel,
  type LevelChange,
  levelRank,
  type Reason,
  type Verdict,
} from '@emberwatch/engine/detector';
import { MS_PER_MIN } from '@emberwatch/engine/units';

/** An alarm that comes back so soon is the same episode. */
export const EPISODE_MERGE_MS = 10 * MS_PER_MIN;

/** What a model said. */
export type Hazard = Pick<Verdict, 'hazardProbability' | 'timeToPnr' | 'drivers'>;

export interface Episode {
  readonly moduleId: string;
  /** The gravest level reached. */
  level: AlarmLevel;
  readonly fromMs: number;
  /** Null while it lasts. */
  toMs: number | null;
  /** When the gravest level was reached, and why. */
  peakMs: number;
  reasons: readonly Reason[];
  /** When the gravest level was reached; null without a model. */
  hazard: Hazard | null;
}

export class EpisodeLog {
  readonly episodes: Episode[] = [];
  /** Of level, those of episodes that go on among them. */
  changes = 0;
  private readonly latest = new Map<string, Episode>();

  /** @returns the episode that this change opened, or undefined */
  add(change: LevelChange, hazard: Hazard | null = null): Episode | undefined {
    this.changes++;
    const { moduleId, timeMs, to, reasons } = change;
    const latest = this.latest.get(moduleId);
    if (levelRank(to) <= levelRank('normal')) {
      if (latest && latest.toMs === null) latest.toMs = timeMs;
      return undefined;
    }
    const level = to as AlarmLevel;
    if (latest && (latest.toMs === null || timeMs - latest.toMs <= EPISODE_MERGE_MS)) {
      latest.toMs = null;
      if (levelRank(level) > levelRank(latest.level))
        Object.assign(latest, { level, peakMs: timeMs, reasons, hazard });
      return undefined;
    }
    const episode: Episode = { moduleId, level, fromMs: timeMs, toMs: null, peakMs: timeMs, reasons, hazard };
    this.latest.set(moduleId, episode);
    this.episodes.push(episode);
    return episode;
  }

  /** How many episodes had each level as their gravest. */
  counts(): Record<AlarmLevel, number> {
    const counts = { advisory: 0, warning: 0, critical: 0 };
    for (const { level } of this.episodes) counts[level]++;
    return counts;
  }
}
