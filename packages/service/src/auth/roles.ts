/** Who may do what. Each role may do all that the one before may; a gateway may only deliver. */
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
