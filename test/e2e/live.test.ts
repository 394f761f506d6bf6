/** The page in a real browser, before the real service and detector: what an operator sees and does. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Service, startService } from '../../packages/service/src/index.ts';
import { accessibilityFaults } from './live-axe.ts';
import { isSkipped, listenTo, openStage, SOON, type Stage } from './live-browser.ts';
import { BreakableLine } from './live-line.ts';
import { LiveSite } from './live-site.ts';

describe.skipIf(isSkipped)('the live page', () => {
  let stage: Stage;
  let service: Service;
  let line: BreakableLine;
  let page: Page;
  let site: LiveSite;
  let received: ReturnType<typeof listenTo>;

  beforeAll(async () => {
    stage = await openStage();
  });

  afterAll(() => stage?.close());

  beforeEach(async () => {
    service = await startService({
      port: 0,
      access: 'open',
      isPlayback: true,
      pageDirectory: stage.pageDirectory,
    });
    line = await BreakableLine.to(service.url);
    site = new LiveSite(service.url);
    page = await stage.browser.newPage({ viewport: { width: 1280, height: 800 } });
    received = listenTo(page);
    await page.goto(line.url);
  });

  afterEach(async () => {
    await page.close();
    await line.close();
    await service.close();
    expect(received.complaints).toEqual([]);
    expect(received.requests.filter((request) => !request.startsWith(line.url))).toEqual([]);
  });

  const tile = (moduleId: string) => page.locator(`[id="tile-${moduleId}"]`);
  const state = () => page.locator('.site-state');

  it('waits with the command to type, then shows modules as they come', async () => {
    await page.getByRole('heading', { name: 'Waiting for the first frame' }).waitFor(SOON);
    await page.getByText(`--to ${line.url}`).waitFor();
    await page.getByText('Advisory only: trips belong to the BMS and the fire panel.').waitFor();
    await site.play(10);
    await tile('RackA2_Module04').waitFor(SOON);
    expect(await page.locator('.tile').count()).toBe(8);
    await state().getByText('Normal').waitFor(SOON);
    await page.getByRole('button', { name: /^RackA1_Module01: 01\s+Normal\s+2\d\.\d °C\s+5/ }).waitFor(SOON);
    await site.play(1, { RackA1_Module01: 31.5 });
    await tile('RackA1_Module01').getByText('31.5 °C').waitFor(SOON);
  });

  it('shows a rising level on the map, in the list, in the header, and says it aloud', async () => {
    await site.play(20);
    await state().getByText('Normal').waitFor(SOON);
    await site.heat('RackA2_Module03', 66);
    await state().getByText('Warning').waitFor(SOON);
    expect(await tile('RackA2_Module03').getAttribute('class')).toContain('level-warning');
    await page.locator('.changes li', { hasText: 'RackA2_Module03' }).first().waitFor(SOON);
    await page
      .locator('.attention li', { hasText: 'RackA2_Module03' })
      .getByText(/°C|K/)
      .first()
      .waitFor(SOON);
    await page
      .locator('[aria-live]', { hasText: 'RackA2_Module03' })
      .first()
      .waitFor({ state: 'attached', ...SOON });
  });

  it('is worked by keyboard alone', async () => {
    await site.play(20);
    await tile('RackA1_Module01').waitFor(SOON);
    await page.keyboard.press('Tab');
    await page.getByText('Skip to the modules').waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    const focused = () => page.evaluate<string>('document.activeElement.id');
    expect(await focused()).toBe('tile-RackA1_Module01');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('tile-RackA1_Module02');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('tile-RackA1_Module04');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'RackA1_Module04' }).waitFor(SOON);
    await page.locator('.chart canvas').first().waitFor(SOON);
    expect(page.url()).toContain('#/site?module=RackA1_Module04');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Needs attention' }).waitFor(SOON);
    expect(await focused()).toBe('tile-RackA1_Module04');
  });

  it('says that the line is broken, keeps the last state, and is whole again by itself', async () => {
    await site.play(20);
    await state().getByText('Normal').waitFor(SOON);
    await line.cut();
    await state().getByText('No connection').waitFor(SOON);
    await page.getByRole('alert').getByText('Connection lost').waitFor();
    expect(await page.locator('.tile').count()).toBe(8);
    await site.play(1, { RackA1_Module02: 33.3 });
    await line.mend();
    await state().getByText('Normal').waitFor(SOON);
    await tile('RackA1_Module02').getByText('33.3 °C').waitFor(SOON);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('draws the trend of a module as it grows', async () => {
    await site.play(60);
    await tile('RackA1_Module01').click();
    await page.locator('.chart canvas').nth(2).waitFor(SOON);
    const titles = await page.locator('.chart figcaption > :first-child').allTextContents();
    expect(titles).toEqual(['Temperature °C', 'Voltage V', 'Current A']);
    await site.play(2, { RackA1_Module01: 30.7 });
    await page.locator('.chart').first().getByText('30.7 °C').waitFor(SOON);
    await page.getByText('no gas sensor').waitFor(SOON);
  });

  it.each(['light', 'dark'] as const)('can be used without seeing or pointing, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    expect(await accessibilityFaults(page)).toEqual([]);
    await site.play(20);
    await site.heat('RackA2_Module03', 66);
    await state().getByText('Warning').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await tile('RackA2_Module03').click();
    await page.locator('.chart canvas').first().waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('stays usable with several hundred modules', async () => {
    await site.play(6, {}, 400);
    await page.locator('.tile').nth(399).waitFor(SOON);
    await page.locator('.tile').nth(250).click();
    await page.locator('.detail').waitFor(SOON);
    await page.getByLabel('Find a module by name').fill('RackA77_');
    await page.getByText('4 modules found').waitFor(SOON);
    expect(await page.locator('.tile').count()).toBe(4);
  });
});
