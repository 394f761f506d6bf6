/** The modules in their racks: tiles where they can be read, an overview on a canvas where they are too many. */
import { memo, type ReactNode, useDeferredValue, useMemo, useState } from 'react';
import { LEVEL_WORD, LevelMark } from '../live/level.tsx';
import type { ModuleIndex } from '../live/module-index.ts';
import { byConcern, concernOf } from '../live/severity.ts';
import type { SiteStore } from '../live/store.ts';
import { moduleHref } from '../module/link.ts';
import { Choice } from '../ui/choice.tsx';
import { countText } from '../ui/format.ts';
import type { ModuleState, RetiredModule } from '../wire.ts';
import { Overview } from './overview.tsx';
import { RackTable } from './rack-table.tsx';
import { type Rack, rackName, racksOf } from './racks.ts';
import { Tiles } from './tiles.tsx';

/** More tiles than this are neither read nor drawn in a frame. */
const MAX_TILES = 512;
/** With fewer modules there is nothing to look for. */
const SEARCH_FROM = 24;

const SHOWN_AS = [
  { value: 'map', text: 'Map' },
  { value: 'table', text: 'Table' },
] as const;

const OverviewMemo = memo(Overview);
const RackTableMemo = memo(RackTable);

interface SiteMapProps {
  readonly store: Pick<SiteStore, 'onModules'>;
  readonly moduleIndex: ModuleIndex;
  readonly retired: readonly RetiredModule[];
  readonly selected: string | null;
  /** The rack that fills the map; null: all of them. */
  readonly rackId: string | null;
  readonly isFew: boolean;
  readonly onSelect: (moduleId: string) => void;
  readonly onZoom: (rackId: string | null) => void;
}

export function SiteMap(props: SiteMapProps): ReactNode {
  const { store, moduleIndex, retired, selected, rackId, isFew, onSelect, onZoom } = props;
  const [search, setSearch] = useState('');
  const [shownAs, setShownAs] = useState<'map' | 'table'>('map');
  const sought = useDeferredValue(search.trim());
  // The roster is renewed in place; its layout says when racks have changed.
  const racks = useMemo(() => racksOf(moduleIndex, retired), [moduleIndex, moduleIndex.layout, retired]);
  const zoomed = racks.find(({ id }) => id === rackId);
  const found = useMemo(() => foundIn(racks, sought), [racks, sought]);
  const count = found.reduce((sum, { modules }) => sum + modules.length, 0);
  const first = found.find(({ modules }) => modules.length > 0)?.modules[0];
  // Racks that have only empty places are named above a large map.
  const watched = useMemo(() => racks.filter(({ modules }) => modules.length > 0), [racks]);
  const isLarge = moduleIndex.size > MAX_TILES && !zoomed;
  const hasBar = moduleIndex.size > SEARCH_FROM || zoomed !== undefined;
  return (
    <section
      id="map"
      className={`map ${isLarge ? 'map-large' : ''}`}
      aria-labelledby="map-title"
      tabIndex={-1}
    >
      <h2 id="map-title" className="unseen">
        Modules
      </h2>
      {hasBar && (
        <div className="map-bar">
          {zoomed && (
            <button type="button" className="button" onClick={() => onZoom(null)}>
              ← All racks
            </button>
          )}
          {zoomed && <strong>{rackName(zoomed)}</strong>}
          {!zoomed && (
            <Search text={search} onChange={setSearch} onEnter={() => sought && first && onSelect(first)} />
          )}
          <span className="quiet" role="status">
            {sought === '' || zoomed ? '' : `${countText(count, 'module')} found`}
          </span>
          {isLarge && <AlarmedRacks moduleIndex={moduleIndex} onZoom={onZoom} />}
          {isLarge && <Choice label="Shown as" options={SHOWN_AS} value={shownAs} onChoose={setShownAs} />}
        </div>
      )}
      {isLarge && retired.length > 0 && <Retired retired={retired} />}
      {!isLarge ? (
        <Tiles
          racks={zoomed ? [zoomed] : found}
          moduleIndex={moduleIndex}
          selected={selected}
          isFew={isFew}
          onSelect={onSelect}
          onZoom={racks.length > 1 && !zoomed ? onZoom : null}
        />
      ) : shownAs === 'map' ? (
        <OverviewMemo
          store={store}
          moduleIndex={moduleIndex}
          racks={watched}
          search={sought}
          selected={selected}
          onSelect={onSelect}
          onZoom={onZoom}
        />
      ) : (
        <RackTableMemo moduleIndex={moduleIndex} racks={sought === '' ? watched : found} onZoom={onZoom} />
      )}
    </section>
  );
}

interface SearchProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly onEnter: () => void;
}

const Search = ({ text, onChange, onEnter }: SearchProps): ReactNode => (
  <input
    type="search"
    aria-label="Find a module by name"
    placeholder="Find a module"
    value={text}
    onChange={({ target }) => onChange(target.value)}
    onKeyDown={({ key }) => key === 'Enter' && onEnter()}
  />
);

const MAX_NAMED = 6;

/** A large map has no room for empty places: they are named above it. */
function Retired({ retired }: Pick<SiteMapProps, 'retired'>): ReactNode {
  return (
    <p className="note retired-places">
      {countText(retired.length, 'module')} retired, not monitored:{' '}
      {retired.slice(0, MAX_NAMED).map(({ moduleId }, i) => (
        <span key={moduleId}>
          {i > 0 && ', '}
          <a href={moduleHref(moduleId)}>{moduleId}</a>
        </span>
      ))}
      {retired.length > MAX_NAMED && ` and ${retired.length - MAX_NAMED} more`}
    </p>
  );
}

/** A map that scrolls may hide an alarm below its edge: the racks that have one are named above it, the gravest first. */
function AlarmedRacks({ moduleIndex, onZoom }: Pick<SiteMapProps, 'moduleIndex' | 'onZoom'>): ReactNode {
  const racks = new Map<string, ModuleState>();
  for (const module of [...moduleIndex.concerned.values()].sort(byConcern))
    if (module.rackId && !racks.has(module.rackId)) racks.set(module.rackId, module);
  if (racks.size === 0) return null;
  return (
    <ul className="alarmed-racks" aria-label="Racks with an alarm">
      {[...racks].slice(0, MAX_NAMED).map(([rackId, module]) => (
        <li key={rackId}>
          <button type="button" title="Show this rack alone" onClick={() => onZoom(rackId)}>
            <LevelMark level={concernOf(module)} />
            <span className="unseen">{LEVEL_WORD[concernOf(module)]}: </span>
            {rackId}
          </button>
        </li>
      ))}
      {racks.size > MAX_NAMED && <li className="quiet">and {racks.size - MAX_NAMED} more</li>}
    </ul>
  );
}

function foundIn(racks: readonly Rack[], sought: string): readonly Rack[] {
  if (sought === '') return racks;
  const lower = sought.toLowerCase();
  return racks
    .map(({ id, modules, retired }) => ({
      id,
      retired: retired.filter(({ moduleId }) => moduleId.toLowerCase().includes(lower)),
      modules: modules.filter((moduleId) => moduleId.toLowerCase().includes(lower)),
    }))
    .filter(({ modules, retired }) => modules.length + retired.length > 0);
}
