/** The frame of all views: header, navigation, what is wrong with the line, and what is said aloud. */
import { type ReactNode, Suspense, useMemo } from 'react';
import { Bell } from '../alarms/bell.tsx';
import Alarms from '../alarms/page.tsx';
import { SpokenAlarms } from '../alarms/spoken.tsx';
import { Announcer } from '../live/announcer.tsx';
import { noDataText } from '../live/state.ts';
import { type SiteStore, type SiteView, useSite } from '../live/store.ts';
import { moduleOf } from '../module/link.ts';
import { useWho } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { SitePage } from '../site/site-page.tsx';
import { Boundary } from '../ui/boundary.tsx';
import { loadable } from '../ui/loadable.tsx';
import { Loading } from '../ui/loading.tsx';
import { hrefOf, type Route, useRoute } from '../ui/route.ts';
import { useSetting } from '../ui/setting.ts';
import { siteZone, TimesContext, timesIn, useTimes, zoneSetting } from '../ui/times.ts';
import { Header } from './header.tsx';

// Alarms come with the page itself: whatever cannot be loaded later, they can be seen and acknowledged.
const Laboratory = loadable(() => import('../laboratory/page.tsx'));
const Replay = loadable(() => import('../replay/page.tsx'));
const ModulePage = loadable(() => import('../module/page.tsx'));
const Models = loadable(() => import('../models/page.tsx'));
const Quality = loadable(() => import('../quality/page.tsx'));
const Documents = loadable(() => import('../documents/page.tsx'));

interface Place {
  readonly view: string;
  readonly name: string;
  /** Where `Skip to …` leads: the id of an element of the view. */
  readonly skip: { readonly to: string; readonly text: string };
  /** Document that explains it. */
  readonly guide: string;
  readonly show: (site: SiteView, store: SiteStore, route: Route) => ReactNode;
}

const SITE: Place = {
  view: 'site',
  name: 'Site',
  skip: { to: 'map', text: 'Skip to the modules' },
  guide: 'integration',
  show: (site, store, { parameters }) => (
    <SitePage view={site} store={store} moduleId={parameters.get('module')} rackId={parameters.get('rack')} />
  ),
};

const ALARMS: Place = {
  view: 'alarms',
  name: 'Alarms',
  skip: { to: 'alarm-list', text: 'Skip to the alarms' },
  guide: 'alarms',
  show: (site, _store, { item, parameters }) => <Alarms view={site} id={item} parameters={parameters} />,
};

const REPLAY: Place = {
  view: 'replay',
  name: 'Replay',
  skip: { to: 'replay', text: 'Skip to the replay' },
  guide: 'service',
  show: (site, _store, { parameters }) => <Replay view={site} parameters={parameters} />,
};

const LABORATORY: Place = {
  view: 'laboratory',
  name: 'Laboratory',
  skip: { to: 'bench', text: 'Skip to the experiment' },
  guide: 'simulator',
  show: (_site, store, { parameters }) => <Laboratory store={store} shared={parameters.get('s')} />,
};

const MODELS: Place = {
  view: 'models',
  name: 'Models',
  skip: { to: 'models', text: 'Skip to the model' },
  guide: 'models',
  show: (site, _store, { item }) => <Models view={site} item={item} />,
};

const QUALITY: Place = {
  view: 'quality',
  name: 'Data',
  skip: { to: 'quality', text: 'Skip to the quality of the data' },
  guide: 'telemetry',
  show: (site, _store, { item, parameters }) => <Quality view={site} item={item} parameters={parameters} />,
};

const DOCUMENTS: Place = {
  view: 'docs',
  name: 'Docs',
  skip: { to: 'document', text: 'Skip to the text' },
  guide: 'readme',
  show: (_site, _store, { item, parameters }) => <Documents id={item} parameters={parameters} />,
};

/** Reached from the map, from alarms and changes. */
const MODULE: Place = {
  view: 'module',
  name: 'Module',
  skip: { to: 'module', text: 'Skip to the module' },
  guide: 'features',
  show: (site, store, { item, parameters }) => {
    const moduleId = moduleOf(item);
    if (moduleId === null) return SITE.show(site, store, { view: 'site', item, parameters });
    return (
      <ModulePage key={moduleId} view={site} store={store} moduleId={moduleId} parameters={parameters} />
    );
  },
};

const LISTED: readonly Place[] = [SITE, ALARMS, REPLAY, LABORATORY, MODELS, QUALITY, DOCUMENTS];
const PLACES: readonly Place[] = [...LISTED, MODULE];

function Banner({ view }: { view: SiteView }): ReactNode {
  const { connection, lostMs, health } = view;
  const times = useTimes();
  if (connection === 'lost' && lostMs !== null)
    return (
      <p className="banner" role="alert">
        <strong>Connection lost</strong> since {times.instant(lostMs)}. What you see of the site is the last
        known state; trying again.
      </p>
    );
  if (connection === 'connected' && health?.status === 'no-data')
    return (
      <p className="banner" role="alert">
        <strong>No data.</strong> {noDataText(health, times)} Modules that are not in alarm are shown as
        unknown.
      </p>
    );
  return null;
}

/** Moves the keyboard, not the address: the part behind `#` says which view is open. */
function SkipLink({ to, text }: Place['skip']): ReactNode {
  return (
    <a
      className="skip"
      href={`#${to}`}
      onClick={(event) => {
        event.preventDefault();
        document.getElementById(to)?.focus();
      }}
    >
      {text}
    </a>
  );
}

export function App({ store }: { store: SiteStore }): ReactNode {
  const view = useSite(store);
  const route = useRoute();
  const zone = useSetting(zoneSetting) === 'utc' ? 'UTC' : siteZone(view.health?.site?.timeZone);
  const times = useMemo(() => timesIn(zone), [zone]);
  const who = useWho();
  if (who.state === 'out') return <SignIn why={who.why} />;
  if (who.state === 'asking') return <Loading />;
  const place = PLACES.find((candidate) => candidate.view === route.view) ?? SITE;
  const entries = LISTED.map(({ view: name, ...entry }) => ({
    name: entry.name,
    href: hrefOf(name),
    isCurrent: name === place.view,
    link: name === ALARMS.view ? <Bell alarms={view.alarms.all()} isCurrent={place === ALARMS} /> : null,
  }));
  return (
    <TimesContext value={times}>
      <div className="page" data-connection={view.connection} data-view={place.view}>
        <SkipLink {...place.skip} />
        <Header view={view} entries={entries} guide={hrefOf(`docs/${place.guide}`)} />
        <Banner view={view} />
        <Boundary key={place.view} what={place.name}>
          <Suspense fallback={<main className="empty" aria-busy="true" />}>
            {place.show(view, store, route)}
          </Suspense>
        </Boundary>
        <Announcer changes={view.changes} isReady={view.health !== null} />
        <SpokenAlarms alarms={view.alarms.all()} isReady={view.health !== null} />
      </div>
    </TimesContext>
  );
}
