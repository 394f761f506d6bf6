/** The whole of the site at one instant: what a page begins with. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Static, Type } from 'typebox';
import type { ModuleState } from '../monitor/fleet.ts';
import { SIGNALS } from '../monitor/signals.ts';
import { AlarmBody } from './alarm-schemas.ts';
import { ChangeBody, HealthBody, ModuleBody, RetiredBody, SensorFaultBody, SignalBody } from './schemas.ts';
import { type ApiContext, healthOf } from './site.ts';

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

export const retiredOf = ({ retired, now }: ApiContext): Static<typeof RetiredBody>[] =>
  retired.shown(now()).map(({ seq: _seq, returnedMs: _returnedMs, ...one }) => one);

/** Modules written between two turns of the event loop: some milliseconds. */
const MODULES_A_TURN = 200;

/**
 * The snapshot as JSON, piece by piece: a large site has megabytes of it. Each module is as of when it was written.
 *
 * @param moduleJson as the schema of the answer has it
 */
export async function* snapshotJson(
  site: ApiContext,
  moduleJson: (module: ModuleState) => string = JSON.stringify,
): AsyncGenerator<string> {
  const { fleet, alarms } = site;
  const moduleIds = Array.from(fleet.watched(), ({ moduleId }) => moduleId);
  yield '{"modules":[';
  let separator = '';
  for (let at = 0; at < moduleIds.length; at += MODULES_A_TURN) {
    let text = '';
    for (const moduleId of moduleIds.slice(at, at + MODULES_A_TURN)) {
      const module = fleet.state(moduleId);
      if (!module) continue;
      text += separator + moduleJson(module);
      separator = ',';
    }
    yield text;
    await nextTurn();
  }
  const rest: Omit<Static<typeof SnapshotBody>, 'modules'> = {
    health: healthOf(site),
    signals,
    changes: fleet.changes(SNAPSHOT_CHANGES) as Static<typeof SnapshotBody>['changes'],
    sensorFaults: fleet.sensorFaults(),
    alarms: alarms.open() as Static<typeof SnapshotBody>['alarms'],
    retired: retiredOf(site),
  };
  yield `],${JSON.stringify(rest).slice(1)}`;
}
