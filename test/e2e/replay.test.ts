/** From an alarm to what led to it: the view of a module and the replay in a real browser, on the recording of the demo. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { feedRecording } from '@emberwatch/lab';
import { loadMapping } from '@emberwatch/lab/mapping';
import { type Service, startService } from '@emberwatch/service';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { evaluateAgain, type ReplayTask } from '../../packages/web/src/replay/task.ts';
import type { AlarmPage, ChangeEntry, ChangePage, HistoryBody } from '../../packages/web/src/wire.ts';
import { accessibilityFaults } from './live-axe.ts';
import { isSkipped, listenTo, openStage, SOON, type Stage } from './live-browser.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RECORDING = join(ROOT, 'examples/recordings/warehouse.parquet');
const MAPPING = join(ROOT, 'examples/recordings/warehouse.yaml');
const MODEL = join(ROOT, 'models/hazard-1.model');
/** A cell of this module develops a short, heats, vents and runs away. */
const FAULTY = 'RackA2_Module01';
const MODULES = 64;
const START_MS = Date.parse('2026-01-15T08:00:00Z');
const END_MS = Date.parse('2026-01-15T10:00:00Z');
/** On a machine that does other things, too. */
const JUDGED = { timeout: 90_000 };
const FED_WITHIN_MS = 180_000;

/** Silence is told by the wall clock, after the recording has ended. */
const isByData = ({ timeMs, reasons }: ChangeEntry): boolean =>
  timeMs < END_MS && reasons[0]?.text.startsWith('No data for') !== true;
const reported = ({
  timeMs,
  moduleId,
  from,
  to,
  reasons,
}: Omit<ChangeEntry, 'seq' | 'seenMs' | 'rackId'>): string =>
  `${timeMs} ${moduleId} ${from} ${to}: ${reasons.map(({ text }) => text).join('; ')}`;

async function demoService(pageDirectory?: string): Promise<Service> {
  const mapping = await loadMapping(MAPPING);
  const service = await startService({
    port: 0,
    access: 'open',
    logLevel: 'silent',
    isPlayback: true,
    modelFile: MODEL,
    detector: { nameplate: mapping.nameplate! },
    ...(pageDirectory !== undefined && { pageDirectory }),
  });
  const fed = await feedRecording(RECORDING, { to: service.url, speed: Number.POSITIVE_INFINITY, mapping });
  if (fed.accepted !== fed.frames)
    throw new Error(`of ${fed.frames} frames the service took ${fed.accepted}`);
  return service;
}

