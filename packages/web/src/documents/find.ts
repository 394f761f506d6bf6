/** Search over all pages, section by section, in the browser. */
import MiniSearch from 'minisearch';
import { lexed, sectionsOf, textOf } from './markdown-text.ts';
import type { Page } from './pages.ts';

const MAX_FOUND = 30;
const AROUND_CHARS = 150;

export interface Found {
  readonly pageId: string;
  readonly pageTitle: string;
  /** Name of the heading; empty: the page. */
  readonly at: string;
  readonly title: string;
  /** Text around the first word that was found, and the words to mark in it. */
  readonly excerpt: string;
  readonly words: readonly string[];
}

interface Entry {
  readonly id: number;
  readonly page: Page;
  readonly at: string;
  readonly title: string;
  readonly text: string;
}

export class Finder {
  private readonly entries: Entry[] = [];
  private readonly index = new MiniSearch<{ id: number; page: string; title: string; text: string }>({
    fields: ['page', 'title', 'text'],
    searchOptions: { boost: { title: 4, page: 2 }, prefix: true, combineWith: 'AND' },
  });

  add(page: Page, markdown: string): void {
    for (const { slug, title, depth, tokens } of sectionsOf(lexed(markdown))) {
      const id = this.entries.length;
      const text = textOf(tokens).replaceAll(/\s+/g, ' ').trim();
      this.entries.push({ id, page, at: depth > 1 ? slug : '', title: depth > 1 ? title : '', text });
      this.index.add({ id, page: page.title, title, text });
    }
  }

  /** Best first. */
  find(query: string): Found[] {
    return this.index
      .search(query)
      .slice(0, MAX_FOUND)
      .map(({ id, terms }) => {
        const { page, at, title, text } = this.entries[id as number]!;
        const excerpt = excerptOf(text, terms);
        return { pageId: page.id, pageTitle: page.title, at, title, excerpt, words: terms };
      });
  }
}

function excerptOf(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase();
  const places = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
  const first = places.length > 0 ? Math.min(...places) : 0;
  const from = first < AROUND_CHARS / 2 ? 0 : lower.indexOf(' ', first - AROUND_CHARS / 2) + 1;
  const to = text.length <= from + AROUND_CHARS ? text.length : text.lastIndexOf(' ', from + AROUND_CHARS);
  // A word longer than the excerpt is cut.
  const end = to > first ? to : from + AROUND_CHARS;
  return `${from > 0 ? '… ' : ''}${text.slice(from, end)}${end < text.length ? ' …' : ''}`;
}

/** A text cut into what was found and what stands between. */
export function markedParts(text: string, words: readonly string[]): { text: string; isFound: boolean }[] {
  if (words.length === 0) return [{ text, isFound: false }];
  const escaped = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  // The longer of two words that begin alike is marked whole.
  const pattern = new RegExp(`(${escaped.sort((a, b) => b.length - a.length).join('|')})`, 'gi');
  return text
    .split(pattern)
    .map((part, i) => ({ text: part, isFound: i % 2 === 1 }))
    .filter((part) => part.text !== '');
}
