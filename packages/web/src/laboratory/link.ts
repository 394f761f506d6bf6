/**
 * An experiment in a link: version, dot, and the document as JSON, deflated, in base64 for addresses. Nothing of it
 * leaves the browser: what stands behind `#` is not sent to the service.
 */
import { isRecord, type ScenarioDocument } from './document.ts';

const VERSION = '1';
/** Longer links are cut by what they are sent through. */
const MAX_LINK_CHARS = 16_384;
/** A small link may unpack to anything. */
const MAX_JSON_BYTES = 1 << 18;

/** A link that holds no experiment; the message says why. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

/** Errors: `LinkError` where the experiment is too long for a link. */
export async function linkOf(document: ScenarioDocument): Promise<string> {
  const json = new Blob([JSON.stringify(document)]);
  const packed = new Response(json.stream().pipeThrough(new CompressionStream('deflate-raw')));
  const text = `${VERSION}.${base64Of(new Uint8Array(await packed.arrayBuffer()))}`;
  if (text.length > MAX_LINK_CHARS)
    throw new LinkError(
      `The experiment is too long for a link (${text.length} letters); share it as a file.`,
    );
  return text;
}

/** The document of a link, not yet checked as a scenario. Errors: `LinkError`. */
export async function documentOfLink(text: string): Promise<ScenarioDocument> {
  if (text.length > MAX_LINK_CHARS) throw new LinkError('The link is too long to be one of this page.');
  const [version, packed] = text.split('.', 2);
  if (version !== VERSION || packed === undefined)
    throw new LinkError(
      `The link is of version "${version?.slice(0, 8)}"; this page reads version ${VERSION}.`,
    );
  const value = parsed(await unpacked(packed));
  if (!isRecord(value)) throw new LinkError('The link holds no experiment.');
  return value;
}

async function unpacked(packed: string): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    const stream = new Blob([bytesOf(packed)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > MAX_JSON_BYTES) {
        await reader.cancel();
        break;
      }
      parts.push(value);
    }
  } catch {
    throw new LinkError('The link is damaged: perhaps it was cut on its way.');
  }
  if (size > MAX_JSON_BYTES) throw new LinkError(`The link unpacks to more than ${MAX_JSON_BYTES} bytes.`);
  return new Blob(parts).text();
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new LinkError('The link is damaged: what it holds is no JSON.');
  }
}

const base64Of = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
};

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
