/** What the model is worth, in the figures of its card: caught events, lead time, false alarms with their upper limit. */
import type { ReactNode } from 'react';
import { documentHref } from '../documents/pages.ts';
import { LevelName } from '../live/level.tsx';
import { pictureHref } from './card.ts';
import type { CardParts, LevelPerformance } from './card-parts.ts';

export function PerformancePanel({ parts }: { parts: CardParts }): ReactNode {
  return (
    <section className="panel" aria-labelledby="worth-title">
      <h2 id="worth-title">
        What it is worth <small>with the rules, as it runs here</small>
      </h2>
      {parts.performance.length === 0 ? (
        <p className="quiet">Its card has no evaluation by event: what it is worth is not known.</p>
      ) : (
        <table className="worth">
          <thead>
            <tr>
              <th scope="col">Level</th>
              <th scope="col">Caught</th>
              <th scope="col">Lead time</th>
              <th scope="col">≥ 5 min</th>
              <th scope="col">False alarms</th>
              <th scope="col">Ended well</th>
            </tr>
          </thead>
          <tbody>
            {parts.performance.map((performance) => (
              <Row key={performance.level} performance={performance} />
            ))}
          </tbody>
        </table>
      )}
      {parts.tried !== null && <p className="note">{parts.tried}</p>}
      <p className="note">
        Lead time: from the first such level to the point of no return, median, and what nine of ten exceed;
        an event that was missed counts as none. False alarms: seen, and the upper limit (95 %) for each
        module and year. Ended well: harmless faults that got this level all the same.{' '}
        <a className="doc-link" href={documentHref('evaluation')}>
          How it was tried
        </a>
      </p>
    </section>
  );
}

const Row = ({ performance }: { performance: LevelPerformance }): ReactNode => (
  <tr>
    <th scope="row">
      <LevelName level={performance.level} />
    </th>
    <td>
      <b>{performance.caught}</b> <small>{performance.recall}</small>
    </td>
    <td>
      <b>{performance.leadMedian}</b> <small>nine of ten ≥ {performance.leadLowest}</small>
    </td>
    <td>{performance.fiveMinutes}</td>
    <td>{performance.falseAlarms}</td>
    <td>{performance.harmless}</td>
  </tr>
);

/** How each picture is read, by how its file ends. */
const READ_AS: readonly (readonly [ending: string, how: string])[] = [
  ['-lead.svg', 'Higher is better: how many events had at least so much time left.'],
  ['-recall.svg', 'Up and to the left is better: events caught, for so many false alarms.'],
  [
    '-calibration.svg',
    'On the diagonal a probability means what it says, for the share of hazard in training.',
  ],
];

export function Pictures({ parts }: { parts: CardParts }): ReactNode {
  const pictures = parts.pictures.flatMap(({ file, label }) => {
    const source = pictureHref(file);
    return source ? [{ source, label, how: READ_AS.find(([ending]) => file.endsWith(ending))?.[1] }] : [];
  });
  if (pictures.length === 0) return null;
  return (
    <section className="panel is-wide" aria-labelledby="pictures-title">
      <h2 id="pictures-title">Lead times, calibration, recall</h2>
      <div className="card-pictures">
        {pictures.map(({ source, label, how }) => (
          <figure key={source}>
            <a href={source} target="_blank" rel="noopener" aria-label={`${label}, larger`}>
              <img src={source} alt={label} width="760" height="320" loading="lazy" />
            </a>
            <figcaption>
              <b>{label}.</b> {how}
            </figcaption>
          </figure>
        ))}
      </div>
    </section>
  );
}
