/** Whether a document that came from outside is a model: everything is looked at before anything is computed with it. */
import { InputError } from '../../telemetry/index.ts';
import type {
  CalibrationDocument,
  LinearDocument,
  ModelDocument,
  ScorerDocument,
  TreeDocument,
} from './document.ts';

/** Far above what is trained, far below what would hurt. */
export const MODEL_LIMITS = {
  bytes: 32 * 2 ** 20,
  features: 256,
  trees: 2000,
  nodesPerTree: 8191,
  calibrationPoints: 1000,
  textLength: 2000,
  entries: 200,
} as const;

const NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{0,79}$/;
const FEATURE_ID = /^[A-Za-z][A-Za-z0-9_]{0,79}$/;

const reject = (place: string, what: string): never => {
  throw new InputError(`model: ${place} ${what}`);
};

type Fields = Readonly<Record<string, unknown>>;

function object(value: unknown, place: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) reject(place, 'must be an object');
  return value as Fields;
}

function list(value: unknown, place: string, max: number, min = 0): readonly unknown[] {
  if (!Array.isArray(value)) return reject(place, 'must be a list');
  if (value.length > max) reject(place, `has ${value.length} entries; at most ${max} are read`);
  if (value.length < min) reject(place, `has ${value.length} entries; at least ${min} are needed`);
  // JSON has no holes; what is built in memory may.
  for (let i = 0; i < value.length; i++) if (!(i in value)) reject(`${place}[${i}]`, 'is missing');
  return value;
}

function finite(
  value: unknown,
  place: string,
  min = Number.NEGATIVE_INFINITY,
  max = Number.POSITIVE_INFINITY,
): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return reject(place, 'must be a finite number');
  if (value < min || value > max) reject(place, `is ${value}; it must lie between ${min} and ${max}`);
  return value;
}

function whole(value: unknown, place: string, min: number, max: number): number {
  const number = finite(value, place, min, max);
  if (!Number.isInteger(number)) reject(place, `is ${number}; it must be a whole number`);
  return number;
}

function text(value: unknown, place: string): string {
  if (typeof value !== 'string') return reject(place, 'must be a text');
  if (value.length > MODEL_LIMITS.textLength)
    reject(place, `is longer than ${MODEL_LIMITS.textLength} characters`);
  return value;
}

function numbers(value: unknown, place: string, length: number): number[] {
  const entries = list(value, place, Math.max(length, MODEL_LIMITS.nodesPerTree));
  if (entries.length !== length) reject(place, `has ${entries.length} entries instead of ${length}`);
  return entries.map((entry, i) => finite(entry, `${place}[${i}]`));
}

function checkTree(value: unknown, place: string, features: number): void {
  const tree = object(value, place) as unknown as TreeDocument & Fields;
  const nodes = list(tree['feature'], `${place}.feature`, MODEL_LIMITS.nodesPerTree, 1).length;
  for (const name of ['threshold', 'left', 'right', 'missingLeft', 'value', 'cover'] as const)
    numbers(tree[name], `${place}.${name}`, nodes);
  const parents = new Uint8Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const feature = whole(tree.feature[node], `${place}.feature[${node}]`, -1, features - 1);
    finite(tree.cover[node], `${place}.cover[${node}]`, 0);
    if (feature < 0) continue;
    const threshold = tree.threshold[node]!;
    if (Math.fround(threshold) !== threshold)
      reject(`${place}.threshold[${node}]`, `is ${threshold}, which is no 32-bit float`);
    whole(tree.missingLeft[node], `${place}.missingLeft[${node}]`, 0, 1);
    for (const side of ['left', 'right'] as const) {
      // Children come after their parent, each has one: no cycles, nothing shared.
      const child = whole(tree[side][node], `${place}.${side}[${node}]`, node + 1, nodes - 1);
      if (parents[child] === 1)
        reject(`${place}.${side}[${node}]`, `leads to node ${child}, which has a parent already`);
      parents[child] = 1;
    }
  }
  const orphan = parents.findIndex((count, node) => node > 0 && count === 0);
  if (orphan >= 0) reject(`${place}.feature[${orphan}]`, 'is reached from nowhere');
}

function checkTrees(value: unknown, place: string, features: number): void {
  list(value, place, MODEL_LIMITS.trees, 1).forEach((tree, t) => {
    checkTree(tree, `${place}[${t}]`, features);
  });
}

function checkLinear(scorer: Fields, place: string, features: number): void {
  finite(scorer['base'], `${place}.base`);
  for (const name of ['weight', 'centre', 'scale'] as const satisfies readonly (keyof LinearDocument)[])
    numbers(scorer[name], `${place}.${name}`, features);
  (scorer['scale'] as number[]).forEach((scale, i) => {
    if (scale <= 0) reject(`${place}.scale[${i}]`, `is ${scale}; it must be above 0`);
  });
  finite(scorer['limit'], `${place}.limit`, 0);
}

