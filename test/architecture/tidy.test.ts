import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allCode, filesUnder, importsOf, ROOT, sources } from './sources.ts';

const MAX_FILE_LINES = 600;
const MAX_FUNCTION_LINES = 70;
const MAX_ROOT_ENTRIES = 18;
const KEBAB_CASE = /^[a-z0-9]+(?:[-.][a-z0-9]+)*\.(?:ts|tsx)$/;
const ROOMLESS = /^(utils?|common|shared|helpers?|core|types|misc)$/;

const inEngine = (path: string): boolean => path.startsWith('packages/engine/src/');

/** Code without comments and strings: a ban is about what runs. */
const bare = (line: string): string =>
  line.replace(/\/\/.*$|^\s*\*.*$|\/\*.*?\*\//g, '').replace(/'[^']*'|"[^"]*"/g, "''");

const BANS: readonly { pattern: RegExp; where: (path: string) => boolean; instead: string }[] = [
  {
    pattern: /\bDate\.now\b|\bnew Date\(|\bperformance\.now\b/,
    where: inEngine,
    instead: 'time arrives with the data',
  },
  { pattern: /\bMath\.random\b/, where: () => true, instead: 'createRandom(seed, stream) of random.ts' },
  {
    pattern: /\bprocess\b|\bwindow\b\.|\bdocument\b\./,
    where: inEngine,
    instead: 'nothing: the engine runs anywhere',
  },
  {
    pattern: /273\.15/,
    where: (path) => path !== 'packages/engine/src/units.ts',
    instead: 'kelvinOfDegC of units.ts',
  },
  {
    pattern: /\bconsole\.\w+\(/,
    where: (path) => /packages\/(engine|lab|service)\/src/.test(path),
    instead: 'return it, or log through pino',
  },
  { pattern: /@ts-(ignore|nocheck)/, where: () => true, instead: 'a type that is right' },
];

/** Words that mean nothing to an engineer of the field, or two things here: the glossary of ARCHITECTURE has the others. */
const PRIVATE_WORDS = new Set(
  (
    'told tell tells untold heed heeds desk desks lane lanes crew crews shelf shelves tally tallies ledger ledgers ' +
    'door doors standing refuse refused refuses refusal refusals judge judges judged judging unjudged judgement ' +
    'figure figures graver gravest roster'
  ).split(' '),
);
/** Names that are delivered, set, exported or stored keep the words that they had; and an element of HTML. */
const KEPT_NAMES = new Set(
  (
    'door refused refusals refused_values judge judgedH judgedSha256 unjudged unjudgedSinceMs told_capacity_ah ' +
    'told_cells_in_series told_chemistry figure'
  ).split(' '),
);
const wordsOf = (name: string): string[] =>
  (/[a-z]/.test(name) ? name.split(/(?=[A-Z])|_/) : name.split('_')).map((word) => word.toLowerCase());
const isPrivate = (name: string): boolean =>
  !KEPT_NAMES.has(name) && wordsOf(name).some((word) => PRIVATE_WORDS.has(word));
/** In JSX text stands among the code: there only names of several words are told apart from it. */
const namesIn = (path: string, text: string): { name: string; line: number }[] =>
  text
    .replace(/`[^`]*`/g, (template) => template.replace(/[^\n]/g, ''))
    .split('\n')
    .flatMap((line, i) => (bare(line).match(/[\w$]+/g) ?? []).map((name) => ({ name, line: i + 1 })))
    .filter(({ name }) => !path.endsWith('x') || /[a-z][A-Z]/.test(name));

/** Quantities whose name must end in a unit. A bare C could be Celsius, coulomb or C-rate. */
const QUANTITY =
  /\b(\w*(?:[tT]emperature|[vV]oltage|[cC]urrent|[dD]uration|[tT]imeout))(?:C|c)?\s*:\s*number\b/;
const BARE_C = /\b\w+(?:Temp|Temperature)C\b/;

describe('tidy', () => {
  it(`files have at most ${MAX_FILE_LINES} lines`, () => {
    const long = allCode().filter(({ lines }) => lines.length > MAX_FILE_LINES);
    expect(long.map(({ path, lines }) => `${path}: ${lines.length}`)).toEqual([]);
  });

  it(`functions have at most ${MAX_FUNCTION_LINES} lines`, () => {
    expect(sources().flatMap(({ path, lines }) => longFunctions(path, lines))).toEqual([]);
  });

  it('nothing is called by a name that has found no room', () => {
    const named = filesUnder(ROOT).filter(
      (path) =>
        path.includes('/src/') &&
        path.split('/').some((part) => ROOMLESS.test(basename(part).replace(/\.\w+$/, ''))),
    );
    expect(named).toEqual([]);
  });

  it('files are named in kebab-case', () => {
    const named = allCode().filter(({ path }) => !KEBAB_CASE.test(basename(path)));
    expect(named.map(({ path }) => path)).toEqual([]);
    expect(['cellStack.ts', 'cell_stack.ts', 'CellStack.tsx'].some((name) => KEBAB_CASE.test(name))).toBe(
      false,
    );
  });

  it('names are made of the words of the glossary', () => {
    const privateIn = (path: string, text: string): string[] =>
      namesIn(path, text)
        .filter(({ name }) => isPrivate(name))
        .map(({ name, line }) => `${path}:${line}: ${name}`);
    expect(sources().flatMap(({ path, text }) => privateIn(path, text))).toEqual([]);
    const files = sources().map(({ path }) => basename(path).replace(/\..*$/, '').replaceAll('-', '_'));
    expect(files.filter(isPrivate)).toEqual([]);
    expect(privateIn('x.ts', "\n`told`; const { toldOf } = desk('lane'); // tally")).toEqual([
      'x.ts:2: toldOf',
      'x.ts:2: desk',
    ]);
  });

  it('nothing banned is used', () => {
    const found = allCode().flatMap(({ path, lines }) =>
      path === 'test/architecture/tidy.test.ts'
        ? []
        : lines.flatMap((line, i) =>
            BANS.filter(({ pattern, where }) => where(path) && pattern.test(bare(line))).map(
              ({ instead }) => `${path}:${i + 1}: ${line.trim()} (instead: ${instead})`,
            ),
          ),
    );
    expect(found).toEqual([]);
  });

  it('quantities say their unit, unit last', () => {
    const found = sources().flatMap(({ path, lines }) =>
      lines.flatMap((line, i) =>
        QUANTITY.test(bare(line)) || BARE_C.test(bare(line)) ? [`${path}:${i + 1}: ${line.trim()}`] : [],
      ),
    );
    expect(found).toEqual([]);
  });

  it('every source is reached from somewhere', () => {
    const code = allCode();
    const reached = new Set(code.flatMap(importsOf).map((path) => path.replace(/\.js$/, '.ts')));
    const entries =
      /packages\/(?:engine\/src\/(?:units|chemistry|random)|service\/src\/offline|[a-z]+\/src\/(?:[\w-]+\/)?(?:index|main))\.tsx?$/;
    const orphans = sources().filter(({ path }) => !reached.has(path) && !entries.test(path));
    expect(orphans.map(({ path }) => path)).toEqual([]);
  });

  it(`the root has at most ${MAX_ROOT_ENTRIES} visible entries`, () => {
    const visible = readdirSync(ROOT).filter(
      (name) => !name.startsWith('.') && !['node_modules', 'dist', 'coverage', 'out', 'data'].includes(name),
    );
    expect(visible.length, visible.join(' ')).toBeLessThanOrEqual(MAX_ROOT_ENTRIES);
  });
});

/** Functions and methods by their indentation, as the formatter leaves them. */
function longFunctions(path: string, lines: readonly string[]): string[] {
  const found: string[] = [];
  const opens =
    /^(\s*)(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:(?:private|protected|public|static|override|readonly|get|set|async)\s+)*(?:function\*?\s+)?([\w$]+)\s*(?:<[^>]*>)?\s*(?:\(|=\s*(?:async\s*)?\()/;
  lines.forEach((line, start) => {
    const match = opens.exec(line);
    if (!match || /^\s*(?:if|for|while|switch|return|expect|describe|it|catch)\b/.test(line)) return;
    if (line.trimEnd().endsWith(';') || line.trimEnd().endsWith(',')) return;
    const indent = match[1]!;
    let end = start + 1;
    while (end < lines.length && !(lines[end]!.startsWith(`${indent}}`) || lines[end] === `${indent}};`)) {
      const text = lines[end]!;
      const isOutside = text.trim() !== '' && text.length - text.trimStart().length < indent.length;
      if (isOutside) return;
      end++;
    }
    // A signature that closes with `): T {` is still the head.
    if (lines[end]?.startsWith(`${indent}}`) && end - start + 1 > MAX_FUNCTION_LINES)
      found.push(`${path}:${start + 1} ${match[2]}: ${end - start + 1} lines`);
  });
  return found;
}
