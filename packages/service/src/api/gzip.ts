import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ServiceError } from '../errors.ts';

const gunzipBytes = promisify(gunzip);

/** The body without its gzip wrapping; stops unpacking at `maxBytes`. */
export async function unpack(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  if (encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new ServiceError('UNSUPPORTED_ENCODING', `Content-Encoding was "${encoding.slice(0, 60)}".`);
  try {
    return await gunzipBytes(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const isBomb = error instanceof RangeError;
    if (isBomb) throw new ServiceError('BODY_TOO_LARGE', `More than ${maxBytes} bytes unpacked.`, error);
    throw new ServiceError('BROKEN_GZIP', error instanceof Error ? error.message : undefined, error);
  }
}
