/** Takes the pictures of the README from the running product: `npm run screenshots` (needs Debian's chromium). */
import { fileURLToPath } from 'node:url';
import { feedRecording } from '@emberwatch/lab';
import { loadMapping } from '@emberwatch/lab/mapping';
import { startService } from '@emberwatch/service';
import { chromium } from 'playwright-core';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const mapping = await loadMapping(path('../examples/recordings/warehouse.yaml'));
const service = await startService({ port: 0, detector: { nameplate: mapping.nameplate ?? {} } });
await feedRecording(path('../examples/recordings/warehouse.parquet'), {
  to: service.url,
  speed: Number.POSITIVE_INFINITY,
  mapping,
});
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(service.url);
await page.getByText('Critical').first().waitFor();
await page
  .locator('[data-module="RackA2_Module01"], button:has-text("158"), button:has-text("Critical")')
  .first()
  .click();
await page.waitForTimeout(1000);
await page.screenshot({ path: path('images/page.png') });
await browser.close();
await service.close();
