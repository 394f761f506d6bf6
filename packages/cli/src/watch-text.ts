/** The result of `watch` for a person at a terminal. */
import { styleText } from 'node:util';
import type { AlarmLevel } from '@emberwatch/engine/detector';
import { nearestField } from '@emberwatch/engine/telemetry';
import type { WatchResult } from '@emberwatch/lab';
import { count, duration, plural, shortList, stamp } from './format.ts';

const MAX_EPISODES = 40;
const MAX_FAULTS = 12;
const MAX_CELLS = 8;
const MAX_NOTES = 8;

/** Shape as well as colour: a terminal may have none. */
const MARKS: Record<AlarmLevel, { mark: string; style: Parameters<typeof styleText>[0] }> = {
  advisory: { mark: '△', style: 'yellow' },
  warning: { mark: '▲', style: ['yellow', 'bold'] },
  critical: { mark: '◆', style: ['red', 'bold'] },
};

const styled = (style: Parameters<typeof styleText>[0], text: string): string =>
  process.stdout.isTTY && !process.env['NO_COLOR'] ? styleText(style, text) : text;

const heading = (text: string): string => `\n${styled('bold', text)}`;

export function printResult(result: WatchResult): void {
  const lines = [
    `${result.file}: ${result.mapping.name}, ${plural(result.modules.length, 'module')}, ${stamp(result.firstMs)} to ${stamp(result.lastMs)} UTC`,
    ...episodeLines(result),
    ...cellLines(result),
    ...faultLines(result),
    ...rejectionLines(result),
    ...noteLines(result),
    ...summaryLines(result),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function episodeLines({ episodes, modules }: WatchResult): string[] {
  if (episodes.length === 0) return [];
  const width = Math.max(...modules.map(({ moduleId }) => moduleId.length));
  const lines = episodes.slice(0, MAX_EPISODES).map((episode) => {
    const { mark, style } = MARKS[episode.level];
    const { fromMs, peakMs, toMs } = episode;
    const lasted = toMs === null ? 'still lasting' : `lasting ${duration(toMs - fromMs)}`;
    const level = styled(style, `${mark} ${episode.level.padEnd(8)}`);
    const reasons = episode.reasons.map(({ text }) => text).join('; ');
    return `  ${stamp(fromMs)}  ${episode.moduleId.padEnd(width)}  ${level} at ${clockOrStamp(peakMs, fromMs)}  ${lasted.padEnd(14)}  ${reasons}`;
  });
  if (episodes.length > MAX_EPISODES)
    lines.push(`  … and ${count(episodes.length - MAX_EPISODES)} more (--report or --json shows all)`);
  return [heading('Alarm episodes (start, module, gravest level and when it was reached)'), ...lines];
}

function cellLines({ modules }: WatchResult): string[] {
  const lines = modules.flatMap(({ moduleId, mostDeviatingCell: cell }) => {
    if (!cell) return [];
    const where = cell.meanDeviationMv < 0 ? 'below' : 'above';
    return [
      `  ${moduleId}: cell ${cell.cell} was the lowest in ${Math.round(cell.shareLowest * 100)} % of the frames, on average ` +
        `${Math.abs(cell.meanDeviationMv).toFixed(0)} mV ${where} the median of all cells and ` +
        `${cell.neighbourDeviationMv.toFixed(0)} mV against its ten neighbours`,
    ];
  });
  if (lines.length === 0) return [];
  const more = lines.length > MAX_CELLS ? [`  … and ${count(lines.length - MAX_CELLS)} more modules`] : [];
  return [heading('Most deviating cell'), ...lines.slice(0, MAX_CELLS), ...more];
}

function faultLines({ sensorFaults, sensorFaultCount }: WatchResult): string[] {
  if (sensorFaultCount === 0) return [];
  const groups = new Map<string, { text: string; times: number; firstMs: number }>();
  for (const { moduleId, channel, kind, text, fromMs } of sensorFaults) {
    const key = `${moduleId} ${kind} ${channel}`;
    const group = groups.get(key) ?? { text: `${moduleId}: ${text}`, times: 0, firstMs: fromMs };
    group.times++;
    groups.set(key, group);
  }
  const lines = [...groups.values()]
    .slice(0, MAX_FAULTS)
    .map(
      ({ text, times, firstMs }) =>
        `  ${text} (${times === 1 ? 'once' : `${count(times)} times`}, first ${stamp(firstMs)})`,
    );
  if (groups.size > MAX_FAULTS) lines.push(`  … and ${count(groups.size - MAX_FAULTS)} more kinds`);
  return [heading('Sensor faults'), ...lines];
}

/** One line per reason: columns that fail alike are named together. */
function rejectionLines({ rejections, file }: WatchResult): string[] {
  if (rejections.length === 0) return [];
  const byReason = new Map<string, (typeof rejections)[number][]>();
  for (const group of rejections) byReason.set(group.reason, [...(byReason.get(group.reason) ?? []), group]);
  const lines = [...byReason.values()].map((groups) => {
    const total = groups.reduce((sum, group) => sum + group.count, 0);
    const columns = groups.flatMap(({ column }) => (column === null ? [] : [column])).sort(byNumber);
    const first = groups.flatMap(({ examples }) => examples).reduce((a, b) => (b.line < a.line ? b : a));
    const { reason, meaning, scope } = groups[0]!;
    const where = columns.length > 0 ? ` in ${shortList(columns)}` : '';
    const at = `line ${first.line}${first.column === null ? '' : `, column ${first.column}`}`;
    return `  ${plural(total, scope)} ${reason}: ${meaning}${where}; first: ${file} ${at}${first.value === null ? '' : `, "${first.value}"`}`;
  });
  return [heading('Rejected'), ...lines];
}

/** The time of day, with its date only where that is another. */
const clockOrStamp = (timeMs: number, sinceMs: number): string =>
  stamp(timeMs).slice(0, 10) === stamp(sinceMs).slice(0, 10) ? stamp(timeMs).slice(11) : stamp(timeMs);

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

function noteLines({ coverage, frames, lateFrames, modules, setBacks, spread }: WatchResult): string[] {
  const notes = [
    ...unknownLines(modules, frames),
    ...coldLines(modules),
    ...setBackLines(setBacks),
    ...spreadLines(spread),
  ];
  if (coverage.absentColumns.length > 0)
    notes.push(`  not in the file, so not judged: ${shortList([...coverage.absentColumns], 8)}`);
  if (coverage.unknownFields.length > 0)
    notes.push(`  not known, so ignored: ${shortList(coverage.unknownFields.map(withMeaning), MAX_NOTES)}`);
  const onPurpose = coverage.unusedFields.length - coverage.unknownFields.length;
  if (onPurpose > 0) notes.push(`  left out on purpose: ${plural(onPurpose, 'column')}`);
  if (lateFrames > 0)
    notes.push(
      `  ${count(lateFrames)} of ${count(frames)} frames came after later ones of other modules: siblings are compared less well`,
    );
  return notes.length === 0 ? [] : [heading('Notes'), ...notes];
}

function withMeaning(field: string): string {
  const meant = nearestField(field);
  return meant === null ? field : `${field} (${meant}?)`;
}

/** Modules of whose frames a larger share than this could not be judged are named. */
const MAX_UNKNOWN_SHARE = 0.05;

function unknownLines(modules: WatchResult['modules'], frames: number): string[] {
  const unknown = modules.reduce((sum, { unknownFrames }) => sum + unknownFrames, 0);
  if (frames > 0 && unknown === frames)
    return ['  not one frame could be judged: what was needed was missing'];
  const lines = modules
    .filter((module) => module.unknownFrames > MAX_UNKNOWN_SHARE * module.frames)
    .map(
      (module) =>
        `  ${module.moduleId}: ${count(module.unknownFrames)} of ${plural(module.frames, 'frame')} could not be judged`,
    );
  return cut(lines, 'modules');
}

/** Modules without any temperature, those that are evaluated by the rest because the mapping says so among them. */
function coldLines(modules: WatchResult['modules']): string[] {
  const names = modules.flatMap(({ moduleId, hadTemperature }) => (hadTemperature ? [] : [moduleId]));
  if (names.length === 0) return [];
  return [
    `  no temperature that can be believed, so heat cannot be judged: ${shortList(names, MAX_NOTES)}; ` +
      'map a temperature, or let voltage and gas alone decide with --without-temperature',
  ];
}

const setBackLines = (setBacks: WatchResult['setBacks']): string[] =>
  cut(
    setBacks.map(({ moduleId, line, entry, fromMs, toMs, rows }) => {
      const place = entry === undefined ? `line ${count(line)}` : `${entry} line ${count(line)}`;
      return `  ${moduleId}: ${duration(toMs - fromMs)} of rows (${count(rows)}) refused because the clock went back at ${place}`;
    }),
    'times that a clock went back',
  );

const spreadLines = (spread: WatchResult['spread']): string[] =>
  spread === null
    ? []
    : [
        `  ${plural(spread.rows, 'row')} of ${plural(spread.modules, 'module')} share stamps of whole seconds, up to ${spread.atOnceMax} of one module at one, from line ${count(spread.line)} on: spread evenly until the next stamp. A column that gives their order is named by time.order.`,
      ];

const cut = (lines: readonly string[], what: string): string[] =>
  lines.length <= MAX_NOTES
    ? [...lines]
    : [...lines.slice(0, MAX_NOTES), `  … and ${count(lines.length - MAX_NOTES)} more ${what}`];

function summaryLines(result: WatchResult): string[] {
  const { advisory, warning, critical } = result.episodeCounts;
  const days = result.moduleHours / 24;
  const rate = days > 0 ? ` (${((advisory + warning + critical) / days).toFixed(2)} per module-day)` : '';
  return [
    heading('Summary'),
    `  ${plural(result.frames, 'frame')} judged, ${count(result.rejected)} rejected (${plural(result.rejectedRows, 'row')}), ${result.moduleHours.toFixed(1)} module-hours`,
    `  judged by ${result.model === null ? 'the rules alone' : `the rules and the model ${result.model.name}`}`,
    `  episodes: ${critical} critical, ${warning} warning, ${advisory} advisory${rate}; ${plural(result.sensorFaultCount, 'sensor fault')}`,
    styled('dim', '  Advisory only: trips belong to the BMS and the fire panel.'),
  ];
}
