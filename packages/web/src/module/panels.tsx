/** All channels of a module, each a panel of its own, under its levels and its cells. */
import { CHANNELS } from '@emberwatch/engine/telemetry';
import { type ReactNode, useMemo } from 'react';
import { CellStrips } from './cell-strip.tsx';
import { columnsFor } from './columns.ts';
import type { Happenings } from './events.ts';
import type { Shown } from './history.ts';
import { LevelLine } from './level-line.tsx';
import { limitsOf } from './limits.ts';
import { Panel, type PanelFrame } from './panel.tsx';
import type { Siblings } from './siblings.ts';
import { stretchesOf } from './timeline.ts';

interface PanelsProps {
  readonly moduleId: string;
  readonly shown: Shown | null;
  readonly siblings: Siblings | null;
  readonly happenings: Happenings;
  readonly frame: PanelFrame;
}

export function Panels({ moduleId, shown, siblings, happenings, frame }: PanelsProps): ReactNode {
  const { bounds } = frame;
  const panels = useMemo(() => {
    const [own] = shown?.histories ?? [];
    if (!shown || !own) return [];
    const lateMs = own.late.map((at) => own.timesMs[at]!);
    const moduleV = own.series.find(({ id }) => id === 'voltage_v')?.mean.findLast((v) => v !== null) ?? null;
    return CHANNELS.filter(({ id }) =>
      shown.histories.some(({ series }) => series.some((one) => one.id === id)),
    ).map(({ id, label, unit }) => ({
      id,
      label,
      unit,
      columns: columnsFor(id, shown.histories, siblings),
      marks: {
        changes: happenings.changes,
        faults: happenings.faults.filter(({ channel }) => channel === id),
        limits: limitsOf(id, moduleV),
        lateMs,
      },
    }));
  }, [shown, siblings, happenings]);
  const stretches = useMemo(() => {
    const within = happenings.changes.filter(({ timeMs }) => timeMs < bounds.toMs);
    return stretchesOf(
      happenings.first,
      within,
      Math.min(within[0]?.timeMs ?? bounds.fromMs, bounds.fromMs),
      bounds.toMs,
    )
      .filter(({ toMs }) => toMs > bounds.fromMs)
      .map((stretch) => ({ ...stretch, fromMs: Math.max(stretch.fromMs, bounds.fromMs) }));
  }, [happenings, bounds]);
  return (
    <>
      <div className="module-levels">
        <LevelLine label={`Levels of ${moduleId}`} stretches={stretches} bounds={bounds} />
      </div>
      <CellStrips moduleId={moduleId} bounds={bounds} />
      {panels.length === 0 ? (
        <p className="quiet">Nothing of it is stored for this time.</p>
      ) : (
        <div className="module-panels">
          {panels.map(({ id, label, unit, columns, marks }) => (
            <Panel
              key={id}
              channelId={id}
              label={label}
              unit={unit}
              columns={columns}
              marks={marks}
              frame={frame}
            />
          ))}
        </div>
      )}
    </>
  );
}
