/** One pass over the frames of a source: everything is counted, and the detector watches the sensors. */
import { join } from 'node:path';
import { InputError, type Mapping, NATIVE_MAPPING } from '@emberwatch/engine/telemetry';
import type { Manifest, RunRecord } from '../dataset/manifest.ts';
import { labelColumnOf } from '../recording/labels.ts';
import type { RejectionGroup } from '../watch/rejections.ts';
import { type WatchResult, watchRecording } from '../watch/watch.ts';
import { EventAlignment, type HazardEvent } from './event-alignment.ts';
import { type Labels, readLabels } from './labels.ts';
import { eventsOf } from './source.ts';
import { Survey } from './survey.ts';

export type OnProgress = (fraction: number | null, phase: string, frames: number) => void;

/** A fault of one sensor of one module, with how often the detector found it. */
export interface FoundFault {
  readonly channel: string;
  readonly kind: string;
  /** What the sensor does, in words. */
  readonly modules: number;
  readonly times: number;
  readonly firstModule: string;
  readonly firstMs: number;
  readonly text: string;
}

/** A kind of fault that the simulation gave to sensors. */
export interface PlantedFault {
  readonly channel: string;
  readonly kind: string;
  readonly times: number;
  /** Of them, how often the detector found some fault of that channel of that module in that run. */
  readonly found: number;
}

export interface Scan {
  readonly survey: Survey;
  readonly around: EventAlignment | null;
  readonly labels: Labels | null;
  readonly rejections: readonly RejectionGroup[];
  readonly rejected: number;
  readonly rejectedRows: number;
  readonly setBacks: WatchResult['setBacks'];
  readonly spread: WatchResult['spread'];
  readonly faults: readonly FoundFault[];
  /** Of a dataset: what its sensors were given, and how often the detector found it. */
  readonly planted: readonly PlantedFault[];
  readonly episodes: Readonly<Record<'advisory' | 'warning' | 'critical', number>>;
  readonly moduleHours: number;
  readonly unusedFields: readonly string[];
  readonly mapping: Mapping;
  /** Of a recording; null for a dataset. */
  readonly watched: WatchResult | null;
}

/** Runs of a label nearer to each other than this are one event. */
const ANCHOR_OF_LABEL = 'the end of the labelled time';
const ANCHOR_OF_PNR = 'the point of no return (threshold)';
/** Pictures of so many events are folded into one. */
const MAX_LABEL_EVENTS = 60;

export async function passOfRecording(
  file: string,
  mapping: Mapping | null,
  seed: number,
  onProgress: OnProgress = () => {},
): Promise<Scan> {
  if (file === '-')
    throw new InputError('standard input: explore reads a recording more than once; name a file');
  const survey = new Survey(seed);
  const watched = await watchRecording(file, {
    mapping,
    recordSignals: true,
    onFrame: (frame) => survey.observe(frame),
    onProgress,
  });
  survey.endSource();
  const column = labelColumnOf(watched);
  const labels = column !== null ? await readLabels(file, watched.mapping, column) : null;
  const around = labels && labels.windows.length > 0 ? new EventAlignment(ANCHOR_OF_LABEL, seed) : null;
  if (around && labels) {
    const events: HazardEvent[] = labels.windows.slice(0, MAX_LABEL_EVENTS).map((window) => ({
      module: window.module,
      anchorMs: window.toMs,
      marks: [{ name: 'label begins', timeMs: window.fromMs }],
    }));
    around.begin(events, new Set(labels.windows.map(({ module }) => module)));
    // Siblings are put side by side by time, not by order: this pass need not sort.
    const { openRecording } = await import('../recording/read.ts');
    await openRecording(file, {
      mapping: watched.mapping,
      sink: { frame: (frame) => around.observe(frame), rejection: () => {} },
      onProgress: (done, all) => onProgress(all > 0 ? done / all : null, 'events', survey.frames),
    });
    around.end();
  }
  const faults = new FaultLog();
  faults.add(watched);
  return {
    survey,
    around,
    labels,
    rejections: watched.rejections,
    rejected: watched.rejected,
    rejectedRows: watched.rejectedRows,
    setBacks: watched.setBacks,
    spread: watched.spread,
    faults: faults.list(),
    planted: [],
    episodes: watched.episodeCounts,
    moduleHours: watched.moduleHours,
    unusedFields: watched.coverage.unusedFields,
    mapping: watched.mapping,
    watched,
  };
}

