import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { Announcer } from './announcer.tsx';
import { Attention } from './attention.tsx';
import { Changes } from './changes.tsx';
import { Detail } from './detail.tsx';
import { instantText } from './format.ts';
import { Header } from './header.tsx';
import { ModuleMap } from './module-map.tsx';
import { type SiteStore, type SiteView, useSite } from './site.ts';
import { noDataText } from './state.ts';
import { Loading, Waiting } from './waiting.tsx';

/** Up to so many modules, the trends get the room and the map a column. */
const FEW_MODULES = 4;
const HASH_PREFIX = '#module=';

function moduleOfHash(): string | null {
  if (!location.hash.startsWith(HASH_PREFIX)) return null;
  try {
    return decodeURIComponent(location.hash.slice(HASH_PREFIX.length));
  } catch {
    return null;
  }
}

/** The chosen module lives in the address, so that reloading and sharing keep it. */
function useSelection(): [string | null, (moduleId: string | null) => void] {
  const [selected, setSelected] = useState(moduleOfHash);
  useEffect(() => {
    const read = (): void => setSelected(moduleOfHash());
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }, []);
  const select = useCallback((moduleId: string | null) => {
    const hash = moduleId === null ? '' : HASH_PREFIX + encodeURIComponent(moduleId);
    history.replaceState(null, '', location.pathname + hash);
    setSelected(moduleId);
  }, []);
  return [selected, select];
}

function Banner({ view }: { view: SiteView }): ReactNode {
  const { connection, lostMs, health } = view;
  if (connection === 'lost' && lostMs !== null)
    return (
      <p className="banner" role="alert">
        <strong>Connection lost</strong> since {instantText(lostMs)}. What you see is the last known state;
        trying again.
      </p>
    );
  if (connection === 'connected' && health?.status === 'no-data')
    return (
      <p className="banner" role="alert">
        <strong>No data.</strong> {noDataText(health)} Modules that are not in alarm are shown as unknown.
      </p>
    );
  return null;
}

export function App({ store }: { store: SiteStore }): ReactNode {
  const view = useSite(store);
  const [selected, select] = useSelection();
  const [wasClosed, setWasClosed] = useState(false);
  const close = useCallback(() => {
    const tile = selected === null ? null : document.getElementById(`tile-${selected}`);
    setWasClosed(true);
    select(null);
    tile?.focus();
  }, [selected, select]);
  // With one module there is nothing to choose from.
  const only = view.modules.size === 1 && !wasClosed ? [...view.modules.keys()][0]! : null;
  const shown = selected ?? only;
  const module = shown === null ? undefined : view.modules.get(shown);
  const isEmpty = view.modules.size === 0;
  const isFew = view.modules.size <= FEW_MODULES;
  return (
    <div className="page" data-connection={view.connection}>
      <a className="skip" href="#map">
        Skip to the modules
      </a>
      <Header view={view} />
      <Banner view={view} />
      {isEmpty ? (
        view.health ? (
          <Waiting health={view.health} />
        ) : (
          <Loading />
        )
      ) : (
        <main className={`${isFew ? 'is-few' : ''} ${module ? 'has-detail' : ''}`}>
          <ModuleMap modules={view.modules} selected={shown} isFew={isFew} onSelect={select} />
          <aside aria-label={module ? 'Module and changes' : 'Attention and changes'}>
            {module ? (
              <Detail
                key={module.moduleId}
                module={module}
                view={view}
                takesFocus={selected !== null}
                onClose={close}
              />
            ) : (
              <Attention view={view} onSelect={select} />
            )}
            <Changes changes={view.changes} clockMs={view.clockMs} onSelect={select} />
          </aside>
        </main>
      )}
      <Announcer changes={view.changes} isReady={view.health !== null} />
    </div>
  );
}
