import { POLICY } from '@emberwatch/engine/detector';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/index.ts';
import { RejectionLog } from '../../src/watch/rejections.ts';
import { makeResult, START_MS } from './result.ts';

const TWO = [
  { moduleId: 'M1', level: 'warning', from: 300, to: 400, text: 'hottest surface 61.0 °C (limit 60 °C)' },
  { moduleId: 'M2', level: 'critical', from: 700, to: null, text: 'heat and gas agree' },
] as const;
const MODULES = ['M1', 'M2', 'M3'];

const countOf = (text: string, part: string | RegExp): number => text.split(part).length - 1;

describe('report', () => {
  it('tells every episode with level, times and reasons, and draws the signals around it', async () => {
    const html = await renderReport(makeResult({ moduleIds: MODULES, episodes: TWO }));
    expect(html).toContain('2 alarm episodes in 2 modules, gravest level critical (1 critical, 1 warning)');
    expect(html).toContain('The first began at 2024-01-01 00:50:00 UTC in M1;');
    expect(html).toMatch(/critical was first reached at 2024-01-01 \d\d:\d\d:\d\d UTC in M\d\./);
    expect(html).toMatch(/critical<\/span> at 2024-01-01 /);
    expect(html).toContain('hottest surface 61.0 °C (limit 60 °C)');
    expect(html).toContain('heat and gas agree');
    expect(html).toContain('<strong>lasting</strong>');
    for (const number of [1, 2]) {
      expect(html).toContain(`href="#episode-${number}"`);
      expect(html).toContain(`<figure id="episode-${number}">`);
      expect(html).toContain(`aria-label="Signals around episode ${number},`);
    }
    expect(html).toContain('aria-label="Timeline of 2 alarm episodes in 2 modules"');
    expect(html).toContain('Advisory only: trips belong to the BMS and the fire panel.');
  });

  it('is the same to the byte for the same result', async () => {
    const plan = { moduleIds: MODULES, episodes: TWO };
    const first = await renderReport(makeResult(plan));
    await renderReport(makeResult());
    expect(await renderReport(makeResult(plan))).toBe(first);
  });

  it('needs nothing from elsewhere and runs nothing', async () => {
    const html = await renderReport(makeResult({ moduleIds: MODULES, episodes: TWO }));
    expect(html).not.toMatch(/https?:|<script|<link|<img|<iframe|@import|xlink|\son\w+=/i);
    expect([...html.matchAll(/(?:href|src)="([^"]*)"/g)].every(([, target]) => target!.startsWith('#'))).toBe(
      true,
    );
    expect([...html.matchAll(/url\(([^)]*)\)/g)].every(([, target]) => target!.startsWith('#'))).toBe(true);
  });

  it('has no id twice and no reference to an id that is not there', async () => {
    const html = await renderReport(makeResult({ moduleIds: MODULES, episodes: TWO }));
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of html.matchAll(/(?:href="|url\()#([^")]*)/g)) expect(ids).toContain(id);
  });

  it('escapes what comes from files, in text and in pictures', async () => {
    const evil = '<script>alert("1")</script>&\u202e\u0000"\'';
    const rejections = new RejectionLog();
    rejections.add({
      reason: 'not-a-number',
      scope: 'value',
      line: 7,
      column: evil,
      value: evil,
      entry: evil,
    });
    const html = await renderReport({
      ...makeResult({ moduleIds: [evil], episodes: [{ ...TWO[0], moduleId: evil, text: evil }] }),
      file: evil,
      mapping: { name: evil, source: evil, time: { column: 't' }, module: { id: evil } },
      coverage: { unusedFields: [evil], unknownFields: [evil], absentColumns: [evil] },
      rejected: 1,
      rejections: rejections.list(),
      sensorFaults: [
        { moduleId: evil, channel: evil, kind: 'stuck', fromMs: START_MS, toMs: null, text: evil },
      ],
      sensorFaultCount: 1,
    });
    expect(html).not.toContain('<script');
    expect(html).not.toContain('\u202e');
    expect(html).not.toContain('\u0000');
    expect(html).not.toMatch(/aria-label="[^"]*[<>]/);
    expect(countOf(html, '&lt;script&gt;alert')).toBeGreaterThan(10);
  });

  it('says of a recording without alarm what that does not prove', async () => {
    const html = await renderReport(
      makeResult({ values: (i) => ({ hottest: 25 + Math.sin(i / 40), voltage: 50 }) }),
    );
    expect(html).toContain('No alarm in 2.78 module-hours.');
    expect(html).toContain('What the absence of an alarm does not prove');
    expect(html).toContain('No gas sensor: venting could not be noticed.');
    expect(html).toContain('No cell voltages: a single weak or shorted cell could not be seen.');
    expect(html).toContain('aria-label="Signals of module M1 over the whole recording"');
    expect(html).not.toContain('No voltage:');
  });

  it('says how long a module was blind because its clock had gone back', async () => {
    const result = makeResult({ moduleIds: ['M1'], episodes: [] });
    const log = new RejectionLog();
    log.add({ reason: 'time-goes-back', scope: 'row', line: 602, column: 't', value: 'x' });
    const setBack = { moduleId: 'M1', line: 602, fromMs: 0, toMs: 3_600_000, rows: 360 };
    const report = { ...result, rejected: 1, rejectedRows: 1, rejections: log.list(), setBacks: [setBack] };
    expect(await renderReport(report)).toMatch(
      /<li>M1: 1 h.* of rows \(360\) refused because the clock went back at line 602<\/li>/,
    );
  });

  it('draws no panel of a signal without values', async () => {
    const html = await renderReport(makeResult({ values: () => ({ voltage: 50 }), episodes: [TWO[0]] }));
    expect(html).toContain('>Voltage, V<');
    expect(html).not.toContain('>Temperature, °C<');
    expect(html).toContain('No surface temperature: heat could not be judged at all.');
  });

  it('bears a recording in which nothing was measured, and one without frames', async () => {
    const empty = await renderReport(makeResult({ values: () => ({}), episodes: [TWO[0]] }));
    expect(empty).toContain('No signal with values was recorded around this episode.');
    expect(empty).not.toContain('NaN');
    const none = await renderReport(makeResult({ moduleIds: [], frames: 0 }));
    expect(none).toContain('Nothing could be judged');
    expect(none).not.toMatch(/NaN|Infinity/);
    const alone = await renderReport(makeResult({ frames: 1 }));
    expect(alone).not.toMatch(/NaN|Infinity/);
  });

  it('does without recorded signals', async () => {
    const html = await renderReport({ ...makeResult({ episodes: [TWO[0]] }), signals: null });
    expect(html).toContain('Signals were not recorded.');
    expect(html).toContain('hottest surface 61.0 °C');
  });

  it('states the rules it judged by', async () => {
    const html = await renderReport(makeResult());
    for (const { id } of POLICY.thresholds)
      expect(html).toContain(`<td><span class="name">${id}</span></td>`);
    expect(html).toContain('≥ 90 °C and heating that the load does not explain ≥ 0.2 K/min');
  });
});

