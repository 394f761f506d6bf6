import { type KeyboardEvent, memo, type ReactNode, useMemo, useState } from 'react';
import { LEVEL_WORD, LevelMark } from '../live/level.tsx';
import type { ModuleIndex } from '../live/module-index.ts';
import { shortNames } from '../live/names.ts';
import { concernOf } from '../live/severity.ts';
import { moduleHref } from '../module/link.ts';
import { quantity } from '../ui/format.ts';
import type { ModuleState, RetiredModule } from '../wire.ts';
import { type Rack, rackName } from './racks.ts';

interface TileProps {
  readonly module: ModuleState;
  readonly name: string;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  readonly onSelect: (moduleId: string) => void;
}

const Tile = memo(function Tile({ module, name, isSelected, isTabStop, onSelect }: TileProps): ReactNode {
  const { moduleId, level, lastKnownLevel, isSilent, values } = module;
  const concern = concernOf(module);
  const isFormer = concern !== level;
  return (
    <li>
      <button
        type="button"
        id={`tile-${moduleId}`}
        className={`tile level-${level}${isFormer ? ` was-${concern}` : ''}${isSilent ? ' is-silent' : ''}`}
        aria-pressed={isSelected}
        tabIndex={isTabStop ? 0 : -1}
        title={moduleId}
        onClick={() => onSelect(moduleId)}
      >
        <span className="unseen">
          {moduleId}:{isFormer ? ` ${LEVEL_WORD[level]},` : ''}{' '}
        </span>
        <span className="tile-head">
          <LevelMark level={level} />
          <span className="tile-name">{name}</span>
          <span className="tile-level">
            {isFormer && lastKnownLevel ? `was ${LEVEL_WORD[lastKnownLevel]}` : LEVEL_WORD[level]}
          </span>
        </span>
        <span className="tile-temperature">{quantity(values['hottest_degc'], 'degC')}</span>
        <span className="tile-voltage">{isSilent ? 'no data' : quantity(values['voltage_v'], 'V')}</span>
      </button>
    </li>
  );
});

/** Where a module was that a person retired: what stands there is not watched. */
function EmptyPlace({ module: { moduleId, byName, reason } }: { module: RetiredModule }): ReactNode {
  return (
    <li>
      <a
        className="tile is-retired"
        href={moduleHref(moduleId)}
        title={`${moduleId}, retired by ${byName}: ${reason}`}
      >
        <span className="tile-name">{moduleId}</span>
        <span className="tile-level">Retired</span>
        <span className="tile-voltage">not watched</span>
      </a>
    </li>
  );
}

/** The tile that lies nearest in the direction of the key, as the eye sees it. */
function neighbour(from: HTMLElement, tiles: readonly HTMLElement[], key: string): HTMLElement | undefined {
  const at = tiles.indexOf(from);
  if (key === 'ArrowRight') return tiles[at + 1];
  if (key === 'ArrowLeft') return tiles[at - 1];
  if (key === 'Home') return tiles[0];
  if (key === 'End') return tiles.at(-1);
  const direction = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
  if (direction === 0) return undefined;
  const here = from.getBoundingClientRect();
  let best: HTMLElement | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const tile of tiles) {
    const there = tile.getBoundingClientRect();
    const down = (there.top - here.top) * direction;
    if (down < here.height / 2) continue;
    const cost = down + 4 * Math.abs(there.left - here.left);
    if (cost < bestCost) [best, bestCost] = [tile, cost];
  }
  return best;
}

interface TilesProps {
  readonly racks: readonly Rack[];
  readonly moduleIndex: ModuleIndex;
  readonly selected: string | null;
  readonly isFew: boolean;
  readonly onSelect: (moduleId: string) => void;
  /** Null where a rack cannot be shown alone. */
  readonly onZoom: ((rackId: string) => void) | null;
}

export function Tiles({ racks, moduleIndex, selected, isFew, onSelect, onZoom }: TilesProps): ReactNode {
  const [tabStop, setTabStop] = useState<string | null>(null);
  // Which modules there are changes rarely; their states change four times a second.
  const names = useMemo(
    () => shortNames(racks.flatMap(({ modules }) => modules.flatMap((id) => moduleIndex.get(id) ?? []))),
    [racks, moduleIndex],
  );
  const stop =
    tabStop !== null && names.has(tabStop)
      ? tabStop
      : (selected ?? racks.find(({ modules }) => modules.length > 0)?.modules[0] ?? null);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const from = (event.target as HTMLElement).closest<HTMLElement>('.tile');
    if (!from) return;
    const tiles = [...event.currentTarget.querySelectorAll<HTMLElement>('.tile')];
    const next = neighbour(from, tiles, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
    setTabStop(next.id.slice('tile-'.length));
  };
  const longest = Math.max(...[...names.values()].map((name) => name.length));
  const size = isFew ? 'few' : longest > 6 ? 'wide' : names.size > 160 ? 'many' : 'usual';
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys of the tiles within
    <div className={`racks racks-${size}`} onKeyDown={onKeyDown}>
      {racks.map((rack) => (
        <section key={rack.id} className="rack" aria-label={rackName(rack)}>
          <h3>
            {onZoom && rack.id ? (
              <button
                type="button"
                tabIndex={-1}
                title="Show this rack alone"
                onClick={() => onZoom(rack.id)}
              >
                {rack.id}
              </button>
            ) : (
              rack.id || 'Modules'
            )}
          </h3>
          <ul>
            {rack.retired.map((module) => (
              <EmptyPlace key={module.moduleId} module={module} />
            ))}
            {rack.modules.map((moduleId) => {
              const module = moduleIndex.get(moduleId);
              return (
                module && (
                  <Tile
                    key={moduleId}
                    module={module}
                    name={names.get(moduleId)!}
                    isSelected={moduleId === selected}
                    isTabStop={moduleId === stop}
                    onSelect={onSelect}
                  />
                )
              );
            })}
          </ul>
        </section>
      ))}
    </div>
  );
}
