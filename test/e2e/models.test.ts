/** What judges, how good the data are, and the documents, in a real browser before the real service. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Service, startService } from '../../packages/service/src/index.ts';
import { REJECTION_TEXTS } from '../../packages/service/src/monitor/reject-codes.ts';
import { SIGNALS } from '../../packages/service/src/monitor/signals.ts';
import { reasonEntry } from '../../packages/web/src/quality/advice.ts';
import { signalOf } from '../../packages/web/src/quality/coverage.ts';
import { accessibilityFaults } from './live-axe.ts';
import { isSkipped, listenTo, openStage, SOON, type Stage } from './live-browser.ts';
import { FakeSite } from './live-fake.ts';
import { LiveSite } from './live-site.ts';

const MODEL = fileURLToPath(new URL('../../models/hazard-1.model', import.meta.url));

it('has advice on every refusal of the service, and a signal for every channel that can fail', () => {
  for (const reason of Object.keys(REJECTION_TEXTS))
    expect(reasonEntry(reason).advice.length, reason).toBeGreaterThan(10);
  const ids = new Set(SIGNALS.map(({ id }) => id));
  for (const channel of [
    'surface_temperature_mean_degc',
    'cell_voltages_v[12]',
    'cell_voltage_min_v',
    'co_ppm',
  ])
    expect(ids.has(signalOf(channel)), channel).toBe(true);
});

describe.skipIf(isSkipped)('models, data and documents', () => {
  let stage: Stage;
  let page: Page;
  let received: ReturnType<typeof listenTo>;
  let service: Service;

  beforeAll(async () => {
    stage = await openStage();
  });

  afterAll(() => stage?.close());

  beforeEach(async () => {
    page = await stage.browser.newPage({ viewport: { width: 1280, height: 800 } });
    received = listenTo(page);
  });

  afterEach(async () => {
    await page.close();
    await service.close();
    expect(received.complaints).toEqual([]);
  });

  async function start(modelFile: string | null): Promise<LiveSite> {
    service = await startService({
      port: 0,
      access: 'open',
      isPlayback: true,
      pageDirectory: stage.pageDirectory,
      ...(modelFile !== null && { modelFile }),
    });
    return new LiveSite(service.url);
  }

  const open = (address: string) => page.goto(`${service.url}/#/${address}`);
  const deliver = (csv: string) =>
    fetch(`${service.url}/api/v1/frames`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'emberwatch-gateway': 'gw-south' },
      body: csv,
    });

  it('say first what the model cannot see, then what it is worth, as its card has it', async () => {
    await start(MODEL);
    await open('models');
    await page.getByRole('heading', { name: 'Model hazard-1' }).waitFor(SOON);
    await page.getByRole('heading', { name: 'What it is worth' }).waitFor(SOON);
    const panels = await page.locator('main h2').allTextContents();
    expect(panels.indexOf('What it cannot see')).toBe(1);
    const card = await readFile(MODEL.replace(/model$/, 'md'), 'utf8');
    const caught = await page
      .locator('.worth tbody tr')
      .last()
      .locator('td')
      .first()
      .locator('b')
      .textContent();
    expect(card).toContain(`| critical or above | ${caught} |`);
    const { model } = (await (await fetch(`${service.url}/api/v1/health`)).json()) as {
      model: { sha256: string };
    };
    expect(await page.locator('.model-hash').getAttribute('title')).toContain(model.sha256);
    const picture = page.locator('.card-pictures img').first();
    await picture.scrollIntoViewIfNeeded();
    await page.waitForFunction('document.querySelector(".card-pictures img").naturalWidth > 0');
    await page.getByRole('link', { name: 'Card', exact: true }).click();
    await page.getByRole('heading', { name: 'Frames changed before they are judged' }).waitFor(SOON);
    await page.getByRole('link', { name: 'Rules' }).click();
    await page.getByRole('row', { name: /Critical HOT heat/ }).waitFor(SOON);
  });

  it('say what it means that no model judges', async () => {
    await start(null);
    await open('models');
    await page.getByRole('heading', { name: 'The rules alone judge' }).waitFor(SOON);
    await page.getByRole('row', { name: /Warning B1-60 heat/ }).waitFor(SOON);
    expect(await page.getByText('remain a warning').count()).toBe(0);
  });

  it('show holes, what was refused with its last value, and who delivered it', async () => {
    const site = await start(null);
    await site.play(8);
    await deliver(
      'Timestamp,Module_ID,Rack_ID,Module_Max_Surface_Temp_C,Module_Voltage_V\n' +
        '2026-01-01T08:01:00Z,S1,RackS,abc,51.2\n2026-01-01T08:01:10Z,S2,RackS,24.5,\nyesterday,S2,RackS,24.5,51\n',
    );
    await open('quality');
    const rack = page.getByRole('row', { name: /RackS/ });
    await rack.waitFor(SOON);
    expect(await rack.getByText('1 of 2 deliver').count()).toBe(2);
    expect(
      await page
        .getByRole('row', { name: /RackA1/ })
        .getByText('all deliver')
        .count(),
    ).toBe(3);
    await page.getByText('No gas sensor: venting cannot be smelt', { exact: false }).first().waitFor(SOON);
    await page.getByText(/With holes \(1\)/).click();
    expect(await page.getByRole('row', { name: /RackA1/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'RackS' }).click();
    const module = page.getByRole('row', { name: /S1/ });
    await module.getByText('51.2 V').waitFor(SOON);
    expect(await module.getByText('not delivered').count()).toBeGreaterThan(0);
    await page.getByRole('link', { name: 'Refused (2)' }).click();
    const rejected = page.getByRole('row', { name: /gw-south Module_Max_Surface_Temp_C/ });
    await rejected.getByText('abc').waitFor(SOON);
    await rejected.getByText('Compare this column with the mapping').waitFor();
    await page.getByRole('link', { name: 'Gateways (2)' }).click();
    await page.getByRole('row', { name: /gw-south http/ }).waitFor(SOON);
    await page.getByRole('link', { name: /Sensor faults/ }).click();
    await page.getByText('Open and past').click();
    await page
      .getByText(/No sensor fault|delivers/)
      .first()
      .waitFor(SOON);
  });

  it('are usable with ten thousand modules', async () => {
    await start(null);
    const many = new FakeSite({
      pageDirectory: stage.pageDirectory,
      modules: 10_000,
      inRack: 10,
      everyS: 10,
    });
    const url = await many.listen();
    const empty = JSON.stringify({
      refusals: [],
      gateways: [],
      spacesUnmatched: [],
      framesAccepted: 0,
      framesLate: 0,
      framesRepeated: 0,
    });
    await page.route(/\/api\/v1\/(refusals|gateways|health)$/, (route) => route.fulfill({ body: empty }));
    try {
      await page.goto(`${url}/#/quality`);
      await page.getByText('850 more racks').waitFor(SOON);
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText('700 more racks').waitFor(SOON);
      await page.getByText(/With holes \(100\)/).click();
      await page.getByRole('row', { name: /^Rack004 10, 1 silent/ }).waitFor(SOON);
      expect(await page.locator('.matrix tbody tr').count()).toBe(100);
    } finally {
      await page.goto('about:blank');
      await many.close();
    }
  });

  it('lead from page to page, are searched, and are still there when the service is gone', async () => {
    await start(null);
    await open('alarms');
    await page.getByRole('link', { name: 'Guide' }).click();
    await page.getByRole('heading', { name: 'Life of an alarm' }).waitFor(SOON);
    await page.getByRole('article').getByRole('link', { name: 'api.md' }).first().click();
    await page.getByRole('heading', { name: 'Predictions' }).waitFor(SOON);
    await page.getByRole('searchbox', { name: 'Search the documents' }).fill('heartbeat webhook');
    const found = page.locator('.found a', { hasText: 'Heartbeat' });
    await found.waitFor(SOON);
    await service.close();
    await found.click();
    const heading = page.getByRole('heading', { name: 'Heartbeat' });
    await heading.waitFor(SOON);
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('at-heartbeat');
    await page.getByRole('link', { name: 'SunSpec and Modbus' }).click();
    await page.getByRole('heading', { name: 'Setting a device up' }).waitFor(SOON);
    // On paper there is the text alone.
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('header').isVisible()).toBe(false);
    expect(await page.locator('.contents').isVisible()).toBe(false);
    expect(await page.getByRole('heading', { name: 'Setting a device up' }).isVisible()).toBe(true);
  });

  it.each(['light', 'dark'] as const)(
    'can be used without seeing and without a mouse, %s',
    async (colorScheme) => {
      const site = await start(MODEL);
      await site.play(8);
      await deliver('Timestamp,Module_ID,Rack_ID,Module_Voltage_V\n2026-01-01T08:01:00Z,S1,RackS,abc\n');
      await page.emulateMedia({ colorScheme });
      for (const [address, ready] of [
        ['models', 'From when it speaks'],
        ['models/rules', 'The rules'],
        ['models/card', 'What it cannot see'],
        ['quality', 'What racks deliver'],
        ['quality/refused', 'kind of refusal'],
        ['quality/faults', 'Sensor faults'],
        ['quality/gateways', 'Clocks'],
        ['docs/integration', 'Before you rely on it'],
        ['docs/alarms?find=shelve', 'place'],
      ] as const) {
        await open(address);
        await page.locator('main h2, main h3', { hasText: ready }).first().waitFor(SOON);
        expect(await accessibilityFaults(page), address).toEqual([]);
      }
      expect(received.requests.filter((request) => !request.startsWith(service.url))).toEqual([]);
    },
  );
});
