/** The card of a dataset: what a stranger needs to know before using it. */
import { CHANNELS } from '@emberwatch/engine/telemetry';
import type { LABEL_COLUMNS, Manifest, RunRecord } from './manifest.ts';
import {
  bytesOf,
  count,
  exposureText,
  hazardRowsBeforeOnset,
  megabytes,
  type SummaryTable,
  summaryTables,
} from './summary.ts';

const ABOUT_LABELS: Readonly<Record<keyof typeof LABEL_COLUMNS, string>> = {
  hazard_label: '1 in the hazard window before the point of no return (PNR) by threshold, else 0',
  hazard_label_intervention: 'the same before the PNR by intervention',
  time_to_pnr_s: 'seconds until the PNR by threshold, negative after it; missing where the module has none',
  time_to_pnr_intervention_s: 'the same of the PNR by intervention; missing also where it was not searched',
  fault_active: '1 from the onset of the first hazardous fault of the module on',
  fault_kind: 'kind of that fault; missing where there is none',
  severity: 'the worst that happens to the module in the whole run: none … propagation',
};

/** Markdown. Depends on the manifest only. */
export function cardOf(manifest: Manifest): string {
  const { name, madeBy, seed, shard, runs, failed, rows } = manifest;
  const { description, licence, plan } = planText(manifest);
  return [
    `# Dataset ${name}${shard === null ? '' : `, part ${shard}`}`,
    description,
    `Simulated battery modules as their sensors would have reported them, with labels from the physics behind them. ` +
      `${count(runs.length)} runs, ${count(rows)} rows, ${exposureText(runs)}, ${megabytes(bytesOf(runs))} MB. ` +
      `Made by ${madeBy} from the plan below with seed ${seed}: the same plan, seed and version give the same bytes.`,
    ...failedText(manifest),
    '## What is in it',
    ...summaryTables(manifest).map(markdownOf),
    '## How it was made',
    'Each run is drawn from a recipe of the plan, simulated by a cell-resolved physical model (published decomposition ' +
      'kinetics; nothing is scripted to run away), measured by simulated sensors, and labelled afterwards from what ' +
      'happened. Outcome, family and split are told from the run. Failed runs are counted, not dropped.',
    '## Labels',
    labelText(runs),
    ...beforeOnsetText(runs),
    markdownOf({
      title: '',
      header: ['column', 'meaning'],
      rows: Object.entries(ABOUT_LABELS).map(([column, about]) => [`\`${column}\``, about]),
    }),
    'Labels are looked up by when a row was really measured, not by its stamp. They are for training and for judging: a ' +
      'detector must not see them.',
    '## Splits',
    'Whole runs belong to a split, never rows. `held-out-…` runs have a kind of fault, a chemistry or a site that no ' +
      'training run has. Do not train on them, do not choose thresholds on them.',
    '## Columns',
    `\`time\` (UTC, as stamped by the site's clock), \`module_id\`, \`rack_id\`, the channels ${CHANNELS.map(({ id }) => `\`${id}\``).join(', ')}, ` +
      'the lists `cell_voltages_v` and `cell_temperatures_degc`, then the labels. Every file has all columns; what a site ' +
      'does not measure is missing throughout. `run` and `site` are in the names of the folders. Current is positive while charging.',
    ...limits(runs),
    '## Loading',
    loadingText,
    '## Licence',
    licence,
    '## Hashes',
    `Data: \`${manifest.sha256}\` (SHA-256 over the hashes of all files, in \`manifest.json\`); plan: \`${manifest.planSha256}\`.`,
    '## Plan',
    `\`\`\`json\n${plan}\n\`\`\``,
    ...(failed.length === 0 ? [] : [failedList(manifest)]),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function planText({ plan }: Manifest): { description: string; licence: string; plan: string } {
  const { description = '', licence = 'Apache-2.0, as the program that made it' } = plan as {
    description?: string;
    licence?: string;
  };
  return { description, licence, plan: JSON.stringify(plan, null, 1) };
}

