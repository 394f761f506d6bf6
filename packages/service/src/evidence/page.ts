/** A bundle as a page to print: static, without a script, readable in black and white. */
import {
  type AgreementRow,
  FEATURE_INDEX,
  FEATURES,
  type Level,
  type ThresholdRow,
} from '@emberwatch/engine/detector';
import { CHANNELS, type ChannelId } from '@emberwatch/engine/telemetry';
import { PRIORITY_WORDS } from '../alarms/alarm.ts';
import { ALARM_KIND_TEXTS, countText } from '../messages.ts';
import type { AlarmRecord } from '../records.ts';
import { type EvidenceBundle, type EvidenceSignals, isIntact } from './bundle.ts';
import { drawPanel, type TimeFrame } from './chart.ts';
import { type Content, type Html, html, pageOf } from './html.ts';
import { levelName, numberText, quantityText, shapeOf, unitText } from './marks.ts';
import { panelsOf } from './panels.ts';
import { instantText, knownZone, spanText } from './times.ts';

/** On paper; the file holds all. */
const MAX_PRINTED_ROWS = 200;

type When = (timeMs: number | null) => string;

export function evidencePage(bundle: EvidenceBundle): string {
  const { alarm, site } = bundle;
  const zone = knownZone(site.timeZone);
  const when: When = (timeMs) => (timeMs === null ? '–' : instantText(timeMs, zone));
  return pageOf(
    `${alarm.id} ${alarm.source}: evidence`,
    'evidence',
    html`${head(bundle, when)}
<main>
${facts(alarm, when)}
${reasons(bundle)}
${bundle.modules.map((module) => signals(bundle, module))}
${neighbours(bundle)}
${story(bundle, when)}
${faults(bundle, when)}
${provenance(bundle, when)}
</main>`,
  );
}

function head({ alarm, site, madeMs }: EvidenceBundle, when: When): Html {
  return html`<header>
<p class="kicker">Emberwatch · evidence of alarm ${alarm.id}</p>
<h1>${site.title ?? site.name}</h1>
${site.address ? html`<p class="address">${site.address}</p>` : null}
<div class="headline ${alarm.highestLevel ?? 'trouble'}">
<p class="verdict">${alarm.highestLevel ? levelName(alarm.highestLevel) : html`<span class="level">trouble with watching</span>`}
<span class="where">${alarm.source}${alarm.rackId === null ? null : html` <small>in ${alarm.rackId}</small>`}</span></p>
<p>${alarm.text}</p>
</div>
<p class="note">Made ${when(madeMs)}. Advisory only: Emberwatch watches and advises; it switches nothing and proves no safety.</p>
</header>`;
}

const definitions = (rows: readonly (readonly [string, Content])[], look = 'two'): Html =>
  html`<dl class="${look}">${rows.map(([term, content]) => html`<div><dt>${term}</dt><dd>${content}</dd></div>\n`)}</dl>`;

function facts(alarm: AlarmRecord, when: When): Html {
  const lasted = (alarm.returnedMs ?? alarm.closedMs ?? alarm.dataChangedMs) - alarm.raisedMs;
  const { kind, priority, highestPriority, state, acknowledgedMs, acknowledgedBy } = alarm;
  const priorityText = (of: AlarmRecord['priority']): string => `${of} (${PRIORITY_WORDS[of]})`;
  return html`<section><h2>The alarm</h2>
${definitions([
  ['Kind', `${kind}: ${ALARM_KIND_TEXTS[kind]}`],
  [
    'Priority',
    `${priorityText(highestPriority)}${priority === highestPriority ? '' : `, now ${priorityText(priority)}`}`,
  ],
  ['Raised', when(alarm.raisedMs)],
  ['By the data', when(alarm.dataRaisedMs)],
  ['Grew graver', alarm.escalatedMs === alarm.raisedMs ? 'no' : when(alarm.escalatedMs)],
  ['State', html`<b>${state}</b>${alarm.level === null ? null : html`, level ${levelName(alarm.level)}`}`],
  [
    'Acknowledged',
    acknowledgedMs === null
      ? html`<b>nobody</b>`
      : `${when(acknowledgedMs)} by ${acknowledgedBy ?? 'unknown'}`,
  ],
  [
    'Condition ended',
    alarm.returnedMs === null ? 'no' : `${when(alarm.returnedMs)}, after ${spanText(lasted)}`,
  ],
  ['Closed', alarm.closedMs === null ? 'no' : when(alarm.closedMs)],
  [
    'Probability of hazard',
    alarm.hazardProbability === null ? 'none given' : numberText(alarm.hazardProbability),
  ],
  ['Gateway', alarm.gatewayId ?? '–'],
  ...(alarm.suppression
    ? [
        [
          'Suppressed',
          `${alarm.suppression.kind} by ${alarm.suppression.byName} until ${when(alarm.suppression.untilMs)}: ${alarm.suppression.reason}`,
        ] as const,
      ]
    : []),
  ...(alarm.members.length > 0
    ? [
        [
          'Stands for',
          `${countText(alarm.members.length, 'module')}: ${alarm.members.slice(0, 20).join(', ')}${alarm.members.length > 20 ? ', …' : ''}`,
        ] as const,
      ]
    : []),
])}</section>`;
}

