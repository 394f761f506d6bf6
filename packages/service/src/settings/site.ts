/** What a site is and which modules it has. */
import { type AirSpaces, SpaceMap } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import { type Static, Type } from 'typebox';
import { MAX_TOTAL_MODULES } from '../limits.ts';

const MAX_SPACES = 256;
const SPACE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const closed = { additionalProperties: false };

export const SiteSettings = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
      description: 'Short, without blanks: it stands in topics, notices and file names.',
    }),
    title: Type.Optional(Type.String({ maxLength: 200, description: 'As people call it.' })),
    address: Type.Optional(
      Type.String({ maxLength: 500, description: 'For the sheet of the fire service.' }),
    ),
    timeZone: Type.Optional(Type.String({ description: 'IANA name, such as Europe/Vienna. Default UTC.' })),
    contacts: Type.Optional(
      Type.Array(
        Type.Object(
          {
            role: Type.String({ minLength: 1, maxLength: 100 }),
            name: Type.String({ minLength: 1, maxLength: 100 }),
            phone: Type.String({ minLength: 1, maxLength: 50 }),
          },
          closed,
        ),
        { maxItems: 20, description: 'For the sheet of the fire service.' },
      ),
    ),
    notes: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
        maxItems: 6,
        description: 'For the fire service: access, hydrants, gas shut-off, chemistry, emergency stop.',
      }),
    ),
    spaces: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          {
            racks: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
              minItems: 1,
              maxItems: 256,
              description: 'Names; * stands for any characters.',
            }),
          },
          closed,
        ),
        {
          description:
            'Racks that share air, such as those of a container: gas there is one alarm. All others share the rest; ' +
            'unless given, the site is one.',
        },
      ),
    ),
    modules: Type.Optional(
      Type.Array(
        Type.Object(
          {
            id: Type.String({ minLength: 1, maxLength: 128 }),
            rack: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
            gateway: Type.Optional(
              Type.Union(
                [
                  Type.String({ minLength: 1, maxLength: 128 }),
                  Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 8 }),
                ],
                {
                  description:
                    'Who delivers it, by name. Several only where each delivers a part of its channels.',
                },
              ),
            ),
            hasTemperature: Type.Optional(
              Type.Boolean({
                description:
                  'False: this module has no temperature sensor, so voltage and gas alone are evaluated. Default true.',
              }),
            ),
          },
          closed,
        ),
        {
          maxItems: MAX_TOTAL_MODULES,
          description: 'Modules that exist: one that has never reported is an alarm.',
        },
      ),
    ),
  },
  closed,
);
export type SiteDescription = Static<typeof SiteSettings>;

/** What a schema cannot say. @throws InputError */
export function checkSite({ spaces, timeZone }: SiteDescription): void {
  if (spaces) checkSpaces(spaces);
  if (timeZone !== undefined) checkTimeZone(timeZone);
}

function checkSpaces(spaces: AirSpaces): void {
  const names = Object.keys(spaces);
  if (names.length > MAX_SPACES)
    throw new InputError(`site.spaces: there are ${names.length}; at most ${MAX_SPACES} are possible`);
  // `site` is the source of alarms that concern all of it.
  const wrong = names.find((name) => !SPACE_NAME.test(name) || name === 'site');
  if (wrong !== undefined)
    throw new InputError(
      `site.spaces: "${wrong.slice(0, 60)}" is no name of a space: letters, digits, _ . -, and not "site"`,
    );
  try {
    new SpaceMap(spaces);
  } catch (error) {
    throw new InputError(`site.spaces: ${(error as Error).message}`, { cause: error });
  }
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new InputError(`site.timeZone: "${timeZone}" is no time zone such as Europe/Vienna`);
  }
}
