/** The page's picture of the site: one immutable view, renewed by the event stream. */
import type { SensorFault } from '@emberwatch/engine/detector';
import { useSyncExternalStore } from 'react';
import type { ChangeEntry, Health, ModuleState, Signal, Snapshot, VerdictsMessage } from './wire.ts';

export interface SiteView {
  readonly connection: 'connecting' | 'connected' | 'lost';
  /** When the connection was lost, wall clock. */
  readonly lostMs: number | null;
  readonly health: Health | null;
  readonly clockMs: number | null;
  readonly signals: readonly Signal[];
  readonly modules: ReadonlyMap<string, ModuleState>;
  /** Newest first. */
  readonly changes: readonly ChangeEntry[];
  /** Newest first; with `toMs` null while they last. */
  readonly sensorFaults: readonly SensorFault[];
}

const CHANGES_KEPT = 200;
const FAULTS_KEPT = 500;
/** The service speaks every few seconds; so long a pause means that the line is dead. */
const QUIET_LIMIT_MS = 12_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8000;

const EMPTY: SiteView = {
  connection: 'connecting',
  lostMs: null,
  health: null,
  clockMs: null,
  signals: [],
  modules: new Map(),
  changes: [],
  sensorFaults: [],
};

const faultKey = (fault: SensorFault): string =>
  `${fault.moduleId} ${fault.channel} ${fault.kind} ${fault.fromMs}`;

function withFault(faults: readonly SensorFault[], fault: SensorFault): SensorFault[] {
  const key = faultKey(fault);
  const isKnown = faults.some((other) => faultKey(other) === key);
  if (!isKnown) return [fault, ...faults].slice(0, FAULTS_KEPT);
  return faults.map((other) => (faultKey(other) === key ? fault : other));
}

function withModules(modules: ReadonlyMap<string, ModuleState>, changed: readonly ModuleState[]) {
  const next = new Map(modules);
  for (const module of changed) next.set(module.moduleId, module);
  return next;
}

export class SiteStore {
  private view = EMPTY;
  private readonly listeners = new Set<() => void>();
  private source: EventSource | null = null;
  private retryMs = FIRST_RETRY_MS;
  private quietTimer = 0;

  constructor(url: string) {
    this.connect(url);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
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
      this.retryMs = FIRST_RETRY_MS;
      this.replace({
        ...snapshot,
        connection: 'connected',
        lostMs: null,
        clockMs: snapshot.health.clockMs,
        modules: withModules(new Map(), snapshot.modules),
      });
    });
    on<VerdictsMessage>('verdicts', ({ clockMs, modules }) =>
      this.replace({ clockMs, modules: withModules(this.view.modules, modules) }),
    );
    on<ChangeEntry>('change', (change) =>
      this.replace({ changes: [change, ...this.view.changes].slice(0, CHANGES_KEPT) }),
    );
    on<SensorFault>('sensor-fault', (fault) =>
      this.replace({ sensorFaults: withFault(this.view.sensorFaults, fault) }),
    );
    on<Health>('health', (health) => this.replace({ health, clockMs: health.clockMs }));
    source.onerror = () => this.lose(url);
    this.watchQuiet(url);
  }

  /** The browser's own retry gives up on an error answer, so the page keeps its own. */
  private lose(url: string): void {
    this.source?.close();
    window.clearTimeout(this.quietTimer);
    if (this.view.connection !== 'lost') this.replace({ connection: 'lost', lostMs: Date.now() });
    window.setTimeout(() => this.connect(url), this.retryMs);
    this.retryMs = Math.min(LONGEST_RETRY_MS, this.retryMs * 2);
  }

  private watchQuiet(url: string): void {
    window.clearTimeout(this.quietTimer);
    this.quietTimer = window.setTimeout(() => this.lose(url), QUIET_LIMIT_MS);
  }

  private replace(part: Partial<SiteView>): void {
    this.view = { ...this.view, ...part };
    for (const listener of this.listeners) listener();
  }
}

export const useSite = (store: SiteStore): SiteView => useSyncExternalStore(store.subscribe, store.current);
