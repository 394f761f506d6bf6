/** What a role may do. */
import { ROLES, type Role } from '../records.ts';

/** True where `role` may do what asks for at least `least`; `gateway` asks for the right to deliver. */
export function mayDo(role: Role, min: Role): boolean {
  if (min === 'gateway') return role === 'gateway' || mayDo(role, 'engineer');
  return role !== 'gateway' && ROLES.indexOf(role) >= ROLES.indexOf(min);
}
