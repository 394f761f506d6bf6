/** Takes the pictures of the README from the running product: `npm run screenshots` (needs Debian's chromium). */
import { fileURLToPath } from 'node:url';
import { feedRecording } from '@emberwatch/lab';
import { loadMapping } from '@emberwatch/lab/mapping';
import { startService } from '@emberwatch/service';
import { chromium } from 'playwright-core';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const mapping = await loadMapping(path('../examples/recordings/warehouse.yaml'));
const service = await startService({
  port: 0,
  access: 'open',
  detector: { nameplate: mapping.nameplate ?? {} },
  modelFile: path('../models/hazard-1.model'),
});
// Minutes before the point of no return, as an operator would see it; the rest of the recording is not played.
const stop = new AbortController();
const played = feedRecording(path('../examples/recordings/warehouse.parquet'), {
  to: service.url,
  speed: 200,
  mapping,
  signal: stop.signal,
}).catch(() => undefined);
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(service.url);
await page.getByText('1 module of 64').waitFor({ timeout: 60_000 });
await page
  .locator('[data-module="RackA2_Module01"], button:has-text("158"), button:has-text("Critical")')
  .first()
  .click();
await page.waitForTimeout(1000);
await page.screenshot({ path: path('images/page.png') });
stop.abort();
await played;
await browser.close();
await service.close();
