/** Two gateways deliver one module: what an engineer sees, and decides, on the page. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Service, startService } from '../../packages/service/src/index.ts';
import { accessibilityFaults } from './live-axe.ts';
import { isSkipped, listenTo, openStage, SOON, type Stage } from './live-browser.ts';

describe.skipIf(isSkipped)('two senders of one module', () => {
  let stage: Stage;
  let service: Service;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage();
    service = await startService({ port: 0, access: 'open', pageDirectory: stage.pageDirectory });
    page = await stage.browser.newPage({ viewport: { width: 1280, height: 1000 } });
  });

  afterAll(async () => {
    await service?.close();
    await stage?.close();
  });

  const deliver = async (gatewayId: string, hotDegC: number, time: number): Promise<void> => {
    const answer = await fetch(`${service.url}/api/v1/frames`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'emberwatch-gateway': gatewayId },
      body: JSON.stringify([
        {
          time,
          module_id: 'R1_M1',
          rack_id: 'R1',
          surface_temperature_max_degc: hotDegC + (time % 7) / 100,
          voltage_v: 51.2 + (time % 11) / 1000,
          current_a: 2 + (time % 13) / 100,
        },
      ]),
    });
    expect(answer.status).toBe(200);
  };

  it('stand beside each other, and are decided on with a reason', async () => {
    const received = listenTo(page);
    const startMs = Date.now() - 30_000;
    for (let s = 0; s < 30; s++) {
      await deliver('gw-A', 25, startMs + 1000 * s);
      await deliver('gw-B', 141, startMs + 1000 * s + 300);
    }
    await page.goto(`${service.url}/#/alarms`);
    await page
      .getByText(/two senders deliver it, gw-[AB] .* and gw-[AB]/i)
      .first()
      .click(SOON);
    await page.getByRole('link', { name: /the decision between them/ }).click(SOON);
    await page.getByRole('heading', { name: 'Two senders deliver this module' }).waitFor(SOON);
    const streams = page.locator('.streams li');
    await streams
      .filter({ hasText: 'gw-A' })
      .getByText(/25\.\d °C/)
      .first()
      .waitFor(SOON);
    await streams
      .filter({ hasText: 'gw-B' })
      .getByText(/Critical, 141\.\d °C/)
      .first()
      .waitFor(SOON);
    await page.getByRole('button', { name: 'Decide which gateway delivers this module' }).click();
    await page.getByRole('button', { name: 'Decide', exact: true }).click();
    await page.getByRole('alert').getByText('Choose the gateway').waitFor(SOON);
    await page.getByRole('radio', { name: /gw-A/ }).check();
    await page.getByText('R1_M1 may be burning').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await picture('decide');
    await page.getByLabel('Reason: who looked').fill('R1 looked at from outside, cold; gw-B is a bench');
    await page.getByRole('button', { name: 'gw-A delivers R1_M1' }).click();
    await page.getByText('Decided: gw-A delivers R1_M1').waitFor(SOON);
    await page.goto(`${service.url}/#/quality/gateways`);
    await page.getByText('Delivers 1 module;').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await picture('gateways');
    expect(received.complaints).toEqual([]);
  });

  /** For people, where somebody asks for it. */
  const picture = async (name: string): Promise<void> => {
    const folder = process.env['PICTURES'];
    if (folder) await page.screenshot({ path: `${folder}/senders-${name}.png` });
  };
});
