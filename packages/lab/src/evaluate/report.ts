/** The report of an evaluation: one HTML file that needs nothing else and can be printed. */

import { STYLE } from '../report/style.ts';
import { Html, html, table } from '../svg/html.ts';
import type { Evaluation } from './evaluate.ts';
import { budgetCurves, reliabilityPicture, survivalPicture } from './pictures.ts';
import { type RealStats, realTable } from './real.ts';
import { headline, type TextTable, tablesOf } from './text.ts';

/** No scripts, no request to any host; the same evaluation gives the same bytes. */
export async function evaluationHtml(
  evaluation: Evaluation | null,
  real: readonly RealStats[] | null,
): Promise<string> {
  const title = evaluation?.model ? `Evaluation of ${evaluation.model}` : 'Evaluation of the rules';
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(STYLE)}.scroll td.number{white-space:nowrap}body{max-width:76rem}</style>
</head>
<body>
<header><h1>${title}</h1>
<p class="advice">Advisory only: trips belong to the BMS and the fire panel.</p>
${evaluation ? html`<p>${headline(evaluation)}</p>` : null}</header>
<main>
${evaluation ? await pictures(evaluation) : null}
${real ? section(realTable(real)) : null}
${evaluation ? tablesOf(evaluation).map(section) : null}
</main>
</body>
</html>
`;
  return page.text;
}

const section = ({ title, note, head, rows }: TextTable): Html => html`<section><h2>${title}</h2>
<p class="muted">${note}</p>
<div class="scroll">${table(
  head.map((name, i) => ({ head: name, isNumber: i > 0 })),
  rows,
)}</div></section>
`;

async function pictures(evaluation: Evaluation): Promise<Html> {
  const survival = await survivalPicture(evaluation);
  const curves = await budgetCurves(evaluation);
  const reliability = evaluation.reliability ? await reliabilityPicture(evaluation.reliability) : null;
  return html`<section><h2>How long before</h2>
<figure><p class="muted">Share of events with an alarm at least so long before the point of no return. Scores at the budget of an advisory.</p>${survival}</figure></section>
<section><h2>What it costs in false alarms</h2>
<figure><p class="muted">Each point is a threshold: events caught in time against false alarms per module-year on the same runs. On the left edge: no alarm at all in what was watched.</p>${curves}</figure></section>
${reliability ? html`<section><h2>Whether probabilities are what they say</h2><figure><p class="muted">Of the time given a probability, the share that lay in the hazard window; size of a point by time. Brier score ${evaluation.reliability!.brier.toFixed(4)} (always saying the mean: ${evaluation.reliability!.brierOfMean.toFixed(4)}), expected calibration error ${evaluation.reliability!.ece.toFixed(4)}, in the mix of these runs.</p>${reliability}</figure></section>` : null}`;
}
