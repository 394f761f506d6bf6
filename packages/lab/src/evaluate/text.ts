/** An evaluation as tables in Markdown: for the terminal, the model card and docs/results.md. */
import { ALARM_LEVELS } from '@emberwatch/engine/detector';
import type { PartStats } from './breakdown.ts';
import { BUDGETS, type Rate } from './budget.ts';
import type { Evaluation } from './evaluate.ts';
import type { LeadStats } from './lead.ts';
import type { FalseAlarmRow, ScoreStats } from './score-stats.ts';
import type { Interval } from './statistics.ts';

export interface TextTable {
  readonly title: string;
  /** What its columns mean where the names do not say it. */
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const none = '–';
const percent = (share: number): string => (Number.isNaN(share) ? none : `${(100 * share).toFixed(0)} %`);
export const three = (value: number): string => (Number.isNaN(value) ? none : value.toFixed(3));
const interval = (of: Interval | null): string => (of ? ` (${percent(of.low)} to ${percent(of.high)})` : '');

/** 45 s, 3.2 min, 1.4 h. */
function span(timeS: number): string {
  if (Number.isNaN(timeS)) return none;
  if (timeS < 60) return `${timeS.toFixed(0)} s`;
  if (timeS < 7200) return `${(timeS / 60).toFixed(1)} min`;
  return `${(timeS / 3600).toFixed(1)} h`;
}

/** `3 (≤ 12)`: alarms seen, and the upper limit per module-year. */
const rate = ({ count, upperPerModuleYear, moduleYears }: Rate): string =>
  moduleYears === 0 ? none : `${count} (≤ ${significant(upperPerModuleYear)})`;

export function significant(value: number): string {
  if (Number.isNaN(value)) return none;
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value === 0 ? '0' : String(Number(value.toPrecision(2)));
}

const caught = ({ caught, events }: LeadStats): string => (events === 0 ? none : `${caught} of ${events}`);
const leads = (lead: LeadStats): string[] => [
  ...[lead.minS, lead.p10S, lead.medianS, lead.p90S].map(span),
  ...[lead.share60S, lead.share5Min, lead.share15Min].map(percent),
];
const LEAD_HEAD = ['min', '10 %', 'median', '90 %', '≥ 60 s', '≥ 5 min', '≥ 15 min'];

export function tablesOf(evaluation: Evaluation): TextTable[] {
  return [
    policyTable(evaluation),
    ...BUDGETS.map(({ text }, b) => budgetTable(evaluation, b, text)),
    rankingTable(evaluation),
    falseAlarmTable('False alarms by what could have fooled it', evaluation.falseAlarmsByKind),
    falseAlarmTable('False alarms of the policy by regime', evaluation.falseAlarmsByRegime),
    falseAlarmTable('False alarms of the policy by the rule that gave them', evaluation.falseAlarmsByRule),
    ...evaluation.breakdowns.map(({ by, parts }) => partTable(`By ${by}`, parts)),
    ...(evaluation.robustness.length > 0
      ? [
          partTable(
            'Frames changed before they are judged; nothing trained or set anew',
            evaluation.robustness,
          ),
        ]
      : []),
  ];
}

const policyTable = ({ policy }: Evaluation): TextTable => ({
  title: 'The alarm policy as it runs',
  note: 'Lead time to the point of no return, a missed event counts as 0. False alarms: seen, and upper limit (95 %) per module-year. Harmless: faults that never got there and were given the level all the same.',
  head: [
    'level',
    'caught',
    'recall (95 %)',
    ...LEAD_HEAD,
    'to intervention: caught',
    'median',
    'false alarms',
    'harmless',
  ],
  rows: policy.map(
    ({ level, lead, leadIntervention, recallInterval, falseAlarms, harmless, harmlessAlarmed }) => [
      `${level} or above`,
      caught(lead),
      `${percent(lead.recall)}${interval(recallInterval)}`,
      ...leads(lead),
      caught(leadIntervention),
      span(leadIntervention.medianS),
      rate(falseAlarms),
      `${harmlessAlarmed} of ${harmless}`,
    ],
  ),
});

const threshold = ({ threshold }: ScoreStats['atBudgets'][number], unit: string): string =>
  Number.isNaN(threshold) ? 'none is quiet enough' : `${significant2(threshold)} ${unit}`.trim();
const significant2 = (value: number): string => String(Number(value.toPrecision(3)));

function budgetTable({ scores }: Evaluation, b: number, text: string): TextTable {
  const first = scores[0]?.atBudgets[b];
  const support =
    first && !first.isSupported
      ? ` The calm validation runs (${significant(first.seen.moduleYears)} module-years) are too short to show this budget: each threshold is the lowest without an alarm in them, which shows at most ${significant(3 / first.seen.moduleYears)} per module-year.`
      : '';
  return {
    title: `Every score at the same budget: ${text}`,
    note: `All held alike (3 of 5 looks), thresholds set on validation runs.${support} B8 has no threshold to set.`,
    head: ['score', 'threshold', 'caught', 'recall (95 %)', ...LEAD_HEAD, 'false alarms'],
    rows: scores.map(({ label, unit, atBudgets }) => {
      const at = atBudgets[b]!;
      return [
        label,
        threshold(at, unit),
        caught(at.lead),
        `${percent(at.lead.recall)}${interval(at.recallInterval)}`,
        ...leads(at.lead),
        rate(at.falseAlarms),
      ];
    }),
  };
}

const rankingTable = ({ scores }: Evaluation): TextTable => ({
  title: 'Ranking, without any threshold',
  note: 'Units are modules of runs. AUPRC in the field: precision where 4e-6 modules a year run away, false alarms at their upper limit. Runs away or not: among modules with a fault. Place: share of events whose module ranks first, or among the first three, of its site at the point of no return.',
  head: [
    'score',
    'AUROC (95 %)',
    'AUPRC',
    'AUPRC in the field',
    'runs away or not: AUROC',
    'recall at specificity 0.9',
    'first',
    'first three',
  ],
  rows: scores.map((score) => [
    score.label,
    `${three(score.auroc)}${score.aurocInterval ? ` (${three(score.aurocInterval.low)} to ${three(score.aurocInterval.high)})` : ''}`,
    three(score.auprc),
    Number.isNaN(score.fieldAuprcLower) ? none : score.fieldAuprcLower.toExponential(1),
    three(score.runawayAuroc),
    percent(score.runawayRecallAtSpecificity90),
    percent(score.top1),
    percent(score.top3),
  ]),
});

const falseAlarmTable = (title: string, rows: readonly FalseAlarmRow[]): TextTable => {
  const hasModel = rows.some(({ model }) => model !== null && model.length > 0);
  return {
    title,
    note: 'Alarms seen, and upper limit (95 %) per module-year.',
    head: [
      'kind',
      'modules',
      'module-years',
      ...ALARM_LEVELS,
      ...(hasModel ? BUDGETS.map(({ id }) => `model at ${id}`) : []),
    ],
    rows: rows.map(({ name, modules, levels, model }) => [
      name,
      modules === null ? none : String(modules),
      significant(levels[0]!.moduleYears),
      ...levels.map(rate),
      ...(hasModel ? (model ?? []).map(rate) : []),
    ]),
  };
};

export const partTable = (title: string, parts: readonly PartStats[]): TextTable => {
  const hasModel = parts.some(({ model }) => model.length > 0);
  return {
    title,
    note: 'Recall and median lead (missed: 0). Harmless critical: share of faults without runaway that were called critical.',
    head: [
      'part',
      'runs',
      'events',
      'harmless',
      ...ALARM_LEVELS,
      'harmless critical',
      ...ALARM_LEVELS.map((level) => `false ${level}`),
      ...(hasModel ? [...BUDGETS.map(({ id }) => `model at ${id}`), 'runs away or not: AUROC'] : []),
    ],
    rows: parts.map((part) => [
      part.name,
      String(part.runs),
      String(part.events),
      String(part.harmless),
      ...part.policy.map(({ recall, medianS }) => recallAndLead(recall, medianS)),
      percent(part.harmlessCritical),
      ...part.falseAlarms.map(rate),
      ...(hasModel
        ? [
            ...part.model.map(({ recall, medianS }) => recallAndLead(recall, medianS)),
            three(part.runawayAuroc),
          ]
        : []),
    ]),
  };
};

const recallAndLead = (recall: number, medianS: number): string =>
  Number.isNaN(recall) ? none : `${percent(recall)}, ${span(medianS)}`;

/** One sentence on what was judged, and how much it can show. */
export function headline(evaluation: Evaluation): string {
  const { model, runs, frames, events, harmless, moduleYears, calibration, splits, data } = evaluation;
  return `${model === null ? 'The rules alone' : `Model ${model} and the rules`} on ${data.names.join(', ')} (${splits.join(', ')}): ${runs} runs, ${frames.toLocaleString('en-US')} frames, ${events} modules that reached the point of no return, ${harmless} with a fault that did not, ${significant(moduleYears)} module-years in which nothing was wrong. Without any alarm these years show at most ${significant(3 / moduleYears)} alarms per module-year. Thresholds from ${calibration.runs} validation runs (${significant(calibration.moduleYears)} module-years).`;
}

export function markdownOf({ title, note, head, rows }: TextTable): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [
    `### ${title}`,
    '',
    note,
    '',
    line(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
    '',
  ].join('\n');
}

export const evaluationText = (evaluation: Evaluation): string =>
  [headline(evaluation), '', ...tablesOf(evaluation).map(markdownOf)].join('\n');