async function get<T>(service: Service, path: string): Promise<T> {
  const answer = await fetch(`${service.url}/api/v1${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Oldest first. */
async function changesReported(service: Service): Promise<ChangeEntry[]> {
  const changes: ChangeEntry[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: ChangePage = await get(service, `/changes?limit=500${cursor && `&cursor=${cursor}`}`);
    changes.push(...page.changes);
    cursor = page.cursor;
  }
  return changes.reverse();
}

describe.skipIf(isSkipped)('a fault, looked at afterwards', { timeout: 120_000 }, () => {
  let stage: Stage;
  let service: Service;
  let page: Page;
  let received: ReturnType<typeof listenTo>;

  beforeAll(async () => {
    stage = await openStage();
    service = await demoService(stage.pageDirectory);
  }, FED_WITHIN_MS);

  afterAll(async () => {
    await service?.close();
    await stage?.close();
  });

  beforeEach(async () => {
    page = await stage.browser.newPage({ viewport: { width: 1280, height: 800 } });
    received = listenTo(page);
  });

  afterEach(async () => {
    await page.close();
    expect(received.complaints).toEqual([]);
    expect(
      received.requests.filter((url) => !url.startsWith(service.url) && !url.startsWith('blob:')),
    ).toEqual([]);
  });

  const task = (more: Partial<ReplayTask> = {}): ReplayTask => ({
    fromMs: START_MS,
    toMs: END_MS + 1,
    leadMs: 0,
    moduleIds: null,
    followed: [FAULTY],
    ...more,
  });
  const around = () => ({
    api: `${service.url}/api/v1`,
    fetch,
    subtle: crypto.subtle,
    onProgress: () => {},
  });

  it('gives the same changes, for the same reasons, as the service told when it happened', async () => {
    const live = (await changesReported(service)).filter(isByData);
    const { changes, frames, refused: rejected, model, probability } = await evaluateAgain(task(), around());
    expect(changes.map(reported).sort()).toEqual(live.map(reported).sort());
    expect(live.some(({ moduleId, to }) => moduleId === FAULTY && to === 'critical')).toBe(true);
    expect(live.length).toBeGreaterThan(MODULES);
    expect(frames).toBeGreaterThan(40_000);
    expect(rejected).toBe(0);
    expect(model?.name).toBe('hazard-1');
    expect(Math.max(...probability[FAULTY]!.values.map((value) => value ?? 0))).toBeGreaterThan(0.88);
  });

  it('keeps the lead-in to itself, and hands over the level of each module', async () => {
    const fromMs = START_MS + 45 * 60_000;
    const live = (await changesReported(service)).filter(isByData);
    const { changes, levels, firstMs } = await evaluateAgain(
      task({ fromMs, leadMs: 3 * 3_600_000 }),
      around(),
    );
    expect(firstMs).toBeLessThan(fromMs - 40 * 60_000);
    expect(changes.map(reported).sort()).toEqual(
      live
        .filter(({ timeMs }) => timeMs >= fromMs)
        .map(reported)
        .sort(),
    );
    expect(levels[FAULTY]).toBe('advisory');
    expect(Object.values(levels)).toHaveLength(MODULES);
  });

  it('refuses a model that is not the one that judges', async () => {
    const forged: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (!String(input).endsWith('/model/artefact')) return answer;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      bytes[bytes.length - 2] = 0x20;
      return new Response(bytes);
    };
    await expect(evaluateAgain(task(), { ...around(), fetch: forged })).rejects.toThrow(/judges by/);
    await expect(evaluateAgain(task(), { ...around(), subtle: null })).rejects.toThrow(/HTTPS/);
  });

  it('is led to from the alarm: zoomed, taken away as numbers, replayed, and judged the same today', async () => {
    const { alarms } = await get<AlarmPage>(service, `/alarms?kind=hazard&source=${FAULTY}`);
    const [alarm] = alarms;
    expect(alarm?.highestLevel).toBe('critical');
    await page.goto(`${service.url}/#/site?module=${FAULTY}`);
    await page.getByRole('link', { name: 'All trends and history' }).click(SOON);
    await page.getByRole('heading', { name: FAULTY, exact: true }).waitFor(SOON);
    await page.locator('[data-channel="surface_temperature_max_degc"] canvas').waitFor(SOON);
    // Every channel that was measured has its panel, and its siblings behind it.
    const history = await get<HistoryBody>(service, `/modules/${FAULTY}/history?maxPoints=5000`);
    expect(await page.locator('.module-panel').count()).toBe(history.series.length);
    await page.getByText('median and range of 7 others').waitFor(SOON);

    await zoomInto(0.35, 0.45);
    await page.getByText('exact frames').waitFor(SOON);
    const [fromMs, toMs] = [paramOf('from'), paramOf('to')];
    expect(fromMs).toBeGreaterThan(START_MS);
    expect(toMs - fromMs).toBeLessThan(30 * 60_000);
    await expect
      .poll(csvTimes, SOON)
      .toSatisfy((times: number[]) => times[0]! >= fromMs && times.at(-1)! < toMs);
    const rows = await csv();
    const stored = await get<HistoryBody>(
      service,
      `/modules/${FAULTY}/history?fromMs=${fromMs}&toMs=${toMs}&maxPoints=5000`,
    );
    expect(stored.stepMs).toBe(0);
    expect(rows.map((row) => Date.parse(row['time']!))).toEqual(stored.timesMs);
    for (const { id, mean } of stored.series)
      expect(rows.map((row) => (row[id] === '' ? null : Number(row[id])))).toEqual(mean);

    // A double click leads back to the time before.
    await page.locator('.module-panel .u-over').first().dblclick();
    await expect.poll(() => page.url()).not.toContain('from=');

    await page.getByRole('link', { name: 'replay', exact: true }).first().click();
    await page.getByRole('heading', { name: 'Replay' }).waitFor(SOON);
    await page
      .locator('[data-step="judged"]')
      .getByText('the same levels at the same instants')
      .waitFor(JUDGED);
    await page.getByText('model hazard-1').waitFor(SOON);
    const pair = page.locator(`[data-module="${FAULTY}"]`);
    await pair.getByText('the same', { exact: true }).waitFor(SOON);
    const lines = pair.locator('.level-line');
    const said = async (at: number) => lines.nth(at).locator('.unseen').allTextContents();
    expect(await said(0)).toEqual(await said(1));
    expect((await said(0)).join()).toContain('Critical from');
    await walkThrough();
  });

  /** Moves the slider and looks at the map. */
  async function walkThrough(): Promise<void> {
    const changes = (await changesReported(service)).filter(({ moduleId }) => moduleId === FAULTY);
    const slider = page.getByRole('slider', { name: 'Time in the period' });
    const tile = page.locator(`[id="tile-${FAULTY}"]`);
    const moveTo = (timeMs: number) =>
      slider.evaluate((element, value) => {
        const input = element as unknown as { value: string; dispatchEvent(event: Event): void };
        // React listens to the setter of the element itself.
        Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), 'value')!.set!.call(element, value);
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }, String(timeMs));
    for (const { timeMs, from, to } of changes.filter(({ to }) => to !== 'unknown' && to !== 'normal')) {
      await moveTo(timeMs - 1000);
      await expect.poll(() => tile.getAttribute('class')).toContain(`level-${from}`);
      await moveTo(timeMs + 1000);
      await expect.poll(() => tile.getAttribute('class')).toContain(`level-${to}`);
    }
    await tile.getByText(/\d\d\.\d °C/).waitFor(SOON);
    await page.getByRole('button', { name: 'To the change or alarm before' }).click();
    const before = Number(await slider.inputValue());
    await page.getByRole('radio', { name: '3600×' }).click();
    await page.getByRole('button', { name: 'Play' }).click();
    await expect.poll(async () => Number(await slider.inputValue())).toBeGreaterThan(before);
    await page
      .getByRole('button', { name: 'Pause' })
      .or(page.getByRole('button', { name: 'Play' }))
      .click();
  }

  const paramOf = (name: string): number =>
    Number(new URLSearchParams(page.url().split('?')[1] ?? '').get(name));

  /** Drags over a share of the first panel. */
  async function zoomInto(from: number, to: number): Promise<void> {
    const box = await page.locator('.module-panel .u-over').first().boundingBox();
    const y = box!.y + box!.height / 2;
    await page.mouse.move(box!.x + from * box!.width, y);
    await page.mouse.down();
    await page.mouse.move(box!.x + to * box!.width, y, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => page.url()).toContain('from=');
  }

  async function csv(): Promise<Record<string, string>[]> {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as CSV' }).click(),
    ]);
    const [head, ...lines] = (await readFile(await file.path(), 'utf8')).trim().split('\n');
    const names = head!.split(',');
    return lines.map((line) => {
      const fields = line.split(',');
      return Object.fromEntries(names.map((name, k) => [name, fields[k] ?? '']));
    });
  }

  const csvTimes = async (): Promise<number[]> => (await csv()).map((row) => Date.parse(row['time']!));

  it('is drawn beside other modules, also as a picture', async () => {
    await page.goto(`${service.url}/#/module/${FAULTY}?last=24h&with=RackB1_Module02`);
    await page.locator('[data-channel="voltage_v"]').getByText('RackB1_Module02').waitFor(SOON);
    await page.getByLabel('Compare with a module').fill('RackA2_Module05');
    await page.locator('[data-channel="voltage_v"]').getByText('RackA2_Module05').waitFor(SOON);
    expect(page.url()).toContain('with=RackB1_Module02%2CRackA2_Module05');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as PNG' }).click(),
    ]);
    const picture = await readFile(await file.path());
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(picture.readUInt32BE(20)).toBeGreaterThan(1000);
  });

  it.each(['light', 'dark'] as const)('can be used without seeing or pointing, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${service.url}/#/module/${FAULTY}`);
    await page.locator('[data-channel="voc_ppm"] canvas').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    const [fromMs, toMs] = [START_MS + 40 * 60_000, START_MS + 65 * 60_000];
    await page.goto(`${service.url}/#/replay?from=${fromMs}&to=${toMs}&module=${FAULTY}`);
    await page.locator('[data-step="judged"] strong').waitFor(JUDGED);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('goes on as frames come', async () => {
    await page.goto(`${service.url}/#/module/${FAULTY}?last=15min`);
    const voltage = page.locator('[data-channel="voltage_v"] .key-1 b');
    await voltage.getByText(/^\d/).waitFor(SOON);
    const frames = [1, 2, 3].map((step) => ({
      time: END_MS + step * 10_000,
      module_id: FAULTY,
      rack_id: 'RackA2',
      voltage_v: 47.3,
    }));
    const answer = await fetch(`${service.url}/api/v1/frames`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ frames }),
    });
    expect(((await answer.json()) as { accepted: number }).accepted).toBe(frames.length);
    await voltage.getByText('47.3 V').waitFor(SOON);
    await page.locator('.span-text').getByText('Follows').waitFor(SOON);
  });
});
