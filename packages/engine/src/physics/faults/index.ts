import { ScenarioError } from '../validate.ts';
import { agedModule } from './agedModule.ts';
import { contactorOpen } from './contactorOpen.ts';
import { coolantLeak } from './coolantLeak.ts';
import { coolingFailure } from './coolingFailure.ts';
import { externalHeating } from './externalHeating.ts';
import { externalShort } from './externalShort.ts';
import { fanFailure } from './fanFailure.ts';
import type { FaultKind } from './fault.ts';
import { gasInRoom } from './gasInRoom.ts';
import { healingShort } from './healingShort.ts';
import { highLoad } from './highLoad.ts';
import { hotDay } from './hotDay.ts';
import { internalShort } from './internalShort.ts';
import { internalShortHeat } from './internalShortHeat.ts';
import { looseConnection } from './looseConnection.ts';
import { mechanicalShort } from './mechanicalShort.ts';
import { microShorts } from './microShorts.ts';
import { oven } from './oven.ts';
import { overcharge } from './overcharge.ts';
import { overdischarge } from './overdischarge.ts';
import { ventLeak } from './ventLeak.ts';

/** Every kind of fault and disturbance of the truth; faults of sensors live with the sensors. */
export const FAULT_KINDS: readonly FaultKind[] = [
  internalShort,
  internalShortHeat,
  healingShort,
  mechanicalShort,
  microShorts,
  externalShort,
  externalHeating,
  coolingFailure,
  oven,
  overcharge,
  overdischarge,
  looseConnection,
  coolantLeak,
  ventLeak,
  agedModule,
  fanFailure,
  hotDay,
  highLoad,
  gasInRoom,
  contactorOpen,
];

/** The kind of this name; `ScenarioError` at `path` where there is none. */
export function faultKind(name: unknown, path: string): FaultKind {
  const found = FAULT_KINDS.find((candidate) => candidate.kind === name);
  if (!found) throw new ScenarioError(path, `one of ${FAULT_KINDS.map(({ kind }) => kind).join(', ')}`, name);
  return found;
}