const failedText = ({ failed, runs }: Manifest): string[] =>
  failed.length === 0
    ? []
    : [
        `**${count(failed.length)} of ${count(runs.length + failed.length)} runs could not be made**; see the end.`,
      ];

const failedList = ({ failed }: Manifest): string =>
  `## Runs that could not be made\n\n${markdownOf({
    title: '',
    header: ['run', 'recipe', 'reason'],
    rows: failed.map(({ run, recipe, reason }) => [run, recipe, reason]),
  })}`;

function labelText(runs: readonly RunRecord[]): string {
  const isSearched = runs.some(({ modules }) =>
    modules.some(({ pnrInterventionS }) => pnrInterventionS !== null),
  );
  return [
    'The point of no return (PNR) **by threshold** is the first moment at which a cell of the module is hotter than a limit, or ' +
      'heats faster than a limit while hot. The PNR **by intervention** is the last moment at which ending all faults with full ' +
      `cooling still averts the runaway${isSearched ? '' : ' (it was not searched in this dataset)'}. The hazard window ends a ` +
      'guard time before the PNR. A fault that never reaches the PNR has no labelled row: it is an honest negative.',
    ...limitLines(runs),
  ].join('\n');
}

function beforeOnsetText(runs: readonly RunRecord[]): string[] {
  const rows = hazardRowsBeforeOnset(runs);
  if (rows === 0) return [];
  const all = runs.reduce((sum, { hazardRows }) => sum + hazardRows, 0);
  return [
    `**About ${count(rows)} of the ${count(all)} rows with \`hazard_label = 1\` lie before the fault begins** ` +
      `(${((100 * rows) / all).toFixed(0)} %): the window is as long for a fault of minutes as for one of days. Nothing can ` +
      'show in them. Leave out rows with `hazard_label = 1 AND fault_active = 0 AND fault_kind IS NOT NULL` before training ' +
      'on this label.',
  ];
}

/** The limits of each site, as its runs have them. */
function limitLines(runs: readonly RunRecord[]): string[] {
  const lines = runs.flatMap(({ site, pnr, label }) =>
    pnr && label
      ? `- ${site}: ${pnr.temperatureDegC} °C, or ${pnr.rateKPerS} K/s above ${pnr.rateAboveDegC} °C; window ${label.windowS} s, guard ${label.guardS} s`
      : [],
  );
  return lines.length === 0 ? [] : ['', ...[...new Set(lines)].sort()];
}

function limits(runs: readonly RunRecord[]): string[] {
  const cells = [...new Set(runs.map(({ cell }) => cell))].sort().join(', ');
  return [
    '## Known limits',
    [
      '- It is simulated. Judge a model on real recordings before believing it.',
      `- Cells: ${cells}. Other makes differ in onset, heat and gas.`,
      '- Shares of outcomes and families are chosen for training. They say nothing of how often faults happen.',
      '- A run has at most the faults of its recipe; real sites are messier.',
      '- The BMS acts only where the scenario says so (trip on runaway).',
    ].join('\n'),
  ];
}

const loadingText = `DuckDB:

\`\`\`sql
SELECT run, site, count(*), max(hazard_label) FROM read_parquet('frames/**/*.parquet', hive_types = {'run': VARCHAR})
GROUP BY ALL ORDER BY run;
\`\`\`

pandas, Spark:

\`\`\`python
frames = pandas.read_parquet('frames')              # run and site become columns
frames = spark.read.parquet('frames')
runs = pandas.read_csv('runs.csv')                  # split, outcome, family, …; events.csv has the modules
train = frames[frames.run.astype(int).isin(runs.run[runs.split == 'train'])]
\`\`\``;

function markdownOf({ title, header, rows }: SummaryTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const isNumeric = (column: number): boolean =>
    rows.length > 0 && rows.every((row) => /^[\d.,–]+$/.test(row[column]!));
  const rule = line(header.map((_, column) => (isNumeric(column) ? '---:' : '---')));
  return [...(title === '' ? [] : [`### ${title}`, '']), line(header), rule, ...rows.map(line)].join('\n');
}
