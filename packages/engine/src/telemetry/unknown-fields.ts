/** Fields that are delivered and that no mapping knows: which they are, and what they were probably meant to be. */
import { CELL_ARRAYS, CHANNELS } from './channels.ts';

export const MAX_FIELD_NAME_CHARS = 60;

export interface UnknownField {
  /** As it stood in the source, cut at 60 characters. */
  readonly field: string;
  /** The name that it resembles; null where it resembles none. */
  readonly didYouMean: string | null;
}

/** Names, each once, in the order in which they came: those beyond `most` are only counted, with repetitions. */
export class UnknownFields {
  /** Occurrences of names that are not kept. */
  more = 0;
  private readonly names = new Set<string>();
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  add(name: string): void {
    const cut = cutName(name);
    if (this.names.has(cut)) return;
    if (this.names.size < this.max) this.names.add(cut);
    else this.more++;
  }

  get size(): number {
    return this.names.size;
  }

  list(): UnknownField[] {
    return [...this.names].map((field) => ({ field, didYouMean: nearestField(field) }));
  }
}

const cutName = (name: string): string =>
  name.length > MAX_FIELD_NAME_CHARS ? `${name.slice(0, MAX_FIELD_NAME_CHARS)}…` : name;

/** `surfaceTemperatureMax is not a known field; did you mean surface_temperature_max_degc?` */
export const unknownFieldText = ({ field, didYouMean }: UnknownField): string =>
  `${field} is not a known field${didYouMean === null ? '' : `; did you mean ${didYouMean}?`}`;

/** Tells whether a name is one of the patterns, in which `*` stands for any characters. */
export function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const open = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('*'));
  return (name) => exact.has(name) || open.some((parts) => hasParts(name, parts));
}

/** The first part begins the name, the last ends it, those between follow one another. */
function hasParts(name: string, parts: readonly string[]): boolean {
  const last = parts.at(-1)!;
  const first = parts[0]!;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length >= at + last.length && name.endsWith(last);
}

/** Abbreviations and other words for what the channels are called. */
const WORDS: Readonly<Record<string, string>> = {
  temp: 'temperature',
  temps: 'temperature',
  temperatures: 'temperature',
  volt: 'voltage',
  volts: 'voltage',
  voltages: 'voltage',
  amps: 'current',
  curr: 'current',
  avg: 'mean',
  average: 'mean',
  maximum: 'max',
  highest: 'max',
  hottest: 'max',
  minimum: 'min',
  lowest: 'min',
  coldest: 'min',
  hydrogen: 'h2',
  timestamp: 'time',
  ts: 'time',
};
/** Units and filler say nothing of what is measured. */
const UNITS = new Set([
  'degc',
  'c',
  'celsius',
  'v',
  'a',
  'percent',
  'pct',
  'ppm',
  'kohm',
  'lpm',
  'of',
  'the',
]);

/** Below this share of common pairs of letters two names do not resemble each other. */
const RESEMBLES = 0.5;

/** Names of the native schema, by what may be meant by them; of those that resemble alike the first. */
const MEANT: readonly (readonly [meant: string, name: string])[] = [
  ['temperature', 'surface_temperature_max_degc'],
  ['temperature max', 'surface_temperature_max_degc'],
  ['temperature min', 'surface_temperature_min_degc'],
  ['temperature mean', 'surface_temperature_mean_degc'],
  ...[...CHANNELS, ...CELL_ARRAYS].map(({ id }) => [id, id] as const),
  ['time', 'time'],
  ['module_id', 'module_id'],
  ['rack_id', 'rack_id'],
];
const PAIRS_MEANT = MEANT.map(([meant]) => pairsOf(meant));

/** The field of the native schema that a name resembles, or null. */
export function nearestField(name: string): string | null {
  const pairs = pairsOf(name);
  let [best, bestShare] = [null as string | null, RESEMBLES];
  for (let i = 0; i < MEANT.length; i++) {
    const share = shareOfCommon(pairs, PAIRS_MEANT[i]!);
    if (share > bestShare) [best, bestShare] = [MEANT[i]![1], share];
  }
  return best;
}

/** Neighbouring letters of each word: a slip changes few of them, the order of the words none. */
function pairsOf(name: string): ReadonlySet<string> {
  const words = name
    .slice(0, MAX_FIELD_NAME_CHARS)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !UNITS.has(word));
  const pairs = new Set<string>();
  for (const word of words) {
    const spelt = ` ${WORDS[word] ?? word} `;
    for (let i = 0; i + 1 < spelt.length; i++) pairs.add(spelt.slice(i, i + 2));
  }
  return pairs;
}

function shareOfCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0;
  let common = 0;
  for (const pair of a) if (b.has(pair)) common++;
  return (2 * common) / (a.size + b.size);
}
