import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel } from '@emberwatch/engine/detector';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { stumpModel } from '../../engine/test/detector/scoring/models.ts';
import { buildService } from '../src/compose.ts';
import { loadModelFile } from '../src/monitor/model-file.ts';
import { checkSignature, signModel } from '../src/monitor/model-signature.ts';
import { settingsOf } from '../src/settings/load.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytes = encodeModel(stumpModel('hottestDegC', 40), sha256);
const other = encodeModel(stumpModel('hottestDegC', 41), sha256);

const pair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    public: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    base64: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    private: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
};
const ours = pair();
const theirs = pair();
const folder = mkdtempSync(join(tmpdir(), 'emberwatch-signed-'));
const path = join(folder, 'stump-1.model');
const signature = `${path}.sig`;

beforeEach(() => {
  writeFileSync(path, bytes);
  rmSync(signature, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a model file', () => {
  it.each([
    ['that nobody has signed', () => {}, [], 'unsigned'],
    [
      'that is signed, without a key to check it by',
      () => signModel(bytes, theirs.private),
      [],
      'unverified',
    ],
    [
      'that one of the keys has signed',
      () => signModel(bytes, ours.private),
      [theirs.public, ours.base64],
      'verified',
    ],
  ])('%s is taken and said to be so', async (_, sign, keys, state) => {
    const text = sign();
    if (text !== undefined) writeFileSync(signature, text);
    expect((await loadModelFile(path, keys)).signature).toBe(state);
    const service = await buildService({
      access: 'open',
      logLevel: 'silent',
      modelFile: path,
      modelKeys: keys,
    });
    const ask = async (url: string) =>
      (await service.app.inject({ url: `/api/v1${url}`, headers: { host: 'localhost' } })).json();
    expect((await ask('/health')).model.signature).toBe(state);
    expect((await ask('/model')).model.signature).toBe(state);
    await service.close();
  });

  it.each([
    ['has no signature', null, /is not signed/],
    [
      'is signed by somebody else',
      signModel(bytes, theirs.private),
      /signed with key [0-9a-f]{16}, which is none/,
    ],
    ['has the signature of another', signModel(other, ours.private), /does not fit it/],
    [
      'has the signature of another under our key',
      signModel(bytes, theirs.private).replace(
        /[0-9a-f]{16}/,
        () => /519 (\w+)/.exec(signModel(bytes, ours.private))![1]!,
      ),
      /does not fit it/,
    ],
    ['has no signature in its file', 'signed, honestly\n', /no signature of a model/],
    ['has an empty file', '', /no signature of a model/],
  ])('that %s does not start where keys are set', async (_, text, why) => {
    if (text !== null) writeFileSync(signature, text);
    const starting = buildService({ logLevel: 'silent', modelFile: path, modelKeys: [ours.public] });
    await expect(starting).rejects.toThrow(why);
    await expect(starting).rejects.toThrow(path);
  });

  it('that was changed by one bit no longer fits its signature', () => {
    const text = signModel(bytes, ours.private);
    for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 1;
      expect(() => checkSignature(changed, text, [ours.public])).toThrow(/does not fit/);
    }
  });
});

it('keys of another kind are refused in words, and settings take lists of keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  expect(() => checkSignature(bytes, null, [pem])).toThrow(/no public Ed25519 key/);
  expect(() => checkSignature(bytes, null, ['abc'])).toThrow(/no public Ed25519 key/);
  expect(() => signModel(bytes, rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())).toThrow(
    /no Ed25519 key/,
  );
  expect(() => signModel(bytes, 'x')).toThrow(/cannot be read/);
  const settings = settingsOf(`site: { name: a }\ndetector: { modelKeys: ["${ours.base64}"] }`, 'a.yaml');
  expect(settings.detector?.modelKeys).toEqual([ours.base64]);
});