function table(heads: readonly string[], rows: readonly (readonly Content[])[]): Html | null {
  if (rows.length === 0) return null;
  const more = rows.length - MAX_PRINTED_ROWS;
  return html`<table><thead><tr>${heads.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${rows.slice(0, MAX_PRINTED_ROWS).map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table>
${more > 0 ? html`<p class="note">… and ${more} more in the file.</p>` : null}`;
}

function reasons({ alarm, thresholds, agreements, model }: EvidenceBundle): Html {
  const rules = [...thresholds.map(ruleRow), ...agreements.map(agreementRow)];
  return html`<section><h2>Why</h2>
${
  alarm.reasons.length === 0
    ? html`<p>No reason is stored.</p>`
    : html`<ul class="reasons">${alarm.reasons.map(({ text, rule, physics }) => html`<li>${text} <small>${rule}${physics === null ? '' : ` · ${physics}`}</small></li>`)}</ul>`
}
${alarm.agreement === null ? null : html`<p>${alarm.agreement.text}${alarm.agreement.physics.length > 0 ? ` (${alarm.agreement.physics.join(', ')})` : ''}</p>`}
${table(['Rule', 'Level', 'Fires', 'Lets go', 'Holds', 'Where it comes from'], rules)}
${model.isSame || (alarm.kind !== 'hazard' && alarm.kind !== 'gas') ? null : html`<p class="note">Another model is in use now than when the alarm was raised: limits of rules named MODEL are those of today.</p>`}
</section>`;
}

function ruleRow({ id, level, feature, when, limit, clear, holdS, clearS, why }: ThresholdRow): Content[] {
  const { label, unit } = FEATURES[FEATURE_INDEX[feature]]!;
  const [beyond, back] = when === 'above' ? ['≥', '<'] : ['≤', '>'];
  return [
    oneLine(id),
    levelName(level),
    html`${label} ${oneLine(`${beyond} ${quantityText(limit, unit)}`)}`,
    html`${oneLine(`${back} ${quantityText(clear, unit)}`)} for ${spanText(clearS * 1000)}`,
    spanText(holdS * 1000),
    why,
  ];
}

const oneLine = (content: Content): Html => html`<span class="one-line">${content}</span>`;

const agreementRow = ({ id, level, physics, at, clearS, why }: AgreementRow): Content[] => [
  oneLine(id),
  levelName(level),
  `${physics} kinds of physics at ${at}`,
  `for ${spanText(clearS * 1000)}`,
  '–',
  why,
];

function signals(bundle: EvidenceBundle, module: EvidenceSignals): Html {
  const { moduleId, stepMs, tier, timesMs } = module;
  const { alarm, window } = bundle;
  const changes = bundle.levelChanges.filter((change) => change.moduleId === moduleId);
  const own = changes.map(({ timeMs, to }) => ({ timeMs, level: to }));
  const raised = { timeMs: alarm.dataRaisedMs, level: alarm.level ?? ('unknown' as Level) };
  const time: TimeFrame = { ...window, marks: own.length > 0 ? own : [raised] };
  const charts = panelsOf(bundle, module).flatMap((panel) => drawPanel(panel, time) ?? []);
  const grain =
    stepMs === 0 ? `${tier}, every frame` : `${tier}, steps of ${spanText(stepMs)}: lowest, mean, highest`;
  return html`<section class="signals"><h2>Signals of ${moduleId}</h2>
<p class="note">${countText(timesMs.length, 'point')} (${grain})${bundle.cells.some((cells) => cells.moduleId === moduleId) ? '; cells in coarser steps' : ''}${module.late.length > 0 ? `; ${module.late.length} came late` : ''}.
Upright lines: level changes, ${(['advisory', 'warning', 'critical', 'normal', 'unknown'] as const).map((level) => html`${shapeOf(level)} ${level}, `)} in time of the data. Dashed: limits that fired.${window.isCut ? ' The alarm lasted longer than is shown.' : ''}</p>
${charts.length === 0 ? html`<p><b>Nothing is stored of this time.</b></p>` : html`<div class="charts">${charts}</div>`}</section>`;
}

/** Of each module of the rack the extremes within the time shown. */
function neighbours(bundle: EvidenceBundle): Html | null {
  const all = [...bundle.modules, ...bundle.siblings];
  if (bundle.siblings.length === 0) return null;
  const columns: readonly [string, readonly ChannelId[], 'min' | 'max'][] = [
    ['Hottest', ['surface_temperature_max_degc', 'surface_temperature_mean_degc'], 'max'],
    ['Lowest voltage', ['voltage_v'], 'min'],
    ['CO, highest', ['co_ppm'], 'max'],
    ['H2, highest', ['h2_ppm'], 'max'],
    ['VOC, highest', ['voc_ppm'], 'max'],
  ];
  const rows = all.map((module, i) => [
    i < bundle.modules.length ? html`<b>${module.moduleId}</b>` : module.moduleId,
    ...columns.map(([, ids, side]) => extremeText(module, ids, side)),
  ]);
  return html`<section><h2>The rack in this time</h2>
${table(['Module', ...columns.map(([name]) => name)], rows)}</section>`;
}

