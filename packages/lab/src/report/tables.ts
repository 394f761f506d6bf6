/** What else a reader must know: deviating cells, faulty sensors, refused input, columns. */
import { SENSOR_FAULT_KINDS, type SensorFault } from '@emberwatch/engine/detector';
import { type Html, html, name, table, withThousands } from '../svg/html.ts';
import type { RejectionGroup } from '../watch/rejections.ts';
import type { WatchResult } from '../watch/watch.ts';
import { columnList } from './columns.ts';
import { groupBy } from './grouping.ts';
import { duration, naturalOrder, plural, utc } from './wording.ts';

const side = (mv: number): string => `${Math.abs(mv).toFixed(1)} mV ${mv < 0 ? 'below' : 'above'}`;

export function cellTable({ modules }: WatchResult): Html {
  const rows = modules.flatMap(({ moduleId, mostDeviatingCell: cell }) =>
    cell
      ? [
          [
            name(moduleId),
            html`Cell ${cell.cell} was the lowest in ${(100 * cell.shareLowest).toFixed(1)} % of the judged frames, on average ${side(cell.meanDeviationMv)} the median of all cells and ${side(cell.neighbourDeviationMv)} its neighbours.`,
            cell.cell,
            (100 * cell.shareLowest).toFixed(1),
            cell.meanDeviationMv.toFixed(1),
            cell.neighbourDeviationMv.toFixed(1),
          ],
        ]
      : [],
  );
  if (rows.length === 0) return html`<p>Cells were not measured one by one.</p>`;
  const heads = [
    'Module',
    'In words',
    { head: 'Cell', isNumber: true },
    { head: 'Lowest, % of frames', isNumber: true },
    { head: 'Against all, mV', isNumber: true },
    { head: 'Against neighbours, mV', isNumber: true },
  ];
  return table(heads, rows, 64);
}

export function faultTable({ sensorFaults, sensorFaultCount, lastMs }: WatchResult): Html {
  if (sensorFaults.length === 0) return html`<p>No sensor fault was found.</p>`;
  const groups = groupBy(
    sensorFaults,
    ({ moduleId, channel, kind }: SensorFault) => `${moduleId}\n${channel}\n${kind}`,
  );
  const rows = [...groups]
    .sort(([a], [b]) => naturalOrder(a, b))
    .map(([, faults]) => {
      const { moduleId, channel, kind, text } = faults[0]!;
      const isLasting = faults.some(({ toMs }) => toMs === null);
      const first = faults.reduce((min, { fromMs }) => Math.min(min, fromMs), Number.POSITIVE_INFINITY);
      const last = faults.reduce((max, { toMs }) => Math.max(max, toMs ?? lastMs), first);
      const until = html`${utc(last)}${isLasting ? ' (lasting)' : ''}`;
      const meaning = SENSOR_FAULT_KINDS[kind];
      const detail = text.endsWith(meaning) ? null : html`<br><span class="muted">first: ${text}</span>`;
      const words = html`${meaning}${detail}`;
      return [name(moduleId), channel, kind, words, withThousands(faults.length), utc(first), until];
    });
  const heads = [
    'Module',
    'Channel',
    'Kind',
    'The sensor …',
    { head: 'Times', isNumber: true },
    'First (UTC)',
    'Last (UTC)',
  ];
  const left = sensorFaultCount - sensorFaults.length;
  return html`<p>A sensor fault is named as such and never raises critical.</p>${table(heads, rows, 150)}
${left > 0 ? html`<p class="more">Only the first ${withThousands(sensorFaults.length)} faults were kept … and ${withThousands(left)} more.</p>` : null}`;
}

type RejectedInput = Pick<WatchResult, 'rejections' | 'rejected' | 'rejectedRows' | 'setBacks'>;

export function rejectionTable({ rejections, rejected, rejectedRows, setBacks }: RejectedInput): Html {
  if (rejected === 0) return html`<p>Every row and every value of the file was accepted.</p>`;
  const byReason = groupBy(rejections, ({ reason, scope }) => `${scope} ${reason}`);
  const rows = [...byReason.values()]
    .map((groups) => ({ groups, count: groups.reduce((sum, { count }) => sum + count, 0) }))
    .sort((a, b) => b.count - a.count)
    .map(({ groups, count }) => rejectionRow(groups, count));
  const heads = [
    'Reason',
    'What was refused',
    'Columns',
    { head: 'Times', isNumber: true },
    { head: 'First line', isNumber: true },
    'First value',
  ];
  return html`<p>${plural(rejected, 'rejection')}: ${plural(rejectedRows, 'whole row')} rejected, ${plural(rejected - rejectedRows, 'value')} taken as missing (the rest of their rows was evaluated).</p>
${table(heads, rows)}${setBackList(setBacks)}`;
}

const MAX_SET_BACKS_LISTED = 20;

function setBackList(setBacks: WatchResult['setBacks']): Html | null {
  if (setBacks.length === 0) return null;
  const left = setBacks.length - MAX_SET_BACKS_LISTED;
  const items = setBacks
    .slice(0, MAX_SET_BACKS_LISTED)
    .map(
      ({ moduleId, fromMs, toMs, rows, line, entry }) =>
        html`<li>${moduleId}: ${duration(toMs - fromMs)} of rows (${withThousands(rows)}) refused because the clock went back at ${entry === undefined ? '' : `${entry}, `}line ${withThousands(line)}</li>`,
    );
  return html`<p>Modules were blind while their clocks had gone back:</p><ul>${items}</ul>${
    left > 0 ? html`<p class="more">… and ${plural(left, 'time')} more.</p>` : null
  }`;
}

function rejectionRow(groups: readonly RejectionGroup[], count: number): (string | number | Html)[] {
  const { meaning, scope } = groups[0]!;
  const columns = groups.flatMap(({ column }) => (column === null ? [] : [column]));
  const examples = groups.flatMap((group) => group.examples);
  const [first] = examples.sort((a, b) => a.line - b.line);
  const value = first?.value ?? '';
  return [
    meaning,
    scope === 'row' ? 'the row' : 'the value',
    columns.length > 0 ? columnList(columns) : '–',
    withThousands(count),
    first ? `${first.entry === undefined ? '' : `${first.entry}: `}${withThousands(first.line)}` : '–',
    value === ''
      ? '–'
      : html`<code>${value}</code>${groups.length > 1 && first?.column ? ` in ${first.column}` : ''}`,
  ];
}

export function columnTable({ coverage }: WatchResult): Html {
  const { unusedFields, absentColumns } = coverage;
  const list = (names: readonly string[], none: string): string =>
    names.length === 0 ? none : columnList(names, 40);
  return html`<dl><dt>Columns of the file that the mapping does not use</dt><dd>${list(unusedFields, 'none')}</dd>
<dt>Optional columns of the mapping that the file lacks</dt><dd>${list(absentColumns, 'none')}</dd></dl>`;
}
