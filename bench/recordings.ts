/**
 * `npm run recordings`: every recording of the data folder judged by the rules alone, as a table for docs/results.md, and how
 * fast. All but the column of speed is the same on every machine. `emberwatch evaluate MODEL --real DIR` does it with a model.
 */
import { abuseTable, evaluateAbuse } from '../packages/lab/src/evaluate/abuse.ts';
import { evaluateReal, type RealStats } from '../packages/lab/src/evaluate/real.ts';
import { markdownOf } from '../packages/lab/src/evaluate/text.ts';
import { dataFolder, NO_DATA } from './inputs.ts';
import { shown, tableText } from './table.ts';

const HEADER = [
  'recording',
  'module-hours judged',
  'frames',
  'frames/s',
  'advisory',
  'warning',
  'critical',
  'rows and values rejected',
  'sensor faults',
  'most deviating cell',
];

const H_PER_DAY = 24;
const perDay = (count: number, moduleHours: number): string =>
  count === 0 ? '0' : `${count} (${((count * H_PER_DAY) / moduleHours).toFixed(2)} a day)`;

function deviation({ cell }: RealStats): string {
  if (!cell) return '–';
  const share = (100 * cell.shareLowest).toFixed(0);
  return `${cell.cell}: lowest ${share} % of the time, ${cell.meanDeviationMv.toFixed(1)} mV from the median, ${cell.neighbourDeviationMv.toFixed(1)} mV from its neighbours`;
}

const folder = dataFolder();
if (folder === null) {
  process.stderr.write(`${NO_DATA}\n`);
  process.exit(2);
}
const stats = await evaluateReal(folder, null);
const rows = stats.map((set) => [
  `${set.name} (${set.source})`,
  set.moduleHours.toFixed(1),
  shown(set.frames),
  shown(Math.round(set.framesPerS)),
  ...set.episodes.map((count) => perDay(count, set.moduleHours)),
  shown(set.rejected),
  shown(set.sensorFaults),
  deviation(set),
]);
process.stdout.write(`${tableText(HEADER, rows, 'markdown')}\n`);
const abuse = await evaluateAbuse(folder, null);
if (abuse) process.stdout.write(`\n${markdownOf(abuseTable(abuse))}\n`);
