/** The report of an exploration: what to know first, then everything that was counted, with pictures. */

import { columnList } from '../report/columns.ts';
import { overviews } from '../report/overview.ts';
import { pageOf, scrolling, section } from '../report/page.ts';
import { rejectionTable } from '../report/tables.ts';
import { duration, hours, naturalOrder, plural, utc } from '../report/wording.ts';
import { type Html, html, name, table, withThousands } from '../svg/html.ts';
import { missingShare } from './compare.ts';
import { comparisonSection } from './comparison.ts';
import { drawDistributions } from './distributions.ts';
import { drawEvents } from './event-picture.ts';
import type { Exploration } from './exploration.ts';
import type { Comparison, Explored } from './explore.ts';
import { drawIntervals } from './intervals.ts';
import { drawMatrix } from './matrix.ts';
import { percent, stat, unitText } from './wording.ts';

/** How many findings are told at the top. */
const FIRST_FINDINGS = 3;
const number = (head: string) => ({ head, isNumber: true });

/** No scripts, no request to any host; the same data give the same bytes. */
export async function renderExploration(
  explored: Explored,
  against: { readonly other: Explored; readonly comparison: Comparison } | null = null,
): Promise<string> {
  const { exploration, watched } = explored;
  const { signals, around, labels, dataset } = exploration;
  const drawn = signals.flatMap(({ label, unit, histogram }) =>
    histogram ? [{ title: `${label}, ${unitText(unit)}`, histograms: [histogram] }] : [],
  );
  const distributions = await drawDistributions('signals', `Distributions of ${drawn.length} signals`, drawn);
  const compared = against && (await comparisonSection(explored, against.other, against.comparison));
  const matrix =
    exploration.correlations.signals.length > 1 ? await drawMatrix(exploration.correlations) : null;
  return pageOf(`Exploration: ${exploration.source}`, head(exploration), [
    section('know', 'Also worth knowing', otherFindings(exploration)),
    compared && section('compared', 'Against the other data', compared),
    section(
      'signals',
      'Signals',
      html`${scrolling(signalTable(exploration))}${absent(exploration)}
<figure>${distributions}<figcaption>Share of the values, from the 0.1 % to the 99.9 % quantile; heights on a square root, so that rare values are seen.</figcaption></figure>`,
    ),
    around &&
      section(
        'around',
        'Hazardous and calm modules around events',
        html`${aroundTable(exploration)}<figure>${await drawEvents(around)}<figcaption>${plural(around.events, 'event')}, ${plural(around.calmModules, 'calm module')} beside. Half a minute is one point; what came before an hour, or later than ten minutes, is not shown.</figcaption></figure>`,
      ),
    labels || dataset ? section('labels', 'Classes', classes(exploration)) : null,
    section('sampling', 'Sampling and gaps', await sampling(exploration)),
    matrix &&
      section(
        'correlations',
        'Correlations',
        html`<figure>${matrix}<figcaption>Pearson, of each value less the first of its module. Numbers from 0.25; – where too few rows carry both.</figcaption></figure>`,
      ),
    section('faults', 'Sensor faults', scrolling(faultTable(exploration))),
    section(
      'rejections',
      'Rejected input',
      scrolling(rejectionTable({ ...exploration, setBacks: exploration.clocksSetBack })),
    ),
    watched && section('overview', 'The whole recording', await overviews(firstModules(watched))),
    section('modules', 'Modules', scrolling(moduleTable(exploration))),
  ]);
}

/** Pictures of whole recordings are many words: only of the first few modules, those with an alarm first. */
const OVERVIEWS = 3;

function firstModules<T extends NonNullable<Explored['watched']>>(watched: T): T {
  const alarmed = new Set(watched.episodes.map(({ moduleId }) => moduleId));
  const modules = [...watched.modules]
    .sort(
      (a, b) =>
        Number(alarmed.has(b.moduleId)) - Number(alarmed.has(a.moduleId)) ||
        naturalOrder(a.moduleId, b.moduleId),
    )
    .slice(0, OVERVIEWS);
  return { ...watched, modules };
}

