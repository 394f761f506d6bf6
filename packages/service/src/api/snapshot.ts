/** The whole of the site at one instant: what a page begins with. */
import { type Static, Type } from 'typebox';
import { SIGNALS } from '../site/signals.ts';
import { AlarmBody } from './alarm-schemas.ts';
import { ChangeBody, HealthBody, ModuleBody, RetiredBody, SensorFaultBody, SignalBody } from './schemas.ts';
import { healthOf, type Site } from './site.ts';

const SNAPSHOT_CHANGES = 100;

export const SnapshotBody = Type.Object({
  health: HealthBody,
  signals: Type.Array(SignalBody),
  modules: Type.Array(ModuleBody),
  changes: Type.Array(ChangeBody),
  sensorFaults: Type.Array(SensorFaultBody),
  /** All that are not closed, oldest first. */
  alarms: Type.Array(AlarmBody),
  /** Of the last month, the last retired first. */
  retired: Type.Array(RetiredBody),
});

const signals = SIGNALS.map(({ id, label, unit, hasTrend }) => ({ id, label, unit, hasTrend }));

export const retiredOf = ({ retired, now }: Site): Static<typeof RetiredBody>[] =>
  retired.shown(now()).map(({ seq: _seq, returnedMs: _returnedMs, ...one }) => one);

export const snapshotOf = (site: Site): Static<typeof SnapshotBody> => ({
  health: healthOf(site),
  signals,
  modules: site.fleet.states() as Static<typeof SnapshotBody>['modules'],
  changes: site.fleet.changes(SNAPSHOT_CHANGES) as Static<typeof SnapshotBody>['changes'],
  sensorFaults: site.fleet.sensorFaults(),
  alarms: site.desk.open() as Static<typeof SnapshotBody>['alarms'],
  retired: retiredOf(site),
});
