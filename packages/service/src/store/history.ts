/** Answers about the past: from chunks, and from what is not yet in one. */
import { CELL_ARRAYS, CHANNELS, newFrame } from '@emberwatch/engine/telemetry';
import { MS_PER_H, MS_PER_S } from '@emberwatch/engine/units';
import { type ChunkStore, TIERS } from './chunks.ts';
import { FrameEncoder } from './frames.ts';
import { hourOf, type Modules, type StoredModule } from './modules.ts';
import { StepMaker, type Steps } from './rollup.ts';
import { type FrameRows, visitRows } from './rows.ts';
import type { History, HistoryQuery, HistorySeries, Tier } from './store.ts';

/** A question without a tier reads at most so many chunks: two days of frames, 25 days of minutes. */
const MAX_CHUNKS = 600;
/** Exact frames go out in pieces of about so many: an hour is read whole, so a piece should be much of one. */
const PIECE_FRAMES = 50_000;
const SHORTEST_PIECE_MS = MS_PER_S;
/** Modules by which it is estimated how many frames an hour has. */
const SAMPLED = 8;
/** Other work is let in after so many frames. */
const FRAMES_PER_TURN = 20_000;

export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the next piece begins; null: this was the last. */
  readonly nextMs: number | null;
}

export class HistoryReader {
  private readonly modules: Modules;
  private readonly archive: ChunkStore;
  /** Lets other work of the thread in between. */
  private readonly turn: () => Promise<void>;

  constructor(modules: Modules, archive: ChunkStore, turn: () => Promise<void>) {
    this.modules = modules;
    this.archive = archive;
    this.turn = turn;
  }

  /** @throws RangeError for fewer than one point */
  async history(query: HistoryQuery): Promise<History> {
    const { maxPoints } = query;
    if (!(maxPoints >= 1)) throw new RangeError(`maxPoints: expected at least 1, got ${maxPoints}`);
    const module = this.modules.byId.get(query.moduleId);
    if (!module) return historyOf(query.tier ?? 'raw', 0, null);
    const tier = query.tier ?? this.finest(module, query.fromMs, query.toMs);
    // A step of a coarser tier is whole: it is not cut where the question begins or ends.
    const unitMs = TIERS[tier].stepMs;
    const down = (timeMs: number): number => (unitMs ? Math.floor(timeMs / unitMs) * unitMs : timeMs);
    const up = (timeMs: number): number => (unitMs ? Math.ceil(timeMs / unitMs) * unitMs : timeMs);
    const fromMs = down(Math.max(query.fromMs, module.firstMs));
    const toMs = up(Math.min(query.toMs, module.lastMs + 1));
    if (!(fromMs < toMs)) return historyOf(tier, unitMs, null);
    if (tier === 'raw') {
      const steps = await this.read(module, query, 'raw', fromMs, toMs, 0);
      if (steps) return historyOf('raw', 0, steps);
    }
    const stepMs = stepFor(fromMs, toMs, maxPoints, unitMs || MS_PER_S);
    return historyOf(tier, stepMs, await this.read(module, query, tier, fromMs, toMs, stepMs));
  }

  /** Exact frames from `fromMs` on in time order, of one time in the order of `moduleIds`. */
  async piece(moduleIds: readonly string[] | null, fromMs: number, toMs: number): Promise<Piece | null> {
    const chosen = [...(moduleIds ?? this.modules.byId.keys())].flatMap(
      (id) => this.modules.byId.get(id) ?? [],
    );
    const startMs = this.nextMs(chosen, fromMs);
    if (startMs === null || startMs >= toMs) return null;
    const endMs = Math.min(toMs, startMs + this.pieceMs(chosen, startMs));
    const found: { timeMs: number; module: StoredModule; rows: FrameRows; row: number }[] = [];
    let before = 0;
    for (const module of chosen) {
      for (let hourMs = hourOf(startMs); hourMs < endMs; hourMs += MS_PER_H)
        visitRows(
          this.archive.rowsOfHour(module, hourMs),
          Math.max(startMs, hourMs),
          Math.min(endMs, hourMs + MS_PER_H),
          (rows, row) => found.push({ timeMs: rows.timesMs[row]!, module, rows, row }),
        );
      if (found.length - before < FRAMES_PER_TURN) continue;
      before = found.length;
      await this.turn();
    }
    found.sort((a, b) => a.timeMs - b.timeMs);
    const encoder = new FrameEncoder();
    for (const { module, rows, row } of found) {
      const frame = newFrame(module.moduleId);
      rows.read(row, frame);
      encoder.add(frame, rows.late[row] === 1);
    }
    const nextMs = this.nextMs(chosen, endMs);
    return { bytes: encoder.finish(), nextMs: nextMs !== null && nextMs < toMs ? nextMs : null };
  }

