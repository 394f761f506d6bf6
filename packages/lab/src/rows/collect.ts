/** Runs through the real feature engine, and the rows that are worth keeping. */
import { Detector, FEATURE_INDEX, FEATURES } from '@emberwatch/engine/detector';
import { createRandom, type Random } from '@emberwatch/engine/random';
import type { Frame } from '@emberwatch/engine/telemetry';
import { MS_PER_S } from '@emberwatch/engine/units';
import type { ModuleRecord, RunRecord } from '../dataset/manifest.ts';
import { Samples } from './crossings.ts';
import { type ChannelGroup, copyFrame, type Perturbation, spareFrame } from './perturbation.ts';
import { type RowColumns, RowStore } from './rows.ts';
import { SCORE_COUNT, scoresOf, WindowedZ } from './scores.ts';
import type { RunSource } from './source.ts';
import { type Lesson, lessonAt, lessonSpans } from './target.ts';
import { exposureEndS, HAZARD_WINDOW_S } from './truth.ts';
import { channelSetOf, viewOf } from './view.ts';

/** Rows of a module that are kept on average, by lesson, and calm rows of a run, as multiples of what was asked. */
const SHARE_OF_MODULE: Readonly<Record<Lesson, number>> = { hazard: 1, 'harmless fault': 0.8, calm: 0.5 };
const CALM_SHARE_OF_RUN = 3;
/** Calm rows that a rule would nearly fire on are kept so many times as often. */
const ODD_FACTOR = 10;
const ODD = { bms: 0.7, gas: 0.3, z: 8 } as const;
const LOOK_S = 2;

/** What a model may look at, in the order of FEATURES. */
export const MODEL_FEATURES = FEATURES.filter(({ model }) => model);
const INDICES = MODEL_FEATURES.map(({ id }) => FEATURE_INDEX[id]);

export interface CollectOptions {
  readonly seed: number;
  /** How often each run is shown; see `viewOf`. */
  readonly views: number;
  /** Rows kept of an event, on average. */
  readonly rowsOfEvent: number;
  /** Groups of channels that training never sees. */
  readonly without: readonly ChannelGroup[];
}

interface ModuleRows {
  readonly looks: Samples;
  readonly z: WindowedZ;
  readonly record: ModuleRecord | null;
  readonly spans: Readonly<Record<Lesson, number>>;
  readonly random: Random;
  readonly units: Partial<Record<Lesson, number>>;
  lastS: number;
}

/** One view of one run. */
class ViewRows {
  private readonly run: RunRecord;
  private readonly index: number;
  private readonly store: RowStore;
  private readonly change: Perturbation;
  private readonly detector: Detector;
  private readonly frame = spareFrame();
  private readonly modules = new Map<string, ModuleRows>();
  private readonly records: ReadonlyMap<string, ModuleRecord>;
  private readonly quietUntilS: number;
  private readonly cell: string;
  private readonly stream: string;
  private readonly seed: number;
  private readonly rowsOfEvent: number;
  private readonly scores = new Float64Array(SCORE_COUNT);

  constructor(run: RunRecord, index: number, view: number, options: CollectOptions, store: RowStore) {
    this.run = run;
    this.index = index;
    this.store = store;
    this.change = viewOf(run, view, options.seed, options.without);
    this.detector = new Detector({ nameplate: this.change.nameplate(run.nameplate) });
    this.records = new Map(run.modules.map((module) => [module.module, module]));
    this.quietUntilS = exposureEndS(run);
    this.cell = `${channelSetOf(run)} ${view > 0 ? 'poorer' : 'as recorded'}`;
    this.stream = `rows/${run.run}/${view}`;
    this.seed = options.seed;
    this.rowsOfEvent = options.rowsOfEvent;
  }

  observe(original: Frame, timeToPnrS: number): void {
    const frame = copyFrame(original, this.frame);
    if (!this.change.apply(frame)) return;
    this.detector.observe(frame);
    const module = this.modules.get(frame.moduleId) ?? this.join(frame.moduleId);
    const clockS = frame.timeMs / MS_PER_S;
    if (!module.looks.take(clockS)) return;
    const features = this.detector.features(frame.moduleId)!;
    const pnrS = module.record?.pnrThresholdS ?? null;
    const isTimed = pnrS !== null && !Number.isNaN(timeToPnrS);
    const timeS = isTimed ? pnrS - timeToPnrS : (frame.timeMs - this.run.startMs) / MS_PER_S;
    const z = module.z.add(clockS, frame);
    const elapsedS = Math.min(HAZARD_WINDOW_S, Math.max(LOOK_S, timeS - module.lastS || LOOK_S));
    module.lastS = timeS;
    const lesson = lessonAt(module.record, this.quietUntilS, timeS);
    if (lesson === null) return;
    const share = this.shareKept(module, lesson, features, z, elapsedS);
    if (module.random.uniform() >= share) return;
    const unit = (module.units[lesson] ??= this.store.addUnit({
      run: this.index,
      cell: this.cell,
      lesson,
      timeS: 0,
    }));
    const aheadS = timeToPnrS > 0 ? timeToPnrS : Number.NaN;
    this.store.add(features, INDICES, elapsedS / share, aheadS, unit);
  }

  private join(moduleId: string): ModuleRows {
    const record = this.records.get(moduleId) ?? null;
    const module: ModuleRows = {
      looks: new Samples(),
      z: new WindowedZ(),
      record,
      spans: lessonSpans(this.run, record, this.quietUntilS),
      random: createRandom(this.seed, `${this.stream}/${moduleId}`),
      units: {},
      lastS: Number.NaN,
    };
    this.modules.set(moduleId, module);
    return module;
  }

  private shareKept(
    { spans }: ModuleRows,
    lesson: Lesson,
    features: Float64Array,
    z: number,
    elapsedS: number,
  ): number {
    const looks = Math.max(1, spans[lesson] / elapsedS);
    const max = SHARE_OF_MODULE[lesson];
    const shared = lesson === 'calm' ? Math.min(max, CALM_SHARE_OF_RUN / this.run.moduleCount) : max;
    const wanted = shared * this.rowsOfEvent;
    const share = wanted / looks;
    if (share >= 1 || lesson === 'hazard') return Math.min(1, share);
    const scores = scoresOf(features, null, z, this.scores);
    const isOdd = scores[6]! >= ODD.bms || scores[5]! >= ODD.gas || z >= ODD.z;
    return Math.min(1, isOdd ? ODD_FACTOR * share : share);
  }
}

/** The kept rows of one run in all its views. `index`: its position in the manifest. */
export async function collectRun(
  source: RunSource,
  run: RunRecord,
  index: number,
  options: CollectOptions,
): Promise<RowColumns> {
  const store = new RowStore(MODEL_FEATURES.map(({ id }) => id));
  const views = Array.from(
    { length: options.views },
    (_, view) => new ViewRows(run, index, view, options, store),
  );
  await source.play(run, (frame, timeToPnrS) => {
    for (const view of views) view.observe(frame, timeToPnrS);
  });
  return store.finish();
}
