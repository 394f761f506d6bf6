/** What is shown, as files that the page makes itself: nothing of it goes to the service. */
import type uPlot from 'uplot';
import { colourOf, fontOf } from '../ui/theme.ts';

export function saveFile(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

const TITLE_PX = 40;
const CAPTION_PX = 18;
const MARGIN_PX = 16;

interface PictureParts {
  readonly title: string;
  /** Below the title: which time, which data. */
  readonly note: string;
  readonly panels: readonly { readonly caption: string; readonly chart: uPlot }[];
}

/** All panels below each other, as they are drawn. Null where the browser gives no picture. */
export function pictureOf({ title, note, panels }: PictureParts): Promise<Blob | null> {
  const scale = window.devicePixelRatio;
  const widthPx = Math.max(...panels.map(({ chart }) => chart.width)) + 2 * MARGIN_PX;
  const heightPx =
    TITLE_PX + MARGIN_PX + panels.reduce((sum, { chart }) => sum + chart.height + CAPTION_PX, 0) + MARGIN_PX;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(widthPx * scale);
  canvas.height = Math.round(heightPx * scale);
  const context = canvas.getContext('2d');
  if (!context) return Promise.resolve(null);
  context.scale(scale, scale);
  context.fillStyle = colourOf('--surface');
  context.fillRect(0, 0, widthPx, heightPx);
  context.fillStyle = colourOf('--ink');
  context.font = fontOf(16, 600);
  context.fillText(title, MARGIN_PX, MARGIN_PX + 10);
  context.font = fontOf(12);
  context.fillText(note, MARGIN_PX, MARGIN_PX + 28);
  let y = TITLE_PX + MARGIN_PX;
  for (const { caption, chart } of panels) {
    context.font = fontOf(12, 600);
    context.fillStyle = colourOf('--ink');
    context.fillText(caption, MARGIN_PX, y + 13);
    y += CAPTION_PX;
    context.drawImage(chart.ctx.canvas, MARGIN_PX, y, chart.width, chart.height);
    y += chart.height;
  }
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
}
