/**
 * Takes the pictures of the documents from the running product: `npm run screenshots` (needs Debian's chromium). The site
 * is the recording of the demo, the experiment the one that the laboratory begins with.
 */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { feedRecording } from '@emberwatch/lab';
import { loadMapping } from '@emberwatch/lab/mapping';
import { startService } from '@emberwatch/service';
import { type CDPSession, chromium, type Page } from 'playwright-core';

const FAULTY = 'RackA2_Module01';
/** A picture that is larger slows the page that shows it; a lower quality is tried until it fits. */
const MAX_BYTES = 200_000;
const QUALITIES = [92, 85, 75, 60];
/** Pictures are taken of a site that stands still: its silence is no news. */
const SILENT_AFTER_MS = 3_600_000;
const SOON = { timeout: 90_000 };
/** Charts and maps draw once more after their data have come. */
const SETTLE_MS = 1500;

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const recording = path('../examples/recordings/warehouse.parquet');
const mapping = await loadMapping(path('../examples/recordings/warehouse.yaml'));
const service = await startService({
  port: 0,
  access: 'open',
  logLevel: 'silent',
  silentAfterMs: SILENT_AFTER_MS,
  detector: { nameplate: mapping.nameplate ?? {} },
  modelFile: path('../models/hazard-1.model'),
});

async function levelOf(moduleId: string): Promise<string | null> {
  const answer = await fetch(`${service.url}/api/v1/modules/${moduleId}`);
  return answer.ok ? ((await answer.json()) as { level: string }).level : null;
}

/** Plays until the module is critical, minutes before its point of no return, and lets the rest be. */
async function playUntilCritical(): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const played = feedRecording(recording, { to: service.url, speed: 300, mapping, signal }).catch(
    (error: unknown) => {
      if (!signal.aborted) throw error;
    },
  );
  while ((await levelOf(FAULTY)) !== 'critical') await sleep(200);
  // A site that is watched for a while has a trend to show.
  await sleep(500);
  stop.abort();
  await played;
}

/** The rest of the recording; what was there before is told by its times. */
const playAll = () => feedRecording(recording, { to: service.url, speed: Number.POSITIVE_INFINITY, mapping });

/** WebP of the whole view, in the best quality that fits. */
async function pictureOf(camera: CDPSession): Promise<Buffer> {
  for (const quality of QUALITIES) {
    const { data } = await camera.send('Page.captureScreenshot', { format: 'webp', quality });
    const bytes = Buffer.from(data, 'base64');
    if (bytes.length <= MAX_BYTES) return bytes;
  }
  throw new Error(`a picture is larger than ${MAX_BYTES} bytes at any quality`);
}

/** A time of the recording. */
const at = (time: string): number => Date.parse(`2026-01-15T${time}:00Z`);

interface View {
  readonly name: string;
  readonly address: string;
  /** Until it shows what it is for. */
  readonly ready: (page: Page) => Promise<unknown>;
}

const LIVE: readonly View[] = [
  {
    name: 'site',
    address: `site?module=${FAULTY}`,
    ready: (page) => page.locator('.chart canvas').first().waitFor(SOON),
  },
  {
    name: 'models',
    address: 'models',
    ready: (page) => page.getByRole('heading', { name: 'What it is worth' }).waitFor(SOON),
  },
];

const AFTERWARDS: readonly View[] = [
  {
    name: 'alarms',
    address: 'alarms',
    ready: async (page) => {
      await page.locator('.alarm-row', { hasText: FAULTY }).first().click(SOON);
      await page.locator('.alarm-head').waitFor(SOON);
    },
  },
  {
    name: 'module',
    address: `module/${FAULTY}`,
    ready: (page) => page.locator('canvas').first().waitFor(SOON),
  },
  {
    name: 'replay',
    address: `replay?from=${at('08:00')}&to=${at('09:30')}&at=${at('09:04')}&module=${FAULTY}`,
    ready: (page) => page.locator('[data-step="judged"]').waitFor(SOON),
  },
  {
    name: 'laboratory',
    address: 'laboratory',
    ready: (page) => page.locator('.run-actions > .button:not([disabled])').waitFor(SOON),
  },
];

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required', '--mute-audio'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
const camera = await page.context().newCDPSession(page);

async function take(views: readonly View[]): Promise<void> {
  for (const { name, address, ready } of views) {
    await page.goto(`${service.url}/#/${address}`);
    await ready(page);
    await page.waitForTimeout(SETTLE_MS);
    const bytes = await pictureOf(camera);
    await writeFile(path(`images/${name}.webp`), bytes);
    process.stdout.write(`docs/images/${name}.webp  ${Math.round(bytes.length / 1000)} kB\n`);
  }
}

try {
  await playUntilCritical();
  await take(LIVE);
  await playAll();
  await take(AFTERWARDS);
} finally {
  await browser.close();
  await service.close();
}
