/** Documents: how it works and what to do, readable while the line is cut, and on paper. */
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { hrefOf, replaceHash } from '../ui/route.ts';
import { Contents } from './contents.tsx';
import { FoundList } from './found.tsx';
import { HEADING_ID, Markdown } from './markdown.tsx';
import { lexed } from './markdown-text.ts';
import { documentHref, FIRST_PAGE, linkFrom, type Page, pageOf, pictureFrom } from './pages.ts';
import { useText } from './texts.ts';
import '../style/documents.css';

interface DocumentsProps {
  /** Name of the page, from the address. */
  readonly id: string | null;
  readonly parameters: URLSearchParams;
}

export default function DocumentsPage({ id, parameters }: DocumentsProps): ReactNode {
  const page = pageOf(id ?? FIRST_PAGE);
  const at = parameters.get('at');
  const query = parameters.get('find') ?? '';
  const [tokens, problem] = useTokens(page);
  const find = (text: string): void => replaceHash(hrefOf(`docs/${id ?? FIRST_PAGE}`, { find: text }));
  return (
    <main className="documents">
      <Contents current={page ?? null} tokens={tokens} query={query} onQuery={find} />
      <article id="document" className="document" tabIndex={-1} aria-label={page?.title ?? 'Document'}>
        {query.trim() !== '' ? (
          <FoundList query={query} />
        ) : page === undefined ? (
          <Nowhere id={id} />
        ) : tokens ? (
          <Text key={page.id} page={page} tokens={tokens} at={at} />
        ) : (
          <p className={problem ? 'wrong' : 'quiet'}>{problem ?? 'Loading…'}</p>
        )}
      </article>
    </main>
  );
}

function useTokens(page: Page | undefined): [ReturnType<typeof lexed> | null, string | null] {
  const { text, problem } = useText(page ?? null);
  const tokens = useMemo(() => (text === null ? null : lexed(text)), [text]);
  return [tokens, problem];
}

interface TextProps {
  readonly page: Page;
  readonly tokens: ReturnType<typeof lexed>;
  readonly at: string | null;
}

function Text({ page, tokens, at }: TextProps): ReactNode {
  const [targets] = useState(() => ({
    linkOf: (href: string) => linkFrom(page, href),
    pictureOf: (href: string) => pictureFrom(page, href),
  }));
  useEffect(() => {
    const heading = at === null ? null : document.getElementById(HEADING_ID + at);
    if (heading) {
      heading.scrollIntoView();
      heading.focus({ preventScroll: true });
    } else document.getElementById('document')?.scrollTo({ top: 0 });
  }, [at]);
  return (
    <>
      <p className="document-bar">
        <span className="quiet">{page.path}</span>
        <button type="button" className="button" onClick={() => window.print()}>
          Print
        </button>
      </p>
      <Markdown tokens={tokens} {...targets} />
    </>
  );
}

const Nowhere = ({ id }: { id: string | null }): ReactNode => (
  <>
    <h2>There is no page “{id}”</h2>
    <p>
      Begin with <a href={documentHref(FIRST_PAGE)}>a site on Monday</a>, or search.
    </p>
  </>
);
