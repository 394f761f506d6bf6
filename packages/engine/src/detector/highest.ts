/** The highest value of a stretch of time that moves along: constant time per value, in blocks that are dropped whole. */

const BLOCKS = 8;
/** Slow sampling stretches the window, or it would hold nothing to compare with. */
const MIN_FRAMES = 5;

export class RecentHighest {
  private readonly windowS: number;
  private readonly blocks = new Float64Array(BLOCKS).fill(Number.NaN);
  private head = 0;
  private startS = Number.NaN;
  private endS = Number.NaN;
  /** Highest of the present block, and of all others. */
  private present = Number.NaN;
  private older = Number.NaN;

  constructor(windowS: number) {
    this.windowS = windowS;
  }

  reset(): void {
    this.blocks.fill(Number.NaN);
    this.startS = Number.NaN;
    this.endS = Number.NaN;
    this.present = Number.NaN;
    this.older = Number.NaN;
  }

  /** @returns the highest of the last 7/8 to 8/8 of the window, this value included */
  add(timeS: number, intervalS: number, value: number): number {
    if (!(timeS < this.endS)) this.turn(timeS, Math.max(this.windowS, MIN_FRAMES * intervalS) / BLOCKS);
    if (!(value <= this.present)) this.present = value;
    return this.older > this.present ? this.older : this.present;
  }

  private turn(timeS: number, blockS: number): void {
    const { blocks } = this;
    if (Number.isNaN(this.startS)) this.startS = timeS;
    const steps = Math.min(BLOCKS, Math.floor((timeS - this.startS) / blockS));
    blocks[this.head] = this.present;
    if (!(this.present <= this.older)) this.older = this.present;
    let isHighestLost = false;
    for (let k = 0; k < steps; k++) {
      this.head = this.head === BLOCKS - 1 ? 0 : this.head + 1;
      if (blocks[this.head] === this.older) isHighestLost = true;
      blocks[this.head] = Number.NaN;
    }
    this.startS = steps === BLOCKS ? timeS : this.startS + steps * blockS;
    this.endS = this.startS + blockS;
    this.present = Number.NaN;
    if (isHighestLost) this.older = highestOf(blocks);
  }
}

function highestOf(blocks: Float64Array): number {
  let highest = Number.NaN;
  for (let k = 0; k < BLOCKS; k++) if (blocks[k]! > highest || Number.isNaN(highest)) highest = blocks[k]!;
  return highest;
}
