/**
 * The time of the data, which playback runs faster than the wall. From three modules on it is the latest
 * instant that two of them have reached, so that one clock that leaps cannot make all others look silent.
 */
const RATE_WINDOW_MS = 15_000;
const RATE_SAMPLE_MS = 500;
const RATE_SHORTEST_MS = 2000;

export interface SiteClockState {
  readonly lead: { moduleId: string; timeMs: number } | null;
  readonly secondMs: number;
  readonly currentMs: number | null;
  readonly modules: readonly string[];
}

export class SiteClock {
  private lead: { moduleId: string; timeMs: number } | null = null;
  private secondMs = Number.NEGATIVE_INFINITY;
  private currentMs: number | null = null;
  private readonly modules = new Set<string>();
  private readonly samples: { wallMs: number; dataMs: number }[] = [];

  /** Null before the first frame. */
  get timeMs(): number | null {
    return this.currentMs;
  }

  /** @param latestMs later than this it never is */
  observe(moduleId: string, stampMs: number, wallMs: number, latestMs = Number.POSITIVE_INFINITY): void {
    if (this.currentMs !== null && this.currentMs > latestMs) this.restart();
    const timeMs = Math.min(stampMs, latestMs);
    this.modules.add(moduleId);
    const { lead } = this;
    if (!lead) this.lead = { moduleId, timeMs };
    else if (lead.moduleId === moduleId) lead.timeMs = timeMs;
    else if (timeMs > lead.timeMs) {
      this.secondMs = lead.timeMs;
      this.lead = { moduleId, timeMs };
    } else if (timeMs > this.secondMs) this.secondMs = timeMs;
    const reachedMs = this.modules.size >= 3 ? this.secondMs : this.lead!.timeMs;
    this.currentMs = Math.max(this.currentMs ?? reachedMs, reachedMs);
    this.sample(wallMs);
  }

  /** For `restoreState`; the pace is found anew. */
  state(): SiteClockState {
    const { lead, secondMs, currentMs, modules } = this;
    return { lead: lead && { ...lead }, secondMs, currentMs, modules: [...modules] };
  }

  restoreState({ lead, secondMs, currentMs, modules }: SiteClockState): void {
    this.restart();
    this.lead = lead && { ...lead };
    this.secondMs = secondMs;
    this.currentMs = currentMs;
    for (const moduleId of modules) this.modules.add(moduleId);
  }

  /** Another recording begins. */
  restart(): void {
    this.lead = null;
    this.secondMs = Number.NEGATIVE_INFINITY;
    this.currentMs = null;
    this.modules.clear();
    this.samples.length = 0;
  }

  /** Data time that passes in one unit of wall time; null while it cannot be told. */
  rate(wallMs: number): number | null {
    const last = this.samples.at(-1);
    const first = this.samples.find((sample) => wallMs - sample.wallMs <= RATE_WINDOW_MS);
    if (!first || !last || last.wallMs - first.wallMs < RATE_SHORTEST_MS) return null;
    return (last.dataMs - first.dataMs) / (last.wallMs - first.wallMs);
  }

  private sample(wallMs: number): void {
    const last = this.samples.at(-1);
    if (last && wallMs - last.wallMs < RATE_SAMPLE_MS) return;
    this.samples.push({ wallMs, dataMs: this.currentMs! });
    while (this.samples.length > RATE_WINDOW_MS / RATE_SAMPLE_MS) this.samples.shift();
  }
}
