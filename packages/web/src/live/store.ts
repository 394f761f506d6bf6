/** The page's picture of the site, renewed by the event stream. */
import type { SensorFault } from '@emberwatch/engine/detector';
import { useSyncExternalStore } from 'react';
import type {
  AlarmRecord,
  ChangeEntry,
  Health,
  ModuleState,
  RetiredModule,
  Signal,
  Snapshot,
  VerdictsMessage,
} from '../wire.ts';
import { ModuleIndex } from './module-index.ts';
import { OpenAlarms } from './open-alarms.ts';

export interface SiteView {
  readonly connection: 'connecting' | 'connected' | 'lost';
  /** When the connection was lost, wall clock. */
  readonly lostMs: number | null;
  readonly health: Health | null;
  readonly clockMs: number | null;
  readonly signals: readonly Signal[];
  /** The same object in every view: what it holds is what is known now. */
  readonly moduleIndex: ModuleIndex;
  /** Newest first. */
  readonly changes: readonly ChangeEntry[];
  /** Newest first; with `toMs` null while they last. */
  readonly sensorFaults: readonly SensorFault[];
  /** The same object in every view. */
  readonly alarms: OpenAlarms;
  /** Modules that people took out of the watch, the last first. */
  readonly retired: readonly RetiredModule[];
}

const CHANGES_KEPT = 200;
const FAULTS_KEPT = 500;
/** The service speaks every few seconds; so long a pause means that the line is dead. */
const QUIET_LIMIT_MS = 12_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8000;

/** Messages that come this close together are shown together. */
const GATHER_MS = 16;

const emptyView = (): SiteView => ({
  connection: 'connecting',
  lostMs: null,
  health: null,
  clockMs: null,
  signals: [],
  moduleIndex: new ModuleIndex(),
  changes: [],
  sensorFaults: [],
  alarms: new OpenAlarms(),
  retired: [],
});

const faultKey = (fault: SensorFault): string =>
  `${fault.moduleId} ${fault.channel} ${fault.kind} ${fault.fromMs}`;

function withFault(faults: readonly SensorFault[], fault: SensorFault): SensorFault[] {
  const key = faultKey(fault);
  const isKnown = faults.some((other) => faultKey(other) === key);
  if (!isKnown) return [fault, ...faults].slice(0, FAULTS_KEPT);
  return faults.map((other) => (faultKey(other) === key ? fault : other));
}

/** Told which modules have changed; null: all, and perhaps others than before. */
export type ModulesListener = (changed: readonly ModuleState[] | null) => void;

export class SiteStore {
  private view = emptyView();
  private readonly listeners = new Set<() => void>();
  private source: EventSource | null = null;
  private retryMs = FIRST_RETRY_MS;
  private quietTimer = 0;
  private gatherTimer = 0;
  private retryTimer = 0;
  private readonly moduleListeners = new Set<ModulesListener>();
  private readonly url: string;
  private readonly onFailure: () => void;

  /** @param onFailure told whenever a connection fails: perhaps nobody is signed in any more */
  constructor(url: string, onFailure: () => void) {
    this.url = url;
    this.onFailure = onFailure;
  }

  /** Begins to listen to the service, and comes back by itself until `close`. */
  open(): void {
    if (this.source === null) this.connect(this.url);
  }

  /** Forgets the site: who is not signed in sees nothing of it. */
  close(): void {
    if (this.source === null) return;
    this.source.close();
    this.source = null;
    window.clearTimeout(this.quietTimer);
    window.clearTimeout(this.retryTimer);
    const { moduleIndex, alarms } = this.view;
    moduleIndex.replace([]);
    alarms.replace([]);
    this.replace({ ...emptyView(), moduleIndex, alarms });
    for (const listener of this.moduleListeners) listener(null);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** For what is drawn module by module, past React. */
  readonly onModules = (listener: ModulesListener): (() => void) => {
    this.moduleListeners.add(listener);
    return () => this.moduleListeners.delete(listener);
  };

  readonly current = (): SiteView => this.view;

  /** Every connection begins with a snapshot: after a break the page is whole again without replay. */
  private connect(url: string): void {
    const source = new EventSource(url);
    this.source = source;
    const on = <T>(name: string, apply: (body: T) => void): void => {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        this.watchQuiet(url);
        apply(JSON.parse(event.data) as T);
      });
    };
    on<Snapshot>('snapshot', (snapshot) => {
      const { modules, alarms, ...rest } = snapshot;
      this.retryMs = FIRST_RETRY_MS;
      this.view.moduleIndex.replace(modules);
      this.view.alarms.replace(alarms);
      this.replace({
        ...rest,
        connection: 'connected',
        lostMs: null,
        clockMs: snapshot.health.clockMs,
      });
      for (const listener of this.moduleListeners) listener(null);
    });
    on<VerdictsMessage>('verdicts', ({ clockMs, modules }) => {
      const { moduleIndex } = this.view;
      const layout = moduleIndex.layout;
      moduleIndex.update(modules);
      this.replace({ clockMs });
      for (const listener of this.moduleListeners) listener(moduleIndex.layout === layout ? modules : null);
    });
    on<ChangeEntry>('change', (change) =>
      this.replace({ changes: [change, ...this.view.changes].slice(0, CHANGES_KEPT) }),
    );
    on<SensorFault>('sensor-fault', (fault) =>
      this.replace({ sensorFaults: withFault(this.view.sensorFaults, fault) }),
    );
    on<AlarmRecord>('alarm', (alarm) => {
      this.view.alarms.put(alarm);
      this.replace({});
    });
    on<RetiredModule[]>('retired', (retired) => {
      const { moduleIndex } = this.view;
      const layout = moduleIndex.layout;
      // One that delivers again is on the list no longer, and its next verdict shows it.
      moduleIndex.remove(retired.map(({ moduleId }) => moduleId));
      this.replace({ retired });
      if (moduleIndex.layout !== layout) for (const listener of this.moduleListeners) listener(null);
    });
    on<Health>('health', (health) => this.replace({ health, clockMs: health.clockMs }));
    source.onerror = () => this.lose(url);
    this.watchQuiet(url);
  }

  /** The browser's own retry gives up on an error answer, so the page keeps its own. */
  private lose(url: string): void {
    this.source?.close();
    window.clearTimeout(this.quietTimer);
    if (this.view.connection !== 'lost') this.replace({ connection: 'lost', lostMs: Date.now() });
    this.retryTimer = window.setTimeout(() => this.connect(url), this.retryMs);
    this.retryMs = Math.min(LONGEST_RETRY_MS, this.retryMs * 2);
    this.onFailure();
  }

  private watchQuiet(url: string): void {
    window.clearTimeout(this.quietTimer);
    this.quietTimer = window.setTimeout(() => this.lose(url), QUIET_LIMIT_MS);
  }

  private readonly report = (): void => {
    this.gatherTimer = 0;
    for (const listener of this.listeners) listener();
  };

  private replace(part: Partial<SiteView>): void {
    this.view = { ...this.view, ...part };
    // A timer and not a frame: the title must change in a tab that is not looked at.
    if (this.gatherTimer === 0) this.gatherTimer = window.setTimeout(this.report, GATHER_MS);
  }
}

export const useSite = (store: SiteStore): SiteView => useSyncExternalStore(store.subscribe, store.current);
