/** Bytes on their way into a reader: peeking, unpacking, counting; nothing is kept but the chunk in hand. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** The packed bytes end early or are damaged. All that could be unpacked has been delivered before. */
export class BrokenStreamError extends Error {
  override readonly name: string = 'BrokenStreamError';
}

/** The packed bytes are whole, but others that belong to nothing follow. */
export class TrailingBytesError extends BrokenStreamError {
  override readonly name = 'TrailingBytesError';
}

/** The first bytes (at least `count`, or all there are) and the stream as if it had not been touched. */
export async function peekAt(
  stream: ByteStream,
  count: number,
): Promise<{ head: Uint8Array; stream: ByteStream; close: () => Promise<void> }> {
  const iterator = stream[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  let broken: unknown;
  while (length < count && broken === undefined) {
    try {
      const next = await iterator.next();
      if (next.done) break;
      first.push(next.value);
      length += next.value.length;
    } catch (error) {
      broken = error;
    }
  }
  const head = Buffer.concat(first);
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      if (broken !== undefined) throw broken;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  const close = async (): Promise<void> => void (await iterator.return?.());
  return { head, stream: whole(), close };
}

export async function* counted(
  stream: ByteStream,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    onBytes(chunk.length);
    yield chunk;
  }
}

/** What the first bytes say that a file is. */
export type Content = 'gzip' | 'zip' | 'parquet' | 'ndjson' | 'csv' | 'empty' | { readonly foreign: string };

const FOREIGN_MAGIC: readonly (readonly [string, readonly number[]])[] = [
  ['a Zstandard file; unpack it first', [0x28, 0xb5, 0x2f, 0xfd]],
  ['a bzip2 file; unpack it first', [0x42, 0x5a, 0x68]],
  ['an xz file; unpack it first', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['a 7-Zip file; unpack it first', [0x37, 0x7a, 0xbc, 0xaf]],
  ['an HDF5 or MATLAB 7.3 file; export it as CSV or Parquet', [0x89, 0x48, 0x44, 0x46]],
  ['an old Excel workbook; export it as CSV', [0xd0, 0xcf, 0x11, 0xe0]],
  ['a MATLAB file; export it as CSV or Parquet', [0x4d, 0x41, 0x54, 0x4c, 0x41, 0x42]],
  ['an Arrow file; write it as Parquet', [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]],
  ['an SQLite database; export the table as CSV', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
];

const BLANKS = new Set([9, 10, 13, 32]);

export function contentOf(head: Uint8Array): Content {
  const startsWith = (magic: readonly number[]): boolean => magic.every((byte, i) => head[i] === byte);
  if (startsWith([0x1f, 0x8b])) return 'gzip';
  if (startsWith([0x50, 0x4b, 3, 4]) || startsWith([0x50, 0x4b, 5, 6])) return 'zip';
  if (startsWith([0x50, 0x41, 0x52, 0x31])) return 'parquet';
  for (const [foreign, magic] of FOREIGN_MAGIC) if (startsWith(magic)) return { foreign };
  const start = startsWith([0xef, 0xbb, 0xbf]) ? 3 : 0;
  const first = head.subarray(start).find((byte) => !BLANKS.has(byte));
  if (first === undefined) return 'empty';
  if (first === 0x5b)
    return { foreign: 'a JSON array, it seems: write one object on each line (NDJSON) instead' };
  return first === 0x7b ? 'ndjson' : 'csv';
}
