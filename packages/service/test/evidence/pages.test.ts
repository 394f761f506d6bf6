import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHANNEL_INDEX } from '@emberwatch/engine/telemetry';
import { afterAll, describe, expect, it } from 'vitest';
import { type EvidenceBundle, evidenceOf } from '../../src/evidence/bundle.ts';
import { EVIDENCE_CSS_PATH } from '../../src/evidence/html.ts';
import { evidencePage } from '../../src/evidence/page.ts';
import { type ResponderView, responderPage } from '../../src/evidence/responder.ts';
import { evidenceCss } from '../../src/evidence/style.ts';
import { instantText, localText, spanText } from '../../src/evidence/times.ts';
import { ALARM, RAISED_MS, reportStory, SICK, SITE, siteStates, sourceOf, stateOf } from './story.ts';

const MIN = 60_000;
const NOW_MS = RAISED_MS + 20 * MIN;

const viewOf = (change: Partial<ResponderView> = {}): ResponderView => ({
  site: SITE,
  nowMs: NOW_MS,
  clockMs: NOW_MS,
  lastArrivalMs: NOW_MS - 1000,
  isPlayback: false,
  watching: { ok: true, why: null },
  modules: siteStates(64),
  alarms: [ALARM],
  retired: [],
  ...change,
});

const made = evidenceOf('A000123', sourceOf(reportStory({ everyS: 10 })));

/** What a reader sees, without tags. */
const seen = (page: string): string =>
  page
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

const tagsOf = (page: string): string[] =>
  [...page.matchAll(/<([a-z/!][^\s>/]*)/gi)].map(([, tag]) => tag!.toLowerCase());

const EVIL = `<img src=x onerror=alert(1)>"'><script>alert(2)</script>\u202e\u0000&lt;svg/onload=alert(3)>`;

/** The same, with every text of it made hostile; words of fixed lists stay. */
function hostile<T>(value: T, key = ''): T {
  const FIXED =
    /^(id|kind|state|level|highestLevel|from|to|at|when|feature|physics|channel|tier|unit|timeZone|sha256|hash|judgedSha256|format|rule|lastKnownLevel|priority|action)$/;
  if (typeof value === 'string')
    return (FIXED.test(key) || value === 'emberwatch' ? value : `${value}${EVIL}`) as T;
  if (Array.isArray(value)) return value.map((one) => hostile(one, key)) as T;
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([k, inner]) => [k, hostile(inner, k)])) as T;
  return value;
}

describe('both pages', () => {
  it('hold no script, no style of their own, and nothing from elsewhere', async () => {
    for (const page of [
      evidencePage(await made),
      responderPage(viewOf()),
      responderPage(viewOf({ modules: siteStates(1024) })),
    ]) {
      expect(page).not.toMatch(
        /<script|<style|<iframe|<object|<img|\sstyle=|\son\w+=|javascript:|https?:\/\//i,
      );
      expect([...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, url]) => url)).toEqual([
        EVIDENCE_CSS_PATH,
      ]);
      for (const [, classes] of page.matchAll(/class="([^"]*)"/g)) expect(classes).toMatch(/^[a-z0-9 -]+$/);
    }
    expect(evidenceCss).not.toMatch(/url\(|@import/);
  });

  it('show every text as text, whoever wrote it', async () => {
    const { modules, siblings, cells, ...small } = await made;
    const bundle = { ...small, modules: modules.slice(0, 1), siblings, cells } as EvidenceBundle;
    const evil = hostile({ ...bundle, channels: [] });
    // Names tie signals and changes together: they are hostile in the same way everywhere.
    expect(tagsOf(evidencePage({ ...evil, channels: bundle.channels }))).toEqual(
      // The seal no longer fits, which is said in bold.
      tagsOf(evidencePage({ ...bundle, sha256: '0' })),
    );
    const view = viewOf();
    const evilView = hostile(view);
    const page = responderPage({ ...evilView, watching: view.watching });
    expect(tagsOf(page)).toEqual(tagsOf(responderPage(view)));
    expect(seen(page)).toContain('<script>alert(2)</script>');
    expect(page).not.toMatch(/[\u202e]/);
  });

  it('say each level by shape and word', async () => {
    const page = evidencePage(await made);
    for (const [, level] of page.matchAll(/<span class="level (\w+)">/g))
      expect(page).toMatch(new RegExp(`<span class="level ${level}"><svg[^\n]*?</svg> ${level}</span>`));
  });
});

