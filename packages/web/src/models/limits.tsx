/** What the model cannot see and where it was weak: read before anything that speaks for it. */
import type { ReactNode } from 'react';
import { Markdown } from '../documents/markdown.tsx';
import { countText } from '../ui/format.ts';
import { pictureHref } from './card.ts';
import type { CardParts, WeakPlace } from './card-parts.ts';

const nowhere = (): null => null;

export function LimitsPanel({ parts }: { parts: CardParts }): ReactNode {
  return (
    <section className="panel blind" aria-labelledby="blind-title">
      <h2 id="blind-title">What it cannot see</h2>
      {parts.blind.length === 0 ? (
        <p className="wrong">Its card does not say. Take it as seeing nothing that the rules do not see.</p>
      ) : (
        <Markdown tokens={parts.blind} linkOf={nowhere} pictureOf={pictureHref} />
      )}
      {parts.intended.length > 0 && (
        <>
          <h3>What it is for</h3>
          <Markdown tokens={parts.intended} linkOf={nowhere} pictureOf={pictureHref} />
        </>
      )}
    </section>
  );
}

const KIND_TEXT: Readonly<Record<string, string>> = {
  family: 'kind of fault',
  chemistry: 'chemistry',
  site: 'site',
  frames: 'poorer data',
};

export function WeakPanel({ parts: { weak, performance } }: { parts: CardParts }): ReactNode {
  return (
    <section className="panel" aria-labelledby="weak-title">
      <h2 id="weak-title">Where it was weak when it was tried</h2>
      {weak.length === 0 ? (
        <p className="quiet">
          {performance.length === 0
            ? 'It was not tried: nothing is known of its weak places.'
            : 'Nothing in its card stands out. Few events say little.'}
        </p>
      ) : (
        <dl className="weak">
          {weak.map((place) => (
            <Weak key={`${place.kind} ${place.name}`} place={place} />
          ))}
        </dl>
      )}
    </section>
  );
}

const Weak = ({ place: { kind, name, events, remarks } }: { place: WeakPlace }): ReactNode => (
  <div>
    <dt>
      {name} <small>{KIND_TEXT[kind]}</small>
    </dt>
    <dd>
      {remarks.join('; ')} <small>({countText(events, 'event')})</small>
    </dd>
  </div>
);
