/** What it learnt from, and what is known of the modules that it judges here. */
import type { ReactNode } from 'react';
import { documentHref } from '../documents/pages.ts';
import { spanText } from '../ui/format.ts';
import type { ModelBody } from '../wire.ts';

type Model = NonNullable<ModelBody['model']>;

const METRIC_TEXT: Readonly<Record<string, string>> = {
  validationLogLoss: 'Log loss',
  validationAuroc: 'AUROC',
  validationAuprc: 'AUPRC',
};

const countOf = (value: unknown): string | null =>
  typeof value === 'number' ? value.toLocaleString('en') : null;

export function TrainingPanel({ model }: { model: Model }): ReactNode {
  const { training, metrics, features } = model;
  const rows = countOf(training['rows']);
  const facts: [name: string, value: ReactNode][] = [
    ['Learner', textOf(training['learner'])],
    [
      'Learnt from',
      rows === null ? null : `${rows} simulated rows of ${countOf(training['runs']) ?? '?'} runs`,
    ],
    ['Plan', textOf(training['plan'])],
    ['Data set', hash(training['datasetSha256'])],
    ['Made by commit', hash(training['commit'])],
    ['Looks at', `${features.length} figures, any of which may be missing`],
    ...Object.entries(metrics).map(([name, value]): [string, ReactNode] => [
      METRIC_TEXT[name] ?? name,
      `${value.toFixed(3)}, by rows of validation`,
    ]),
  ];
  return (
    <section className="panel" aria-labelledby="training-title">
      <h2 id="training-title">What it learnt from</h2>
      <Facts facts={facts} />
      <p className="note">
        Figures by rows serve to compare trainings, not to judge a site.{' '}
        <a className="doc-link" href={documentHref('training')}>
          How it is trained
        </a>
      </p>
    </section>
  );
}

export function NameplatePanel({ settings }: { settings: ModelBody }): ReactNode {
  const { nameplate, modulesWithoutTemperature, intervalMs } = settings;
  const { capacityAh, cellsInSeries, chemistry, hasTemperature } = nameplate;
  const exceptions = modulesWithoutTemperature.length;
  const unknown = <span className="wrong">not told</span>;
  return (
    <section className="panel" aria-labelledby="nameplate-title">
      <h2 id="nameplate-title">What it knows of this site</h2>
      <Facts
        facts={[
          ['Capacity', capacityAh === null ? unknown : `${capacityAh} Ah`],
          ['Cells in series', cellsInSeries ?? unknown],
          ['Chemistry', chemistry ?? unknown],
          [
            'Without a temperature',
            hasTemperature
              ? `a module is unknown${exceptions > 0 ? `, except ${exceptions} that the settings name` : ''}`
              : 'voltage and gas alone are evaluated: fire may go unseen',
          ],
          ['Between frames', intervalMs === null ? 'found out from them' : spanText(intervalMs)],
        ]}
      />
      <p className="note">
        {capacityAh === null
          ? 'Without the capacity heat of the load cannot be told from heat of a fault: name it in the settings of the site.'
          : 'Set in the settings of the site; a wrong one makes heat of the load look like a fault, or hides one.'}{' '}
        <a className="doc-link" href={documentHref('integration')}>
          Settings
        </a>
      </p>
    </section>
  );
}

const Facts = ({ facts }: { facts: readonly (readonly [string, ReactNode])[] }): ReactNode => (
  <dl className="facts">
    {facts
      .filter(([, value]) => value !== null)
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const hash = (value: unknown): ReactNode =>
  typeof value === 'string' ? <code title={value}>{value.slice(0, 12)}</code> : null;
