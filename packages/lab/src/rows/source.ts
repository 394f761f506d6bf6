/** Runs to be judged, wherever they lie. */
import type { Frame } from '@emberwatch/engine/telemetry';
import type { RunRecord } from '../dataset/manifest.ts';

/** The frame is reused for the next row. `timeToPnrS` is the label beside it, NaN where there is none. */
export type LabelledFrameSink = (frame: Frame, timeToPnrS: number) => void;

export interface RunSource {
  readonly runs: readonly RunRecord[];
  /** Of everything in it: the same value, the same data. */
  readonly sha256: string;
  /** Gives the frames of a run, in the order in which they arrived. */
  play(run: RunRecord, sink: LabelledFrameSink): Promise<void>;
}
