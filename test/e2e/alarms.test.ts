/** Signing in and alarms on the page: the real service with tokens, a real browser, the fault of the demo. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Service, startService } from '../../packages/service/src/index.ts';
import { openStore } from '../../packages/service/src/store/open.ts';
import type { AlarmRecord, Role } from '../../packages/web/src/wire.ts';
import { Demo, FAULTY } from './alarms-demo.ts';
import { accessibilityFaults } from './live-axe.ts';
import { isSkipped, listenTo, openStage, SOON, type Stage } from './live-browser.ts';
import { BreakableLine } from './live-line.ts';

interface Person {
  readonly id: string;
  readonly token: string;
}

const NAMES: Readonly<Record<Role, string>> = {
  gateway: 'gateway-a',
  viewer: 'display in the hall',
  operator: 'Ada Lovelace',
  engineer: 'Grace Hopper',
  admin: 'Root',
};
/** What is refused is also written to the console of the browser, by the browser. */
const OF_REJECTIONS = /^Failed to load resource: .* status of 4\d\d/;

describe.skipIf(isSkipped)('signing in, and alarms', () => {
  let stage: Stage;
  let demo: Demo;
  let directory: string;
  let service: Service;
  let line: BreakableLine;
  let page: Page;
  let received: ReturnType<typeof listenTo>;
  let people: Record<Role, Person>;

  beforeAll(async () => {
    [stage, demo] = await Promise.all([openStage(), Demo.open()]);
  });

  afterAll(async () => {
    await stage?.close();
    await demo?.close();
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'emberwatch-alarms-'));
    service = await startService({
      port: 0,
      isPlayback: true,
      dataDirectory: directory,
      pageDirectory: stage.pageDirectory,
      // A story may pause between two parts of the recording.
      silentAfterMs: 3_600_000,
    });
    line = await BreakableLine.to(service.url);
    people = {} as Record<Role, Person>;
    for (const role of Object.keys(NAMES) as Role[])
      people[role] = await ask<Person>(service.firstToken!, 'POST', '/tokens', {
        name: NAMES[role],
        role,
        ...(role === 'gateway' && { modules: ['*'] }),
      });
    page = await stage.browser.newPage({ viewport: { width: 1280, height: 800 } });
    received = listenTo(page);
  });

  afterEach(async () => {
    await page.context().close();
    await line.close();
    await service.close();
    await rm(directory, { recursive: true, force: true });
    expect(received.complaints.filter((complaint) => !OF_REJECTIONS.test(complaint))).toEqual([]);
    expect(received.requests.filter((request) => !request.startsWith(line.url))).toEqual([]);
  });

  async function ask<T>(token: string, method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${service.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  const play = (part: 'advisory' | 'warning' | 'critical') =>
    demo.play(part, service.url, people.gateway.token);
  const toCritical = async (): Promise<void> => {
    for (const part of ['advisory', 'warning', 'critical'] as const) await play(part);
  };
  const tokenField = () => page.getByLabel('Token', { exact: true });
  const row = (source = FAULTY) => page.locator('.alarm-row', { hasText: source });
  const detail = () => page.locator('.alarm-detail');
  const bell = () => page.locator('nav .bell');
  const alarmOf = () => ask<AlarmRecord>(people.viewer.token, 'GET', '/alarms/A000001');

  async function signIn(role: Role, hash = ''): Promise<void> {
    await page.goto(`${line.url}/${hash}`);
    await tokenField().fill(people[role].token);
    await page.keyboard.press('Enter');
    await page.getByText(`${NAMES[role]} · ${role}`).waitFor(SOON);
  }

  it('shows nothing before somebody signs in, and says in words why a token is refused', async () => {
    await play('advisory');
    await page.goto(line.url);
    await tokenField().waitFor(SOON);
    expect(await page.locator('body').innerText()).not.toMatch(/Rack|Module|Normal|Advisory\b(?! only)/);
    expect(received.requests.filter((request) => request.includes('/events'))).toEqual([]);
    const rejected = async (token: string, words: RegExp): Promise<void> => {
      await tokenField().fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText(words).waitFor(SOON);
    };
    await rejected('letmein', /begins with "ew_"/);
    await rejected(people.operator.token.slice(0, 20), /not complete: it has 20 characters/);
    await rejected(`ew_${'A'.repeat(43)}`, /unknown here, has expired, or was revoked/);
    await rejected(people.gateway.token, /token of a gateway/);
    // With the space that was copied beside it.
    await tokenField().fill(` ${people.viewer.token} `);
    await page.keyboard.press('Enter');
    await page.getByText('display in the hall · viewer').waitFor(SOON);
    await page.locator(`[id="tile-${FAULTY}"]`).waitFor(SOON);
    const kept = await page.evaluate<string>(
      'JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])',
    );
    expect(kept).not.toContain('ew_');
    expect(kept).not.toContain('emberwatch_session');
    await page.reload();
    await page.getByText('display in the hall · viewer').click(SOON);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You have signed out.').waitFor(SOON);
    await page.reload();
    await tokenField().waitFor(SOON);
  });

  it('brings a fault from advisory to emergency, and an operator through it', async () => {
    await signIn('operator');
    await play('advisory');
    await page
      .getByRole('link', { name: 'Alarms 1 waits for an acknowledgement; the gravest: Low' })
      .click(SOON);
    await row().getByText('Low').waitFor(SOON);
    await play('warning');
    await row().getByText('High').waitFor(SOON);
    await play('critical');
    await row().getByText('Emergency').waitFor(SOON);
    expect(await page.locator('.alarm-row').count()).toBe(1);
    await page
      .locator('#alarms-urgent', { hasText: `Alarm, Emergency: ${FAULTY}.` })
      .waitFor({ state: 'attached', ...SOON });
    // A person has clicked and typed: the browser lets it be heard, until it is silenced.
    await page.getByRole('button', { name: 'Silence 10 min' }).click(SOON);
    await page.getByText(/^Silenced until \d\d:\d\d$/).waitFor(SOON);

    await page.keyboard.press('j');
    await detail().getByText('Not acknowledged').waitFor(SOON);
    await detail().getByText('An emergency cannot be shelved').waitFor();
    await page.keyboard.press('a');
    await page.keyboard.type('On my way, nobody opens the container');
    await page.keyboard.press('Enter');
    await row().getByText('Acknowledged Ada Lovelace').waitFor(SOON);
    await detail().getByText('On my way, nobody opens the container').waitFor(SOON);
    await page.locator('nav .bell.is-quiet').waitFor(SOON);
    // Nothing is left to hear, but whoever comes next must know that it is silent.
    expect(await page.locator('.sound.is-silenced').count()).toBe(1);
    expect(await alarmOf()).toMatchObject({
      state: 'acknowledged',
      acknowledgedBy: 'Ada Lovelace',
      priority: 1,
    });

    const [evidence] = await Promise.all([page.waitForEvent('popup'), page.keyboard.press('e')]);
    await evidence.getByText('On my way, nobody opens the container').first().waitFor(SOON);
    expect(await evidence.locator('body').innerText()).toContain(FAULTY);
    await evidence.close();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download evidence' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('A000001.json');
    expect(JSON.stringify(JSON.parse(await readFile(await file.path(), 'utf8')))).toContain(FAULTY);
    await page.getByRole('link', { name: 'Site', exact: true }).click();
    await page
      .locator('.attention li', { hasText: FAULTY })
      .getByText('Acknowledged by Ada Lovelace')
      .waitFor(SOON);
  });

  it('lets a viewer look, and nothing else', async () => {
    await toCritical();
    // As a notice links to it.
    await signIn('viewer', '?alarm=A000001');
    await detail().getByText('You are signed in as viewer').waitFor(SOON);
    expect(page.url()).toBe(`${line.url}/#/alarms/A000001`);
    expect(await detail().locator('.action-line button').count()).toBe(0);
    await page.keyboard.press('a');
    expect(await page.locator('.action-form').count()).toBe(0);
    const rejected = await page.evaluate<number>(
      `fetch('/api/v1/alarms/A000001/acknowledge', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }).then((answer) => answer.status)`,
    );
    expect(rejected).toBe(403);
    expect(await alarmOf()).toMatchObject({ state: 'unacknowledged' });
    await page.keyboard.press('Escape');
    await page.getByText('An engineer starts and ends maintenance.').waitFor(SOON);
    expect(await page.getByRole('button', { name: 'Start maintenance' }).count()).toBe(0);
  });

  it('is right again after the connection was lost', async () => {
    await toCritical();
    await signIn('operator', '#/alarms/A000001');
    await page.getByRole('button', { name: 'Acknowledge' }).click(SOON);
    await page.keyboard.type('half a sentence');
    await line.cut();
    await page.getByRole('alert').getByText('Connection lost').waitFor(SOON);
    await detail().getByText('Waits for the connection').waitFor(SOON);
    expect(await detail().getByRole('button', { name: 'Acknowledge' }).isDisabled()).toBe(true);
    await ask(people.engineer.token, 'POST', '/alarms/A000001/acknowledge', {});
    await line.mend();
    await row().getByText('Acknowledged Grace Hopper').waitFor(SOON);
    expect(await page.getByRole('alert').count()).toBe(0);
    // What was written meanwhile is there, and what the service says to it stands beside it.
    expect(await page.locator('.action-form textarea').inputValue()).toBe('half a sentence');
    await detail().getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByRole('alert').getByText('A000001 is acknowledged already').waitFor(SOON);
    await page.keyboard.press('Escape');
    await line.cut();
    await detail().getByText('Without a connection nothing can be done').waitFor(SOON);
  });

  it('shows nothing any more once the token is revoked, and comes back to the same place', async () => {
    await toCritical();
    await signIn('operator', '#/alarms/A000001');
    await detail().getByText(FAULTY).waitFor(SOON);
    await fetch(`${service.url}/api/v1/tokens/${people.operator.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${people.admin.token}` },
    });
    await page.getByText('Your session has ended').waitFor(SOON);
    expect(await page.locator('body').innerText()).not.toContain(FAULTY);
    await tokenField().fill(people.operator.token);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('was revoked').last().waitFor(SOON);
    await tokenField().fill(people.engineer.token);
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await detail().getByText(FAULTY).waitFor(SOON);
    expect(page.url()).toContain('#/alarms/A000001');
  });

  it('hides what a person hides, with a reason and for a while', async () => {
    await play('advisory');
    await signIn('engineer', '#/alarms/A000001');
    await detail().getByRole('button', { name: 'Shelve' }).click(SOON);
    await page.keyboard.press('Enter');
    await page.getByText('This needs a reason.').waitFor(SOON);
    await page.getByLabel('For', { exact: true }).selectOption('8 h');
    await page.getByLabel('Reason').fill('Painting in the hall');
    await page.keyboard.press('Enter');
    await page.getByText('1 alarm is hidden: 1 shelved.').waitFor(SOON);
    await page.locator('nav .bell.is-quiet').waitFor(SOON);
    expect(await page.locator('.alarm-row').count()).toBe(0);
    await page.getByRole('button', { name: 'Show them' }).click();
    await row().click();
    await detail().getByText('Shelved by Grace Hopper', { exact: false }).waitFor(SOON);
    await page.keyboard.press('s');
    await page.keyboard.type('Painted');
    await page.keyboard.press('Enter');
    await bell().getByText('1', { exact: true }).waitFor(SOON);
    await page.keyboard.press('o');
    await page.keyboard.type('Sensor on order');
    await page.keyboard.press('Enter');
    await detail().getByText('Out of service by Grace Hopper', { exact: false }).waitFor(SOON);
    await page.keyboard.press('o');
    await page.keyboard.type('Sensor replaced');
    await page.keyboard.press('Enter');
    await bell().getByText('1', { exact: true }).waitFor(SOON);

    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Start maintenance' }).click(SOON);
    await page.getByLabel('Name of the rack').fill('RackA9');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText('The site has no rack "RackA9".').waitFor(SOON);
    await page.getByLabel('Name of the rack').fill('RackA2');
    await page.getByLabel('Reason').fill('Coolant pump');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.locator('nav .bell.is-quiet').waitFor(SOON);
    await page.getByRole('button', { name: 'End maintenance of RackA2' }).click(SOON);
    await bell().getByText('1', { exact: true }).waitFor(SOON);
    await page.getByText('None runs: every alarm is told.').waitFor(SOON);
  });

  it.each(['light', 'dark'] as const)('can be used without seeing or pointing, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(line.url);
    await tokenField().waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.type('nothing');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await toCritical();
    await signIn('engineer', '#/alarms');
    await page.getByText('Each operator, a day').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keyboard' }).waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Start maintenance' }).click();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await detail().getByText(FAULTY).waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('a');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await row().getByText('Acknowledged Grace Hopper').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('radio', { name: 'History' }).click();
    await page.getByText('No alarm has closed yet.').waitFor(SOON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByText(`Grace Hopper · engineer`).click();
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

const CLOSED = 120;

/** As the store keeps them; the last one is over, was acknowledged, and waits for a reset. */
const past = (number: number): AlarmRecord => {
  const raisedMs = Date.UTC(2026, 0, 15) + number * 60_000;
  const isClosed = number <= CLOSED;
  return {
    id: `A${String(number).padStart(6, '0')}`,
    kind: isClosed ? (number % 2 === 0 ? 'silence' : 'unjudged') : 'hazard',
    source: `Module${number}`,
    rackId: null,
    gatewayId: null,
    priority: isClosed ? 4 : 1,
    highestPriority: isClosed ? 4 : 1,
    level: null,
    highestLevel: null,
    state: isClosed ? 'closed' : 'latched',
    suppression: null,
    text: `Module${number}: no data.`,
    reasons: [],
    agreement: null,
    members: [],
    hazardProbability: null,
    raisedMs,
    escalatedMs: raisedMs,
    returnedMs: raisedMs + 1000,
    acknowledgedMs: raisedMs + 2000,
    acknowledgedBy: 'Ada Lovelace',
    closedMs: isClosed ? raisedMs + 3000 : null,
    dataRaisedMs: raisedMs,
    dataChangedMs: raisedMs,
    returns: 0,
    comments: [],
    modelSha256: null,
  };
};

describe.skipIf(isSkipped)('alarms that are over', () => {
  let stage: Stage;
  let directory: string;
  let service: Service;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage();
    directory = await mkdtemp(join(tmpdir(), 'emberwatch-history-'));
    const store = await openStore(directory, { now: Date.now });
    await store.commit({ alarms: Array.from({ length: CLOSED + 1 }, (_, i) => past(i + 1)) });
    await store.close();
    service = await startService({
      port: 0,
      access: 'open',
      dataDirectory: directory,
      pageDirectory: stage.pageDirectory,
    });
    page = await stage.browser.newPage({ viewport: { width: 1024, height: 768 } });
  });

  afterAll(async () => {
    await service?.close();
    await stage?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('are reset with a reason, and found again page by page', async () => {
    const rows = page.locator('.alarm-row');
    await page.goto(`${service.url}/#/alarms`);
    await page.getByText('Open access · engineer').waitFor(SOON);
    await rows.first().getByText('Over, waits for reset').waitFor(SOON);
    await page.locator('nav .bell.is-quiet').waitFor(SOON);
    await page.keyboard.press('j');
    await page.keyboard.press('r');
    await page.keyboard.type('Module was taken away');
    await page.keyboard.press('Enter');
    await page.getByText('No alarm is open.').waitFor(SOON);
    await page.locator('.alarm-head').getByText('Closed').waitFor(SOON);
    await page.keyboard.press('Escape');

    await page.getByRole('radio', { name: 'History' }).click();
    await rows.nth(49).waitFor(SOON);
    await rows.first().getByText('Module121', { exact: true }).waitFor(SOON);
    expect(await rows.count()).toBe(50);
    for (const count of [100, CLOSED + 1]) {
      await page.getByRole('button', { name: 'Show older ones' }).click();
      await rows.nth(count - 1).waitFor(SOON);
      expect(await rows.count()).toBe(count);
    }
    expect(await page.getByRole('button', { name: 'Show older ones' }).count()).toBe(0);
    await page.getByLabel('Kind').selectOption('Module silent');
    await page.getByLabel('Source').fill('Module7');
    await page.keyboard.press('Enter');
    await page.getByText('No closed alarm matches.').waitFor(SOON);
    await page.getByLabel('Source').fill('Module8');
    await page.keyboard.press('Enter');
    await rows.getByText('acknowledged by Ada Lovelace').waitFor(SOON);
    // The address says what is listed: it can be shared.
    await page.reload();
    await rows.getByText('Module8', { exact: true }).waitFor(SOON);
    expect(await rows.count()).toBe(1);
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
