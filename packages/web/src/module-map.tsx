import { type KeyboardEvent, memo, type ReactNode, useMemo, useState } from 'react';
import { quantity } from './format.ts';
import { concernOf, LEVEL_WORD, LevelMark } from './level.tsx';
import { naturalOrder, shortNames } from './names.ts';
import type { ModuleState } from './wire.ts';

interface TileProps {
  readonly module: ModuleState;
  readonly name: string;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  readonly onSelect: (moduleId: string) => void;
}

function labelOf({ moduleId, level, lastKnownLevel, isSilent, values }: ModuleState): string {
  const silence = isSilent ? ', no data' : '';
  const before = level === 'unknown' && lastKnownLevel ? `, was ${LEVEL_WORD[lastKnownLevel]}` : '';
  const figures = `${quantity(values['hottest_degc'], 'degC')}, ${quantity(values['voltage_v'], 'V')}`;
  return `${moduleId}: ${LEVEL_WORD[level]}${before}${silence}, ${figures}`;
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
        aria-label={labelOf(module)}
        aria-pressed={isSelected}
        tabIndex={isTabStop ? 0 : -1}
        title={moduleId}
        onClick={() => onSelect(moduleId)}
      >
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

interface Rack {
  readonly id: string;
  readonly modules: readonly string[];
}

function racksOf(modules: readonly ModuleState[]): Rack[] {
  const racks = new Map<string, string[]>();
  for (const { moduleId, rackId } of modules) {
    const id = rackId ?? '';
    const members = racks.get(id);
    if (members) members.push(moduleId);
    else racks.set(id, [moduleId]);
  }
  return [...racks]
    .map(([id, members]) => ({ id, modules: members.sort(naturalOrder) }))
    .sort((a, b) => naturalOrder(a.id, b.id));
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

interface MapProps {
  readonly modules: ReadonlyMap<string, ModuleState>;
  readonly selected: string | null;
  readonly isFew: boolean;
  readonly onSelect: (moduleId: string) => void;
}

export function ModuleMap({ modules, selected, isFew, onSelect }: MapProps): ReactNode {
  const [tabStop, setTabStop] = useState<string | null>(null);
  // Which modules there are changes rarely; their states change four times a second.
  const layoutKey = [...modules.values()].map((m) => `${m.rackId ?? ''}\n${m.moduleId}`).join('\n\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the modules
  const { racks, names } = useMemo(() => {
    const list = [...modules.values()];
    return { racks: racksOf(list), names: shortNames(list) };
  }, [layoutKey]);
  const stop = tabStop ?? selected ?? racks[0]?.modules[0] ?? null;
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
  const size = isFew ? 'few' : longest > 6 ? 'wide' : modules.size > 160 ? 'many' : 'usual';
  return (
    <section
      id="map"
      className={`map map-${size}`}
      aria-labelledby="map-title"
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <h2 id="map-title" className="unseen">
        Modules
      </h2>
      <div className="racks">
        {racks.map((rack) => (
          <section key={rack.id} className="rack" aria-label={rack.id || 'Modules without a rack'}>
            <h3>{rack.id || 'Modules'}</h3>
            <ul>
              {rack.modules.map((moduleId) => (
                <Tile
                  key={moduleId}
                  module={modules.get(moduleId)!}
                  name={names.get(moduleId)!}
                  isSelected={moduleId === selected}
                  isTabStop={moduleId === stop}
                  onSelect={onSelect}
                />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  );
}
