/** What can be explored: one recording, or a dataset of many runs. */
import { stat } from 'node:fs/promises';
import { InputError } from '@emberwatch/engine/telemetry';
import { MS_PER_S } from '@emberwatch/engine/units';
import type { Manifest, ModuleRecord, RunRecord } from '../dataset/manifest.ts';
import { mustBeWhole } from '../dataset/read.ts';
import { readManifest } from '../dataset/store.ts';
import type { HazardEvent } from './event-alignment.ts';

/** Null where the path is no folder; throws InputError for a folder without a dataset, or with files missing. */
export async function datasetAt(path: string): Promise<Manifest | null> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) return null;
  const manifest = await readManifest(path);
  if (manifest.runs.length === 0) throw new InputError(`${path}: a dataset without runs`);
  await mustBeWhole(path, manifest.runs);
  return manifest;
}

/** Every module with a point of no return by threshold, on its own clock. */
export const eventsOf = ({ modules, startMs }: RunRecord): HazardEvent[] =>
  modules.flatMap((record) => {
    const { module, pnrThresholdS } = record;
    if (pnrThresholdS === null) return [];
    const anchorMs = startMs + pnrThresholdS * MS_PER_S;
    return [{ module, anchorMs, marks: marksOf(record, startMs) }];
  });

function marksOf(record: ModuleRecord, startMs: number): HazardEvent['marks'] {
  const instants = {
    'fault begins': record.faultOnsetS,
    'last help': record.pnrInterventionS,
    vent: record.ventS,
  };
  return Object.entries(instants).flatMap(([name, atS]) =>
    atS === null || atS === undefined ? [] : [{ name, timeMs: startMs + atS * MS_PER_S }],
  );
}

/** Runs, rows and labelled rows of one value of a field of the runs. */
export interface Share {
  readonly of: string;
  readonly value: string;
  readonly runs: number;
  readonly rows: number;
  readonly hazardRows: number;
}

const FIELDS = ['split', 'outcome', 'site', 'chemistry', 'cell', 'family'] as const;

/** How the runs are made up, field by field, the commonest value first. */
export function balanceOf(runs: readonly RunRecord[]): Share[] {
  return FIELDS.flatMap((of) => {
    const shares = new Map<string, { runs: number; rows: number; hazardRows: number }>();
    for (const run of runs) {
      const share = shares.get(run[of]) ?? { runs: 0, rows: 0, hazardRows: 0 };
      share.runs++;
      share.rows += run.rows;
      share.hazardRows += run.hazardRows;
      shares.set(run[of], share);
    }
    return [...shares]
      .sort((a, b) => b[1].rows - a[1].rows)
      .map(([value, share]) => ({ of, value, ...share }));
  });
}
