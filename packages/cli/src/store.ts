/** `emberwatch store`: what a data directory holds, copies of it, and its upkeep. */

import { existsSync } from 'node:fs';
import { InputError } from '@emberwatch/engine/telemetry';
import {
  backupStore,
  maintainStore,
  restoreStore,
  type StoreSummary,
  showStore,
} from '@emberwatch/service/offline';
import { count, duration, plural, stamp } from './format.ts';
import { keepPrivate } from './outputs.ts';

export interface StoreArguments {
  readonly data: string;
  readonly json?: boolean;
}

export interface RestoreArguments extends StoreArguments {
  readonly force?: boolean;
}

export async function show({ data, json }: StoreArguments): Promise<void> {
  const summary = showStore(existing(data));
  report(json, summary, linesOf(summary));
}

export async function backup(to: string, { data, json }: StoreArguments): Promise<void> {
  const startMs = Date.now();
  const summary = backupStore(existing(data), to);
  const [tookMs, behindMs] = [Date.now() - startMs, behindOf(summary, startMs)];
  report(json, { ...summary, tookMs, behindMs }, [
    `Copied to ${to} in ${seconds(tookMs)}.`,
    ...linesOf(summary),
    ...(behindMs === null
      ? []
      : [
          `Restoring it now would lose what came since ${stamp(startMs - behindMs)} UTC (${duration(behindMs)}).`,
        ]),
  ]);
}

export async function restore(from: string, { data, json, force = false }: RestoreArguments): Promise<void> {
  const startMs = Date.now();
  const summary = restoreStore(existing(from), data, { force });
  const [tookMs, behindMs] = [Date.now() - startMs, behindOf(summary, startMs)];
  report(json, { ...summary, tookMs, behindMs }, [
    `Checked and restored to ${data} in ${seconds(tookMs)}.`,
    ...(summary.keptAs === null ? [] : [`The store that was there is kept as ${summary.keptAs}.`]),
    ...linesOf(summary),
    ...(behindMs === null ? [] : [`What came after it is lost here: ${duration(behindMs)} before now.`]),
  ]);
}

export async function maintain({ data, json }: StoreArguments): Promise<void> {
  const startMs = Date.now();
  const { folded, rolledUp, metrics: stats } = await maintainStore(existing(data), startMs);
  report(json, { folded, rolledUp, ...stats }, [
    `${plural(folded, 'frame')} folded, ${plural(rolledUp, 'chunk')} rolled up in ${seconds(Date.now() - startMs)}.`,
    `${count(stats.bytesOnDisk / 1e6)} MB on disk, ${count(stats.bytesFree / 1e6)} MB free.`,
  ]);
}

const linesOf = (summary: StoreSummary): string[] => [
  `Schema ${summary.schemaVersion}, ${count(summary.bytes / 1e6)} MB; ${plural(summary.frames, 'frame')} of ` +
    `${plural(summary.modules, 'module')} in ${plural(summary.batches, 'delivery', 'deliveries')}, ` +
    `the last with number ${summary.lastSeq}.`,
  `${plural(summary.openAlarms, 'open alarm')}; ${
    summary.audit === null
      ? 'no audit log'
      : `audit log of ${count(summary.audit.seq)} rows, head ${summary.audit.hash}`
  }.`,
];

/** How old the newest delivery of a store is; null where it has none. */
const behindOf = ({ newestReceivedMs }: StoreSummary, nowMs: number): number | null =>
  newestReceivedMs === null ? null : Math.max(0, nowMs - newestReceivedMs);

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function existing(directory: string): string {
  keepPrivate();
  if (!existsSync(directory)) throw new InputError(`${directory}: there is no such directory`);
  return directory;
}

function report(json: boolean | undefined, value: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`);
}
