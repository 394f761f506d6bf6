/**
 * A warning in figures: what the usual protocol (rows of one event, split at random) reports on the seed's file, with
 * our learner on our figures, and with the same learner on nothing but the clock and the number of the module.
 */
import { Detector, FEATURE_INDEX, FEATURES } from '@emberwatch/engine/detector';
import { createRandom } from '@emberwatch/engine/random';
import { InputError, SEED_MAPPING } from '@emberwatch/engine/telemetry';
import { boostedTrees, rowsOfTable, type Table } from '../learn/index.ts';
import { openRecording } from '../recording/index.ts';
import { openDuckDb, sqlText } from '../recording/parquet.ts';
import { scoresOfTable } from '../rows/score.ts';
import { auroc } from './statistics.ts';
import type { TextTable } from './text.ts';
import { three } from './text.ts';

const SEED = 42;
const TEST_SHARE = 0.2;
const TREES = { trees: 60, maxLeaves: 15, positiveWeight: 'balanced' } as const;

export interface ProtocolStats {
  readonly looksAt: string;
  readonly testRows: number;
  readonly positives: number;
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly auroc: number;
}

/** Errors: `InputError` where the file is no recording of the seed schema with a label. */
export async function seedProtocol(file: string): Promise<ProtocolStats[]> {
  const hazardous = await hazardousRows(file);
  if (hazardous.size === 0) throw new InputError(`${file}: no row has Hazard_Label 1`);
  const modelled = FEATURES.filter(({ model }) => model).map(({ id }) => FEATURE_INDEX[id]);
  const stats: number[][] = modelled.map(() => []);
  const clock: number[][] = [[], []];
  const target: number[] = [];
  const names = new Map<string, number>();
  const detector = new Detector();
  await openRecording(file, {
    mapping: SEED_MAPPING,
    ordered: true,
    sink: {
      frame: (frame) => {
        detector.observe(frame);
        const { moduleId, timeMs } = frame;
        const features = detector.features(moduleId)!;
        for (const [f, index] of modelled.entries()) stats[f]!.push(features[index]!);
        if (!names.has(moduleId)) names.set(moduleId, names.size);
        clock[0]!.push(timeMs / 1000);
        clock[1]!.push(names.get(moduleId)!);
        target.push(hazardous.has(`${moduleId} ${timeMs}`) ? 1 : 0);
      },
      rejection: () => {},
    },
  });
  const ids = FEATURES.filter(({ model }) => model).map(({ id }) => id as string);
  // Seconds of a day are exact as 32-bit floats only from a near start.
  const startS = clock[0]!.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return [
    byRandomRows('the figures of the detector', tableFrom(ids, stats, target)),
    byRandomRows(
      'only the clock and the number of the module',
      tableFrom(['clockS', 'module'], [clock[0]!.map((timeS) => timeS - startS), clock[1]!], target),
    ),
  ];
}

async function hazardousRows(file: string): Promise<Set<string>> {
  const { connection, close } = await openDuckDb();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT Module_ID, epoch_ms(Timestamp::TIMESTAMP)::DOUBLE FROM read_csv(${sqlText(file)}) WHERE Hazard_Label = 1`,
    );
    return new Set(reader.getRows().map(([moduleId, timeMs]) => `${moduleId} ${Number(timeMs)}`));
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  } finally {
    close();
  }
}

const tableFrom = (
  features: readonly string[],
  columns: readonly (readonly number[])[],
  target: readonly number[],
): Table => ({
  features,
  rows: target.length,
  columns: columns.map((column) => Float32Array.from(column)),
  target: Float32Array.from(target),
  weight: new Float32Array(target.length).fill(1),
  run: new Int32Array(target.length),
});

/** Rows of the same minute of the same event land on both sides: that is what is wrong with it. */
function byRandomRows(looksAt: string, table: Table): ProtocolStats {
  const random = createRandom(SEED, 'rows');
  const [train, test]: [number[], number[]] = [[], []];
  for (let row = 0; row < table.rows; row++) (random.uniform() < TEST_SHARE ? test : train).push(row);
  const { scorer } = boostedTrees.fit(rowsOfTable(table, train), { seed: SEED, parameters: TREES });
  const held = rowsOfTable(table, test);
  const scores = scoresOfTable(scorer, held);
  let [hits, alarms, positives] = [0, 0, 0];
  for (const [i, score] of scores.entries()) {
    if (held.target[i] === 1) positives++;
    if (score < 0) continue;
    alarms++;
    if (held.target[i] === 1) hits++;
  }
  const of = (wanted: number): number[] => [...scores].filter((_, i) => held.target[i] === wanted);
  const [precision, recall] = [hits / alarms, hits / positives];
  return {
    looksAt,
    testRows: held.rows,
    positives,
    f1: (2 * precision * recall) / (precision + recall),
    precision,
    recall,
    auroc: auroc(of(1), of(0)),
  };
}

export const seedProtocolTable = (stats: readonly ProtocolStats[]): TextTable => ({
  title: 'What a random split of rows of one event reports',
  note: 'A warning, not a result: gradient-boosted trees, 80 % of the rows of one file to train, 20 % to test. A model that sees nothing of the battery scores as well, so the figure says nothing of batteries.',
  head: ['looks at', 'test rows', 'hazardous', 'F1', 'precision', 'recall', 'AUROC'],
  rows: stats.map(({ looksAt, testRows, positives, ...rest }) => [
    looksAt,
    String(testRows),
    String(positives),
    three(rest.f1),
    three(rest.precision),
    three(rest.recall),
    three(rest.auroc),
  ]),
});
