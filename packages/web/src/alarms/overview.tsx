/** Beside the list while no alarm is looked at: how bearable the alarms are, and where people work. */
import type { ReactNode } from 'react';
import { naturalOrder } from '../live/names.ts';
import type { SiteView } from '../live/store.ts';
import type { AlarmMetrics, Maintenance } from '../wire.ts';
import { Metrics } from './alarm-metrics.tsx';
import { MaintenancePanel } from './maintenance.tsx';
import type { Places } from './maintenance-form.tsx';
import { usePolling } from './polling.ts';

interface OverviewProps {
  readonly view: SiteView;
  readonly isConnected: boolean;
  readonly nowMs: number;
}

export function Overview({ view, isConnected, nowMs }: OverviewProps): ReactNode {
  const alarms = view.alarms.all();
  const covered = alarms.filter(({ suppression }) => suppression?.kind === 'maintenance').length;
  const metrics = usePolling<AlarmMetrics>('/alarm-figures', isConnected, alarms.length);
  const maintenance = usePolling<{ maintenances: Maintenance[] }>('/maintenance', isConnected, covered);
  return (
    <>
      <MaintenancePanel
        polled={maintenance}
        places={() => placesOf(view)}
        nowMs={nowMs}
        isConnected={isConnected}
      />
      <Metrics polled={metrics} />
    </>
  );
}

function placesOf({ moduleIndex }: SiteView): Places {
  const racks = new Set<string>();
  const modules: string[] = [];
  for (const { moduleId, rackId } of moduleIndex.all()) {
    modules.push(moduleId);
    if (rackId !== null) racks.add(rackId);
  }
  return { rack: [...racks].sort(naturalOrder), module: modules.sort(naturalOrder) };
}
