/**
 * Signatures of model files: Ed25519, in a file beside the artefact. A model decides whether a warning becomes critical,
 * so a site may say whose models it takes.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { InputError } from '@emberwatch/engine/telemetry';

export const SIGNATURE_SUFFIX = '.sig';

/**
 * | value | meaning |
 * | --- | --- |
 * | `verified` | signed by one of the keys in the settings |
 * | `unverified` | there is a signature, and no key in the settings to check it by |
 * | `unsigned` | there is none |
 */
export const SIGNATURE_STATES = ['verified', 'unverified', 'unsigned'] as const;
export type SignatureState = (typeof SIGNATURE_STATES)[number];

const FORM = /^emberwatch-signature 1 ed25519 ([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)$/;
/** Part of what is signed: no signature that was made for anything else counts. */
const PURPOSE = Buffer.from('emberwatch model signature 1\n');
const MAX_SIGNATURE_CHARS = 1000;

/** @param text PEM, or the base64 of the same bytes (SPKI). @throws InputError */
export function publicKeyOf(text: string): KeyObject {
  const isPem = text.includes('-----BEGIN');
  try {
    const key = isPem
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below.
  }
  throw new InputError(
    `"${text.slice(0, 40)}" is no public Ed25519 key, as PEM or as the base64 of its SPKI`,
  );
}

/** @param pem of the private key. @returns the text of a signature file. @throws InputError */
export function signModel(bytes: Uint8Array, pem: string): string {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new InputError('the key cannot be read: expected a private Ed25519 key as PEM, without a password');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new InputError('the key is no Ed25519 key');
  const signature = sign(null, Buffer.concat([PURPOSE, bytes]), key).toString('base64');
  return `emberwatch-signature 1 ed25519 ${keyIdOf(createPublicKey(key))} ${signature}\n`;
}

/**
 * @param signature text of the signature file; null where there is none
 * @param keys those whose models are taken; none: whoever's
 * @throws InputError where keys are given and none of them has signed this
 */
export function checkSignature(
  bytes: Uint8Array,
  signature: string | null,
  keys: readonly string[],
): SignatureState {
  const known = keys.map(publicKeyOf);
  if (signature === null) {
    if (known.length === 0) return 'unsigned';
    throw new InputError('it is not signed, and the settings take only models that are (detector.modelKeys)');
  }
  const form = FORM.exec(signature.slice(0, MAX_SIGNATURE_CHARS).trim());
  if (!form) throw new InputError('its signature file is no signature of a model');
  if (known.length === 0) return 'unverified';
  const key = known.find((one) => keyIdOf(one) === form[1]);
  if (!key)
    throw new InputError(
      `it is signed with key ${form[1]}, which is none of the settings (detector.modelKeys: ${known.map(keyIdOf).join(', ')})`,
    );
  if (!verify(null, Buffer.concat([PURPOSE, bytes]), key, Buffer.from(form[2]!, 'base64')))
    throw new InputError(
      `its signature with key ${form[1]} does not fit it: the file was changed, or signed as another`,
    );
  return 'verified';
}

/** The first 64 bits of the hash of the key: enough to tell keys apart, nothing is trusted by it. */
export const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex')
    .slice(0, 16);
