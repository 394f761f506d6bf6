/** What people who do not know the site have to know of it, as it stands on printed pages. */
export interface SiteFacts {
  /** Short, as in topics and notices. */
  readonly name: string;
  /** As people call it. */
  readonly title?: string;
  readonly address?: string;
  /** IANA name; default UTC. */
  readonly timeZone?: string;
  /** Whom the fire service can call, the most important first. */
  readonly contacts?: readonly { readonly role: string; readonly name?: string; readonly phone: string }[];
  /** For the fire service: access, hydrants, gas shut-off, chemistry of the cells, emergency stop. */
  readonly notes?: readonly string[];
}
