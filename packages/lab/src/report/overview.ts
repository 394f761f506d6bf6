/** The signals of a module over the whole recording, with its episodes. */

import { type Html, html } from '../svg/html.ts';
import type { WatchResult } from '../watch/watch.ts';
import { drawSignals } from './chart.ts';
import { duration, naturalOrder, plural, utc } from './wording.ts';

/** So many modules are all shown; of more only those with an alarm or a sensor fault. */
const MAX_ALL = 8;
const MAX_SHOWN = 12;

export async function overviews(result: WatchResult): Promise<Html> {
  const { signals, episodes, sensorFaults, lastMs } = result;
  if (!signals) return html`<p>Signals were not recorded.</p>`;
  const traces = signals.overviews;
  const alarmed = new Set(episodes.map(({ moduleId }) => moduleId));
  const faulty = new Set(sensorFaults.map(({ moduleId }) => moduleId));
  const isAll = result.modules.length <= MAX_ALL;
  const wanted = result.modules
    .map(({ moduleId }) => moduleId)
    .filter((moduleId) => isAll || alarmed.has(moduleId) || faulty.has(moduleId))
    .sort((a, b) => Number(alarmed.has(b)) - Number(alarmed.has(a)) || naturalOrder(a, b));
  const shown = wanted.filter((moduleId) => traces.has(moduleId)).slice(0, MAX_SHOWN);
  const stats: Html[] = [];
  for (const [i, moduleId] of shown.entries()) {
    const trace = traces.get(moduleId)!;
    const spans = episodes
      .filter((episode) => episode.moduleId === moduleId)
      .map(({ fromMs, toMs, level }) => ({ fromMs, toMs: toMs ?? lastMs, level }));
    const label = `Signals of module ${moduleId} over the whole recording`;
    const picture = { id: `o${i + 1}`, label, trace, episodes: spans.slice(0, 2000), peakMs: null };
    const svg = await drawSignals(picture);
    const [first, last] = [trace.timesMs[0] ?? 0, trace.timesMs.at(-1) ?? 0];
    stats.push(html`<figure><h3>${moduleId}</h3>
${svg ?? html`<p>No signal of this module has a value.</p>`}
<figcaption>${utc(first)} to ${utc(last)} UTC, drawn by the smallest and the largest value of each ${duration(usualStepMs(trace.timesMs))}. Shaded: alarms. Grey: no frames; a long silence is folded.</figcaption></figure>\n`);
  }
  const left = wanted.length - shown.length;
  const note = isAll
    ? null
    : html`<p>Modules with an alarm or a sensor fault, of ${result.modules.length}.</p>`;
  return html`${note}${stats.length === 0 ? html`<p>No module to show.</p>` : stats}
${left > 0 ? html`<p class="more">… and ${plural(left, 'module')} more without a picture.</p>` : null}`;
}

function usualStepMs(timesMs: readonly number[]): number {
  const steps = timesMs.slice(1).map((timeMs, i) => timeMs - timesMs[i]!);
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 0;
}
