/** Texts of the documents: the one that is read at once, all others when there is time, so that they are there without a service. */
import { useEffect, useState } from 'react';
import { Finder } from './find.ts';
import { PAGES, type Page, pageText } from './pages.ts';

interface TextState {
  readonly page: Page | null;
  readonly text: string | null;
  readonly problem: string | null;
}

export function useText(page: Page | null): TextState {
  const [state, setState] = useState<TextState>({ page: null, text: null, problem: null });
  useEffect(() => {
    if (page === null) return;
    let isWanted = true;
    const show = (part: Partial<TextState>): void => {
      if (isWanted) setState({ page, text: null, problem: null, ...part });
    };
    pageText(page)
      .then((text) => {
        show({ text });
        void finder().catch(() => undefined);
      })
      .catch(() => show({ problem: 'This page could not be loaded: the service does not answer.' }));
    return () => {
      isWanted = false;
    };
  }, [page]);
  return state.page === page ? state : { page, text: null, problem: null };
}

let made: Promise<Finder> | null = null;

async function makeFinder(): Promise<Finder> {
  const texts = await Promise.all(PAGES.map((page) => pageText(page)));
  const all = new Finder();
  for (const [i, page] of PAGES.entries()) all.add(page, texts[i]!);
  return all;
}

/** Made once, of all pages. Errors: a failing download; then it is tried anew the next time. */
export function finder(): Promise<Finder> {
  made ??= makeFinder().catch((error: unknown) => {
    made = null;
    throw error;
  });
  return made;
}
