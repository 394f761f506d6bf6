/** The parts of a dataset, built apart, as one: the same bytes as if it had been built at once. */
import { copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';
import type { Manifest } from './manifest.ts';
import { seedCsvFile } from './run.ts';
import { DatasetStore, exists, listsOf, readManifest } from './store.ts';

/**
 * Puts the parts together in `folder`. Files are linked where the disk allows it, else copied. Errors: `InputError`
 * where the parts are not all those of one plan and version.
 */
export async function mergeDatasets(parts: readonly string[], folder: string): Promise<Manifest> {
  const manifests: Manifest[] = [];
  for (const part of parts) manifests.push(await readManifest(part));
  mustBeWhole(parts, manifests);
  const store = await DatasetStore.create(folder);
  for (const [p, { runs }] of manifests.entries())
    for (const { run, file } of runs) {
      await place(join(parts[p]!, file), join(folder, file));
      const csv = seedCsvFile(run);
      if (await exists(join(parts[p]!, csv))) await place(join(parts[p]!, csv), join(folder, csv));
    }
  const whole: Manifest = {
    ...manifests[0]!,
    shard: null,
    ...listsOf(
      manifests.flatMap(({ runs, failed }) => [
        ...runs.map((record) => ({ kind: 'made', record }) as const),
        ...failed.map((one) => ({ kind: 'failed', failed: one }) as const),
      ]),
    ),
  };
  await store.writeManifest(whole);
  return whole;
}

function mustBeWhole(parts: readonly string[], manifests: readonly Manifest[]): void {
  const [first] = manifests;
  const found = new Map<string, string>();
  for (const [p, { planSha256, madeBy, shard }] of manifests.entries()) {
    const part = parts[p]!;
    if (shard === null) throw new InputError(`${part}: a whole dataset, not a part of one`);
    if (planSha256 !== first!.planSha256)
      throw new InputError(`${part}: made from another plan than ${parts[0]}`);
    if (madeBy !== first!.madeBy)
      throw new InputError(`${part}: made by ${madeBy}, ${parts[0]} by ${first!.madeBy}`);
    const before = found.get(shard);
    if (before !== undefined) throw new InputError(`${part}: part ${shard}, as ${before}`);
    found.set(shard, part);
  }
  const count = Number(first!.shard!.split('/')[1]);
  const missing = Array.from({ length: count }, (_, k) => `${k + 1}/${count}`).filter(
    (shard) => !found.has(shard),
  );
  if (missing.length > 0)
    throw new InputError(`part ${missing.join(', ')} is missing: ${parts.join(', ')} are not the whole`);
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to));
}
