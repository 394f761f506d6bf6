/** A picture of the report: as wide as the page, with words for those who do not see it. */
import { type Html, html } from '../svg/html.ts';
import { type Drawing, drawInside } from '../svg/svg.ts';

interface Picture extends Drawing {
  /** What it shows, for those who do not see it. */
  readonly label: string;
}

export async function drawPicture({ label, option, ...drawing }: Picture): Promise<Html> {
  const inside = await drawInside({ ...drawing, option: { useUTC: true, ...option } });
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${drawing.width} ${drawing.height}" font-family="sans-serif">${inside}</svg>`;
}
