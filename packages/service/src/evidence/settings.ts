/** What people who do not know the site have to know of it. */
import { Type } from 'typebox';

const Contact = Type.Object(
  {
    role: Type.String({ minLength: 1, maxLength: 100, description: 'For example `Site manager`.' }),
    name: Type.Optional(Type.String({ maxLength: 100 })),
    phone: Type.String({ minLength: 1, maxLength: 50 }),
  },
  { additionalProperties: false },
);

export const SiteFacts = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    address: Type.Optional(
      Type.Array(Type.String({ maxLength: 200 }), {
        maxItems: 6,
        description: 'Lines of the postal address.',
      }),
    ),
    /** IANA name. */
    timeZone: Type.Optional(Type.String({ description: 'For example `Europe/Vienna`. Default UTC.' })),
    contacts: Type.Optional(
      Type.Array(Contact, { maxItems: 8, description: 'Whom the fire service can call.' }),
    ),
    notes: Type.Optional(
      Type.Array(Type.String({ maxLength: 300 }), {
        maxItems: 6,
        description: 'For the fire service: access, hydrants, gas shut-off, cell chemistry, emergency stop.',
      }),
    ),
  },
  { additionalProperties: false, description: 'The site, as it stands on printed pages.' },
);
export type SiteFacts = Type.Static<typeof SiteFacts>;
