/** The experiment on the bench: the document, its last run, and what is being computed. */
import {
  decodeTrajectory,
  type ModuleEvents,
  type RunSummary,
  type Trajectory,
  worstFirst,
} from '@emberwatch/engine/physics';
import { useSyncExternalStore } from 'react';
import { type Checked, checkedDocument, type ScenarioDocument } from './document.ts';
import { type Job, startJob } from './job.ts';
import type { Report } from './task.ts';
import type { Watched } from './watch.ts';

export interface FinishedRun {
  /** What was run; the one in the form may be another by now. */
  readonly document: ScenarioDocument;
  readonly trajectory: Trajectory;
  readonly summary: RunSummary;
  /** Null until sensors and detector have gone through it. */
  readonly watched: Watched | null;
  /** Last moments to intervene have been searched. */
  readonly isSearched: boolean;
}

export interface Experiment {
  readonly document: ScenarioDocument;
  readonly checked: Checked;
  readonly run: FinishedRun | null;
  /** What is going on, and how far it is, 0 to 1. */
  readonly busy: { readonly what: string; readonly share: number } | null;
  readonly failure: string | null;
}

export class ExperimentRunner {
  private state: Experiment;
  private job: Job | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(document: ScenarioDocument) {
    this.state = { document, checked: checkedDocument(document), run: null, busy: null, failure: null };
  }

  readonly current = (): Experiment => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Puts another document on the bench; the last run stays until the next one. */
  readonly edit = (document: ScenarioDocument): void => {
    this.set({ document, checked: checkedDocument(document), failure: null });
  };

  /** Runs what is on the bench, in the place of what was running. Nothing happens where it cannot be run. */
  readonly start = (): void => {
    const { document, checked } = this.state;
    if (checked.problem) return;
    this.job?.cancel();
    this.set({ busy: { what: 'simulating', share: 0 }, failure: null });
    this.job = startJob({ kind: 'run', document }, (report) => this.take(document, report));
  };

  readonly cancel = (): void => {
    this.job?.cancel();
    this.job = null;
    this.set({ busy: null });
  };

  private take(document: ScenarioDocument, report: Report): void {
    const { run } = this.state;
    switch (report.kind) {
      case 'progress':
        this.set({ busy: { what: report.what, share: report.share } });
        break;
      case 'ran': {
        const trajectory = decodeTrajectory(report.trajectory);
        this.set({
          run: { document, trajectory, summary: report.summary, watched: null, isSearched: false },
        });
        break;
      }
      case 'watched':
        if (run) this.set({ run: { ...run, watched: report.watched } });
        break;
      case 'intervened':
        if (run) this.set({ run: { ...run, summary: report.summary, isSearched: true } });
        break;
      case 'done':
        this.set({ busy: null });
        break;
      case 'failed':
        this.set({ busy: null, failure: report.message });
        break;
    }
  }

  private set(part: Partial<Experiment>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}

export const useExperiment = (runner: ExperimentRunner): Experiment =>
  useSyncExternalStore(runner.subscribe, runner.current);

/** Events of the run with their modules, in the order of the site. */
export const eventsOf = ({ summary }: FinishedRun): ModuleEvents[] =>
  Object.entries(summary.events).map(([module, { severity: _, ...event }]) => ({ module, ...event }));

/** The module that a person looks at first: the worst, or the first one of a calm site. */
export const firstToShow = (run: FinishedRun): string =>
  worstFirst(eventsOf(run))[0]?.module ?? run.trajectory.header.modules[0]!;
