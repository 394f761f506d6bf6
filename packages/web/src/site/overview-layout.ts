/** Where each module stands on the overview of a large site. Pixels of the style sheet, from the upper left. */

export interface PlacedRack {
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly columns: number;
  /** Position of its first module among all. */
  readonly first: number;
}

export interface OverviewLayout {
  /** Distance from tile to tile. */
  readonly pitchPx: number;
  readonly racks: readonly PlacedRack[];
  readonly heightPx: number;
}

const LARGEST_PX = 44;
/** Below this a shape is no longer told from another; the overview scrolls instead. */
const SMALLEST_PX = 9;
export const LABEL_PX = 13;
export const PAD_PX = 3;
const GAP_PX = 6;
/** Racks are wider than high, as their names are. */
const WIDTH_TO_HEIGHT = 1.8;

/** The largest tiles with which all racks fit into the given room; the smallest where none do. Keeps the order. */
export function layoutOf(sizes: readonly number[], widthPx: number, heightPx: number): OverviewLayout {
  for (let pitchPx = LARGEST_PX; pitchPx > SMALLEST_PX; pitchPx--) {
    const layout = placed(sizes, widthPx, pitchPx);
    if (layout.heightPx <= heightPx) return layout;
  }
  return placed(sizes, widthPx, SMALLEST_PX);
}

function placed(sizes: readonly number[], widthPx: number, pitchPx: number): OverviewLayout {
  const racks: PlacedRack[] = [];
  const max = Math.max(1, Math.floor((widthPx - 2 * PAD_PX) / pitchPx));
  let [xPx, yPx, lineHeightPx, first] = [0, 0, 0, 0];
  for (const size of sizes) {
    const columns = Math.min(max, Math.max(1, Math.ceil(Math.sqrt(size * WIDTH_TO_HEIGHT))));
    const rackWidthPx = columns * pitchPx + 2 * PAD_PX;
    const rackHeightPx = Math.ceil(size / columns) * pitchPx + 2 * PAD_PX + LABEL_PX;
    if (xPx > 0 && xPx + rackWidthPx > widthPx) {
      xPx = 0;
      yPx += lineHeightPx + GAP_PX;
      lineHeightPx = 0;
    }
    racks.push({ xPx, yPx, widthPx: rackWidthPx, heightPx: rackHeightPx, columns, first });
    xPx += rackWidthPx + GAP_PX;
    lineHeightPx = Math.max(lineHeightPx, rackHeightPx);
    first += size;
  }
  return { pitchPx, racks, heightPx: yPx + lineHeightPx };
}

/** Upper left corner of the tile of module `at` (counted through all racks). */
export function tileOf(
  { racks, pitchPx }: OverviewLayout,
  at: number,
): { readonly xPx: number; readonly yPx: number } {
  const rack = racks[rackIndexOf(racks, at)]!;
  const within = at - rack.first;
  return {
    xPx: rack.xPx + PAD_PX + (within % rack.columns) * pitchPx,
    yPx: rack.yPx + PAD_PX + LABEL_PX + Math.floor(within / rack.columns) * pitchPx,
  };
}

/** The rack that holds module `at`. */
export function rackIndexOf(racks: readonly PlacedRack[], at: number): number {
  let low = 0;
  let high = racks.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (racks[middle]!.first > at) high = middle;
    else low = middle;
  }
  return low;
}

/** What lies at a point: a rack, and a module of it or null on its label or edge; null between racks. */
export function hitOf(
  layout: OverviewLayout,
  sizes: readonly number[],
  xPx: number,
  yPx: number,
): { readonly rack: number; readonly module: number | null } | null {
  const { racks, pitchPx } = layout;
  const rack = racks.findIndex(
    (one) => xPx >= one.xPx && xPx < one.xPx + one.widthPx && yPx >= one.yPx && yPx < one.yPx + one.heightPx,
  );
  const found = racks[rack];
  if (!found) return null;
  const column = Math.floor((xPx - found.xPx - PAD_PX) / pitchPx);
  const row = Math.floor((yPx - found.yPx - PAD_PX - LABEL_PX) / pitchPx);
  const within = row * found.columns + column;
  const isTile = row >= 0 && column >= 0 && column < found.columns && within < sizes[rack]!;
  return { rack, module: isTile ? found.first + within : null };
}