  private pieceMs(modules: readonly StoredModule[], startMs: number): number {
    const hourMs = hourOf(startMs);
    const there = modules.filter(({ firstMs, lastMs }) => lastMs >= hourMs && firstMs < hourMs + MS_PER_H);
    const sampled = there.slice(0, SAMPLED);
    let frames = 0;
    for (const module of sampled)
      visitRows(this.archive.rowsOfHour(module, hourMs), hourMs, hourMs + MS_PER_H, () => frames++);
    const perHour = (frames / Math.max(1, sampled.length)) * there.length;
    const wantedMs = (MS_PER_H * PIECE_FRAMES) / Math.max(1, perHour);
    return Math.min(MS_PER_H, Math.max(SHORTEST_PIECE_MS, wantedMs));
  }

  private nextMs(modules: readonly StoredModule[], fromMs: number): number | null {
    let next: number | null = null;
    for (const module of modules) {
      if (module.lastMs < fromMs) continue;
      const timeMs = this.archive.nextFrameMs(module, fromMs);
      if (timeMs !== null && (next === null || timeMs < next)) next = timeMs;
    }
    return next;
  }

  private finest(module: StoredModule, requestedMs: number, toMs: number): Tier {
    const fromMs = Math.max(requestedMs, module.firstMs);
    const reads = (tier: Tier): number => this.archive.chunkCount(module, tier, fromMs, toMs);
    if (module.rawFromMs <= fromMs && reads('raw') <= MAX_CHUNKS) return 'raw';
    return module.minutesFromMs <= fromMs && reads('1min') <= MAX_CHUNKS ? '1min' : '15min';
  }

  /** Null where each frame was wanted and there are more than `maxPoints`. */
  private async read(
    module: StoredModule,
    query: HistoryQuery,
    tier: Tier,
    fromMs: number,
    toMs: number,
    stepMs: number,
  ): Promise<Steps | null> {
    const maker = new StepMaker({
      stepMs,
      channels: query.channels ?? null,
      withCells: query.withCells ?? false,
    });
    let sinceTurn = 0;
    for (const periodMs of this.archive.periods(module, tier, fromMs, toMs)) {
      sinceTurn += this.readPeriod(module, tier, periodMs, fromMs, toMs, maker);
      if (stepMs === 0 && maker.steps.count > query.maxPoints) return null;
      if (sinceTurn < FRAMES_PER_TURN) continue;
      sinceTurn = 0;
      await this.turn();
    }
    return maker.steps;
  }

  /** Returns about how many frames or steps were looked at. */
  private readPeriod(
    module: StoredModule,
    tier: Tier,
    periodMs: number,
    fromMs: number,
    toMs: number,
    maker: StepMaker,
  ): number {
    if (tier === 'raw') return this.archive.addHour(module, periodMs, fromMs, toMs, maker);
    const steps = this.archive.steps(module, tier, periodMs);
    if (steps) {
      maker.addSteps(steps, fromMs, toMs);
      return steps.count;
    }
    if (tier === '1min') return this.archive.addHour(module, periodMs, fromMs, toMs, maker);
    const endMs = Math.min(toMs, periodMs + TIERS[tier].periodMs);
    return this.archive
      .periods(module, '1min', Math.max(fromMs, periodMs), endMs)
      .reduce(
        (sum, hourMs) =>
          sum + this.readPeriod(module, '1min', hourMs, Math.max(fromMs, periodMs), endMs, maker),
        0,
      );
  }
}

/** Smallest whole multiple of `unitMs` with at most `maxPoints` steps; two where the time reaches over zero. */
function stepFor(fromMs: number, toMs: number, maxPoints: number, unitMs: number): number {
  const stepsOf = (stepMs: number): number => Math.ceil(toMs / stepMs) - Math.floor(fromMs / stepMs);
  let units = Math.ceil((toMs - fromMs) / maxPoints / unitMs);
  const most = Math.max(maxPoints, fromMs < 0 && toMs > 0 ? 2 : 1);
  while (stepsOf(units * unitMs) > most) units = Math.ceil(units * 1.05);
  return units * unitMs;
}

const ORDER = new Map<string, number>([
  ...CHANNELS.map(({ id }, at) => [id, at] as const),
  ...CELL_ARRAYS.map(({ id }, at) => [id, CHANNELS.length + at] as const),
]);

/** Channels as the table has them, then cells by number. */
function placeOf(id: string): [number, number] {
  const [array, cell] = id.split('[');
  return [ORDER.get(array!) ?? ORDER.size, cell === undefined ? 0 : Number.parseInt(cell, 10)];
}

function historyOf(tier: Tier, stepMs: number, steps: Steps | null): History {
  const series: HistorySeries[] = [...(steps?.series ?? [])]
    .map(([id, { min, mean, max }]) => ({
      id,
      min: Float64Array.from(min),
      mean: Float64Array.from(mean),
      max: Float64Array.from(max),
    }))
    .sort((a, b) => {
      const [first, second] = [placeOf(a.id), placeOf(b.id)];
      return first[0] - second[0] || first[1] - second[1];
    });
  const late = steps?.late.flatMap((isLate, at) => (isLate ? [at] : [])) ?? [];
  return { tier, stepMs, timesMs: Float64Array.from(steps?.timesMs ?? []), series, late };
}
