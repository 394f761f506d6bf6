/** What a role may do, so that nothing is offered that the service would refuse. The service decides. */
import type { Role } from '../wire.ts';

const RISING: readonly Role[] = ['viewer', 'operator', 'engineer', 'admin'];

export const ROLE_TEXT: Readonly<Record<Role, string>> = {
  gateway: 'may deliver',
  viewer: 'may look',
  operator: 'may look, and acknowledge, comment, shelve and reset alarms',
  engineer: 'may also take alarms out of service and announce maintenance',
  admin: 'may do everything',
};

/** Null: who is asking is not known. */
export const mayDo = (role: Role | null, min: Exclude<Role, 'gateway'>): boolean =>
  role !== null && role !== 'gateway' && RISING.indexOf(role) >= RISING.indexOf(min);
