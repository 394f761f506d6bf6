/** The modules of the site as they were known at an instant of a period: what a map draws. */
import type { Level } from '@emberwatch/engine/detector';
import { ModuleIndex } from '../live/module-index.ts';
import type { ModulesListener } from '../live/store.ts';
import type { ChangeEntry, ModuleState } from '../wire.ts';
import { type ValueTable, valuesAt } from './last-values.ts';
import type { RecordedHistory } from './recorded-history.ts';

interface Known {
  readonly rackId: string | null;
  level: Level;
  lastKnownLevel: Level | null;
  sinceMs: number;
  reasons: ChangeEntry['reasons'];
}

export class PastSite {
  readonly moduleIndex = new ModuleIndex();
  private readonly recorded: RecordedHistory;
  private readonly known = new Map<string, Known>();
  private readonly racks: ReadonlyMap<string, string | null>;
  private values: ValueTable | null = null;
  /** Changes that have become known. */
  private passed = 0;
  private moves = 0;
  private readonly dirty = new Set<string>();
  private timeMs: number;
  private readonly startMs: number;
  private readonly listeners = new Set<ModulesListener>();

  /** @param racks modules of the site as it is now, with their racks; what changed in the period is there, too */
  constructor(recorded: RecordedHistory, racks: ReadonlyMap<string, string | null>, startMs: number) {
    this.recorded = recorded;
    this.startMs = startMs;
    this.timeMs = startMs;
    this.racks = new Map([
      ...recorded.changes.map(({ moduleId, rackId }): [string, string | null] => [moduleId, rackId]),
      ...racks,
    ]);
    this.rewind();
    this.moveTo(startMs);
  }

  /** For what is drawn module by module. */
  readonly onModules = (listener: ModulesListener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Rises with every move. */
  readonly version = (): number => this.moves;

  setValues(values: ValueTable): void {
    this.values = values;
    for (const moduleId of Object.keys(values.modules)) this.dirty.add(moduleId);
    this.moveTo(this.timeMs);
  }

  /** A change holds from its own instant on. */
  moveTo(timeMs: number): void {
    if (timeMs < this.timeMs) this.rewind();
    this.timeMs = timeMs;
    const { changes } = this.recorded;
    for (; this.passed < changes.length && changes[this.passed]!.timeMs <= timeMs; this.passed++)
      this.apply(changes[this.passed]!);
    // Of modules without values nothing but the level moves.
    for (const moduleId of Object.keys(this.values?.modules ?? {})) this.dirty.add(moduleId);
    const states = [...this.dirty].flatMap((moduleId) => {
      const known = this.known.get(moduleId);
      return known ? [this.stateOf(moduleId, known)] : [];
    });
    this.dirty.clear();
    const { layout } = this.moduleIndex;
    this.moduleIndex.update(states);
    this.moves++;
    for (const listener of this.listeners) listener(this.moduleIndex.layout === layout ? states : null);
  }

  private rewind(): void {
    this.passed = 0;
    for (const [moduleId, rackId] of this.racks) {
      const level = this.recorded.levels.get(moduleId) ?? 'unknown';
      this.known.set(moduleId, { rackId, level, lastKnownLevel: null, sinceMs: this.startMs, reasons: [] });
      this.dirty.add(moduleId);
    }
  }

  private apply({ moduleId, timeMs, to, reasons }: ChangeEntry): void {
    const known = this.known.get(moduleId)!;
    if (known.level !== 'unknown') known.lastKnownLevel = known.level;
    known.level = to;
    known.sinceMs = timeMs;
    known.reasons = reasons;
    this.dirty.add(moduleId);
  }

  private stateOf(moduleId: string, { rackId, level, lastKnownLevel, sinceMs, reasons }: Known): ModuleState {
    return {
      moduleId,
      rackId,
      timeMs: this.timeMs,
      level,
      sinceMs,
      reasons: [...reasons],
      missing: [],
      hazardProbability: null,
      timeToPnr: null,
      drivers: null,
      lastKnownLevel,
      isSilent: false,
      ageMs: null,
      clockErrorMs: null,
      gatewayId: null,
      values: this.values ? valuesAt(this.values, moduleId, this.timeMs) : {},
      ownLevel: level,
      sideStreams: [],
    };
  }
}
