/** The highest value of a stretch of time that moves along: constant time per value, in blocks that are dropped whole. */

const BLOCKS = 8;
/** Slow sampling stretches the window, or it would hold nothing to compare with. */
const MIN_FRAMES = 5;

export class RecentHighest {
  /** Of the last 7/8 to 8/8 of the window; NaN until there is a value. */
  value = Number.NaN;
  private readonly windowS: number;
  private readonly blocks = new Float64Array(BLOCKS).fill(Number.NaN);
  private head = 0;
  private startS = Number.NaN;
  /** Highest of the present block, and of all others. */
  private present = Number.NaN;
  private older = Number.NaN;

  constructor(windowS: number) {
    this.windowS = windowS;
  }

  reset(): void {
    this.blocks.fill(Number.NaN);
    this.startS = Number.NaN;
    this.present = Number.NaN;
    this.older = Number.NaN;
    this.value = Number.NaN;
  }

  /** @returns the highest, this value included */
  add(timeS: number, intervalS: number, value: number): number {
    const blockS = Math.max(this.windowS, MIN_FRAMES * intervalS) / BLOCKS;
    if (!(timeS - this.startS < blockS)) this.turn(timeS, blockS);
    if (!(value <= this.present)) this.present = value;
    this.value = this.older > this.present ? this.older : this.present;
    return this.value;
  }

  private turn(timeS: number, blockS: number): void {
    const { blocks } = this;
    if (Number.isNaN(this.startS)) this.startS = timeS;
    const steps = Math.min(BLOCKS, Math.floor((timeS - this.startS) / blockS));
    blocks[this.head] = this.present;
    for (let k = 0; k < steps; k++) {
      this.head = (this.head + 1) % BLOCKS;
      blocks[this.head] = Number.NaN;
    }
    this.startS = steps === BLOCKS ? timeS : this.startS + steps * blockS;
    this.present = Number.NaN;
    this.older = Number.NaN;
    for (let k = 0; k < BLOCKS; k++)
      if (!(blocks[k]! <= this.older) && k !== this.head) this.keep(blocks[k]!);
  }

  private keep(value: number): void {
    if (!Number.isNaN(value)) this.older = value;
  }
}
