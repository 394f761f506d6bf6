/** What is read out of a model card: its tables, and what they say of levels and of weak places. */
import { ALARM_LEVELS, type AlarmLevel } from '@emberwatch/engine/detector';
import type { Token, Tokens } from 'marked';
import { known, lexed, type Section, sectionsOf, textOf } from '../documents/markdown-text.ts';

export interface CardTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Values as the card has them. */
export interface LevelPerformance {
  readonly level: AlarmLevel;
  readonly caught: string;
  readonly recall: string;
  readonly leadMedian: string;
  readonly leadLowest: string;
  readonly fiveMinutes: string;
  readonly falseAlarms: string;
  readonly harmless: string;
}

export interface WeakPlace {
  /** `family`, `chemistry`, `site`, `frames`. */
  readonly kind: string;
  readonly name: string;
  readonly events: number;
  /** What is weak there, in words. */
  readonly remarks: readonly string[];
}

export interface Decider {
  readonly id: string;
  /** Of all that moves the answer, as the card has it. */
  readonly share: string;
  readonly percent: number;
}

export interface CardParts {
  readonly tokens: readonly Token[];
  /** Under `What it cannot see`; empty where the card does not say. */
  readonly blind: readonly Token[];
  readonly intended: readonly Token[];
  readonly performance: readonly LevelPerformance[];
  /** What it was tried on, in a sentence; null where it was not evaluated. */
  readonly tried: string | null;
  readonly weak: readonly WeakPlace[];
  readonly deciders: readonly Decider[];
  /** What stands under the table of deciders. */
  readonly others: string | null;
  readonly pictures: readonly { readonly file: string; readonly label: string }[];
}

const SECTION = {
  blind: 'What it cannot see',
  intended: 'Intended use',
  policy: 'The alarm policy as it runs',
  evaluation: 'Evaluation',
  deciders: 'What it decides by',
} as const;

export function partsOf(markdown: string): CardParts {
  const tokens = lexed(markdown);
  const sections = sectionsOf(tokens);
  const under = (title: string): readonly Token[] =>
    sections.find((section) => section.title === title)?.tokens ?? [];
  const evaluation = under(SECTION.evaluation);
  return {
    tokens,
    blind: under(SECTION.blind),
    intended: under(SECTION.intended),
    performance: performanceOf(tableIn(under(SECTION.policy))),
    tried: lastSentence(evaluation),
    weak: weakPlaces(sections),
    deciders: decidersOf(tableIn(under(SECTION.deciders))),
    others: lastSentence(under(SECTION.deciders)),
    pictures: picturesIn(evaluation),
  };
}

function tableIn(tokens: readonly Token[]): CardTable | null {
  const table = tokens.map(known).find((node) => node.type === 'table');
  if (!table) return null;
  const texts = (cells: readonly Tokens.TableCell[]): string[] =>
    cells.map((cell) => textOf(cell.tokens).trim());
  return { head: texts(table.header), rows: table.rows.map(texts) };
}

/** The cell of a row under a heading, the first of that name. */
function columnOf({ head }: CardTable, name: string): (row: readonly string[]) => string {
  const at = head.indexOf(name);
  return (row) => row[at] ?? '–';
}

function performanceOf(table: CardTable | null): LevelPerformance[] {
  if (!table) return [];
  const [caught, recall, leadMedian, leadLowest, fiveMinutes, falseAlarms, harmless] = [
    'caught',
    'recall (95 %)',
    'median',
    '10 %',
    '≥ 5 min',
    'false alarms',
    'harmless',
  ].map((name) => columnOf(table, name)) as [Cell, Cell, Cell, Cell, Cell, Cell, Cell];
  return table.rows.flatMap((row) => {
    const level = ALARM_LEVELS.find((name) => row[0]?.startsWith(name));
    if (!level) return [];
    return [
      {
        level,
        caught: caught(row),
        recall: recall(row),
        leadMedian: leadMedian(row),
        leadLowest: leadLowest(row),
        fiveMinutes: fiveMinutes(row),
        falseAlarms: falseAlarms(row),
        harmless: harmless(row),
      },
    ];
  });
}

