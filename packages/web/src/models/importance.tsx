/** The figures that move its answer, by how far they do over the training rows. */
import type { ReactNode } from 'react';
import { documentHref } from '../documents/pages.ts';
import type { CardParts } from './card-parts.ts';
import { featureOf } from './rules.ts';

export function DecidersPanel({ parts: { deciders, others } }: { parts: CardParts }): ReactNode {
  const max = Math.max(...deciders.map(({ percent }) => percent));
  return (
    <section className="panel" aria-labelledby="deciders-title">
      <h2 id="deciders-title">What it decides by</h2>
      {deciders.length === 0 ? (
        <p className="quiet">Its card does not say.</p>
      ) : (
        <ol className="deciders">
          {deciders.map(({ id, share, percent }) => {
            const feature = featureOf(id);
            return (
              <li key={id} title={feature ? `${feature.sign} Blind: ${feature.blind}` : id}>
                <span>{feature?.label ?? id}</span>
                <meter min="0" max={max} value={percent} aria-label={`Share of ${feature?.label ?? id}`} />
                <b>{share}</b>
              </li>
            );
          })}
        </ol>
      )}
      <p className="note">
        {others}{' '}
        <a className="doc-link" href={documentHref('features')}>
          What each figure is
        </a>
      </p>
    </section>
  );
}
