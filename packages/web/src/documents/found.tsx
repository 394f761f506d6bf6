import { type ReactNode, useEffect, useState } from 'react';
import { countText } from '../ui/format.ts';
import { type Finder, type Found, markedParts } from './find.ts';
import { documentHref } from './pages.ts';
import { finder } from './texts.ts';

export function FoundList({ query }: { query: string }): ReactNode {
  const [ready, setReady] = useState<Finder | null>(null);
  const [isBroken, setIsBroken] = useState(false);
  useEffect(() => {
    finder().then(setReady, () => setIsBroken(true));
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question is read from its first answer
  useEffect(() => {
    document.getElementById('document')?.scrollTo({ top: 0 });
  }, [query]);
  if (isBroken)
    return <p className="wrong">The pages could not be loaded to search in: the service does not answer.</p>;
  if (!ready) return <p className="quiet">Reading the pages…</p>;
  const found = ready.find(query);
  return (
    <>
      <h2 aria-live="polite">
        {found.length === 0 ? `Nothing found for “${query}”` : countText(found.length, 'place')}
      </h2>
      {found.length === 0 && <p className="quiet">All words must stand in one section; beginnings count.</p>}
      <ol className="found">
        {found.map((one) => (
          <li key={`${one.pageId} ${one.at}`}>
            <a href={documentHref(one.pageId, one.at)}>
              <strong>{one.pageTitle}</strong>
              {one.title && <span> › {one.title}</span>}
            </a>
            <Excerpt found={one} />
          </li>
        ))}
      </ol>
    </>
  );
}

const Excerpt = ({ found: { excerpt, words } }: { found: Found }): ReactNode => (
  <p>
    {markedParts(excerpt, words).map(({ text, isFound }, i) =>
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence
      isFound ? <mark key={i}>{text}</mark> : <span key={i}>{text}</span>,
    )}
  </p>
);