/** All runs of the dataset, one after the other, in the order of the manifest. */
export async function passOfDataset(
  folder: string,
  { runs }: Manifest,
  seed: number,
  onProgress: OnProgress = () => {},
): Promise<Scan> {
  const survey = new Survey(seed);
  const around = new EventAlignment(ANCHOR_OF_PNR, seed);
  const faults = new FaultLog();
  const planted = new PlantedFaultLog();
  const rejections = new Map<string, RejectionGroup>();
  const episodes = { advisory: 0, warning: 0, critical: 0 };
  let [rejected, rejectedRows, moduleHours] = [0, 0, 0];
  for (const [r, run] of runs.entries()) {
    around.begin(eventsOf(run), new Set(run.modules.map(({ module }) => module)));
    const watched = await watchRun(folder, run, (frame) => {
      survey.observe(frame);
      around.observe(frame);
    });
    survey.endSource(run.run);
    around.end();
    faults.add(watched, `${run.run}/`);
    planted.add(run, watched);
    rejected += watched.rejected;
    rejectedRows += watched.rejectedRows;
    moduleHours += watched.moduleHours;
    for (const level of ['advisory', 'warning', 'critical'] as const)
      episodes[level] += watched.episodeCounts[level];
    for (const group of watched.rejections) {
      const key = `${group.reason} ${group.column}`;
      const known = rejections.get(key);
      if (known) known.count += group.count;
      else rejections.set(key, { ...group });
    }
    onProgress((r + 1) / runs.length, 'exploring', survey.frames);
  }
  return {
    survey,
    around,
    labels: null,
    rejections: [...rejections.values()].sort((a, b) => b.count - a.count),
    rejected,
    rejectedRows,
    setBacks: [],
    spread: null,
    faults: faults.list(),
    planted: planted.list(),
    episodes,
    moduleHours,
    unusedFields: [],
    mapping: NATIVE_MAPPING,
    watched: null,
  };
}

function watchRun(
  folder: string,
  { file, nameplate, intervalS }: RunRecord,
  onFrame: NonNullable<Parameters<typeof watchRecording>[1]>['onFrame'] & object,
): Promise<WatchResult> {
  const mapping: Mapping = { ...NATIVE_MAPPING, nameplate, sampling: { interval: `${intervalS}s` } };
  return watchRecording(join(folder, file), { mapping, onFrame });
}

/** Cells are numbered: what befalls them is one kind of fault. */
const placeOf = (channel: string): string => channel.replace(/\[\d+\]$/, '[…]');

class PlantedFaultLog {
  private readonly groups = new Map<
    string,
    { channel: string; kind: string; times: number; found: number }
  >();

  add({ sensorFaults: given }: RunRecord, { sensorFaults }: WatchResult): void {
    const seen = new Set(sensorFaults.map(({ moduleId, channel }) => `${moduleId} ${channel}`));
    for (const { module, channel, kind } of given) {
      const place = placeOf(channel);
      const group = this.groups.get(`${kind} ${place}`) ?? { channel: place, kind, times: 0, found: 0 };
      group.times++;
      const names = [channel, channel.replace(/\[\d+\]$/, '')];
      if (names.some((name) => seen.has(`${module} ${name}`))) group.found++;
      this.groups.set(`${kind} ${place}`, group);
    }
  }

  list(): PlantedFault[] {
    return [...this.groups.values()].sort((a, b) => b.times - a.times);
  }
}

/** Sensor faults by channel and kind. */
class FaultLog {
  private readonly groups = new Map<string, { fault: FoundFault; modules: Set<string>; times: number }>();

  add({ sensorFaults }: WatchResult, run = ''): void {
    for (const { moduleId, channel, kind, fromMs, text } of sensorFaults) {
      const place = placeOf(channel);
      const key = `${kind} ${place}`;
      let group = this.groups.get(key);
      if (!group) {
        const fault = { channel: place, kind, modules: 0, times: 0, firstModule: `${run}${moduleId}` };
        group = { fault: { ...fault, firstMs: fromMs, text }, modules: new Set(), times: 0 };
        this.groups.set(key, group);
      }
      group.times++;
      group.modules.add(`${run}${moduleId}`);
    }
  }

  list(): FoundFault[] {
    return [...this.groups.values()]
      .map(({ fault, modules, times }) => ({ ...fault, modules: modules.size, times }))
      .sort((a, b) => b.modules - a.modules || b.times - a.times);
  }
}
