/** How the indexes and signs of SunSpec devices are to be read. */
import { InputError } from '@emberwatch/engine/telemetry';
import { type Static, Type } from 'typebox';

export const SunSpecSettings = Type.Object(
  {
    /**
     * What one module of Emberwatch is. `module` (default): each module of 805 or of the list within 804. `string`:
     * each string of 804 or 803 as a whole, for sites that tell nothing finer.
     */
    grain: Type.Optional(Type.Unsafe<'module' | 'string'>({ type: 'string', enum: ['module', 'string'] })),
    /** Number of the bank, which the models do not tell: one for each device that serves a bank. Default 1. */
    bank: Type.Optional(Type.Integer({ minimum: 0, maximum: 9999 })),
    /**
     * Name of a module, with `{bank}`, `{string}` and `{module}`; `{module:02}` has two digits at least. Default
     * `String{string}_Module{module:02}`, with grain `string` `String{string}`.
     */
    moduleId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    /** Name of the rack, with `{bank}` and `{string}`. Default `String{string}`, with grain `string` `Bank{bank}`. */
    rackId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    /**
     * What a positive current of 802, 803 and 804 means. The models do not say; default `discharge`, as of a source
     * of power. `emberwatch modbus probe` compares it with what the battery says of itself.
     */
    positiveCurrent: Type.Optional(
      Type.Unsafe<'discharge' | 'charge'>({ type: 'string', enum: ['discharge', 'charge'] }),
    ),
  },
  { additionalProperties: false },
);
export type SunSpecSettings = Static<typeof SunSpecSettings>;

export interface Place {
  readonly string: number;
  /** Not for a string as a whole. */
  readonly module?: number;
}

/** Settings with their defaults, and the templates taken apart. */
export interface Names {
  readonly grain: 'module' | 'string';
  /** To the native sign, where positive charges. */
  readonly currentSign: 1 | -1;
  readonly bankId: string;
  moduleId(place: Place): string;
  rackId(place: Place): string;
}

/** Throws InputError for a template with unknown or missing places. */
export function namesOf(settings: SunSpecSettings): Names {
  const { grain = 'module', bank = 1, positiveCurrent = 'discharge' } = settings;
  const isString = grain === 'string';
  const moduleText = settings.moduleId ?? (isString ? 'String{string}' : 'String{string}_Module{module:02}');
  const rackText = settings.rackId ?? (isString ? 'Bank{bank}' : 'String{string}');
  const parts = isString ? ['bank', 'string'] : ['bank', 'string', 'module'];
  return {
    grain,
    currentSign: positiveCurrent === 'charge' ? 1 : -1,
    bankId: `Bank${bank}`,
    moduleId: template('moduleId', moduleText, parts, isString ? 'string' : 'module', bank),
    rackId: template('rackId', rackText, ['bank', 'string'], null, bank),
  };
}

const PART = /\{(\w+)(?::0(\d))?\}/g;

function template(
  setting: string,
  text: string,
  allowed: readonly string[],
  needed: string | null,
  bank: number,
): (place: Place) => string {
  const used = [...text.matchAll(PART)].map(([, name]) => name!);
  const unknown = used.find((name) => !allowed.includes(name));
  const names = allowed.map((name) => `{${name}}`).join(', ');
  if (unknown !== undefined)
    throw new InputError(`${setting}: "${text}" has {${unknown}}; there are ${names}`);
  if (/[{}]/.test(text.replace(PART, ''))) throw new InputError(`${setting}: "${text}" has a brace too many`);
  if (needed !== null && !used.includes(needed))
    throw new InputError(`${setting}: "${text}" needs {${needed}}, or all would have one name`);
  return (place) =>
    text.replace(PART, (_, name: string, digits?: string) =>
      String({ bank, string: place.string, module: place.module }[name]).padStart(Number(digits ?? 1), '0'),
    );
}
