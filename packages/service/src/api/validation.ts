/** How requests are held to their schemas: nothing unknown, nothing bent into shape but the text of an address. */
import type { FastifyBodyParser, FastifySchemaCompiler } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { ServiceError } from '../errors.ts';
import { isDeeperThan } from '../json-depth.ts';

/** Enough for every question of the API; frames have a door of their own. */
const MAX_JSON_DEPTH = 8;

/** An address carries text: there numbers and truths are read from it, and defaults filled in. */
export const compileSchema: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const isText = httpPart === 'querystring' || httpPart === 'params';
  return (value) => {
    const read = isText ? Value.Default(schema, Value.Convert(schema, value)) : value;
    if (validator.Check(read)) return { value: read };
    return { error: validator.Errors(read).slice(0, 1) as never };
  };
};

/** Of routes that ask nothing. */
export const NoQuery = Type.Object({}, { additionalProperties: false });

export const parseJsonBody: FastifyBodyParser<string> = (_request, body, done) => {
  try {
    done(null, body === '' ? undefined : parseJson(body, MAX_JSON_DEPTH));
  } catch (error) {
    done(error as Error);
  }
};

/** @throws ServiceError `INVALID_JSON` */
export function parseJson(text: string, maxDepth: number): unknown {
  if (isDeeperThan(Buffer.from(text), maxDepth))
    throw new ServiceError('INVALID_JSON', `It nests deeper than ${maxDepth} levels.`);
  try {
    // Ten times as slow: only where such a name can be in it, as it stands or escaped.
    return /__proto__|\\u/.test(text) ? JSON.parse(text, rejectPrototype) : JSON.parse(text);
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    // The words of the parser repeat the body, which may hold a token.
    throw new ServiceError('INVALID_JSON', undefined, error);
  }
}

function rejectPrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new ServiceError('INVALID_JSON', 'A field may not be named "__proto__".');
  return value;
}
