/** Writes a whole detector down while it goes on judging, and makes it again. */
import { InputError } from '../telemetry/index.ts';
import { CellVoltages } from './cells.ts';
import type { GasOrigin } from './gas-origin.ts';
import type { Instants } from './instants.ts';
import { LeapTracker } from './leap.ts';
import type { WatchedModule } from './module.ts';
import { ProbeTemperatures } from './probes.ts';
import type { Rack } from './siblings.ts';
import { bytesOfText, StateReader, StateWriter, textOfBytes } from './snapshot-codec.ts';

/** Made while frames are judged, not by constructors: once cells or probes are seen. */
const MADE_ON_THE_WAY = [CellVoltages, ProbeTemperatures, LeapTracker];

/** Form of the bytes; what fields there are is checked field by field. */
const STATE_VERSION = 3;

/** Pieces of about so many bytes. */
const PART_BYTES = 1 << 20;

interface Header {
  readonly version: number;
  readonly clockS: number | null;
  readonly checkedS: number | null;
  /** Module and rack, in the order in which they joined. */
  readonly modules: readonly (readonly [string, string | null])[];
  readonly layouts: StateWriter['layouts'];
  /** Which module stands at which place of the pieces. */
  readonly order: readonly number[];
  /** Modules that send parts, and their whole instants since: their state before the present instant follows their own. */
  readonly inParts: readonly (readonly [position: number, wholeInstants: number])[];
}

export interface DetectorState {
  readonly clockS: number;
  readonly checkedS: number;
  readonly racks: ReadonlyMap<string, Rack>;
  readonly modules: ReadonlyMap<string, WatchedModule>;
  readonly instants: Instants;
}

/** Without a rack nothing says that modules share air and current: each is alone. */
export const rackKey = ({ moduleId, rackId }: Pick<WatchedModule, 'moduleId' | 'rackId'>): string =>
  rackId ?? `module ${moduleId}`;

/** In the order in which joining the same modules again would make them. */
function inOrderOf(
  modules: ReadonlyMap<string, WatchedModule>,
  racks: ReadonlyMap<string, Rack>,
): ReadonlySet<Rack> {
  return new Set(Array.from(modules.values(), (module) => racks.get(rackKey(module))!));
}

/** Of the air spaces, likewise. */
const gasOriginsOf = (modules: ReadonlyMap<string, WatchedModule>): ReadonlySet<GasOrigin> =>
  new Set(Array.from(modules.values(), ({ gasOrigin }) => gasOrigin));

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

export class DetectorSnapshot {
  private readonly writer = new StateWriter(MADE_ON_THE_WAY);
  private readonly waiting = new Map<WatchedModule, number>();
  private readonly head: Omit<Header, 'layouts' | 'order' | 'inParts'>;
  private readonly inParts: [position: number, wholeInstants: number][] = [];
  private readonly instants: Instants;
  private readonly order: number[] = [];
  private readonly pieces: Uint8Array[] = [];
  private readonly whenDone: () => void;

  constructor(state: DetectorState, whenDone: () => void) {
    const { clockS, checkedS, racks, modules, instants } = state;
    this.whenDone = whenDone;
    this.instants = instants;
    this.head = {
      version: STATE_VERSION,
      clockS: finiteOrNull(clockS),
      checkedS: finiteOrNull(checkedS),
      modules: [...modules.values()].map(({ moduleId, rackId }) => [moduleId, rackId] as const),
    };
    // What modules have in common is small, and written at once.
    for (const gasOrigin of gasOriginsOf(modules)) this.writer.add(gasOrigin, []);
    for (const rack of inOrderOf(modules, racks)) this.writer.add(rack, [rack.members]);
    let position = 0;
    for (const module of modules.values()) this.waiting.set(module, position++);
  }

  /** Called before a module changes. */
  captureFirst(module: WatchedModule): void {
    const position = this.waiting.get(module);
    if (position === undefined) return;
    this.waiting.delete(module);
    this.order.push(position);
    this.writer.add(module, module.given);
    const before = this.instants.beforeOf(module.moduleId);
    if (before) {
      this.inParts.push([position, before.wholeInstants]);
      this.writer.add(before.state, before.state.given);
    }
    if (this.writer.size >= PART_BYTES) this.pieces.push(this.writer.take());
  }

  /** Writes down at most so many modules. @returns true once all are */
  capture(max: number): boolean {
    let left = max;
    for (const module of this.waiting.keys()) {
      if (left-- <= 0) return false;
      this.captureFirst(module);
    }
    return true;
  }

  /** Header and pieces; writes down what is still waiting. */
  parts(): Uint8Array[] {
    this.capture(Number.POSITIVE_INFINITY);
    this.pieces.push(this.writer.take());
    this.whenDone();
    const header: Header = {
      ...this.head,
      layouts: this.writer.layouts,
      order: this.order,
      inParts: this.inParts,
    };
    return [bytesOfText(JSON.stringify(header)), ...this.pieces];
  }
}

function headerOf(bytes: Uint8Array | undefined): Header {
  try {
    const header = JSON.parse(textOfBytes(bytes ?? new Uint8Array(0))) as Header;
    if (header.version === STATE_VERSION && Array.isArray(header.modules)) return header;
  } catch (error) {
    throw new InputError('the state has no header', { cause: error });
  }
  throw new InputError('the state is of another version');
}

/**
 * @param join makes a module that has seen nothing, in the order in which they joined then
 * @throws InputError where the state is broken or of another version
 */
export function restoreDetector(
  parts: readonly Uint8Array[],
  join: (moduleId: string, rackId: string | null) => WatchedModule,
  joined: ReadonlyMap<string, WatchedModule>,
  racks: ReadonlyMap<string, Rack>,
  instants: Instants,
): { clockS: number; checkedS: number } {
  const { clockS, checkedS, modules: names, layouts, order, inParts } = headerOf(parts[0]);
  const wholeInstants = new Map(inParts);
  const modules = names.map(([moduleId, rackId]) => join(moduleId, rackId));
  const pieces = parts.slice(1).map((part) => new StateReader(part, layouts, MADE_ON_THE_WAY));
  let at = 0;
  const next = (): StateReader => {
    while (pieces[at]?.isAtEnd) at++;
    const piece = pieces[at];
    if (!piece) throw new InputError('the state breaks off');
    return piece;
  };
  for (const gasOrigin of gasOriginsOf(joined)) next().fill(gasOrigin, []);
  for (const rack of racks.values()) next().fill(rack, [rack.members]);
  if (order.length !== modules.length) throw new InputError('the state lacks modules');
  for (const position of order) {
    const module = modules[position];
    if (!module) throw new InputError('the state lacks a module');
    next().fill(module, module.given);
    const since = wholeInstants.get(position);
    if (since === undefined) continue;
    const before = instants.restore(module, since);
    next().fill(before, before.given);
  }
  return {
    clockS: clockS ?? Number.NEGATIVE_INFINITY,
    checkedS: checkedS ?? Number.NEGATIVE_INFINITY,
  };
}
