/** Beside the list while no alarm is looked at: how bearable the alarms are, and where people work. */
import type { ReactNode } from 'react';
import { naturalOrder } from '../live/names.ts';
import type { SiteView } from '../live/store.ts';
import type { AlarmFigures, Maintenance } from '../wire.ts';
import { useAsked } from './asked.ts';
import { Figures } from './figures.tsx';
import { MaintenancePanel } from './maintenance.tsx';
import type { Places } from './maintenance-form.tsx';

interface OverviewProps {
  readonly view: SiteView;
  readonly isConnected: boolean;
  readonly nowMs: number;
}

export function Overview({ view, isConnected, nowMs }: OverviewProps): ReactNode {
  const alarms = view.alarms.all();
  const covered = alarms.filter(({ suppression }) => suppression?.kind === 'maintenance').length;
  const figures = useAsked<AlarmFigures>('/alarm-figures', isConnected, alarms.length);
  const maintenance = useAsked<{ maintenances: Maintenance[] }>('/maintenance', isConnected, covered);
  return (
    <>
      <MaintenancePanel
        asked={maintenance}
        places={() => placesOf(view)}
        nowMs={nowMs}
        isConnected={isConnected}
      />
      <Figures asked={figures} />
    </>
  );
}

function placesOf({ roster }: SiteView): Places {
  const racks = new Set<string>();
  const modules: string[] = [];
  for (const { moduleId, rackId } of roster.all()) {
    modules.push(moduleId);
    if (rackId !== null) racks.add(rackId);
  }
  return { rack: [...racks].sort(naturalOrder), module: modules.sort(naturalOrder) };
}
