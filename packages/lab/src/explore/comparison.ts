/** Two sources side by side, in a table and in distributions laid over each other. */

import { scrolling } from '../report/page.ts';
import { duration } from '../report/wording.ts';
import { type Html, html, table } from '../svg/html.ts';
import { drawDistributions } from './distributions.ts';
import type { Comparison, Explored } from './explore.ts';
import { histogramOf } from './signal.ts';
import { quantileOf } from './streaming-stats.ts';
import { percent, stat, unitText } from './wording.ts';

const number = (head: string) => ({ head, isNumber: true });
const pair = ([a, b]: readonly [number | null, number | null]): Html => html`${stat(a)}<br>${stat(b)}`;

export async function comparisonSection(
  a: Explored,
  b: Explored,
  { signals, first, second, intervalsMs, onlyFirst, onlySecond }: Comparison,
): Promise<Html> {
  const drawn = signals.map(({ id, label, unit }) => {
    const [x, y] = [a, b].map(({ survey }) => survey.signals.find((signal) => signal.id === id)!.sorted());
    const range = [
      Math.min(quantileOf(x!, 0.001), quantileOf(y!, 0.001)),
      Math.max(quantileOf(x!, 0.999), quantileOf(y!, 0.999)),
    ] as const;
    const histograms = [x!, y!].flatMap((values) => histogramOf(values, range) ?? []);
    return { title: `${label}, ${unitText(unit)}`, histograms };
  });
  const rows = signals.map((signal) => [
    html`${signal.label}, ${unitText(signal.unit)}<br><span class="muted">${signal.id}</span>`,
    pair(signal.medians),
    stat(signal.levelKs),
    html`${stat(signal.levelWasserstein)}<br><span class="muted">${signal.levelWassersteinShare === null ? '–' : percent(signal.levelWassersteinShare)}</span>`,
    Number.isNaN(signal.changeKs) ? '–' : stat(signal.changeKs),
    pair(signal.noise),
    pair(signal.resolution),
    html`${percent(signal.missingShare[0])}<br>${percent(signal.missingShare[1])}`,
  ]);
  const chance = Math.max(...signals.map(({ chanceKs }) => chanceKs));
  const interval = (ms: number | null): string =>
    ms === null ? 'no interval' : `one frame every ${duration(ms)}`;
  const picture =
    drawn.length === 0
      ? null
      : await drawDistributions('both', `Distributions of ${drawn.length} signals`, drawn);
  return html`<dl><dt>First</dt><dd>${first} (${interval(intervalsMs[0])})</dd><dt>Second</dt><dd>${second} (${interval(intervalsMs[1])})</dd>
<dt>Only in the first</dt><dd>${onlyFirst.join(', ') || 'none'}</dd><dt>Only in the second</dt><dd>${onlySecond.join(', ') || 'none'}</dd></dl>
${
  signals.length === 0
    ? html`<p>No signal is in both.</p>`
    : html`${scrolling(
        table(
          [
            'Signal',
            number('Median'),
            number('KS of levels'),
            number('Wasserstein'),
            number('KS of changes'),
            number('Noise'),
            number('Step'),
            number('Missing'),
          ],
          rows,
        ),
      )}
<p class="muted">Upper figure: first; lower: second. KS: largest difference of the two distribution functions, 0 the same, 1 apart; below ${stat(chance)} it may be chance. Wasserstein: how far values must move on average to turn one distribution into the other, in the unit of the signal and as a share of the 5 to 95 % range of the second. Changes: their sizes from one frame to the next, which depend on the interval.</p>
<figure>${picture}<figcaption>Bars: first. Line: second. Heights on a square root.</figcaption></figure>`
}`;
}