type Cell = (row: readonly string[]) => string;

function lastSentence(tokens: readonly Token[]): string | null {
  const paragraph = tokens.map(known).findLast((node) => node.type === 'paragraph');
  const text = paragraph ? textOf([paragraph]).trim() : '';
  return text === '' ? null : text;
}

function picturesIn(tokens: readonly Token[]): { file: string; label: string }[] {
  return tokens.flatMap((token) => {
    const node = known(token);
    if (node.type !== 'paragraph') return [];
    const image = node.tokens.map(known).find((inner) => inner.type === 'image');
    return image ? [{ file: image.href, label: image.text }] : [];
  });
}

function decidersOf(table: CardTable | null): Decider[] {
  if (!table) return [];
  const share = columnOf(table, 'share');
  return table.rows.map((row) => ({
    id: row[0] ?? '',
    share: share(row),
    percent: Number.parseFloat(share(row)),
  }));
}

const FEWEST_EVENTS = 3;
const WARNED_ENOUGH_PERCENT = 90;
const CRITICAL_ENOUGH_PERCENT = 60;
const HARMLESS_TOO_OFTEN_PERCENT = 50;
/** Frames that were changed are weak where so much less is warned of than in the same frames as they were. */
const LOST_PERCENT = 10;
const SHORT_LEAD = /^\d+ s$/;

const BREAKDOWNS = { 'By family': 'family', 'By chemistry': 'chemistry', 'By site': 'site' } as const;
const CHANGED = 'Frames changed';

const percentOf = (text: string): number => Number.parseFloat(text);
const leadOf = (text: string): string => text.split(', ')[1] ?? '';

function weakPlaces(sections: readonly Section[]): WeakPlace[] {
  return sections.flatMap(({ title, tokens }) => {
    const table = tableIn(tokens);
    if (!table) return [];
    if (title in BREAKDOWNS) return weakRows(table, BREAKDOWNS[title as keyof typeof BREAKDOWNS]);
    return title.startsWith(CHANGED) ? weakChanges(table) : [];
  });
}

function weakRows(table: CardTable, kind: string): WeakPlace[] {
  const [events, warning, critical, harmless] = ['events', 'warning', 'critical', 'harmless critical'].map(
    (name) => columnOf(table, name),
  ) as [Cell, Cell, Cell, Cell];
  return table.rows.flatMap((row) => {
    const count = Number(events(row));
    const remarks: string[] = [];
    if (count >= FEWEST_EVENTS) {
      const lead = leadOf(warning(row));
      if (percentOf(warning(row)) < WARNED_ENOUGH_PERCENT)
        remarks.push(`${percentText(warning(row))} got a warning in time`);
      if (percentOf(critical(row)) < CRITICAL_ENOUGH_PERCENT)
        remarks.push(`${percentText(critical(row))} were called critical in time`);
      if (SHORT_LEAD.test(lead)) remarks.push(`half of the warnings come ${lead} ahead, or less`);
    }
    if (percentOf(harmless(row)) >= HARMLESS_TOO_OFTEN_PERCENT)
      remarks.push(`${percentText(harmless(row))} of those that ended well were called critical`);
    return remarks.length === 0 ? [] : [{ kind, name: nameText(row[0] ?? ''), events: count, remarks }];
  });
}

function weakChanges(table: CardTable): WeakPlace[] {
  const [events, warning] = ['events', 'warning'].map((name) => columnOf(table, name)) as [Cell, Cell];
  const [whole, ...changed] = table.rows;
  if (!whole) return [];
  const usual = percentOf(warning(whole));
  return changed
    .filter((row) => percentOf(warning(row)) <= usual - LOST_PERCENT)
    .map((row) => ({
      kind: 'frames',
      name: row[0] ?? '',
      events: Number(events(row)),
      remarks: [`${percentText(warning(row))} got a warning in time, instead of ${usual} %`],
    }));
}

const percentText = (text: string): string => `${percentOf(text)} %`;

/** `mechanicalShort` as it is read. */
const nameText = (name: string): string =>
  /^[a-z]+[A-Z]/.test(name) ? name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : name;
