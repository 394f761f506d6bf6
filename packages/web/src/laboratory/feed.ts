/** A run sent into a live site as its sensors would send it: through the ordinary door, under names that say what it is. */
import type { Trajectory } from '@emberwatch/engine/physics';
import { measure, type SensorPlan } from '@emberwatch/engine/sensors';
import { CHANNELS, type Frame } from '@emberwatch/engine/telemetry';
import { MS_PER_S } from '@emberwatch/engine/units';

/** Modules of an experiment are never taken for modules of the site. */
export const LAB_PREFIX = 'Lab_';
/** Frames of so much time of the run go together; a slow pace sends at least every second. */
const MAX_RECORDS = 2000;

export interface LabBatch {
  /** Time of the site up to which the batch reaches, Unix ms. */
  readonly endMs: number;
  readonly records: number;
  readonly ndjson: string;
}

export interface FeedPlan {
  readonly trajectory: Trajectory;
  readonly sensors: SensorPlan;
  readonly seed: number;
  /** When the run begins on the clock of the site, Unix ms. */
  readonly startMs: number;
  /** Time of the run in one batch, ms. */
  readonly batchMs: number;
}

/** The frames of the run in batches, in the order in which they arrive. */
export function* labBatches(plan: FeedPlan): Generator<LabBatch> {
  const { trajectory, sensors, seed, startMs, batchMs } = plan;
  let lines: string[] = [];
  let untilMs = startMs + batchMs;
  let endMs = startMs;
  for (const frame of measure(trajectory, { seed, startMs, plan: sensors })) {
    if (lines.length > 0 && (frame.timeMs > untilMs || lines.length >= MAX_RECORDS)) {
      yield { endMs, records: lines.length, ndjson: `${lines.join('\n')}\n` };
      lines = [];
      while (untilMs < frame.timeMs) untilMs += batchMs;
    }
    endMs = Math.max(endMs, frame.timeMs);
    lines.push(JSON.stringify(recordOf(frame)));
  }
  if (lines.length > 0) yield { endMs, records: lines.length, ndjson: `${lines.join('\n')}\n` };
}

function recordOf(frame: Frame): Record<string, unknown> {
  const record: Record<string, unknown> = {
    time: frame.timeMs,
    module_id: `${LAB_PREFIX}${frame.moduleId}`,
    ...(frame.rackId !== null && { rack_id: `${LAB_PREFIX}${frame.rackId}` }),
  };
  CHANNELS.forEach(({ id }, k) => {
    const value = frame.values[k]!;
    if (Number.isFinite(value)) record[id] = value;
  });
  return record;
}

export interface FeedTarget {
  /** Hands a batch to the service. Errors: what the service said. */
  readonly post: (ndjson: string) => Promise<void>;
  /** Waits, ms; ends early where the signal says so. */
  readonly wait: (lengthMs: number, signal: AbortSignal) => Promise<void>;
  readonly now: () => number;
}

/**
 * Sends the batches so that the run goes on `speed` times as fast as it happened. `sent` is told of each. Ends at the end
 * of the run or when the signal says so. Errors: those of `post`.
 */
export async function feedRun(
  plan: Omit<FeedPlan, 'batchMs'> & { readonly speed: number },
  { post, wait, now }: FeedTarget,
  sent: (batch: LabBatch) => void,
  signal: AbortSignal,
): Promise<void> {
  const beganMs = now();
  for (const batch of labBatches({ ...plan, batchMs: Math.max(1, plan.speed) * MS_PER_S })) {
    const dueMs = beganMs + (batch.endMs - plan.startMs) / plan.speed;
    await wait(Math.max(0, dueMs - now()), signal);
    if (signal.aborted) return;
    await post(batch.ndjson);
    sent(batch);
  }
}
