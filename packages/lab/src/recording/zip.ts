/** Zip archives: the entries that hold data, in name order; also an archive that lost its end. */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { InputError } from '@emberwatch/engine/telemetry';
import yauzl from 'yauzl';
import { BrokenStreamError, type ByteStream } from './bytes.ts';
import { inflated } from './inflate.ts';

export interface ZipEntry {
  readonly name: string;
  stream(): ByteStream;
}

export interface Archive {
  readonly entries: readonly ZipEntry[];
  /** Entries that hold no data by their name: pictures, notes. */
  readonly ignored: readonly string[];
  close(): void;
}

const DATA_NAME = /\.(csv|tsv|txt|dat|log|ndjson|jsonl|json|parquet|pq)(\.gz)?$|\.gz$/i;
const NOTE_NAME = /(^|\/)(readme|licen[cs]e|changelog|notice)[^/]*$/i;
const HIDDEN_NAME = /(^|\/)(\.|__MACOSX\/)/;

/** One entry alone is the data, whatever its name; of several, those named like data. */
function chooseData<T extends { name: string }>(all: readonly T[]): { chosen: T[]; ignored: string[] } {
  const files = all.filter(({ name }) => !name.endsWith('/') && !HIDDEN_NAME.test(name));
  const named = files.filter(({ name }) => DATA_NAME.test(name) && !NOTE_NAME.test(name));
  const chosen = (files.length === 1 ? files : named).sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  return { chosen, ignored: files.filter((file) => !chosen.includes(file)).map(({ name }) => name) };
}

/** Throws InputError for an archive without data. */
export async function openArchive(path: string, onBytes: (count: number) => void): Promise<Archive> {
  let zip: yauzl.ZipFile;
  try {
    zip = await openZip(path);
  } catch (error) {
    return brokenArchive(path, error instanceof Error ? error.message : String(error), onBytes);
  }
  try {
    const listed = (await listEntries(zip)).map((entry) => ({ name: entry.fileName, entry }));
    if (listed.some(({ name }) => name === 'xl/workbook.xml'))
      throw new InputError('this is an Excel workbook; export the sheet as CSV');
    const { chosen, ignored } = chooseData(listed);
    if (chosen.length === 0)
      throw new InputError(`the archive holds no data file; it has: ${ignored.join(', ') || 'nothing'}`);
    const entries = chosen.map(({ name, entry }) => ({
      name,
      stream: () => entryStream(zip, entry, onBytes),
    }));
    return { entries, ignored, close: () => zip.close() };
  } catch (error) {
    zip.close();
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`the archive cannot be read: ${reason}`, { cause: error });
  }
}

const openZip = (path: string): Promise<yauzl.ZipFile> =>
  new Promise((resolve, reject) =>
    yauzl.open(path, { lazyEntries: true, autoClose: false }, (error, zip) =>
      error ? reject(error) : resolve(zip),
    ),
  );

const listEntries = (zip: yauzl.ZipFile): Promise<yauzl.Entry[]> =>
  new Promise((resolve, reject) => {
    const entries: yauzl.Entry[] = [];
    zip.on('entry', (entry: yauzl.Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', reject);
    zip.readEntry();
  });

async function* entryStream(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  const { compressionMethod: method } = entry;
  if (entry.isEncrypted()) throw new InputError('the entry is encrypted; unpack it first');
  if (method !== 0 && method !== 8)
    throw new InputError(`the entry is packed by method ${method}, only deflate is read; unpack it first`);
  const packed = await new Promise<ByteStream>((resolve, reject) => {
    zip.openReadStream(entry, { decodeFileData: false }, (error, stream) =>
      error ? reject(error) : resolve(stream),
    );
  });
  let check = 0;
  const source = countingErrors(packed, onBytes);
  for await (const chunk of method === 8 ? inflated(source, 'raw') : source) {
    check = crc32(chunk, check);
    yield chunk;
  }
  if (check !== entry.crc32 >>> 0) throw new BrokenStreamError('the checksum of the archive does not match');
}

async function* countingErrors(
  stream: ByteStream,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) {
      onBytes(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw new BrokenStreamError(error instanceof Error ? error.message : String(error));
  }
}

const LOCAL_HEADER_BYTES = 30;

/**
 * An archive whose directory (it stands at the end) is lost: its entries are found by their own headers, as far
 * as these say where the next one begins.
 */
async function brokenArchive(
  path: string,
  reason: string,
  onBytes: (count: number) => void,
): Promise<Archive> {
  const file = await open(path);
  const found: { name: string; stream: () => ByteStream }[] = [];
  const { size } = await file.stat();
  for (let at = 0; at + LOCAL_HEADER_BYTES < size; ) {
    const header = Buffer.alloc(LOCAL_HEADER_BYTES);
    await file.read(header, 0, LOCAL_HEADER_BYTES, at);
    if (header.readUInt32LE(0) !== 0x04034b50) break;
    const [flags, method, packedBytes] = [
      header.readUInt16LE(6),
      header.readUInt16LE(8),
      header.readUInt32LE(18),
    ];
    const name = Buffer.alloc(header.readUInt16LE(26));
    await file.read(name, 0, name.length, at + LOCAL_HEADER_BYTES);
    const start = at + LOCAL_HEADER_BYTES + name.length + header.readUInt16LE(28);
    const isSizeKnown = (flags & 8) === 0 && packedBytes !== 0xffffffff;
    const end = isSizeKnown ? Math.min(size, start + packedBytes) : size;
    if ((flags & 1) === 0 && (method === 0 || method === 8)) {
      const isWhole = isSizeKnown && start + packedBytes <= size;
      const stream = () => rescued(file, start, end, method, isWhole ? null : reason, onBytes);
      found.push({ name: name.toString('utf8'), stream });
    }
    at = end;
  }
  const { chosen, ignored } = chooseData(found);
  const close = (): void => void file.close();
  if (chosen.length > 0) return { entries: chosen, ignored, close };
  close();
  throw new InputError(`the archive cannot be read: ${reason}`);
}

async function* rescued(
  file: FileHandle,
  start: number,
  end: number,
  method: number,
  reason: string | null,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  async function* packed(): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; ) {
      const chunk = Buffer.alloc(Math.min(64 * 1024, end - at));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      onBytes(bytesRead);
      yield chunk.subarray(0, bytesRead);
    }
  }
  yield* method === 8 ? inflated(packed(), 'raw') : packed();
  if (reason !== null) throw new BrokenStreamError(reason);
}
