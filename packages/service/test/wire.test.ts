/** The page declares by hand what it reads; these lines fail to compile where the service says otherwise. */
import type { Static } from 'typebox';
import { expectTypeOf, it } from 'vitest';
import type { ModuleState, Snapshot, TrendBody as TrendAsRead } from '../../web/src/wire.ts';
import type { ModuleBody, TrendBody } from '../src/api/schemas.ts';
import type { SnapshotBody } from '../src/api/snapshot.ts';
import type { ModuleState as FleetState } from '../src/fleet.ts';

it('says what the page reads', () => {
  expectTypeOf<Static<typeof SnapshotBody>>().toExtend<Snapshot>();
  expectTypeOf<Static<typeof TrendBody>>().toExtend<TrendAsRead>();
  expectTypeOf<Static<typeof ModuleBody>>().toExtend<ModuleState>();
  expectTypeOf<keyof FleetState>().toEqualTypeOf<keyof ModuleState>();
});
