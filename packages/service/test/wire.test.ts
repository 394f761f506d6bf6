/** The page declares by hand what it reads; these lines fail to compile where the service says otherwise. */
import type { Static } from 'typebox';
import { expectTypeOf, it } from 'vitest';
import type {
  AlarmRecord as AlarmAsRead,
  ErrorBody as ErrorAsRead,
  Maintenance as MaintenanceAsRead,
  AlarmMetrics as MetricsAsRead,
  ModuleState,
  Role as RoleAsRead,
  MaintenanceScope as ScopeAsSent,
  Snapshot,
  TrendBody as TrendAsRead,
} from '../../web/src/wire.ts';
import type { Maintenance, MaintenanceScope } from '../src/alarms/actions.ts';
import type { AlarmMetrics } from '../src/alarms/alarm-metrics.ts';
import type { AlarmBody, MaintenanceBody } from '../src/api/alarm-schemas.ts';
import type { ModuleBody, TrendBody } from '../src/api/schemas.ts';
import type { SnapshotBody } from '../src/api/snapshot.ts';
import type { ErrorBody } from '../src/errors.ts';
import type { ModuleState as FleetState } from '../src/monitor/fleet.ts';
import type { AlarmRecord, Role } from '../src/records.ts';

it('says what the page reads', () => {
  expectTypeOf<Static<typeof SnapshotBody>>().toExtend<Snapshot>();
  expectTypeOf<Static<typeof TrendBody>>().toExtend<TrendAsRead>();
  expectTypeOf<Static<typeof ModuleBody>>().toExtend<ModuleState>();
  expectTypeOf<keyof FleetState>().toEqualTypeOf<keyof ModuleState>();
});

it('says of alarms, and of people, what the page reads', () => {
  expectTypeOf<Static<typeof AlarmBody>>().toExtend<AlarmAsRead>();
  expectTypeOf<keyof AlarmRecord>().toEqualTypeOf<keyof AlarmAsRead>();
  expectTypeOf<AlarmRecord['kind']>().toEqualTypeOf<AlarmAsRead['kind']>();
  expectTypeOf<AlarmRecord['state']>().toEqualTypeOf<AlarmAsRead['state']>();
  expectTypeOf<Static<typeof MaintenanceBody>>().toExtend<MaintenanceAsRead>();
  expectTypeOf<keyof Maintenance>().toEqualTypeOf<keyof MaintenanceAsRead>();
  expectTypeOf<ScopeAsSent>().toExtend<MaintenanceScope>();
  expectTypeOf<AlarmMetrics>().toExtend<MetricsAsRead>();
  expectTypeOf<Role>().toEqualTypeOf<RoleAsRead>();
  expectTypeOf<ErrorBody>().toExtend<ErrorAsRead>();
});
