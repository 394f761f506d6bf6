/** All pages by chapter; below the one that is read, its headings. */
import type { Token } from 'marked';
import type { ReactNode } from 'react';
import { sectionsOf } from './markdown-text.ts';
import { CHAPTERS, documentHref, type Page } from './pages.ts';

interface ContentsProps {
  readonly current: Page | null;
  readonly tokens: readonly Token[] | null;
  readonly query: string;
  readonly onQuery: (text: string) => void;
}

export function Contents({ current, tokens, query, onQuery }: ContentsProps): ReactNode {
  return (
    <nav className="contents" aria-label="Documents">
      <search>
        <input
          type="search"
          placeholder="Search the documents"
          aria-label="Search the documents"
          value={query}
          onChange={({ target }) => onQuery(target.value)}
        />
      </search>
      {CHAPTERS.map(({ title, pages }) => (
        <section key={title}>
          <h2>{title}</h2>
          <ul>
            {pages.map((page) => (
              <li key={page.id}>
                <a href={documentHref(page.id)} aria-current={page === current ? 'page' : undefined}>
                  {page.title}
                </a>
                {page === current && tokens && <Headings page={page} tokens={tokens} />}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

/** Depth of the headings of a chapter of a page. */
const LISTED_DEPTH = 2;

function Headings({ page, tokens }: { page: Page; tokens: readonly Token[] }): ReactNode {
  const headings = sectionsOf(tokens).filter(({ depth }) => depth === LISTED_DEPTH);
  if (headings.length === 0) return null;
  return (
    <ul className="headings">
      {headings.map(({ slug, title }) => (
        <li key={slug}>
          <a href={documentHref(page.id, slug)}>{title}</a>
        </li>
      ))}
    </ul>
  );
}