function extremeText(module: EvidenceSignals, ids: readonly ChannelId[], side: 'min' | 'max'): string {
  for (const id of ids) {
    const series = module.series.find((one) => one.id === id);
    const values = (series?.values ?? series?.[side] ?? []).filter((value) => value !== null);
    if (values.length === 0) continue;
    const pick = side === 'max' ? Math.max : Math.min;
    return quantityText(
      values.reduce((a, b) => pick(a, b)),
      CHANNELS.find((channel) => channel.id === id)!.unit,
    );
  }
  return '–';
}

/** What happened and who did what, in one order of time. */
function story({ history, levelChanges, alarm }: EvidenceBundle, when: When): Html {
  const rows = history.map(({ atMs, actor, action, detail, seq }) => [
    when(atMs),
    actor === 'emberwatch' ? actor : html`<b>${actor}</b>`,
    action.replace(/^alarm\./, ''),
    textOf(detail),
    html`<small>${seq}</small>`,
  ]);
  const changes = levelChanges.map(({ timeMs, moduleId, from, to, reasons: why }) => [
    when(timeMs),
    moduleId,
    oneLine(html`${levelName(from)} → ${levelName(to)}`),
    why[0]?.text ?? '–',
  ]);
  const comments = alarm.comments.map(({ atMs, byName, text }) => [when(atMs), html`<b>${byName}</b>`, text]);
  return html`<section><h2>What happened, and who did what</h2>
${table(['Time', 'Who', 'What', 'Said', 'No.'], rows) ?? html`<p>The audit log holds no entry of this alarm.</p>`}
${comments.length === 0 ? null : html`<h3>Comments</h3>${table(['Time', 'Who', 'Text'], comments)}`}
${changes.length === 0 ? null : html`<h3>Levels, by the time of the data</h3>${table(['Time', 'Module', 'Level', 'First reason'], changes)}`}</section>`;
}

const MAX_SAID_CHARS = 300;

/** The words of a person where the entry has some, else the entry as it is. */
function textOf(detail: string): string {
  let said = detail;
  try {
    const parsed = JSON.parse(detail) as Record<string, unknown> | null;
    const words = ['reason', 'comment', 'text']
      .map((key) => parsed?.[key])
      .filter((word) => typeof word === 'string');
    if (words.length > 0) said = words.join('; ');
  } catch {
    // It is shown as it stands.
  }
  return said.length > MAX_SAID_CHARS ? `${said.slice(0, MAX_SAID_CHARS)}…` : said;
}

function faults({ sensorFaults }: EvidenceBundle, when: When): Html {
  const rows = sensorFaults.map(({ moduleId, channel, text, fromMs, toMs }) => [
    moduleId,
    channel,
    text,
    when(fromMs),
    toMs === null ? oneLine('lasts') : when(toMs),
  ]);
  return html`<section><h2>Sensors that were not believed</h2>
${table(['Module', 'Channel', 'Why', 'From', 'To'], rows) ?? html`<p>None in this time.</p>`}</section>`;
}

function provenance(bundle: EvidenceBundle, when: When): Html {
  const { sha256, software, configurationSha256, model, history, window, leftOut } = bundle;
  const last = history.at(-1);
  const hash = (text: string | null): Content =>
    text === null ? 'the rules alone' : html`<code>${text}</code>`;
  return html`<section><h2>Where this comes from</h2>
${definitions(
  [
    [
      'Seal of the file',
      html`${hash(sha256)} ${isIntact(bundle) ? '(fits the content)' : html`<b>DOES NOT FIT: the content was changed</b>`}`,
    ],
    ['Time shown', `${when(window.fromMs)} to ${when(window.toMs)}`],
    ['Model that judged', hash(model.judgedSha256)],
    ['Model now', model.now === null ? 'the rules alone' : html`${model.now.name} ${hash(model.now.sha256)}`],
    ['Configuration', hash(configurationSha256)],
    ['Software', `${software.name} ${software.version}`],
    ['Audit log', last ? html`entry ${last.seq}, ${hash(last.hash)}` : 'no entry'],
    ...(leftOut.length > 0 ? [['Left out', leftOut.join('; ')] as const] : []),
  ],
  'one',
)}
<p class="note">The seal is the SHA-256 of the JSON file in canonical form (RFC 8785) without its field "sha256". It shows changes; who made the file is shown by the audit log. Units: ${[...new Set(CHANNELS.map(({ unit }) => unitText(unit)))].join(', ')}.</p>
</section>`;
}
