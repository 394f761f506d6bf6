import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { storeContract } from './contract.ts';
import { START_MS } from './samples.ts';

storeContract('embedded store', async (retention = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'emberwatch-store-'));
  const open = () => openStore(join(folder, 'data'), { now: () => START_MS, retention, minFreeBytes: 0 });
  let store = await open();
  return {
    get store() {
      return store;
    },
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
