/** Retiring a module that burnt, as an engineer does it on the page. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Service, startService } from '../../packages/service/src/index.ts';
import { accessibilityFaults } from './live-axe.ts';
import { isSkipped, openStage, SOON, type Stage } from './live-browser.ts';
import { LiveSite } from './live-site.ts';

const BURNT = 'RackA2_Module03';

describe.skipIf(isSkipped)('a module that burnt', () => {
  let stage: Stage;
  let service: Service;
  let page: Page;
  let site: LiveSite;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage?.close());
  beforeEach(async () => {
    const { pageDirectory } = stage;
    service = await startService({
      port: 0,
      access: 'open',
      isPlayback: true,
      pageDirectory,
      silentAfterMs: 3000,
    });
    page = await stage.browser.newPage({ viewport: { width: 1280, height: 900 } });
    site = new LiveSite(service.url);
    await page.goto(service.url);
  });
  afterEach(async () => {
    await page.close();
    await service.close();
  });

  it('is retired once it is silent, with a warning and a reason; its place stays, and the site is not normal', async () => {
    await site.play(20);
    await site.heat(BURNT, 140);
    await page.locator('.site-state').getByText('Critical').waitFor(SOON);
    await page.goto(`${service.url}/#/module/${BURNT}`);
    await page.getByText('it can be retired once it is silent').waitFor(SOON);
    // Nothing comes of it any more, nor of the others: each is silent after a while.
    await page.getByRole('button', { name: 'Retire this module…' }).click(SOON);
    await page.getByText('Silence is no all-clear').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    const submit = page.getByRole('button', { name: `Retire ${BURNT}` });
    await submit.click();
    await page.getByText('This needs a reason.').waitFor(SOON);
    await page.getByLabel('Reason: who saw what, when').fill('seen burnt out through the window');
    await submit.click();
    await page.getByRole('heading', { name: 'Retired: not watched' }).waitFor(SOON);
    await page.getByText('seen burnt out through the window').first().waitFor(SOON);
    await page.goto(`${service.url}/#/site`);
    const place = page.locator('.tile.is-retired');
    await place.waitFor(SOON);
    expect(await place.innerText()).toContain(BURNT);
    expect(await page.locator('.site-state').getAttribute('data-level')).toBe('unknown');
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
