/** The report of a judged recording: one HTML file that needs nothing else and can be printed. */

import { type Html, html, withThousands } from '../svg/html.ts';
import type { WatchResult } from '../watch/watch.ts';
import { timeNote, unevaluated } from './coverage.ts';
import { episodePictures, episodeTable } from './episodes.ts';
import { overviews } from './overview.ts';
import { pageOf, scrolling, section } from './page.ts';
import { featureTable, policyTable } from './policy.ts';
import { cellTable, columnTable, faultTable, rejectionTable } from './tables.ts';
import { drawTimeline } from './timeline.ts';
import { duration, hours, plural, utc, verdictOf } from './wording.ts';

/** No scripts, no request to any host; the same result gives the same bytes. */
export async function renderReport(result: WatchResult): Promise<string> {
  const timeline = await drawTimeline(result);
  const pictures = result.episodes.length > 0 ? await episodePictures(result) : null;
  const modules = await overviews(result);
  return pageOf(`Emberwatch report: ${result.file}`, head(result), [
    timeline && section('timeline', 'Timeline', timeline),
    section('episodes', 'Alarm episodes', scrolling(episodeTable(result))),
    pictures && section('signals', 'Signals around each episode', pictures),
    section('overview', 'The whole recording', modules),
    section('cells', 'Most deviating cell', scrolling(cellTable(result))),
    section('sensors', 'Sensor faults', scrolling(faultTable(result))),
    section('rejections', 'Rejected input', scrolling(rejectionTable(result))),
    section('columns', 'Columns', columnTable(result)),
    section('policy', 'Appendix A: the rules that judged', scrolling(policyTable(result.policy))),
    section(
      'figures',
      'Appendix B: the figures behind the rules, and when they are blind',
      scrolling(featureTable()),
    ),
  ]);
}

function head(result: WatchResult): Html {
  const { file, mapping, modules, frames, moduleHours, firstMs, lastMs, rejectedRows, lateFrames } = result;
  const blind = unevaluated(result);
  const proof =
    result.episodes.length === 0 ? 'What the absence of an alarm does not prove' : 'What could not be judged';
  return html`<h1>Emberwatch report</h1>
<p class="verdict">${verdictOf(result)}</p>
<p class="advice">Advisory only: trips belong to the BMS and the fire panel.</p>
<dl>
<dt>File</dt><dd>${file}</dd>
<dt>Mapping</dt><dd>${mapping.name}${mapping.source === undefined ? null : html` <span class="muted">(${mapping.source})</span>`}</dd>
<dt>Nameplate</dt><dd>${nameplateOf(result)}</dd>
<dt>Model</dt><dd>${result.model === null ? 'none: the rules alone judged' : result.model.name}</dd>
<dt>Time range</dt><dd>${Number.isFinite(lastMs - firstMs) ? `${utc(firstMs)} to ${utc(lastMs)} UTC (${duration(lastMs - firstMs)})` : 'no frame'}<br><span class="muted">${timeNote(result)}</span></dd>
<dt>Modules</dt><dd>${withThousands(modules.length)}</dd>
<dt>Frames</dt><dd>${withThousands(frames)}${rejectedRows > 0 ? `, ${plural(rejectedRows, 'row')} rejected` : ''}${lateFrames > 0 ? `, ${plural(lateFrames, 'frame')} late: evaluated out of order` : ''}</dd>
<dt>Evaluated</dt><dd>${hours(moduleHours)} module-hours, without gaps</dd>
</dl>
${blind.length > 0 ? html`<h3>${proof}</h3><ul>${blind.map((line) => html`<li>${line}</li>`)}</ul>` : null}`;
}

function nameplateOf({ mapping }: WatchResult): string {
  const { capacityAh, cellsInSeries, chemistry } = mapping.nameplate ?? {};
  const parts = [
    capacityAh === undefined ? '' : `${capacityAh} Ah`,
    cellsInSeries === undefined ? '' : `${plural(cellsInSeries, 'cell')} in series`,
    chemistry === undefined ? '' : chemistry.toUpperCase(),
  ].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(', ') : 'not given';
}