function checkSum(value: unknown, place: string, features: number): void {
  const scorer = object(value, place);
  if (scorer['kind'] !== 'trees')
    reject(`${place}.kind`, `is ${JSON.stringify(scorer['kind'])}; it must be "trees"`);
  if (scorer['combine'] !== 'sum' && scorer['combine'] !== 'mean')
    reject(`${place}.combine`, `is ${JSON.stringify(scorer['combine'])}; it must be "sum" or "mean"`);
  finite(scorer['base'], `${place}.base`);
  checkTrees(scorer['trees'], `${place}.trees`, features);
}

function checkScorer(value: unknown, features: number): void {
  const place = 'scorer';
  const scorer = object(value, place);
  switch (scorer['kind'] as ScorerDocument['kind']) {
    case 'trees':
      checkSum(scorer, place, features);
      break;
    case 'linear':
      checkLinear(scorer, place, features);
      break;
    case 'isolation':
      whole(scorer['sampleSize'], `${place}.sampleSize`, 2, 2 ** 31);
      checkTrees(scorer['trees'], `${place}.trees`, features);
      break;
    default:
      reject(`${place}.kind`, `is ${JSON.stringify(scorer['kind'])}; trees, linear and isolation are known`);
  }
}

function checkCalibration(value: unknown): void {
  const place = 'calibration';
  const { score, probability } = object(value, place) as unknown as CalibrationDocument;
  const points = list(score, `${place}.score`, MODEL_LIMITS.calibrationPoints, 1).length;
  numbers(score, `${place}.score`, points);
  numbers(probability, `${place}.probability`, points);
  for (let i = 0; i < points; i++) {
    finite(probability[i], `${place}.probability[${i}]`, 0, 1);
    if (i > 0 && !(score[i]! > score[i - 1]!)) reject(`${place}.score[${i}]`, 'does not rise');
    if (i > 0 && probability[i]! < probability[i - 1]!) reject(`${place}.probability[${i}]`, 'falls');
  }
}

function checkFeatures(value: unknown): number {
  const features = list(value, 'features', MODEL_LIMITS.features, 1);
  const seen = new Set<string>();
  features.forEach((entry, i) => {
    const { id, unit } = object(entry, `features[${i}]`);
    if (!FEATURE_ID.test(text(id, `features[${i}].id`)))
      reject(`features[${i}].id`, `is ${JSON.stringify(id)}, which is no name of a figure`);
    text(unit, `features[${i}].unit`);
    if (seen.has(id as string)) reject(`features[${i}].id`, `${JSON.stringify(id)} stands there twice`);
    seen.add(id as string);
  });
  return features.length;
}

function checkTimeToPnr(value: unknown, features: number): void {
  if (value === null) return;
  const place = 'timeToPnr';
  const document = object(value, place);
  for (const part of ['low', 'median', 'high'] as const)
    checkSum(document[part], `${place}.${part}`, features);
  numbers(document['quantiles'], `${place}.quantiles`, 2).forEach((q, i) => {
    finite(q, `${place}.quantiles[${i}]`, 0, 1);
  });
}

function checkThresholds(value: unknown): void {
  const thresholds = object(value, 'thresholds');
  let before = 0;
  for (const level of ['advisory', 'warning', 'critical'] as const) {
    const place = `thresholds.${level}`;
    const threshold = object(thresholds[level], place);
    before = finite(threshold['probability'], `${place}.probability`, before, 1);
    text(threshold['budget'], `${place}.budget`);
  }
}

function checkTraining(value: unknown): void {
  const training = object(value, 'training');
  for (const name of ['learner', 'plan', 'planSha256', 'datasetSha256', 'commit'] as const)
    text(training[name], `training.${name}`);
  for (const name of ['seed', 'rows', 'positiveRows', 'runs'] as const)
    finite(training[name], `training.${name}`);
  const parameters = Object.entries(object(training['parameters'], 'training.parameters'));
  list(parameters, 'training.parameters', MODEL_LIMITS.entries);
  for (const [name, parameter] of parameters)
    if (typeof parameter === 'string') text(parameter, `training.parameters.${name}`);
    else if (typeof parameter !== 'boolean') finite(parameter, `training.parameters.${name}`);
}

/** @throws InputError that names the place of the first thing that is wrong */
export function checkModel(value: unknown): asserts value is ModelDocument {
  const model = object(value, 'the document');
  if (!NAME.test(text(model['name'], 'name')))
    reject('name', `is ${JSON.stringify(model['name'])}; letters, digits, dots and hyphens are allowed`);
  const features = checkFeatures(model['features']);
  checkScorer(model['scorer'], features);
  checkCalibration(model['calibration']);
  checkTimeToPnr(model['timeToPnr'], features);
  checkThresholds(model['thresholds']);
  checkTraining(model['training']);
  const metrics = Object.entries(object(model['metrics'], 'metrics'));
  list(metrics, 'metrics', 10 * MODEL_LIMITS.entries);
  for (const [name, metric] of metrics) finite(metric, `metrics.${name}`);
}
