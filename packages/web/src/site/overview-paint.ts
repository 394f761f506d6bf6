/** Draws the overview of a large site: each level with its own shape as well as its colour, silence as a hole. */
import type { Level } from '@emberwatch/engine/detector';
import type { ModuleIndex } from '../live/module-index.ts';
import { concernOf, isAlarm } from '../live/severity.ts';
import { colourOf, fontOf } from '../ui/theme.ts';
import type { ModuleState } from '../wire.ts';
import { LABEL_PX, type OverviewLayout, PAD_PX, rackIndexOf, tileOf } from './overview-layout.ts';
import { type Rack, summaryOf } from './racks.ts';

/** From this size on there is room for the temperature. */
const TEXT_FROM_PX = 24;
/** Modules that are not looked for fade. */
const FADED = 0.18;

const COLOURS = [
  'surface',
  'sunken',
  'line',
  'ink',
  'muted',
  'normal',
  'advisory',
  'advisory-edge',
  'advisory-ink',
  'warning',
  'warning-edge',
  'warning-ink',
  'critical',
  'critical-edge',
  'critical-ink',
] as const;

interface Overview {
  readonly racks: readonly Rack[];
  /** All modules, rack after rack. */
  readonly modules: readonly string[];
  readonly rackLabels: readonly string[];
  readonly layout: OverviewLayout;
}

export class OverviewPainter {
  private readonly canvas: CanvasRenderingContext2D;
  private readonly overview: Overview;
  private readonly isSought: (moduleId: string) => boolean;
  private readonly colour: Readonly<Record<(typeof COLOURS)[number], string>>;

  private readonly font = fontOf(10.5);
  private readonly loudFont = fontOf(10.5, 700);
  private readonly largeFont = fontOf(12, 600);

  /** Takes the colours of the theme as they are now. */
  constructor(canvas: CanvasRenderingContext2D, overview: Overview, isSought: (moduleId: string) => boolean) {
    this.canvas = canvas;
    this.overview = overview;
    this.isSought = isSought;
    this.colour = Object.fromEntries(
      COLOURS.map((name) => [name, colourOf(`--${name}`)]),
    ) as OverviewPainter['colour'];
  }

  all(moduleIndex: ModuleIndex): void {
    const { racks, modules } = this.overview;
    for (let rack = 0; rack < racks.length; rack++) this.rack(rack, moduleIndex);
    for (let at = 0; at < modules.length; at++) this.module(at, moduleIndex, false);
  }

  /** The modules at these positions, and the frames of their racks. */
  some(positions: Iterable<number>, moduleIndex: ModuleIndex): void {
    const touched = new Set<number>();
    for (const at of positions) touched.add(rackIndexOf(this.overview.layout.racks, at));
    for (const rack of touched) this.rackFrame(rack, moduleIndex);
    for (const at of positions) this.module(at, moduleIndex, true);
  }

  private rack(index: number, moduleIndex: ModuleIndex): void {
    const { canvas, colour } = this;
    const { xPx, yPx, widthPx, heightPx } = this.overview.layout.racks[index]!;
    canvas.fillStyle = colour.surface;
    canvas.fillRect(xPx, yPx, widthPx, heightPx);
    this.rackFrame(index, moduleIndex);
  }

  /** Outline and label: of a rack with an alarm in the colour of the alarm. */
  private rackFrame(index: number, moduleIndex: ModuleIndex): void {
    const { canvas, colour, overview } = this;
    const { xPx, yPx, widthPx, heightPx } = overview.layout.racks[index]!;
    const { worst } = summaryOf(overview.racks[index]!, moduleIndex);
    const isLoud = isAlarm(worst);
    canvas.fillStyle = colour.surface;
    canvas.fillRect(xPx, yPx, widthPx, LABEL_PX + PAD_PX);
    // What was loud before had a wider line.
    canvas.strokeStyle = colour.surface;
    canvas.lineWidth = 2;
    canvas.strokeRect(xPx + 1, yPx + 1, widthPx - 2, heightPx - 2);
    canvas.strokeStyle = isLoud ? this.edgeOf(worst) : colour.line;
    canvas.lineWidth = isLoud ? 2 : 1;
    const inset = isLoud ? 1 : 0.5;
    canvas.strokeRect(xPx + inset, yPx + inset, widthPx - 2 * inset, heightPx - 2 * inset);
    canvas.fillStyle = isLoud ? colour.ink : colour.muted;
    canvas.font = isLoud ? this.loudFont : this.font;
    canvas.textBaseline = 'middle';
    canvas.textAlign = 'left';
    canvas.save();
    canvas.beginPath();
    canvas.rect(xPx, yPx, widthPx - 2, LABEL_PX + PAD_PX);
    canvas.clip();
    canvas.fillText(overview.rackLabels[index]!, xPx + PAD_PX + 1, yPx + PAD_PX + LABEL_PX / 2 - 0.5);
    canvas.restore();
  }

  private module(at: number, moduleIndex: ModuleIndex, mustClear: boolean): void {
    const { canvas, colour, overview } = this;
    const moduleId = overview.modules[at]!;
    const module = moduleIndex.get(moduleId);
    if (!module) return;
    const { xPx, yPx } = tileOf(overview.layout, at);
    const sizePx = overview.layout.pitchPx - 1;
    if (mustClear) {
      canvas.fillStyle = colour.surface;
      canvas.fillRect(xPx, yPx, sizePx, sizePx);
    }
    const isSought = this.isSought(moduleId);
    if (!isSought) canvas.globalAlpha = FADED;
    if (sizePx >= TEXT_FROM_PX) this.tile(module, xPx, yPx, sizePx);
    else this.mark(module, xPx, yPx, sizePx);
    if (!isSought) canvas.globalAlpha = 1;
  }

