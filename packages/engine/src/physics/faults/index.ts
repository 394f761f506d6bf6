import { nearestName, ScenarioError } from '../validate.ts';
import { agedModule } from './aged-module.ts';
import { contactorOpen } from './contactor-open.ts';
import { coolantLeak } from './coolant-leak.ts';
import { coolingFailure } from './cooling-failure.ts';
import { externalHeating } from './external-heating.ts';
import { externalShort } from './external-short.ts';
import { fanFailure } from './fan-failure.ts';
import type { FaultKind } from './fault.ts';
import { gasInRoom } from './gas-in-room.ts';
import { healingShort } from './healing-short.ts';
import { highLoad } from './high-load.ts';
import { hotDay } from './hot-day.ts';
import { internalShort } from './internal-short.ts';
import { internalShortHeat } from './internal-short-heat.ts';
import { looseConnection } from './loose-connection.ts';
import { mechanicalShort } from './mechanical-short.ts';
import { microShorts } from './micro-shorts.ts';
import { oven } from './oven.ts';
import { overcharge } from './overcharge.ts';
import { overdischarge } from './overdischarge.ts';
import { ventLeak } from './vent-leak.ts';

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
  if (found) return found;
  const known = FAULT_KINDS.map(({ kind }) => kind);
  const meant = typeof name === 'string' ? nearestName(name, known) : undefined;
  throw new ScenarioError(path, meant ? `a kind such as ${meant}` : `one of ${known.join(', ')}`, name);
}