function head(exploration: Exploration): Html {
  const { source, kind, mapping, nameplate, frames, modules, firstMs, lastMs, sampling, episodes } =
    exploration;
  const first = exploration.findings.slice(0, FIRST_FINDINGS);
  const plate = [
    nameplate?.capacityAh === undefined ? '' : `${nameplate.capacityAh} Ah`,
    nameplate?.cellsInSeries === undefined ? '' : `${plural(nameplate.cellsInSeries, 'cell')} in series`,
    nameplate?.chemistry?.toUpperCase() ?? '',
  ].filter(Boolean);
  const { dataset } = exploration;
  const { usualIntervalMs } = sampling;
  return html`<h1>What is in these data</h1>
<p class="verdict">${first.length === 0 ? 'Nothing odd was found.' : `${first.length} ${first.length === 1 ? 'thing' : 'things'} to know`}</p>
<ol>${first.map(({ text }) => html`<li>${text}</li>`)}</ol>
<dl>
<dt>${kind === 'dataset' ? 'Dataset' : 'Recording'}</dt><dd>${source}</dd>
${
  dataset
    ? html`<dt>Runs</dt><dd>${withThousands(dataset.runs)}${dataset.failed.length > 0 ? `, ${plural(dataset.failed.length, 'run')} failed` : ''}</dd>`
    : html`<dt>Mapping</dt><dd>${mapping.name}${mapping.source === null ? null : html` <span class="muted">(${mapping.source})</span>`}</dd>
<dt>Nameplate</dt><dd>${plate.length > 0 ? plate.join(', ') : 'not given'}</dd>`
}
<dt>Time range</dt><dd>${utc(firstMs)} to ${utc(lastMs)} UTC (${duration(lastMs - firstMs)})</dd>
<dt>Modules</dt><dd>${withThousands(modules)}${dataset ? ', counted in each run' : ''}</dd>
<dt>Frames</dt><dd>${withThousands(frames)}${usualIntervalMs === null ? '' : `, usually one every ${duration(usualIntervalMs)}`}; ${hours(exploration.moduleHours)} module-hours without gaps</dd>
<dt>To the rules</dt><dd>${episodes.critical} critical, ${episodes.warning} warning, ${episodes.advisory} advisory episodes <span class="muted">(what the alarm rules make of these data: emberwatch watch tells it in full)</span></dd>
</dl>`;
}

function otherFindings({ findings }: Exploration): Html {
  const rest = findings.slice(FIRST_FINDINGS);
  if (rest.length === 0) return html`<p>Nothing else.</p>`;
  return html`<ul>${rest.map(({ text }) => html`<li>${text}</li>`)}</ul>`;
}

function signalTable({ signals }: Exploration): Html {
  const rows = signals.map((signal) => {
    const { quantiles } = signal;
    return [
      html`${signal.label}, ${unitText(signal.unit)}<br><span class="muted">${signal.id}</span>`,
      withThousands(signal.values),
      signal.missing === 0
        ? '0'
        : html`${withThousands(signal.missing)}<br><span class="muted name">${percent(missingShare(signal))}</span>`,
      withThousands(signal.impossible),
      stat(signal.min),
      stat(quantiles['0.01'] ?? null),
      stat(quantiles['0.5'] ?? null),
      stat(quantiles['0.99'] ?? null),
      stat(signal.max),
      signal.resolution === null ? 'none seen' : stat(signal.resolution),
      signal.noise === null ? '–' : signal.noise === 0 ? 'below step' : stat(signal.noise),
      signal.unchangedShare === null ? '–' : percent(signal.unchangedShare),
      withThousands(signal.spikes),
    ];
  });
  const heads = [
    'Values',
    'Missing',
    'Impossible',
    'Least',
    '1 %',
    'Median',
    '99 %',
    'Most',
    'Step',
    'Noise',
    'Still',
    'Leaps',
  ];
  return html`${table(['Signal', ...heads.map(number)], rows)}
<p class="muted">Impossible: frames with a value outside what the sensor can measure. Step: in which values were rounded. Noise: standard deviation of what changes from frame to frame and not in a straight line. Still: frames with the value of the frame before. Leaps: values that leave both neighbours, in opposite directions, by six times noise or step.</p>`;
}

function absent({ absent: ids, unusedColumns }: Exploration): Html {
  return html`<dl><dt>Signals without a value</dt><dd>${ids.length === 0 ? 'none' : ids.join(', ')}</dd>
${unusedColumns.length > 0 ? html`<dt>Columns that the mapping does not use</dt><dd>${columnList(unusedColumns, 40)}</dd>` : null}</dl>`;
}

function aroundTable({ around }: Exploration): Html {
  const { signals, anchor } = around!;
  const rows = signals.map(({ label, events, apartFromMin }) => [
    label,
    withThousands(events),
    apartFromMin === null ? 'not before the event' : `${Math.round(apartFromMin)} min`,
  ]);
  return html`<p>How long before ${anchor} the median of the hazardous modules leaves what 80 % of the calm ones do, for good:</p>
${table(['Signal', number('Events that have it'), number('Apart since')], rows)}`;
}

