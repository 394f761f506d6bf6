/** Tokens of a service that does not run: for the first ones, and for who has lost the last. */
import { userInfo } from 'node:os';
import type { TokenRow } from '../records.ts';
import { AuditChain, type AuditEntry } from '../store/audit-chain.ts';
import { openStore } from '../store/open.ts';
import type { OpenStore } from '../store/store.ts';
import { Access } from './access.ts';
import { createdDetail, revokedDetail } from './token.ts';

/**
 * Opens the data directory, lets `work` do something with its tokens, and closes it. Whoever may write there needs no
 * token; what he does stands in the audit log under his name at this computer.
 *
 * @throws ServiceError `STORE_LOCKED` while the service runs: then its API makes tokens (`POST /api/v1/tokens`)
 */
export async function withTokens<T>(
  dataDirectory: string,
  now: () => number,
  work: (access: Access, actor: string) => Promise<T>,
  open: OpenStore = openStore,
): Promise<T> {
  const store = await open(dataDirectory, { now });
  try {
    const chain = new AuditChain(await store.lastAudit());
    const keep = (row: TokenRow, actor: string, action: string, detail: AuditEntry['detail']) => {
      const audit = [chain.append({ atMs: now(), actor, action, subject: row.id, detail })];
      return store.commit({ tokens: [row], audit });
    };
    const { access } = await Access.open({
      store,
      // A first token nobody asked for would be shown to nobody.
      mode: 'open',
      now,
      audit: (actor, action, subject, detail) => {
        const row = chain.append({
          atMs: now(),
          actor,
          action,
          subject,
          detail: detail as AuditEntry['detail'],
        });
        return store.commit({ audit: [row] });
      },
      log: { warn: () => {} },
      keep: {
        createToken: (row, actor) => keep(row, actor, 'token.created', createdDetail(row)),
        revokeToken: (row, actor) => keep(row, actor, 'token.revoked', revokedDetail(row)),
        isTokenStored: () => true,
        saveSetting: (key, value) => store.commit({ settings: [{ key, value }] }),
      },
    });
    return await work(access, `command line (${userInfo().username})`);
  } finally {
    await store.close();
  }
}
