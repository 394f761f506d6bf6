/** What judges: the model and the rules, what they are worth and what they cannot see. */
import { type ReactNode, useState } from 'react';
import { usePolling } from '../alarms/polling.ts';
import { Markdown } from '../documents/markdown.tsx';
import { documentHref } from '../documents/pages.ts';
import type { SiteView } from '../live/store.ts';
import { Parts } from '../ui/parts.tsx';
import { useTimes } from '../ui/times.ts';
import type { HealthBody, ModelBody, ModelSignature } from '../wire.ts';
import { type CardState, pictureHref, useCard } from './card.ts';
import { DecidersPanel } from './importance.tsx';
import { LimitsPanel, WeakPanel } from './limits.tsx';
import { RulesAlone } from './no-model.tsx';
import { PerformancePanel, Pictures } from './performance.tsx';
import { RulesView } from './rules-view.tsx';
import { ThresholdsPanel } from './thresholds.tsx';
import { NameplatePanel, TrainingPanel } from './training.tsx';
import '../style/documents.css';
import '../style/models.css';

interface ModelsProps {
  readonly view: SiteView;
  /** `rules` or `card`; null: the overview. */
  readonly item: string | null;
}

export default function ModelsPage({ view, item }: ModelsProps): ReactNode {
  const isConnected = view.connection === 'connected';
  const { body: settings, problem } = usePolling<ModelBody>(
    '/model',
    isConnected,
    view.health?.model?.sha256,
  );
  const { body: health } = usePolling<HealthBody>('/health', isConnected, null);
  const card = useCard(settings?.model?.sha256 ?? null);
  return (
    <main className="models" id="models" tabIndex={-1}>
      {settings === null ? (
        <p className={problem ? 'wrong' : 'quiet'}>{problem ?? 'Asking the service what judges…'}</p>
      ) : (
        <>
          <Head settings={settings} startedMs={health?.startedMs ?? null} item={item} />
          {item === 'rules' ? (
            <RulesView model={settings.model} />
          ) : settings.model === null ? (
            <>
              <RulesAlone />
              <RulesView model={null} />
            </>
          ) : item === 'card' ? (
            <WholeCard card={card} />
          ) : (
            <Overview settings={settings} model={settings.model} card={card} />
          )}
        </>
      )}
    </main>
  );
}

const PARTS = [
  { item: null, text: 'Overview' },
  { item: 'rules', text: 'Rules' },
  { item: 'card', text: 'Card' },
];

const SIGNATURES: Readonly<Record<ModelSignature, string>> = {
  verified: 'signed',
  unverified: 'signed, not checked: no key is set',
  unsigned: 'not signed',
};

interface HeadProps {
  readonly settings: ModelBody;
  readonly startedMs: number | null;
  readonly item: string | null;
}

function Head({ settings: { model }, startedMs, item }: HeadProps): ReactNode {
  const times = useTimes();
  return (
    <div className="models-head">
      <h2>{model ? `Model ${model.name}` : 'No model'}</h2>
      {model && (
        <code title={`SHA-256 ${model.sha256}`} className="model-hash">
          {model.sha256.slice(0, 16)}…
        </code>
      )}
      {model && <span className="quiet">{SIGNATURES[model.signature]}</span>}
      {startedMs !== null && <span className="quiet">judges since {times.instant(startedMs)}</span>}
      {model && <Parts view="models" parts={PARTS} current={item} />}
    </div>
  );
}

interface OverviewProps {
  readonly settings: ModelBody;
  readonly model: NonNullable<ModelBody['model']>;
  readonly card: CardState;
}

function Overview({ settings, model, card }: OverviewProps): ReactNode {
  return (
    <div className="models-grid">
      {card.state === 'there' ? (
        <>
          <LimitsPanel parts={card.parts} />
          <PerformancePanel parts={card.parts} />
          <WeakPanel parts={card.parts} />
          <ThresholdsPanel model={model} />
          <Pictures parts={card.parts} />
          <DecidersPanel parts={card.parts} />
        </>
      ) : (
        <>
          <CardMissing card={card} />
          <ThresholdsPanel model={model} />
        </>
      )}
      <div className="models-column">
        <TrainingPanel model={model} />
        <NameplatePanel settings={settings} />
      </div>
    </div>
  );
}

const CardMissing = ({ card }: { card: CardState }): ReactNode => (
  <section className="panel blind" aria-labelledby="no-card-title">
    <h2 id="no-card-title">{card.state === 'none' ? 'No card' : 'Reading its card…'}</h2>
    {card.state === 'none' && (
      <p>
        {card.why} What this model is worth and what it cannot see is not known here.{' '}
        <a className="doc-link" href={documentHref('models', 'card')}>
          How a card is made
        </a>
      </p>
    )}
  </section>
);

function WholeCard({ card }: { card: CardState }): ReactNode {
  const [linkOf] = useState(() => (): null => null);
  if (card.state !== 'there') return <CardMissing card={card} />;
  return (
    <section className="panel whole-card" aria-label="Model card">
      <Markdown tokens={card.parts.tokens} linkOf={linkOf} pictureOf={pictureHref} />
    </section>
  );
}
