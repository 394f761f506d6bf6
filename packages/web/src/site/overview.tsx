/** A large site on one canvas, drawn past React: a message redraws the modules that it changed and nothing else. */
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { ModuleIndex } from '../live/module-index.ts';
import { shortest } from '../live/names.ts';
import type { SiteStore } from '../live/store.ts';
import { countText } from '../ui/format.ts';
import { useTheme } from '../ui/theme.ts';
import { moduleText } from './module-text.ts';
import { hitOf, layoutOf, type OverviewLayout, rackIndexOf, tileOf } from './overview-layout.ts';
import { OverviewPainter } from './overview-paint.ts';
import { type Rack, rackName } from './racks.ts';

interface OverviewProps {
  readonly store: Pick<SiteStore, 'onModules'>;
  readonly moduleIndex: ModuleIndex;
  readonly racks: readonly Rack[];
  /** What is looked for; empty: everything. */
  readonly search: string;
  readonly selected: string | null;
  readonly onSelect: (moduleId: string) => void;
  readonly onZoom: (rackId: string) => void;
}

/** Width and height of the box around the canvas, px. */
function useRoom(): [RefObject<HTMLDivElement | null>, { widthPx: number; heightPx: number } | null] {
  const box = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState<{ widthPx: number; heightPx: number } | null>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setRoom({ widthPx: element.clientWidth, heightPx: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, room];
}

/** The tile nearest in the direction of the key. */
function stepFrom(layout: OverviewLayout, count: number, at: number, key: string): number {
  if (key === 'ArrowRight') return Math.min(at + 1, count - 1);
  if (key === 'ArrowLeft') return Math.max(at - 1, 0);
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const direction = key === 'ArrowDown' ? 1 : -1;
  const here = tileOf(layout, at);
  let best = at;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let other = 0; other < count; other++) {
    const there = tileOf(layout, other);
    const down = (there.yPx - here.yPx) * direction;
    if (down <= 0) continue;
    const cost = down + 4 * Math.abs(there.xPx - here.xPx);
    if (cost < bestCost) [best, bestCost] = [other, cost];
  }
  return best;
}

const KEYS = new Set(['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown', 'Home', 'End']);

/** What is drawn, and where each module stands in it. */
interface Drawing {
  readonly racks: readonly Rack[];
  readonly modules: readonly string[];
  readonly sizes: readonly number[];
  readonly layout: OverviewLayout;
  readonly widthPx: number;
}

/** Draws all at once and then, once a frame at most, what messages have changed. */
function useDrawn(
  canvas: RefObject<HTMLCanvasElement | null>,
  drawing: Drawing | null,
  { store, moduleIndex, search }: Pick<OverviewProps, 'store' | 'moduleIndex' | 'search'>,
): void {
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the painter reads the colours of the theme
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || !drawing) return;
    const { racks, modules, layout, widthPx } = drawing;
    const scale = window.devicePixelRatio;
    element.width = Math.round(widthPx * scale);
    element.height = Math.round(layout.heightPx * scale);
    context.scale(scale, scale);
    const sought = search.toLowerCase();
    const painter = new OverviewPainter(
      context,
      { racks, modules, rackLabels: shortest(racks.map(rackName)), layout },
      (moduleId) => sought === '' || moduleId.toLowerCase().includes(sought),
    );
    painter.all(moduleIndex);
    const positions = new Map(modules.map((moduleId, at) => [moduleId, at]));
    const waiting = new Set<number>();
    let frame = 0;
    const stop = store.onModules((changed) => {
      // Where modules come or go, the racks are laid out anew.
      for (const { moduleId } of changed ?? []) {
        const at = positions.get(moduleId);
        if (at !== undefined) waiting.add(at);
      }
      if (frame === 0 && waiting.size > 0)
        frame = requestAnimationFrame(() => {
          frame = 0;
          painter.some(waiting, moduleIndex);
          waiting.clear();
        });
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [canvas, store, moduleIndex, drawing, search, theme]);
}

