/** Which module of the run is looked at: all of them small, as hot as they are at the playhead, and by name. */
import { type ModuleEvents, type Trajectory, worstFirst } from '@emberwatch/engine/physics';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { useTheme } from '../ui/theme.ts';
import { degCAt, rowAt } from './cells.ts';
import type { Playhead } from './playhead.ts';
import { colourOfDegC } from './temperature.ts';

const TILE_PX = 9;
const GAP_PX = 2;
const RACK_GAP_PX = 5;

interface PickerProps {
  readonly trajectory: Trajectory;
  readonly events: readonly ModuleEvents[];
  readonly chosen: string;
  readonly playhead: Playhead;
  readonly onChoose: (module: string) => void;
}

/** Racks side by side, two rows of modules each. */
function placesOf({ header }: Trajectory): { xPx: number; yPx: number }[] {
  const inRack = new Map<number, number>();
  const starts = new Map<number, number>();
  let nextPx = 0;
  const counts = new Map<number, number>();
  for (const rack of header.rackOf) counts.set(rack, (counts.get(rack) ?? 0) + 1);
  return header.rackOf.map((rack) => {
    if (!starts.has(rack)) {
      starts.set(rack, nextPx);
      nextPx += Math.ceil(counts.get(rack)! / 2) * (TILE_PX + GAP_PX) + RACK_GAP_PX;
    }
    const k = inRack.get(rack) ?? 0;
    inRack.set(rack, k + 1);
    const columns = Math.ceil(counts.get(rack)! / 2);
    return {
      xPx: starts.get(rack)! + (k % columns) * (TILE_PX + GAP_PX),
      yPx: Math.floor(k / columns) * (TILE_PX + GAP_PX),
    };
  });
}

export function ModulePicker({ trajectory, events, chosen, playhead, onChoose }: PickerProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const { modules } = trajectory.header;
  const places = useMemo(() => placesOf(trajectory), [trajectory]);
  const widthPx = Math.max(...places.map(({ xPx }) => xPx)) + TILE_PX + 2;
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in other colours, too
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context) return;
    const scale = window.devicePixelRatio;
    canvas.current.width = widthPx * scale;
    canvas.current.height = 2 * (TILE_PX + GAP_PX) * scale;
    context.scale(scale, scale);
    const columnsK = modules.map((_, m) => trajectory.column('cellTemperatureMaxK', m));
    const draw = (): void => {
      const row = rowAt(trajectory, playhead.timeS());
      columnsK.forEach((columnK, m) => {
        context.fillStyle = colourOfDegC(degCAt(columnK, row));
        context.fillRect(places[m]!.xPx, places[m]!.yPx, TILE_PX, TILE_PX);
      });
    };
    draw();
    return playhead.subscribe(draw);
  }, [trajectory, places, widthPx, playhead, theme]);
  if (modules.length === 1) return null;
  const worst = worstFirst(events).map(({ module }) => module);
  const others = modules.filter((module) => !worst.includes(module));
  const option = (module: string): ReactNode => (
    <option key={module} value={module}>
      {module}
    </option>
  );
  return (
    <div className="module-picker">
      <canvas ref={canvas} style={{ width: widthPx, height: 2 * (TILE_PX + GAP_PX) }} aria-hidden />
      <select
        aria-label="Module that is shown"
        value={chosen}
        onChange={({ target }) => onChoose(target.value)}
      >
        {worst.length > 0 && <optgroup label="Something happened">{worst.map(option)}</optgroup>}
        {others.length > 0 && <optgroup label="Nothing happened">{others.map(option)}</optgroup>}
      </select>
    </div>
  );
}
