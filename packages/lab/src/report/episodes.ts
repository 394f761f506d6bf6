/** The episodes: a table of all that matter, and the signals around those that were recorded. */
import { type AlarmLevel, levelRank } from '@emberwatch/engine/detector';
import { type Html, html, name, table, withThousands } from '../svg/html.ts';
import type { Episode } from '../watch/episodes.ts';
import { MAX_TRACED_EPISODES } from '../watch/recorder.ts';
import type { WatchResult } from '../watch/watch.ts';
import { drawSignals } from './chart.ts';
import type { LevelSpan } from './overlays.ts';
import { duration, levelMark, mostSevereFirst, plural, utc } from './wording.ts';

const MAX_LISTED = 200;

const reasonsOf = ({ reasons }: Episode): Html =>
  reasons.length === 0
    ? html`no reason was given`
    : html`<ul>${reasons.slice(0, 12).map(({ text, rule }) => html`<li>${text} <span class="rule">${rule}</span></li>`)}</ul>`;

const endOf = (episode: Episode): Html =>
  episode.toMs === null ? html`<strong>lasting</strong> at the end of the file` : html`${utc(episode.toMs)}`;

const durationOf = ({ fromMs, toMs }: Episode, lastMs: number): string =>
  toMs === null ? `≥ ${duration(lastMs - fromMs)}` : duration(toMs - fromMs);

/** Where not all have room the gravest are listed, in order of time. */
function choose(episodes: readonly Episode[]): number[] {
  return episodes
    .map((_, i) => i)
    .sort((a, b) => levelRank(episodes[b]!.level) - levelRank(episodes[a]!.level) || a - b)
    .slice(0, MAX_LISTED)
    .sort((a, b) => a - b);
}

export function episodeTable(result: WatchResult): Html {
  const { episodes, lastMs, signals } = result;
  if (episodes.length === 0) return html`<p>No module left the normal range of any rule for long enough.</p>`;
  const pictured = new Set(signals?.traces.map(({ episode }) => episode));
  const listed = choose(episodes);
  const rows = listed.map((i) => {
    const episode = episodes[i]!;
    const link = pictured.has(episode) ? html`<a href="#episode-${i + 1}">picture</a>` : html`–`;
    return [
      i + 1,
      name(episode.moduleId),
      html`${levelMark(episode.level)} at ${utc(episode.peakMs)}`,
      utc(episode.fromMs),
      endOf(episode),
      durationOf(episode, lastMs),
      reasonsOf(episode),
      link,
    ];
  });
  const heads = [
    { head: 'No.', isNumber: true },
    'Module',
    'Highest level, reached at (UTC)',
    'From (UTC)',
    'To (UTC)',
    'Duration',
    'Reasons at the gravest level',
    { head: 'Signals', isOnScreen: true },
  ];
  return html`${table(heads, rows, MAX_LISTED)}${notListed(result, new Set(listed))}`;
}

function notListed({ episodes }: WatchResult, listed: ReadonlySet<number>): Html | null {
  if (listed.size === episodes.length) return null;
  const counts: Record<AlarmLevel, number> = { advisory: 0, warning: 0, critical: 0 };
  episodes.forEach(({ level }, i) => {
    if (!listed.has(i)) counts[level]++;
  });
  const parts = mostSevereFirst
    .filter((level) => counts[level] > 0)
    .map((level) => `${withThousands(counts[level])} ${level}`);
  return html`<p class="more">The gravest ${MAX_LISTED} are listed … and ${withThousands(episodes.length - listed.size)} more (${parts.join(', ')}).</p>`;
}

export async function episodePictures(result: WatchResult): Promise<Html> {
  const { episodes, signals, lastMs } = result;
  if (!signals) return html`<p>Signals were not recorded.</p>`;
  const numbers = new Map(episodes.map((episode, i) => [episode, i + 1]));
  const stats: Html[] = [];
  for (const { episode, trace } of signals.traces) {
    const number = numbers.get(episode);
    if (number === undefined) continue;
    const { moduleId, level, fromMs, toMs, peakMs } = episode;
    const from = trace.timesMs[0] ?? fromMs;
    const to = trace.timesMs.at(-1) ?? fromMs;
    const span: LevelSpan = { fromMs, toMs: toMs ?? lastMs, level };
    const label = `Signals around episode ${number}, ${level}, module ${moduleId}`;
    const id = `e${number}`;
    const svg = await drawSignals({ id, label, trace, episodes: [span], peakMs });
    stats.push(html`<figure id="episode-${number}"><h3>${number} · ${moduleId} · ${levelMark(level)}</h3>
<p>Alarm from ${utc(fromMs)} to ${endOf(episode)} (${durationOf(episode, lastMs)}), UTC. Highest level reached at ${utc(peakMs)}${peakMs > fromMs ? `, ${duration(peakMs - fromMs)} after the start` : ''}.</p>
${reasonsOf(episode)}
${svg ?? html`<p>No signal with values was recorded around this episode.</p>`}
<figcaption>${utc(from)} to ${utc(to)} UTC. Shaded: alarm. Dashed upright line: highest level reached. Grey: no frames; a long silence is folded.</figcaption></figure>\n`);
  }
  const left = episodes.length - stats.length;
  const note =
    left > 0
      ? html`<p class="more">Signals are kept for the first ${plural(MAX_TRACED_EPISODES, 'episode')} of a recording; ${withThousands(left)} more have no picture.</p>`
      : null;
  return html`${note}${stats}`;
}
