/** A file of the page that does not come once: the view can be had again, and alarms need no further file. */
import type { Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Service, startService } from '../../packages/service/src/index.ts';
import { isSkipped, openStage, SOON, type Stage } from './live-browser.ts';
import { BreakableLine } from './live-line.ts';
import { LiveSite } from './live-site.ts';

const LATER_FILES = /\/assets\/(?!index-).*\.js$/;

describe.skipIf(isSkipped)('a file of the page that does not come', () => {
  let stage: Stage;
  let service: Service;
  let line: BreakableLine;
  let page: Page;
  let loads = 0;

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
    page = await stage.browser.newPage({ viewport: { width: 1280, height: 800 } });
    loads = 0;
    page.on('load', () => loads++);
    await page.goto(line.url);
    await new LiveSite(service.url).play(10);
    await page.locator('.tile').first().waitFor(SOON);
  });
  afterEach(async () => {
    await page.close();
    await line.close();
    await service.close();
  });

  const fail = (how: (route: Route) => Promise<void>) => page.route(LATER_FILES, how);
  const go = (view: string) => page.evaluate(`window.location.assign("#/${view}")`);
  const problem = () => page.getByRole('heading', { name: /cannot be shown/ });
  const tryAgain = () => page.getByRole('button', { name: 'Try again' }).click();

  it.each([
    ['not found', (route: Route) => route.fulfill({ status: 404 })],
    ['an error of the service', (route: Route) => route.fulfill({ status: 500 })],
    ['a line that is cut', (route: Route) => route.abort('connectionfailed')],
  ] as const)('%s: the view says so, and comes when it is tried again', async (_name, how) => {
    await fail(how);
    await go('models');
    await problem().waitFor(SOON);
    // The state of the site stays in sight, and so do the other views.
    await page.locator('.site-state').getByText('Normal').waitFor(SOON);
    await page.unroute(LATER_FILES);
    await tryAgain();
    await page.locator('#models').waitFor(SOON);
    // Wherever the browser had kept the failure, the page was loaded anew at the same place.
    expect(page.url()).toContain('#/models');
    expect(loads).toBeLessThanOrEqual(2);
  });

  it('alarms are shown without any further file', async () => {
    await fail((route) => route.abort('connectionfailed'));
    await go('alarms');
    await page.locator('#alarm-list').waitFor(SOON);
    expect(await problem().count()).toBe(0);
  });

  it('while the service does not answer, trying again leaves what is shown of the site', async () => {
    await fail((route) => route.abort('connectionfailed'));
    await go('quality');
    await problem().waitFor(SOON);
    await line.cut();
    await tryAgain();
    await page.getByText('The service does not answer').waitFor(SOON);
    expect(loads).toBe(1);
    await line.mend();
    await page.unroute(LATER_FILES);
    await tryAgain();
    await page.locator('#quality').waitFor(SOON);
  });

  it('a part that does not come leaves the map as it is', async () => {
    await fail((route) => route.fulfill({ status: 500 }));
    await page.locator('.tile').first().click();
    await problem().waitFor(SOON);
    expect(await page.locator('.tile').count()).toBe(8);
    await page.unroute(LATER_FILES);
    await tryAgain();
    await page.locator('#detail-title').waitFor(SOON);
  });
});
