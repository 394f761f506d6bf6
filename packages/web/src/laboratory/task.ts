/** What a worker of the laboratory is asked and answers. Everything here is the engine's; nothing is drawn. */
import type { Model } from '@emberwatch/engine/detector';
import {
  COLUMNS,
  type MapAxis,
  mapRunaway,
  moduleIds,
  type RunSummary,
  runSummary,
  type Scenario,
  ScenarioError,
  type SizedFault,
  simulate,
  sizeFault,
  trajectoryBytes,
} from '@emberwatch/engine/physics';
import { checkedDocument, type ScenarioDocument } from './document.ts';
import { type Watched, watchRun } from './watch.ts';

export type Task =
  | { readonly kind: 'run'; readonly document: ScenarioDocument }
  | {
      readonly kind: 'size';
      readonly document: ScenarioDocument;
      readonly module: string;
      readonly wantedS: number;
    }
  | {
      readonly kind: 'map';
      readonly document: ScenarioDocument;
      readonly module: string;
      readonly x: MapAxis;
      readonly y: MapAxis;
    };

/** One pair of a map, at `j * x.values.length + i`. */
export interface MapPoint {
  readonly at: number;
  readonly runaway: boolean;
  /** Vented, but not run away. */
  readonly vented: boolean;
  /** Null where the point of no return is not reached. */
  readonly pnrS: number | null;
  readonly peakDegC: number;
}

export type Report =
  | { readonly kind: 'progress'; readonly what: string; readonly share: number }
  /** The truth of the run as `Trajectory.encode` writes it; last moments not yet searched. */
  | { readonly kind: 'ran'; readonly summary: RunSummary; readonly trajectory: ArrayBuffer }
  | { readonly kind: 'watched'; readonly watched: Watched }
  | { readonly kind: 'intervened'; readonly summary: RunSummary }
  | { readonly kind: 'sized'; readonly sized: SizedFault }
  | { readonly kind: 'mapped'; readonly point: MapPoint }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string; readonly path: string | null };

export type NamedModel = { readonly name: string; readonly model: Model };

/** Cells of all modules are recorded while they stay below this; then only of those that the document names. */
const MAX_CELL_BYTES = 1 << 26;

/** Ends with `done` or `failed`. `breathe` lets messages out between two runs of a map. */
export async function perform(
  task: Task,
  emit: (report: Report) => void,
  { model, breathe }: { readonly model: NamedModel | null; readonly breathe: () => Promise<void> },
): Promise<void> {
  try {
    const { scenario, sensors, problem } = checkedDocument(task.document);
    if (problem) {
      emit({ kind: 'failed', ...problem });
      return;
    }
    if (task.kind === 'size') emit({ kind: 'sized', sized: sizeFault(scenario, task.module, task.wantedS) });
    else if (task.kind === 'map') await map(scenario, task, emit, breathe);
    else run(scenario, sensors, model, emit);
    emit({ kind: 'done' });
  } catch (error) {
    const path = error instanceof ScenarioError ? error.path : null;
    emit({ kind: 'failed', message: error instanceof Error ? error.message : String(error), path });
  }
}

function run(
  given: Scenario,
  sensors: Parameters<typeof watchRun>[1]['sensors'],
  model: NamedModel | null,
  emit: (report: Report) => void,
): void {
  const scenario = withCells(given);
  const report = progressOf(emit);
  const simulation = simulate(scenario, {
    intervention: true,
    progress: (share) => report('simulating', share),
    interventionProgress: (searched, toSearch) => report('searching last moments', searched / toSearch),
    ran: (first) => {
      emit({
        kind: 'ran',
        summary: runSummary(given, first),
        trajectory: first.trajectory.encode(),
      });
      const watched = watchRun(first.trajectory, {
        scenario,
        sensors,
        model,
        progress: (share) => report('watching', share),
      });
      emit({ kind: 'watched', watched });
    },
  });
  emit({ kind: 'intervened', summary: runSummary(given, simulation) });
}

/** What is recorded changes nothing of what happens. */
function withCells(scenario: Scenario): Scenario {
  const all = { ...scenario, recordCellsOf: moduleIds(scenario) };
  const perModule = COLUMNS.length * all.recordCellsOf.length;
  const isSmall = trajectoryBytes(all) < MAX_CELL_BYTES || perModule === 0;
  if (isSmall) return all;
  const faulty = scenario.faults.flatMap(({ module }) => module ?? []);
  return { ...scenario, recordCellsOf: [...new Set([...scenario.recordCellsOf, ...faulty])] };
}

async function map(
  scenario: Scenario,
  { module, x, y }: Extract<Task, { kind: 'map' }>,
  emit: (report: Report) => void,
  breathe: () => Promise<void>,
): Promise<void> {
  const count = x.values.length * y.values.length;
  for (const at of spreadOut(count)) {
    const i = at % x.values.length;
    const one = mapRunaway(
      scenario,
      module,
      { path: x.path, values: [x.values[i]!] },
      { path: y.path, values: [y.values[(at - i) / x.values.length]!] },
    );
    const pnrS = one.pnrS[0]!;
    emit({
      kind: 'mapped',
      point: {
        at,
        runaway: one.runaway[0] === 1,
        vented: one.vented[0] === 1,
        pnrS: Number.isNaN(pnrS) ? null : pnrS,
        peakDegC: one.peakDegC[0]!,
      },
    });
    await breathe();
  }
}

/** Every number below `count` once, far apart at first: the picture is there early and gains detail. */
export function spreadOut(count: number): number[] {
  let step = Math.max(1, Math.round(count * 0.618));
  while (greatestCommonDivisor(step, count) !== 1) step++;
  return Array.from({ length: count }, (_, k) => (k * step) % count);
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);

/** At most a hundred reports of each step. */
function progressOf(emit: (report: Report) => void): (what: string, share: number) => void {
  let last = '';
  return (what, share) => {
    const now = `${what} ${Math.floor(share * 100)}`;
    if (now === last) return;
    last = now;
    emit({ kind: 'progress', what, share });
  };
}