describe('the page of a bundle', () => {
  it('tells who did what, why, and by which model and rules', async () => {
    const text = seen(evidencePage(await made));
    for (const part of [
      'Maria Huber',
      'seen, looking at the page',
      'Nobody inside. Fire service is called.',
      'hottest surface ≥ 90\u00a0°C'.replace('\u00a0', ' '),
      '2026-01-01 08:00:00 UTC = 09:00:00 Europe/Vienna',
      'Probe 2 has not moved',
      (await made).sha256,
      'fits the content',
      'ab'.repeat(32),
    ])
      expect(text).toContain(part);
  });

  it('draws level changes and limits where they are, and keeps a spike of one frame', async () => {
    const store = reportStory({ everyS: 1, cells: 0, moduleIds: [SICK] });
    store.frames.get(SICK)!.find(({ timeMs }) => timeMs === RAISED_MS - 30 * MIN)!.values[
      CHANNEL_INDEX.h2_ppm
    ] = 77_777;
    const page = evidencePage(await evidenceOf('A000123', sourceOf(store)));
    const chart = /aria-label="Hydrogen[\s\S]*?<\/svg>/.exec(page)![0];
    const tick = Math.max(
      ...[...chart.matchAll(/class="tick end"[^>]*>(\d+)</g)].map(([, text]) => Number(text)),
    );
    expect(tick).toBeGreaterThanOrEqual(77_777);
    const levels = [...chart.matchAll(/class="change (\w+)" x1="([\d.]+)"/g)].map(([, level, x]) => [
      level,
      Number(x),
    ]);
    expect(levels.map(([level]) => level)).toEqual(['advisory', 'warning', 'critical']);
    expect(page).toMatch(/class="limit critical"/);
    // Drawn pixel by pixel, not frame by frame.
    expect(page.length).toBeLessThan(400_000);
  });

  it('a silence is a gap, not a line', async () => {
    const store = reportStory({ everyS: 10, cells: 0, moduleIds: [SICK] });
    const list = store.frames.get(SICK)!;
    const kept = list.filter(({ timeMs }) => Math.abs(timeMs - RAISED_MS + 30 * MIN) > 5 * MIN);
    store.frames.set(SICK as never, kept);
    const page = evidencePage(await evidenceOf('A000123', sourceOf(store)));
    const path = /aria-label="State of charge[\s\S]*?<path class="line-1" d="([^"]*)"/.exec(page)![1]!;
    expect(path.match(/M/g)).toHaveLength(2);
  });

  it('says in bold that the content was changed', async () => {
    const bundle = await made;
    const page = evidencePage({ ...bundle, alarm: { ...bundle.alarm, acknowledgedBy: 'Somebody Else' } });
    expect(seen(page)).toContain('DOES NOT FIT');
  });

  it('of trouble without a module, and of nothing stored, is still a page', async () => {
    const store = reportStory({ everyS: 600, moduleIds: [] });
    expect(seen(evidencePage(await evidenceOf('A000123', sourceOf(store))))).toContain(
      'Nothing is stored of this time',
    );
    store.alarmRows[0] = {
      ...ALARM,
      kind: 'storage',
      source: 'site',
      rackId: null,
      highestLevel: null,
      level: null,
    };
    expect(seen(evidencePage(await evidenceOf('A000123', sourceOf(store))))).toContain(
      'trouble with watching',
    );
  });
});

describe('the sheet for the fire service', () => {
  it('never calls for opening, and never says that all is well', () => {
    for (const view of [
      viewOf(),
      viewOf({ alarms: [], modules: [stateOf('A_1')] }),
      viewOf({ modules: [] }),
    ]) {
      const text = seen(responderPage(view));
      expect(text).toContain('DO NOT OPEN');
      expect(text).toContain('missing reading is no all-clear');
      expect(text.replace(/DO NOT OPEN|Do not open/g, '')).not.toMatch(
        /\bopen (the|a|doors?)\b|\bsafe\b|all clear/i,
      );
    }
  });

  it('puts the gravest alarm first, and of equal ones that which began first', () => {
    const alarm = (id: string, highestPriority: 1 | 2, min: number) => ({
      ...ALARM,
      ...{ id, source: id, highestPriority, raisedMs: RAISED_MS + min * MIN },
    });
    const trouble = { ...ALARM, kind: 'silence' as const, source: 'TROUBLE' };
    const text = seen(
      responderPage(
        viewOf({ alarms: [alarm('late2', 2, 1), alarm('late1', 1, 9), trouble, alarm('first1', 1, 5)] }),
      ),
    );
    const order = ['first1', 'late1', 'late2'].map((name) => text.indexOf(name));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(text).not.toContain('TROUBLE');
  });

  it('shows a module that fell silent in alarm as it was last known, with the age of its value', () => {
    const text = seen(responderPage(viewOf()));
    expect(text).toContain('9 modules unknown now: RackA2_Module05');
    expect(text).toMatch(/5 71 14\u00a0?\s?min/);
  });

  it('says first of what is played back that it is not the present', () => {
    expect(seen(responderPage(viewOf({ isPlayback: true })))).toContain('PLAYBACK: recorded data');
    expect(seen(responderPage(viewOf()))).not.toContain('PLAYBACK');
  });

  it('counts from the wall clock when nothing arrives any more: old values do not stay young', () => {
    const view = viewOf({
      lastArrivalMs: NOW_MS - 45 * MIN,
      watching: { ok: false, why: 'no gateway delivers' },
    });
    const text = seen(responderPage(view));
    expect(text).toContain('NOT MONITORED: no gateway delivers.');
    expect(text.match(/45 min/g)!.length).toBeGreaterThan(50);
  });

  it('is not normal while a part is unknown', () => {
    const modules = [
      stateOf('A_1'),
      stateOf('A_2', { level: 'unknown', lastKnownLevel: 'normal', isSilent: true }),
    ];
    expect(responderPage(viewOf({ modules, alarms: [] }))).toContain('<p class="state unknown">');
    expect(responderPage(viewOf({ modules: [stateOf('A_1')], alarms: [] }))).toContain(
      '<p class="state normal">',
    );
    expect(responderPage(viewOf({ modules: [], alarms: [] }))).toContain('<p class="state unknown">');
  });

  it('never shows a missing value as a number', () => {
    const modules = [stateOf('R_1', { rackId: 'R', values: { hottest_degc: null, co_ppm: null } })];
    const text = seen(responderPage(viewOf({ modules, alarms: [] })));
    expect(text).toContain('gas not measured');
    expect(text).toMatch(/1 –/);
  });
});

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const folder = mkdtempSync(join(tmpdir(), 'emberwatch-evidence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function printedPages(page: string): Promise<number> {
  const [htmlFile, pdfFile] = [join(folder, 'page.html'), join(folder, 'page.pdf')];
  writeFileSync(join(folder, 'evidence.css'), evidenceCss);
  writeFileSync(htmlFile, page.replace(EVIDENCE_CSS_PATH, 'evidence.css'));
  await promisify(execFile)(CHROMIUM!, [
    ...[
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-pdf-header-footer',
      `--user-data-dir=${folder}/profile`,
    ],
    ...[`--print-to-pdf=${pdfFile}`, `file://${htmlFile}`],
  ]);
  return readFileSync(pdfFile, 'latin1').match(/\/Type\s*\/Page\b(?!s)/g)!.length;
}

describe.skipIf(CHROMIUM === undefined && process.env.CI !== 'true')('on paper', () => {
  it('the worst sheet of 64 modules is one page: everything alarmed, silent and described at length', async () => {
    const modules = siteStates(64).map((module) => ({
      ...module,
      ...{ level: 'unknown' as const, lastKnownLevel: 'critical' as const, isSilent: true },
      timeMs: NOW_MS - 100 * MIN,
      values: { hottest_degc: 1187, co_ppm: 12_345, h2_ppm: 40_000, voc_ppm: 9999 },
    }));
    const alarms = Array.from({ length: 64 }, (_, i) => ({
      ...ALARM,
      id: `A${i}`,
      source: modules[i]!.moduleId,
    }));
    const contact = { role: 'Control room, day and night', name: 'A. Longname', phone: '+43 732 000 100' };
    const site = {
      ...SITE,
      contacts: Array.from({ length: 20 }, () => contact),
      notes: Array.from(
        { length: 20 },
        () => 'Emergency stop: left of gate 3, red box, key 7; hydrant 40 m east.',
      ),
    };
    const view = viewOf({ modules, alarms, site, watching: { ok: false, why: 'no gateway delivers' } });
    expect(await printedPages(responderPage(view))).toBe(1);
  });

  it('a site of 1,024 modules in 128 racks is one page as well', async () => {
    expect(await printedPages(responderPage(viewOf({ modules: siteStates(1024) })))).toBe(1);
  });
});

describe('times', () => {
  it('carry their zone, and the day twice only where it is another', () => {
    expect(instantText(RAISED_MS, 'UTC')).toBe('2026-01-01 08:00:00 UTC');
    expect(instantText(RAISED_MS, 'Europe/Vienna')).toBe('2026-01-01 08:00:00 UTC = 09:00:00 Europe/Vienna');
    expect(instantText(Date.UTC(2026, 6, 1, 22, 30), 'Europe/Vienna')).toBe(
      '2026-07-01 22:30:00 UTC = 2026-07-02 00:30:00 Europe/Vienna',
    );
    expect(localText(Number.NaN, 'UTC')).toBe('unknown time');
  });

  it('a zone that nobody knows costs the local time, not the sheet', async () => {
    const site = { ...SITE, timeZone: 'Mars/Olympus' };
    expect(seen(responderPage(viewOf({ site })))).toContain('2026-01-01 UTC');
    expect(seen(evidencePage({ ...(await made), site }))).toContain('2026-01-01 08:00:00 UTC');
  });

  it('the hour that comes twice in autumn is told apart by UTC', () => {
    const first = Date.UTC(2026, 9, 25, 0, 30);
    const texts = [first, first + 3_600_000].map((timeMs) => instantText(timeMs, 'Europe/Vienna'));
    expect(texts[0]).toContain('= 02:30:00');
    expect(texts[1]).toContain('= 02:30:00');
    expect(texts[0]).not.toBe(texts[1]);
  });

  it.each([
    [0, '0 s'],
    [59_600, '1 min'],
    [250_000, '4 min 10 s'],
    [3_600_000, '1 h'],
    [90_000_000, '1 d 1 h'],
    [Number.POSITIVE_INFINITY, 'unknown'],
  ])('%d ms are %s', (ms, text) => {
    expect(spanText(ms).replaceAll('\u00a0', ' ')).toBe(text);
  });
});