function classes({ labels, dataset }: Exploration): Html {
  if (labels) {
    const rows = labels.windows
      .slice(0, 20)
      .map(({ module, fromMs, toMs, rows: n }) => [
        name(module),
        utc(fromMs),
        utc(toMs),
        duration(toMs - fromMs),
        withThousands(n),
      ]);
    return html`<p>${labels.column}: ${plural(labels.hazardRows, 'row')} of ${plural(labels.rows, 'row')} (${percent(labels.hazardRows / labels.rows)}) in ${plural(labels.hazardModules, 'module')}${labels.unlabelledRows > 0 ? `; ${plural(labels.unlabelledRows, 'row')} without a label` : ''}.</p>
${scrolling(html`${table(['Module', 'Labelled from (UTC)', 'to', 'Length', number('Rows')], rows)}${labels.windowCount > 20 ? html`<p class="more">… and ${withThousands(labels.windowCount - 20)} more.</p>` : null}`)}`;
  }
  const { balance, plantedFaults, hazardRows, rows: all } = dataset!;
  const rows = balance.map((share, i) => [
    balance[i - 1]?.of === share.of ? '' : share.of,
    share.value,
    withThousands(share.runs),
    withThousands(share.rows),
    percent(share.rows / all),
    withThousands(share.hazardRows),
    share.rows === 0 ? '–' : percent(share.hazardRows / share.rows),
  ]);
  const heads = ['Runs', 'Rows', 'of all', 'Hazardous', 'of its rows'].map(number);
  return html`<p>${plural(hazardRows, 'row')} of ${plural(all, 'row')} are hazardous (${percent(hazardRows / all)}).</p>
${scrolling(table(['By', '', ...heads], rows, 120))}
${plantedFaults.length === 0 ? null : html`<p class="muted">Sensor faults of the simulation are listed under Sensor faults.</p>`}`;
}

async function sampling({ sampling: found }: Exploration): Promise<Html> {
  const { usualIntervalMs, commonest, gaps, gapShare, longestGaps, regularShare } = found;
  if (usualIntervalMs === null) return html`<p>No module has two frames.</p>`;
  const list = commonest
    .map(({ intervalMs, share }) => `${duration(intervalMs)} (${percent(share)})`)
    .join(', ');
  const rows = longestGaps.map(({ module, fromMs, toMs }) => [
    name(module),
    utc(fromMs),
    utc(toMs),
    duration(toMs - fromMs),
  ]);
  return html`<p>Median interval ${duration(usualIntervalMs)}; ${percent(regularShare)} of the intervals are within 10 % of it. Commonest: ${list}.</p>
${found.bars.length < 2 ? null : html`<figure>${await drawIntervals(found)}<figcaption>Time between frames of a module; both axes logarithmic.</figcaption></figure>`}
${gaps === 0 ? html`<p>No gap: no interval above three usual ones.</p>` : html`<p>${plural(gaps, 'interval')} above three usual ones: ${percent(gapShare)} of the time. The longest:</p>${scrolling(table(['Module', 'From (UTC)', 'To', 'Length'], rows))}`}`;
}

function faultTable({ sensorFaults, dataset }: Exploration): Html {
  const seen =
    sensorFaults.length === 0
      ? html`<p>The detector finds none.</p>`
      : table(
          ['Channel', 'Kind', 'In words', number('Modules'), number('Times'), 'First in', 'at (UTC)'],
          sensorFaults.map((fault) => [
            fault.channel,
            fault.kind,
            fault.text,
            withThousands(fault.modules),
            withThousands(fault.times),
            name(fault.firstModule),
            utc(fault.firstMs),
          ]),
          60,
        );
  const planted = dataset?.plantedFaults ?? [];
  if (planted.length === 0) return seen;
  return html`<h3>Found by the detector</h3>${seen}
<h3>Planted by the simulation</h3>
<p>Single outliers and gaps of a gateway are no fault of a sensor to the detector: it leaves them out of its features.</p>${table(
    ['Channel', 'Kind', number('Times'), number('Found by the detector')],
    planted.map(({ channel, kind, times, found }) => [
      channel,
      kind,
      withThousands(times),
      `${withThousands(found)} (${percent(found / times)})`,
    ]),
    60,
  )}`;
}

function moduleTable({ moduleRows, modules, frames, dataset }: Exploration): Html {
  const rows = [...moduleRows]
    // Runs stand in their order.
    .sort((a, b) => (a.run === b.run ? naturalOrder(a.module, b.module) : 0))
    .map(({ run, module, rack, frames: n, firstMs, lastMs, frozen }) => [
      ...(dataset ? [run ?? '–'] : []),
      name(module),
      rack ?? '–',
      withThousands(n),
      utc(firstMs),
      utc(lastMs),
      n === 0 ? '–' : percent(frozen / n),
    ]);
  const header = [
    'Module',
    'Rack',
    number('Frames'),
    'First (UTC)',
    'Last (UTC)',
    number('Repeat the frame before'),
  ];
  return html`<p>${plural(modules, 'module')}, ${plural(frames, 'frame')}.</p>
${table([...(dataset ? ['Run'] : []), ...header], rows, 100)}`;
}
