/** The documents of the project, built into the page: nothing is loaded from elsewhere. */
import { hrefOf } from '../ui/route.ts';

const FILES = import.meta.glob<string>(
  [
    '../../../../docs/*.md',
    '../../../../{README,ARCHITECTURE,DECISIONS,CONTRIBUTING,CHANGELOG}.md',
    '../../../../examples/sites/*.yaml',
  ],
  { query: '?raw', import: 'default' },
);

const PICTURES = import.meta.glob<string>('../../../../docs/images/*.{png,webp,svg}', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** Where the files of the repository are, seen from here. */
const ROOT = '../../../../';

export interface Page {
  /** As in the address. */
  readonly id: string;
  readonly title: string;
  /** Where it stands in the repository, such as `docs/alarms.md`. */
  readonly path: string;
}

interface Chapter {
  readonly title: string;
  readonly pages: readonly Page[];
}

/** Shown where no page is named. */
export const FIRST_PAGE = 'integration';

const ORDER: Readonly<Record<string, readonly (readonly [id: string, title: string])[]>> = {
  'Running a site': [
    ['integration', 'A site on Monday'],
    ['alarms', 'Alarms and people'],
    ['service', 'The live service'],
    ['page', 'The page'],
    ['demo', 'The demo, minute by minute'],
    ['reliability', 'What is promised, and shown'],
    ['threats', 'Who can harm what'],
    ['api', 'The API'],
    ['mqtt', 'MQTT and Sparkplug B'],
    ['sunspec', 'SunSpec and Modbus'],
    ['site.yaml', 'Settings, annotated'],
  ],
  'What judges': [
    ['readme', 'Overview'],
    ['results', 'Results'],
    ['features', 'Figures'],
    ['physics', 'Physics'],
    ['evaluation', 'Evaluation'],
    ['models', 'Models'],
    ['training', 'Training'],
    ['learning', 'Learners'],
    ['benchmarks', 'Speed'],
    ['architecture', 'Architecture'],
  ],
  'Data and simulation': [
    ['telemetry', 'Telemetry'],
    ['mapping', 'Mapping files'],
    ['simulator', 'The simulator'],
    ['sensors', 'Sensors'],
    ['datasets', 'Datasets'],
    ['direct', 'The direct generator'],
    ['explore', 'Exploring data'],
    ['cleaning', 'Cleaning'],
  ],
};

const idOf = (path: string): string => path.split('/').at(-1)!.replace(/\.md$/, '').toLowerCase();

/** A page that nobody has put in order yet is still found. */
const titleOf = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1).replaceAll('-', ' ');

function chaptersOf(paths: readonly string[]): Chapter[] {
  const rest = new Map(paths.map((path) => [idOf(path), path]));
  const take = (id: string, title: string): Page[] => {
    const path = rest.get(id);
    rest.delete(id);
    return path === undefined ? [] : [{ id, title, path }];
  };
  const ordered = Object.entries(ORDER).map(([title, entries]) => ({
    title,
    pages: entries.flatMap(([id, name]) => take(id, name)),
  }));
  return [...ordered, { title: 'More', pages: [...rest.keys()].flatMap((id) => take(id, titleOf(id))) }];
}

export const CHAPTERS: readonly Chapter[] = chaptersOf(
  Object.keys(FILES).map((key) => key.slice(ROOT.length)),
);

export const PAGES: readonly Page[] = CHAPTERS.flatMap(({ pages }) => pages);

export const pageOf = (id: string): Page | undefined => PAGES.find((page) => page.id === id);

/** The text of a page, as Markdown. Errors: a failing download. */
export async function pageText({ path }: Page): Promise<string> {
  const text = await FILES[ROOT + path]!();
  return path.endsWith('.yaml') ? `# ${path}\n\n\`\`\`\`yaml\n${text}\n\`\`\`\`\n` : text;
}

/** @param at heading, by its name */
export const documentHref = (id: string, at: string | null = null): string => hrefOf(`docs/${id}`, { at });

/** The card that judges is shown where the model is. */
const CARD = /^models\/[A-Za-z0-9.-]+\.md$/;

/** Where a link of a page leads; null: to a file that is in the repository alone. */
export function linkFrom(page: Page, href: string): string | null {
  const { path, at } = resolved(page, href);
  if (CARD.test(path)) return hrefOf('models/card');
  const target = PAGES.find((candidate) => candidate.path === path);
  return target ? documentHref(target.id, at) : null;
}

/** Address of a picture of a page. */
export function pictureFrom(page: Page, href: string): string | null {
  return PICTURES[ROOT + resolved(page, href).path] ?? null;
}

function resolved({ path }: Page, href: string): { path: string; at: string | null } {
  const url = new URL(href, `http://repository/${path}`);
  const at = decodeURIComponent(url.hash.slice(1)) || null;
  return { path: url.host === 'repository' ? url.pathname.slice(1) : '', at };
}
