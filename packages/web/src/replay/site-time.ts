/**
 * The time of the site while frames are judged again, reckoned as the service reckons it: from three modules on the
 * latest instant that two of them have reached.
 */
const MODULES_UNTIL_SURE = 3;

export class SiteTime {
  private leader = '';
  private firstMs = Number.NEGATIVE_INFINITY;
  private secondMs = Number.NEGATIVE_INFINITY;
  private reachedMs = Number.NEGATIVE_INFINITY;
  private readonly modules = new Set<string>();

  /** Returns the time of the site, Unix ms. */
  observe(moduleId: string, timeMs: number): number {
    if (this.modules.size < MODULES_UNTIL_SURE) this.modules.add(moduleId);
    if (this.leader === moduleId || this.leader === '') {
      this.leader = moduleId;
      this.firstMs = timeMs;
    } else if (timeMs > this.firstMs) {
      this.secondMs = this.firstMs;
      this.firstMs = timeMs;
      this.leader = moduleId;
    } else if (timeMs > this.secondMs) this.secondMs = timeMs;
    const reachedMs = this.modules.size >= MODULES_UNTIL_SURE ? this.secondMs : this.firstMs;
    this.reachedMs = Math.max(this.reachedMs, reachedMs);
    return this.reachedMs;
  }
}
