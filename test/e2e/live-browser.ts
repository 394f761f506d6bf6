/** A browser and the built page for tests that look at it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** False where there is no browser; then tests skip, but not where they must run. */
export const isSkipped = !existsSync(CHROMIUM) && process.env['CI'] !== 'true';
if (isSkipped)
  console.warn(`skipped: no browser at ${CHROMIUM}; install Debian's "chromium" or set CHROMIUM`);

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const SOON = { timeout: 15_000 };

export interface Stage {
  readonly browser: Browser;
  /** The page, built as `npm run build` builds it. */
  readonly pageDirectory: string;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const pageDirectory = await mkdtemp(join(tmpdir(), 'emberwatch-page-'));
  const web = fileURLToPath(new URL('../../packages/web', import.meta.url));
  const build = ['run', 'build', '--', '--outDir', pageDirectory, '--emptyOutDir', '--logLevel', 'error'];
  // Under test the libraries would be built with all their own checks.
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)('npm', build, { cwd: web, env });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  return {
    browser,
    pageDirectory,
    close: async () => {
      await browser.close();
      await rm(pageDirectory, { recursive: true, force: true });
    },
  };
}

/** Listens to a page: what it complains of, and which addresses it asks. */
export function listenTo(page: Page): { readonly complaints: string[]; readonly requests: string[] } {
  const violations: string[] = [];
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => violations.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('net::ERR_')) violations.push(message.text());
  });
  return { complaints: violations, requests };
}
