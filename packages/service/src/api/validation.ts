/** How requests are held to their schemas: nothing unknown, nothing bent into shape but the text of an address. */
import type { FastifyBodyParser, FastifySchemaCompiler } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { ServiceError } from '../errors.ts';

/** Enough for every question of the API; frames have a door of their own. */
const MAX_JSON_DEPTH = 8;

const QUOTE = 34;
const BACKSLASH = 92;

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
  if (depthOf(text) > maxDepth)
    throw new ServiceError('INVALID_JSON', `It nests deeper than ${maxDepth} levels.`);
  try {
    return JSON.parse(text, refusePrototype);
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    // The words of the parser repeat the body, which may hold a token.
    throw new ServiceError('INVALID_JSON', undefined, error);
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new ServiceError('INVALID_JSON', 'A field may not be named "__proto__".');
  return value;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}
