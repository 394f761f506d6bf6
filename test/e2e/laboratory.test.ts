/** The laboratory in a real browser: its numbers are those of the command line, digit for digit. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emberwatch } from './command.ts';
import { accessibilityFaults } from './live-axe.ts';
import { isSkipped, listenTo, openStage, SOON, type Stage } from './live-browser.ts';
import { FakeSite } from './live-fake.ts';

/** A run takes a second or two on a machine of its own. */
const COMPUTED = { timeout: 50_000 };
const SIX_DIGITS = 6;

/** Small and quick: one module whose heated cell runs away within an hour. */
const HEATED = `name: heated-module
seed: 11
durationS: 3600
outputIntervalS: 10
site: {racks: [{id: RackA1, modules: 2}]}
module: {cell: nmc111-25ah, series: 6, startCharge: 0.9}
faults:
  - {kind: externalHeating, module: RackA1_Module02, startS: 120, firstCell: 2, cells: 1, powerW: 350}
`;

/** Every number at six digits, as events of two machines are compared. */
const atSixDigits = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, inner) =>
      typeof inner === 'number' ? Number(inner.toPrecision(SIX_DIGITS)) : inner,
    ),
  );

describe.skipIf(isSkipped)('the laboratory', () => {
  let stage: Stage;
  let folder: string;
  let site: FakeSite;
  let url: string;
  let page: Page;
  let received: ReturnType<typeof listenTo>;

  beforeAll(async () => {
    stage = await openStage();
    folder = await mkdtemp(join(tmpdir(), 'emberwatch-laboratory-'));
  });

  afterAll(async () => {
    await stage?.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    site = new FakeSite({ pageDirectory: stage.pageDirectory, modules: 16, inRack: 8, everyS: 0 });
    url = await site.listen();
    page = await stage.browser.newPage({ viewport: { width: 1280, height: 800 } });
    received = listenTo(page);
  });

  afterEach(async () => {
    await page.close();
    await site.close();
    expect(received.complaints).toEqual([]);
    // Blobs are files that the page itself hands out.
    expect(
      received.requests.filter((request) => !request.startsWith(url) && !request.startsWith('blob:')),
    ).toEqual([]);
  });

  const result = () => page.getByRole('button', { name: 'Download the result' });

  /** Opens a scenario as a file, runs it, and waits until nothing of it is open. */
  async function runInPage(yaml: string): Promise<void> {
    const path = join(folder, 'opened.yaml');
    await writeFile(path, yaml);
    await page.goto(`${url}/#/laboratory`);
    await page.getByRole('tab', { name: 'Scenario' }).click(COMPUTED);
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByText('On the bench.').waitFor(SOON);
    await page.getByRole('tab', { name: 'Run', exact: true }).click();
    if (await page.getByRole('button', { name: 'Stop', exact: true }).isVisible())
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('.headline', { hasText: 'RackA1_Module02' }).waitFor(COMPUTED);
    await page.locator('.run-actions > .button:not([disabled])').waitFor(COMPUTED);
  }

  async function downloaded(button: ReturnType<typeof result>): Promise<string> {
    const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return readFile(await file.path(), 'utf8');
  }

  it('computes what the command line computes, event by event, cell by cell', async () => {
    await runInPage(HEATED);
    const inPage = JSON.parse(await downloaded(result()));
    const written = join(folder, 'heated.yaml');
    await writeFile(written, HEATED);
    const { code, json } = await emberwatch(['simulate', written, '--json']);
    expect(code).toBe(0);
    const [reported] = json;
    const event = reported!['events']['RackA1_Module02'];
    // The run is worth comparing.
    expect(event.runawayS).toBeGreaterThan(event.pnrThresholdS);
    expect(event.pnrInterventionS).not.toBeNull();
    expect(event.vents.length).toBeGreaterThan(1);
    expect(atSixDigits(inPage.events)).toEqual(atSixDigits(reported!['events']));
    expect(atSixDigits(inPage.energy)).toEqual(atSixDigits(reported!['energy']));
    // What is read off the page is the same.
    const shown = page.locator('[data-event="pnrThresholdS"]');
    expect(Number(await shown.getAttribute('data-seconds'))).toBeCloseTo(event.pnrThresholdS, 3);
    expect(await page.locator('.sayings li').count()).toBeGreaterThan(0);
  });

  it('finds the strength that the command line finds', async () => {
    await runInPage(HEATED);
    await page.getByLabel('Point of no return after').fill('0.5');
    await page.getByRole('button', { name: 'Find the strength' }).click();
    await page.getByText(/Found in \d+ runs/).waitFor(COMPUTED);
    const said = await page.locator('.bench-state').textContent();
    const written = join(folder, 'heated.yaml');
    await writeFile(written, HEATED);
    const { json } = await emberwatch(['solve', written, '--time-to-pnr', '30min', '--json']);
    const [solved] = json;
    expect(solved).toMatchObject({ found: true, path: 'faults[0].powerW' });
    expect(said).toContain(`in ${solved!['runs']} runs: faults[0].powerW = ${solved!['strength']} `);
    expect(await page.getByLabel('Heat in total', { exact: true }).inputValue()).toBe(
      String(solved!['strength']),
    );
  });

  it('draws the map of the command line, and opens the run of a field', async () => {
    await runInPage(HEATED);
    await page.getByRole('tab', { name: 'Where it runs away' }).click();
    const [across, upwards] = [
      page.getByRole('group', { name: 'Across' }),
      page.getByRole('group', { name: 'Upwards' }),
    ];
    for (const [axis, from, to] of [
      [across, '100', '900'],
      [upwards, '0.3', '0.9'],
    ] as const) {
      await axis.getByLabel('From').fill(from);
      await axis.getByLabel('To').fill(to);
      await axis.getByLabel('Values').fill('3');
    }
    await page.getByRole('button', { name: 'Draw the map' }).click();
    await page.getByText('9 of 9 runs').waitFor(COMPUTED);
    const written = join(folder, 'heated.yaml');
    const csv = join(folder, 'map.csv');
    await writeFile(written, HEATED);
    const axes = ['--x', 'faults[0].powerW=100..900:3:log', '--y', 'module.startCharge=0.3..0.9:3'];
    expect((await emberwatch(['runaway-map', written, ...axes, '--csv', csv])).code).toBe(0);
    const rows = (await readFile(csv, 'utf8')).trim().split('\n').slice(1);
    for (const row of rows) {
      const [x, y, runaway, , , peak] = row.split(',');
      const field = page.getByRole('button', { name: `${x} and ${y}: ` });
      const said = await field.getAttribute('aria-label');
      expect(said?.includes(': runs away'), row).toBe(runaway === '1');
      expect(said).toContain(`hottest ${Number(peak).toFixed(0)} °C`);
    }
    await page.getByRole('button', { name: '900 and 0.9: ' }).click();
    await page.locator('.run-actions > .button:not([disabled])').waitFor(COMPUTED);
    expect(await page.getByLabel('Heat in total', { exact: true }).inputValue()).toBe('900');
  });

  it('shares the whole experiment by its address, and says what is wrong with a damaged one', async () => {
    await runInPage(HEATED);
    await page.getByLabel('Seed').fill('12');
    await page.getByText('Changed since the run that is shown.').waitFor(SOON);
    await expect.poll(() => page.url()).toContain('#/laboratory?s=1.');
    const address = page.url();
    await page.getByRole('tab', { name: 'Scenario' }).click();
    const yaml = await page.getByLabel('The experiment as YAML').inputValue();
    expect(yaml).toContain('seed: 12');
    // Who looks at the site and comes back finds the experiment and its run as they were.
    await page.getByRole('link', { name: 'Site' }).click();
    await page.locator('.tile').first().waitFor(SOON);
    await page.getByRole('link', { name: 'Laboratory' }).click();
    await page.getByText('Changed since the run that is shown.').waitFor(SOON);
    await expect.poll(() => page.url()).toBe(address);
    // Another page knows of it what the address says.
    await page.goto('about:blank');
    await page.goto(address);
    await page.getByRole('tab', { name: 'Scenario' }).click(COMPUTED);
    await expect.poll(() => page.getByLabel('The experiment as YAML').inputValue()).toBe(yaml);
    await page.goto('about:blank');
    await page.goto(address.slice(0, -30));
    await page.getByRole('alert').getByText('The link is damaged').waitFor(SOON);
  });

  it('names the field and the value that cannot be run', async () => {
    await runInPage(HEATED);
    await page.getByLabel('Charge at the start').fill('140');
    await page
      .getByText('module.startCharge: expected a number between 0 and 1, got 1.4')
      .first()
      .waitFor(SOON);
    expect(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled()).toBe(true);
    await page.getByLabel('Charge at the start').fill('60');
    expect(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled()).toBe(false);
  });

  it('plays the run, and sends it into the live site under names of its own', async () => {
    await runInPage(HEATED);
    await page.getByLabel('Time in the run').fill('0');
    await page.getByRole('button', { name: 'Play the run' }).click();
    await expect.poll(() => page.locator('.play-time').textContent()).not.toBe('0:00:00');
    await page.getByRole('button', { name: 'Send into the live site' }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect.poll(() => site.posted.length, COMPUTED).toBeGreaterThan(1);
    await page.locator('.live-feed').getByRole('button', { name: 'Stop' }).click();
    const records = site.posted.flatMap((body) =>
      body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    expect(new Set(records.map(({ module_id }) => module_id))).toEqual(
      new Set(['Lab_RackA1_Module01', 'Lab_RackA1_Module02']),
    );
    expect(Object.keys(records[0])).toContain('surface_temperature_max_degc');
  });

  it.each(['light', 'dark'] as const)('can be used without seeing or pointing, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await runInPage(HEATED);
    for (const tab of ['Run', 'Where it runs away', 'Scenario']) {
      await page.getByRole('tab', { name: tab, exact: true }).click();
      expect(await accessibilityFaults(page)).toEqual([]);
    }
  });
});