  private edgeOf(level: Level): string {
    const { colour } = this;
    if (level === 'critical') return colour.critical;
    if (level === 'warning') return colour.warning;
    if (level === 'advisory') return colour['advisory-edge'];
    return level === 'normal' ? colour.normal : colour.muted;
  }

  /** Small: the shape alone, the graver the more of the tile it fills. */
  private mark(module: ModuleState, xPx: number, yPx: number, sizePx: number): void {
    const { canvas, colour } = this;
    const concern = concernOf(module);
    if (concern !== module.level) {
      this.outline(concern, xPx, yPx, sizePx, Math.max(2, sizePx / 6));
      return;
    }
    const middle = sizePx / 2;
    switch (module.level) {
      case 'normal': {
        const side = Math.max(3, Math.round(sizePx * 0.4));
        canvas.fillStyle = colour.normal;
        canvas.fillRect(
          xPx + Math.round((sizePx - side) / 2),
          yPx + Math.round((sizePx - side) / 2),
          side,
          side,
        );
        return;
      }
      case 'unknown':
        this.outline('unknown', xPx, yPx, sizePx, 1);
        return;
      case 'advisory':
        canvas.fillStyle = colour['advisory-edge'];
        this.polygon([middle, 0, sizePx, middle, middle, sizePx, 0, middle], xPx, yPx);
        return;
      case 'warning':
        canvas.fillStyle = colour.warning;
        this.polygon([middle, 0, sizePx, sizePx, 0, sizePx], xPx, yPx);
        return;
      case 'critical': {
        canvas.fillStyle = colour.critical;
        canvas.fillRect(xPx, yPx, sizePx, sizePx);
        canvas.fillStyle = colour['critical-ink'];
        const hole = Math.max(2, Math.round(sizePx * 0.3));
        canvas.fillRect(
          xPx + Math.round((sizePx - hole) / 2),
          yPx + Math.round((sizePx - hole) / 2),
          hole,
          hole,
        );
      }
    }
  }

  /** Large: a filled tile with the temperature, the shape in its corner. */
  private tile(module: ModuleState, xPx: number, yPx: number, sizePx: number): void {
    const { canvas, colour } = this;
    const { level } = module;
    const concern = concernOf(module);
    const isFilled = isAlarm(level);
    canvas.fillStyle = isFilled
      ? level === 'advisory'
        ? colour.advisory
        : this.edgeOf(level)
      : colour.sunken;
    if (level !== 'unknown') canvas.fillRect(xPx, yPx, sizePx, sizePx);
    if (level === 'unknown') this.outline(concern, xPx, yPx, sizePx, concern === 'unknown' ? 1 : 3);
    else if (level === 'advisory') this.outline('advisory', xPx, yPx, sizePx, 1);
    if (level !== 'unknown') this.corner(level, xPx + 3, yPx + 3, Math.min(10, sizePx * 0.36));
    const temperatureDegC = module.values['hottest_degc'];
    if (temperatureDegC === null || temperatureDegC === undefined) return;
    canvas.fillStyle = this.inkOn(level);
    canvas.font = sizePx >= 32 ? this.largeFont : this.loudFont;
    canvas.textAlign = 'right';
    canvas.textBaseline = 'alphabetic';
    canvas.fillText(temperatureDegC.toFixed(0), xPx + sizePx - 3, yPx + sizePx - 4);
  }

  private inkOn(level: Level): string {
    const { colour } = this;
    if (isAlarm(level)) return colour[`${level as 'advisory' | 'warning' | 'critical'}-ink`];
    return level === 'unknown' ? colour.muted : colour.ink;
  }

  /** The shape of a level beside the temperature, in the ink of its tile. */
  private corner(level: Level, xPx: number, yPx: number, sizePx: number): void {
    const { canvas, colour } = this;
    const middle = sizePx / 2;
    canvas.fillStyle = isAlarm(level) ? this.inkOn(level) : colour.normal;
    if (level === 'advisory') this.polygon([middle, 0, sizePx, middle, middle, sizePx, 0, middle], xPx, yPx);
    else if (level === 'warning') this.polygon([middle, 0, sizePx, sizePx, 0, sizePx], xPx, yPx);
    else {
      const side = level === 'critical' ? sizePx : sizePx * 0.6;
      canvas.fillRect(xPx, yPx, side, side);
    }
  }

  private outline(level: Level, xPx: number, yPx: number, sizePx: number, widthPx: number): void {
    const { canvas } = this;
    canvas.strokeStyle = this.edgeOf(level);
    canvas.lineWidth = widthPx;
    canvas.strokeRect(xPx + widthPx / 2, yPx + widthPx / 2, sizePx - widthPx, sizePx - widthPx);
  }

  /** Corners as x, y, x, y … from the upper left corner of the tile. */
  private polygon(corners: readonly number[], xPx: number, yPx: number): void {
    const { canvas } = this;
    canvas.beginPath();
    for (let k = 0; k < corners.length; k += 2) canvas.lineTo(xPx + corners[k]!, yPx + corners[k + 1]!);
    canvas.fill();
  }
}
