/** Features as the live detector computes them, row by row: the one engine, fed as `watch` and the service feed it. */
import { Detector } from '@emberwatch/engine/detector';
import type { Frame, Mapping, Nameplate } from '@emberwatch/engine/telemetry';
import { parseDurationMs } from '@emberwatch/engine/units';
import type { RunRecord } from '../dataset/manifest.ts';
import type { Dataset, FrameCounts, Labels } from '../dataset/read.ts';
import { openRecording, type RecordingSummary } from '../recording/read.ts';

/** Used again for the next row: take what you need before returning. */
export interface FeatureRow {
  /** Null: of a recording. */
  run: RunRecord | null;
  frame: Frame;
  /** By FEATURE_INDEX; NaN where it cannot be said. Not a copy. */
  features: Float64Array;
  /** Null: of a recording. */
  labels: Labels | null;
}

export type FeatureVisitor = (row: FeatureRow) => void;

/** A recording on disk, and the mapping that its columns need. */
export interface RecordingSource {
  readonly path: string;
  readonly mapping?: Mapping | null;
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
}

/** Every row of one run. Errors: `InputError` where the file is missing or broken. */
export async function eachFeatureRowOfRun(
  dataset: Dataset,
  run: RunRecord,
  visit: FeatureVisitor,
): Promise<FrameCounts> {
  const engine = new FeatureEngine(run, { nameplate: run.nameplate }, visit);
  return dataset.eachFrame(run, (frame, labels) => engine.take(frame, labels));
}

/** Every row of every run, each with a detector that knows nothing of the others. */
export async function eachFeatureRow(
  source: Dataset | RecordingSource,
  visit: FeatureVisitor,
): Promise<FrameCounts> {
  if ('path' in source) return eachFeatureRowOfRecording(source, visit);
  let [frames, rejections] = [0, 0];
  for (const run of source.runs) {
    const counts = await eachFeatureRowOfRun(source, run, visit);
    frames += counts.frames;
    rejections += counts.rejections;
  }
  return { frames, rejections };
}

/** Every row of a recording, in the order of time. */
export async function eachFeatureRowOfRecording(
  source: RecordingSource,
  visit: FeatureVisitor,
): Promise<RecordingSummary> {
  const { path, mapping = null, onProgress } = source;
  const { nameplate } = mapping ?? {};
  const interval = mapping?.sampling?.interval;
  const engine = new FeatureEngine(
    null,
    {
      ...(nameplate && { nameplate }),
      ...(interval !== undefined && { intervalMs: parseDurationMs(interval) ?? 0 }),
    },
    visit,
  );
  return openRecording(path, {
    mapping,
    ordered: true,
    sink: { frame: (frame) => engine.take(frame, null), rejection: () => {} },
    ...(onProgress && { onProgress }),
  });
}

class FeatureEngine {
  private readonly detector: Detector;
  private readonly visit: FeatureVisitor;
  private readonly row: { -readonly [K in keyof FeatureRow]: FeatureRow[K] };

  constructor(
    run: RunRecord | null,
    options: { readonly nameplate?: Nameplate; readonly intervalMs?: number },
    visit: FeatureVisitor,
  ) {
    this.detector = new Detector(options);
    this.visit = visit;
    this.row = { run, frame: null as never, features: null as never, labels: null };
  }

  take(frame: Frame, labels: Labels | null): void {
    const { detector, row } = this;
    detector.observeInstant(frame);
    row.frame = frame;
    row.features = detector.features(frame.moduleId)!;
    row.labels = labels;
    this.visit(row);
  }
}