describe('size of the report', () => {
  it('shows only the modules that matter of a site of 64', async () => {
    const moduleIds = Array.from({ length: 64 }, (_, i) => `RackA${(i >> 3) + 1}_Module${(i % 8) + 1}`);
    const episodes = moduleIds.map((moduleId, i) => ({ ...TWO[0], moduleId, from: 100 + i, to: 200 + i }));
    const one = await renderReport(makeResult({ moduleIds, frames: 400, episodes: [episodes[5]!] }));
    expect(countOf(one, 'over the whole recording"')).toBe(1);
    const all = await renderReport(makeResult({ moduleIds, frames: 400, episodes }));
    expect(countOf(all, '<figure id="episode-')).toBe(60);
    expect(all).toContain('4 more have no picture');
    expect(all.length).toBeLessThan(4_000_000);
  });

  it('stays below a bound for 10,000 episodes and still lists every grave one', async () => {
    const episodes = Array.from({ length: 10_000 }, (_, i) => ({
      moduleId: MODULES[i % 3]!,
      level: i === 9000 ? ('critical' as const) : ('advisory' as const),
      from: i,
      to: i + 1,
      text: `reason of ${i}`,
    }));
    const html = await renderReport(makeResult({ moduleIds: MODULES, frames: 10_001, episodes }));
    expect(html).toContain('10,000 alarm episodes in 3 modules');
    expect(html).toContain('reason of 9000');
    expect(html).toContain('… and 9,800 more (9,800 advisory)');
    expect(html.length).toBeLessThan(4_000_000);
  });

  it('stays below 60 kB for the picture of a noisy episode', async () => {
    const noise = (i: number, k: number): number => Math.sin(i * 12.9898 + k * 78.233) % 1;
    const values = (i: number) => ({
      hottest: 30 + noise(i, 1),
      voltage: 50 + noise(i, 2),
      co: 5 + noise(i, 3),
    });
    const html = await renderReport(
      makeResult({ frames: 3000, values, episodes: [{ ...TWO[0], to: 2900 }] }),
    );
    const stat = /<figure id="episode-1">[\s\S]*?<\/figure>/.exec(html)![0];
    expect(stat.length).toBeLessThan(60_000);
  });
});
