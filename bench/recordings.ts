/**
 * `npm run recordings`: every recording of the data folder judged as `emberwatch watch` judges it, as a table
 * for the README. All but the column of speed is the same on every machine.
 */
import { join } from 'node:path';
import { MS_PER_DAY, MS_PER_H } from '@emberwatch/engine/units';
import { type WatchResult, watchRecording } from '@emberwatch/lab';
import { loadMapping } from '@emberwatch/lab/mapping';
import { dataFolder, mappingPath, NO_DATA } from './inputs.ts';
import { shown, tableText } from './table.ts';

interface Recording {
  readonly name: string;
  readonly file: string;
  /** Null: the built-in schema that fits. */
  readonly mapping: string | null;
  readonly source: string;
}

const NASA = 'NASA PCoE, Saha & Goebel 2007, public domain';
const NIE = 'Nie et al., Energy 323 (2025) 135754, MIT';

const RECORDINGS: readonly Recording[] = [
  {
    name: 'vehicle pack 1, 96 cells, 1 s',
    file: 'field/ev-pack-1.zip',
    mapping: 'ev-pack-1.yaml',
    source: NIE,
  },
  {
    name: 'vehicle pack 2, 88 of 89 cells, 30 s',
    file: 'field/ev-pack-2.zip',
    mapping: 'ev-pack-2.yaml',
    source: NIE,
  },
  {
    name: 'B0005, discharges of an 18650 cell',
    file: 'normal/nasa-b0005-discharge.csv.gz',
    mapping: 'nasa-pcoe-discharge.yaml',
    source: NASA,
  },
  {
    name: 'B0018, discharges of an 18650 cell',
    file: 'normal/nasa-b0018-discharge.csv.gz',
    mapping: 'nasa-pcoe-discharge.yaml',
    source: NASA,
  },
  {
    name: 'Samsung 30Q, 81 cycles at 1C, 1 s',
    file: 'normal/arts-30q-ds2-cell1-subset.csv.gz',
    mapping: 'arts-30q.yaml',
    source: 'ARTS Laboratory, University of South Carolina, CC BY-SA 4.0',
  },
  {
    name: 'seed, 64 generated modules, one faulty, 10 s',
    file: 'seed/dummy_fault_RackA2_Module01_200rows.csv.gz',
    mapping: null,
    source: 'generated',
  },
];

const HEADER = [
  'recording',
  'module-hours judged',
  'frames',
  'frames/s',
  'advisory',
  'warning',
  'critical',
  'rows rejected',
  'values rejected',
  'sensor faults',
  'most deviating cell',
];

const perDay = (count: number, moduleHours: number): string =>
  count === 0 ? '0' : `${count} (${((count * MS_PER_DAY) / MS_PER_H / moduleHours).toFixed(2)} a day)`;

/** The cell that was the lowest most often, of the module where it deviates most. */
function deviation({ modules }: WatchResult): string {
  const [cell] = modules
    .flatMap(({ mostDeviatingCell }) => mostDeviatingCell ?? [])
    .sort((a, b) => a.meanDeviationMv - b.meanDeviationMv);
  if (!cell) return '–';
  const share = (100 * cell.shareLowest).toFixed(0);
  return `${cell.cell}: lowest ${share} % of the time, ${cell.meanDeviationMv.toFixed(1)} mV from the median, ${cell.neighbourDeviationMv.toFixed(1)} mV from its neighbours`;
}

async function judged({ name, file, mapping, source }: Recording, folder: string): Promise<string[]> {
  const startMs = performance.now();
  const result = await watchRecording(join(folder, file), {
    mapping: mapping === null ? null : await loadMapping(mappingPath(mapping)),
  });
  const elapsedS = (performance.now() - startMs) / 1000;
  const { frames, moduleHours, episodeCounts, rejected, rejectedRows, sensorFaultCount } = result;
  return [
    `${name} (${source})`,
    moduleHours.toFixed(1),
    shown(frames),
    shown(Math.round(frames / elapsedS)),
    perDay(episodeCounts.advisory, moduleHours),
    perDay(episodeCounts.warning, moduleHours),
    perDay(episodeCounts.critical, moduleHours),
    shown(rejectedRows),
    shown(rejected - rejectedRows),
    shown(sensorFaultCount),
    deviation(result),
  ];
}

const folder = dataFolder();
if (folder === null) {
  process.stderr.write(`${NO_DATA}\n`);
  process.exit(2);
}
const rows: string[][] = [];
for (const recording of RECORDINGS) rows.push(await judged(recording, folder));
process.stdout.write(`${tableText(HEADER, rows, 'markdown')}\n`);
