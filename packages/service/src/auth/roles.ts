/**
 * Who may do what. From viewer on each role may do all that the one before may. A gateway may only deliver; beside it
 * engineers and admins may, so that nobody calms a module down by readings of his own with a token for looking.
 */
export const ROLES = ['gateway', 'viewer', 'operator', 'engineer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What a request may do, as found from its token. */
export interface Identity {
  readonly tokenId: string;
  /** As it stands in the audit log. */
  readonly name: string;
  readonly role: Role;
  /** Of a gateway: modules it may deliver, each a name or a beginning with `*` at its end; null: all. */
  readonly modules: readonly string[] | null;
}

/** True where `role` may do what asks for at least `least`; `gateway` asks for the right to deliver. */
export function mayDo(role: Role, least: Role): boolean {
  if (least === 'gateway') return role === 'gateway' || mayDo(role, 'engineer');
  return role !== 'gateway' && ROLES.indexOf(role) >= ROLES.indexOf(least);
}
