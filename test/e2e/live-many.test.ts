/** The map of a site of ten thousand modules in a real browser: drawn on a canvas, and usable without seeing it. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessibilityFaults } from './live-axe.ts';
import { isSkipped, listenTo, openStage, SOON, type Stage } from './live-browser.ts';
import { FakeSite } from './live-fake.ts';

const MODULES = 10_000;

describe.skipIf(isSkipped)('a site of ten thousand modules', () => {
  let stage: Stage;
  let site: FakeSite;
  let url: string;
  let page: Page;
  let received: ReturnType<typeof listenTo>;

  beforeAll(async () => {
    stage = await openStage();
  });

  afterAll(() => stage?.close());

  beforeEach(async () => {
    site = new FakeSite({ pageDirectory: stage.pageDirectory, modules: MODULES, inRack: 16, everyS: 10 });
    url = await site.listen();
    page = await stage.browser.newPage({ viewport: { width: 1280, height: 800 } });
    received = listenTo(page);
    await page.goto(url);
    await page.locator('.overview canvas').waitFor(SOON);
  });

  afterEach(async () => {
    await page.close();
    await site.close();
    expect(received.complaints).toEqual([]);
    expect(received.requests.filter((request) => !request.startsWith(url))).toEqual([]);
  });

  /** Colours that stand on the canvas, sampled all over it. */
  const coloursOnMap = () =>
    page.evaluate<string[]>(`(() => {
      const canvas = document.querySelector('.overview canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const found = new Set();
      for (let at = 0; at < data.length; at += 4) found.add([data[at], data[at + 1], data[at + 2]].join(' '));
      return [...found];
    })()`);

  it('draws what a message changes, without an element for each module', async () => {
    expect(await page.locator('.tile').count()).toBe(0);
    const [critical] = [await themeColour('--critical')];
    expect(await coloursOnMap()).not.toContain(critical);
    site.put(7777, 'critical');
    await page.locator('.site-state').getByText('1 module of 10,000').waitFor(SOON);
    await expect.poll(coloursOnMap).toContain(critical);
    await page
      .getByRole('button', { name: /Rack487/ })
      .first()
      .waitFor(SOON);
    site.put(7777, 'normal');
    await expect.poll(coloursOnMap).not.toContain(critical);
  });

  const themeColour = (name: string) =>
    page.evaluate<string>(`(() => {
      const probe = document.createElement('i');
      probe.style.color = getComputedStyle(document.documentElement).getPropertyValue('${name}');
      document.body.append(probe);
      const [...parts] = getComputedStyle(probe).color.matchAll(/\\d+/g);
      probe.remove();
      return parts.join(' ');
    })()`);

  it('is walked through with arrow keys, says where one is, and opens a module', async () => {
    await page.locator('#overview').focus();
    const said = () => page.locator('.overview-box [aria-live]').textContent();
    await expect.poll(said).toMatch(/^Rack001_Module01: Normal, /);
    await page.keyboard.press('ArrowRight');
    await expect.poll(said).toMatch(/^Rack001_Module02: /);
    await page.keyboard.press('ArrowDown');
    await expect.poll(said).toMatch(/^Rack001_Module08: /);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Rack001_Module08' }).waitFor(SOON);
    expect(page.url()).toContain('#/site?module=Rack001_Module08');
    await page.keyboard.press('Escape');
    await page.keyboard.press('z');
    await page.locator('.tile').nth(15).waitFor(SOON);
    expect(await page.locator('.tile').count()).toBe(16);
    await page.getByRole('button', { name: 'All racks' }).click();
    await page.locator('.overview canvas').waitFor(SOON);
  });

  it('finds a module by its name, and shows the racks as a table', async () => {
    await page.getByLabel('Find a module by name').fill('rack500_module1');
    await page.getByText('7 modules found').waitFor(SOON);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Rack500_Module10' }).waitFor(SOON);
    await page.getByLabel('Find a module by name').fill('');
    await page.getByRole('radio', { name: 'Table' }).click();
    await page.getByRole('button', { name: 'Rack625', exact: true }).waitFor(SOON);
    expect(await page.locator('.rack-table tbody tr').count()).toBe(625);
    await page.getByRole('button', { name: 'Rack003', exact: true }).click();
    await page.locator('#tile-Rack003_Module06').getByText('Unknown').waitFor(SOON);
  });

  it.each(['light', 'dark'] as const)('can be used without seeing or pointing, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    site.put(40, 'warning');
    await page.locator('.site-state').getByText('Warning').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('radio', { name: 'Table' }).click();
    await page.locator('.rack-table').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