export function Overview(props: OverviewProps): ReactNode {
  const { moduleIndex, racks, selected, onSelect, onZoom } = props;
  const [box, room] = useRoom();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const drawing = useMemo((): Drawing | null => {
    if (!room) return null;
    const sizes = racks.map(({ modules }) => modules.length);
    const layout = layoutOf(sizes, room.widthPx, room.heightPx);
    return { racks, modules: racks.flatMap(({ modules }) => modules), sizes, layout, widthPx: room.widthPx };
  }, [racks, room]);
  useDrawn(canvas, drawing, props);
  const { modules = [], layout = null } = drawing ?? {};
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!layout) return;
    const at = cursor ?? 0;
    if (KEYS.has(event.key)) {
      event.preventDefault();
      setCursor(stepFrom(layout, modules.length, at, event.key));
    } else if (event.key === 'Enter') onSelect(modules[at]!);
    else if (event.key === 'z') onZoom(racks[rackIndexOf(layout.racks, at)]!.id);
  };
  const named = (at: number | null): string => {
    const module = at === null ? undefined : moduleIndex.get(modules[at] ?? '');
    return module ? moduleText(module) : '';
  };
  const chosen = selected === null ? -1 : modules.indexOf(selected);
  const size = `${countText(modules.length, 'module')} in ${countText(racks.length, 'rack')}`;
  return (
    <div className="overview-box" ref={box}>
      <div
        id="overview"
        className="overview"
        // Arrow keys go from module to module, which no other role says.
        role="application"
        aria-label={`Map of ${size}: arrow keys go from module to module, Enter opens one, Z shows its rack`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the keyboard
        tabIndex={0}
        onKeyDown={onKeyDown}
        onFocus={() => setCursor((at) => at ?? Math.max(chosen, 0))}
      >
        <Pointed drawing={drawing} named={named} onSelect={onSelect} onZoom={onZoom}>
          <canvas
            ref={canvas}
            style={{ width: room?.widthPx ?? 0, height: layout?.heightPx ?? 0 }}
            aria-hidden
          />
        </Pointed>
        {layout && chosen >= 0 && <Ring layout={layout} at={chosen} kind="selected" />}
        {layout && cursor !== null && <Ring layout={layout} at={cursor} kind="cursor" />}
      </div>
      <p className="unseen" aria-live="polite">
        {named(cursor)}
      </p>
    </div>
  );
}

interface PointedProps extends Pick<OverviewProps, 'onSelect' | 'onZoom'> {
  readonly drawing: Drawing | null;
  readonly named: (at: number) => string;
  readonly children: ReactNode;
}

const NOTE_WIDTH_PX = 300;

/** What the pointer does: names a module, opens it, or on the name of a rack shows that rack. */
function Pointed({ drawing, named, onSelect, onZoom, children }: PointedProps): ReactNode {
  const [pointed, setPointed] = useState<{ at: number; xPx: number; yPx: number } | null>(null);
  const placeOf = (event: MouseEvent): [xPx: number, yPx: number] => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const onClick = (event: MouseEvent): void => {
    const hit = drawing && hitOf(drawing.layout, drawing.sizes, ...placeOf(event));
    if (!hit) return;
    if (hit.module === null) onZoom(drawing.racks[hit.rack]!.id);
    else onSelect(drawing.modules[hit.module]!);
  };
  const onMouseMove = (event: MouseEvent): void => {
    const [xPx, yPx] = placeOf(event);
    const hit = drawing && hitOf(drawing.layout, drawing.sizes, xPx, yPx);
    setPointed(!hit || hit.module === null ? null : { at: hit.module, xPx, yPx });
  };
  const leftPx = Math.min((pointed?.xPx ?? 0) + 14, (drawing?.widthPx ?? 0) - NOTE_WIDTH_PX);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard has its own way on the element around
    // biome-ignore lint/a11y/useKeyWithClickEvents: the same
    <div onClick={onClick} onMouseMove={onMouseMove} onMouseLeave={() => setPointed(null)}>
      {children}
      {pointed && (
        <p className="pointed" style={{ left: leftPx, top: pointed.yPx + 16 }}>
          {named(pointed.at)}
        </p>
      )}
    </div>
  );
}

function Ring({ layout, at, kind }: { layout: OverviewLayout; at: number; kind: string }): ReactNode {
  const element = useRef<HTMLSpanElement>(null);
  const { xPx, yPx } = tileOf(layout, at);
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the place
  useEffect(() => {
    element.current?.scrollIntoView({ block: 'nearest' });
  }, [xPx, yPx]);
  const sizePx = layout.pitchPx + 3;
  return (
    <span
      ref={element}
      className={`ring ring-${kind}`}
      style={{ left: xPx - 2, top: yPx - 2, width: sizePx, height: sizePx }}
    />
  );
}
