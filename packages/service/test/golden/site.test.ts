/**
 * What a small site says and stores, as it was recorded; and whether a data directory of an earlier program is read,
 * although what is stored has the names of properties.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRecorded, linesOf } from '../../../../test/golden/lines.ts';
import { stateOfBytes } from '../../src/monitor/kept-state.ts';
import { STORE_FILE } from '../../src/store/disk.ts';
import type { Store } from '../../src/store/store.ts';
import { COPY_S, END_S, SiteStory, SNAPSHOT_S } from './site-story.ts';
import { type Stored, shapeOf, storedIn } from './stored.ts';

const recorded = (name: string): URL => new URL(`recorded/${name}`, import.meta.url);
const EARLIER = recorded('earlier.db.gz');
/** Its state of evaluation is of a version that this program does not read. */
const OTHER_VERSION = recorded('other-version.db.gz');

const folder = mkdtempSync(join(tmpdir(), 'emberwatch-golden-'));
const pathOf = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let verdicts: readonly object[];
let stored: Stored;
/** Of the properties in the stored state of judgement. */
let names: readonly string[];

async function namesIn(store: Store): Promise<string[]> {
  const { parts } = (await store.snapshot())!;
  return [...shapeOf(stateOfBytes(parts[0]!))].sort();
}

beforeAll(async () => {
  const story = await SiteStory.open(pathOf('whole'));
  await story.play(SNAPSHOT_S);
  await story.service.monitor.snapshots.take();
  names = await namesIn(story.service.site.store);
  await story.play(COPY_S);
  if (process.env['UPDATE_EARLIER']) {
    await story.service.site.store.backup(pathOf('copy'));
    writeFileSync(EARLIER, gzipSync(readFileSync(join(pathOf('copy'), STORE_FILE)), { level: 9 }));
  }
  await story.play(END_S);
  verdicts = story.service.site.fleet.states();
  await story.end();
  stored = storedIn(pathOf('whole'));
});

describe('a site', () => {
  it('has these verdicts, changes, alarms, audit rows and settings', async () => {
    const texts = new Set<string>();
    await expectRecorded(linesOf([...verdicts, ...stored.rows], texts), recorded('site.ndjson'));
    await expectRecorded([...[...texts].sort(), stored.auditHead], recorded('texts.txt'));
  });

  it('stores these bytes', () => expectRecorded(stored.chunks, recorded('chunks.txt')));
});

async function openCopy(packed: URL, directory: string): Promise<SiteStory> {
  mkdirSync(directory);
  writeFileSync(join(directory, STORE_FILE), gunzipSync(readFileSync(packed)));
  return SiteStory.open(directory, COPY_S);
}

describe('a data directory of an earlier program', () => {
  it('whose state is of another version is evaluated from the journal, says so, and no hazard looks calm', async () => {
    const story = await openCopy(OTHER_VERSION, pathOf('other-version'));
    const { monitor, site } = story.service;
    expect(monitor.recovery).toMatchObject({
      from: 'journal',
      rejectedWhy: 'the state is of another version',
    });
    const hazards = () => monitor.alarms.open().filter(({ kind }) => kind === 'hazard');
    expect(hazards().map(({ id, source }) => [id, source])).toEqual([
      ['A000005', 'E_1'],
      ['A000006', 'W_2'],
      ['A000007', 'E_2'],
    ]);
    for (let s = COPY_S; s < COPY_S + 60; s += 5) {
      await story.play(s);
      expect(site.fleet.state('E_1')!.level, `${s} s`).not.toBe('normal');
      expect(hazards().find(({ source }) => source === 'E_1')!.state).not.toBe('closed');
    }
    await story.end();
  });

  it('is read, judged on and stored under the same names', async () => {
    const directory = pathOf('earlier');
    const story = await openCopy(EARLIER, directory);
    const { monitor, site, opening } = story.service;
    expect(await namesIn(site.store)).toEqual(names);
    expect(monitor.recovery).toMatchObject({
      from: 'snapshot',
      rejectedWhy: null,
      deliveries: 24,
      frames: 64,
    });
    expect(opening.auditWhy).toBeNull();
    expect((await site.store.tokens()).map(({ name, modules }) => [name, modules])).toEqual([
      ['south', ['S_*']],
    ]);

    await story.play(END_S);
    const continued = story.service.site.fleet.states();
    await story.end();
    const { rows } = storedIn(directory);
    const none = new Set<string>();
    // The alarms of before go on under their ids, and no verdict differs from that of a run without an end.
    const pick = (all: readonly Readonly<Record<string, unknown>>[]): string[] =>
      linesOf(
        all.filter(({ table }) => ['change', 'sensor_fault', 'setting', 'delivery'].includes(String(table))),
        none,
      );
    const alarms = (all: typeof rows) =>
      all
        .filter(({ table }) => table === 'alarm')
        .map(({ id, kind, source, raised_ms }) => [id, kind, source, raised_ms]);
    expect(linesOf(continued, none)).toEqual(linesOf(verdicts, none));
    expect(pick(rows)).toEqual(pick(stored.rows));
    expect(alarms(rows)).toEqual(alarms(stored.rows));
  });
});
