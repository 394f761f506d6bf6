/** The site: its map, what needs attention, the chosen module, the latest changes. */
import { type ReactNode, Suspense, useCallback, useState } from 'react';
import type { SiteStore, SiteView } from '../live/store.ts';
import { Boundary } from '../ui/boundary.tsx';
import { loadable } from '../ui/loadable.tsx';
import { Loading } from '../ui/loading.tsx';
import { hrefOf, replaceHash } from '../ui/route.ts';
import { Attention } from './attention.tsx';
import { Changes } from './changes.tsx';
import { SiteMap } from './site-map.tsx';
import { Waiting } from './waiting.tsx';

const Detail = loadable(() => import('./detail.tsx'));

/** Up to so many modules, the trends get the room and the map a column. */
const FEW_MODULES = 4;

interface SitePageProps {
  readonly view: SiteView;
  readonly store: SiteStore;
  /** Chosen in the address, so that reloading and sharing keep it. */
  readonly moduleId: string | null;
  readonly rackId: string | null;
}

export function SitePage({ view, store, moduleId, rackId }: SitePageProps): ReactNode {
  const [wasClosed, setWasClosed] = useState(false);
  const { moduleIndex } = view;
  const select = useCallback(
    (chosen: string | null) => replaceHash(hrefOf('site', { module: chosen, rack: rackId })),
    [rackId],
  );
  const zoom = useCallback((rack: string | null) => replaceHash(hrefOf('site', { rack })), []);
  const close = useCallback(() => {
    const tile = moduleId === null ? null : document.getElementById(`tile-${moduleId}`);
    setWasClosed(true);
    select(null);
    (tile ?? document.getElementById('overview'))?.focus();
  }, [moduleId, select]);
  if (moduleIndex.size + view.retired.length === 0)
    return view.health ? <Waiting health={view.health} /> : <Loading />;
  // With one module there is nothing to choose from.
  const [first] = moduleIndex.all();
  const shown = moduleId ?? (moduleIndex.size === 1 && !wasClosed && first ? first.moduleId : null);
  const module = shown === null ? undefined : moduleIndex.get(shown);
  const isFew = moduleIndex.size <= FEW_MODULES;
  return (
    <main className={`site ${isFew ? 'is-few' : ''} ${module ? 'has-detail' : ''}`}>
      <SiteMap
        store={store}
        moduleIndex={moduleIndex}
        retired={view.retired}
        selected={shown}
        rackId={rackId}
        isFew={isFew}
        onSelect={select}
        onZoom={zoom}
      />
      <aside aria-label={module ? 'Module and changes' : 'Attention and changes'}>
        {module ? (
          <Boundary what="The module" as="section">
            <Suspense fallback={<section className="panel detail" aria-busy="true" />}>
              <Detail
                key={module.moduleId}
                module={module}
                view={view}
                takesFocus={moduleId !== null}
                onClose={close}
              />
            </Suspense>
          </Boundary>
        ) : (
          <Attention view={view} onSelect={select} />
        )}
        <Changes changes={view.changes} clockMs={view.clockMs} onSelect={select} />
      </aside>
    </main>
  );
}
