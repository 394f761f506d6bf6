import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withTokens } from '../../src/auth/offline.ts';
import { verifyAudit } from '../../src/store/audit-chain.ts';
import { openStore } from '../../src/store/open.ts';

let directory: string;
const now = () => Date.UTC(2026, 0, 1);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emberwatch-tokens-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

it('makes, lists and revokes tokens that the service knows, with audit rows that hold together', async () => {
  const { token, info } = await withTokens(directory, now, (access, actor) =>
    access.create({ name: 'gw-1', role: 'gateway', modules: ['RackA*'] }, actor),
  );
  const found = await withTokens(directory, now, async (access) => access.identify(token));
  expect(found).toMatchObject({ name: 'gw-1', role: 'gateway', modules: ['RackA*'] });
  await withTokens(directory, now, (access, actor) => access.revoke(info.id, actor));
  expect(await withTokens(directory, now, async (access) => access.identify(token))).toBeNull();
  const store = await openStore(directory, { now });
  const rows = await store.audit({ afterSeq: 0, limit: 10 });
  await store.close();
  expect(rows.map(({ action }) => action)).toEqual(['token.created', 'token.revoked']);
  expect(rows[0]!.actor).toMatch(/^command line \(.+\)$/);
  expect(verifyAudit(rows)).toMatchObject({ isRight: true });
});

it('does not touch the data of a service that runs', async () => {
  const store = await openStore(directory, { now });
  await expect(withTokens(directory, now, async (access) => access.list())).rejects.toMatchObject({
    code: 'STORE_LOCKED',
  });
  await store.close();
});
