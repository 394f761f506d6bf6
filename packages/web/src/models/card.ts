/** The card of the model that judges, as the service hands it out. */
import { useEffect, useState } from 'react';
import { type CardParts, partsOf } from './card-parts.ts';

export type CardState =
  | { readonly state: 'asking' }
  | { readonly state: 'there'; readonly parts: CardParts }
  | { readonly state: 'none'; readonly why: string };

const CARD = '/api/v1/model/card';

/** Where a picture of the card lies at this service. */
export const pictureHref = (file: string): string | null =>
  /^[A-Za-z0-9.-]+\.svg$/.test(file) ? `${CARD}/${file}` : null;

/** @param sha256 of the model; null: there is none */
export function useCard(sha256: string | null): CardState {
  const [card, setCard] = useState<CardState>({ state: 'asking' });
  useEffect(() => {
    if (sha256 === null) return;
    const stop = new AbortController();
    setCard({ state: 'asking' });
    fetch(CARD, { signal: stop.signal })
      .then(async (answer) => {
        if (answer.status === 404) setCard({ state: 'none', why: 'It came without a card.' });
        else if (answer.ok) setCard({ state: 'there', parts: partsOf(await answer.text()) });
        else setCard({ state: 'none', why: `The service answered ${answer.status}.` });
      })
      .catch(() => {
        if (!stop.signal.aborted) setCard({ state: 'none', why: 'The service does not answer.' });
      });
    return () => stop.abort();
  }, [sha256]);
  return card;
}
