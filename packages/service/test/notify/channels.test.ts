import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, it } from 'vitest';
import { buildService } from '../../src/compose.ts';
import { type ChannelParts, createChannels, type Publish } from '../../src/notify/channels.ts';
import { itemOf, type Notice, noticeOf } from '../../src/notify/notice.ts';
import { openOutbound } from '../../src/notify/outbound.ts';
import type { EmailSettings, NotifySettings, WebhookSettings } from '../../src/notify/settings.ts';
import { sendTestNotices } from '../../src/notify/test-notice.ts';
import { textOf } from '../../src/notify/wording.ts';
import { START_MS, transitionOf } from './alarms.ts';
import { bodyOf, certificateFor, closeAfterTest, listen, newFolder } from './servers.ts';

const NOTICE = noticeOf('Warehouse 7', [
  itemOf(transitionOf('raised', { priority: 1, level: 'critical' }), 0),
]);

const partsFor = (hosts: readonly string[], publish: Publish | null = null): ChannelParts => ({
  outbound: openOutbound({ hosts: [...hosts], networks: ['loopback'] }),
  publish,
  now: () => START_MS,
});

const secretFile = (text: string): string => {
  const file = join(newFolder(), 'secret');
  writeFileSync(file, text);
  return file;
};

const settingsOf = (channel: NotifySettings['channels'][string]): NotifySettings => ({
  channels: { it: channel },
  routes: [],
  timeZone: 'Europe/Vienna',
  pageUrl: 'https://watch.example/',
});

describe('webhook', () => {
  const channelTo = (port: number, change: Partial<WebhookSettings> = {}) =>
    createChannels(
      settingsOf({ kind: 'webhook', url: `http://127.0.0.1:${port}/hook`, ...change }),
      partsFor([`127.0.0.1:${port}`]),
    )[0]!;

  it('is signed so that a receiver can tell sender, content and time', async () => {
    const key = 'k'.repeat(32);
    const got: { signature: string; body: string; key: unknown; auth: unknown }[] = [];
    const port = await listen(async (request, response) => {
      const { headers } = request;
      got.push({
        signature: String(headers['emberwatch-signature']),
        body: await bodyOf(request),
        key: headers['idempotency-key'],
        auth: headers.authorization,
      });
      response.end();
    });
    const channel = channelTo(port, {
      signingKey: { file: secretFile(`${key}\n`) },
      bearerToken: { file: secretFile('token') },
    });
    await channel.send(NOTICE);
    const [{ signature, body, ...rest }] = got as [(typeof got)[0]];
    const [, seconds, hash] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature)!;
    expect(hash).toBe(createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex'));
    expect(Number(seconds)).toBe(START_MS / 1000);
    expect(rest).toEqual({ key: NOTICE.key, auth: 'Bearer token' });
    expect(JSON.parse(body)).toMatchObject({
      version: 1,
      isTest: false,
      key: NOTICE.key,
      site: 'Warehouse 7',
      items: [{ event: 'raised', alarm: { id: 'A000001', level: 'critical', priority: 1 } }],
    });
  });

  it('fails with the status, and succeeds when the server is well again', async () => {
    let count = 0;
    const port = await listen((_request, response) => response.writeHead(++count < 3 ? 503 : 204).end());
    const channel = channelTo(port);
    await expect(channel.send(NOTICE)).rejects.toThrow(/answered 503/);
    await expect(channel.send(NOTICE)).rejects.toThrow(/answered 503/);
    await channel.send(NOTICE);
  });

  it('is refused at the start where host, address or key will not do', () => {
    const make = (change: Partial<WebhookSettings>, hosts = ['hook.example']) =>
      createChannels(
        settingsOf({ kind: 'webhook', url: 'https://hook.example/x', ...change }),
        partsFor(hosts),
      );
    expect(() => make({}, [])).toThrow(/notify\.channels\.it\.url: hook\.example is not among the hosts/);
    expect(() => make({ url: 'ftp://hook.example/' })).toThrow(/no address that begins with https/);
    expect(() => make({ url: 'https://me:CANARY@hook.example/' })).toThrow(/holds a password/);
    expect(() => make({ signingKey: { file: secretFile('short') } })).toThrow(/fewer than 16 characters/);
    expect(() => make({ signingKey: { file: '/nowhere/key' } })).toThrow(
      /\/nowhere\/key cannot be read \(ENOENT\)/,
    );
    expect(() => make({ bearerToken: { env: 'EMBERWATCH_TEST_UNSET' } })).toThrow(
      /EMBERWATCH_TEST_UNSET holds no/,
    );
    expect(() => make({ bearerToken: { file: secretFile('a\r\nX-Evil: 1') } })).toThrow(/control characters/);
  });
});

interface Mail {
  readonly text: string;
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly to: readonly string[];
}

async function mailServer(options: SMTPServerOptions = {}): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    onData(stream, { envelope, secure, user }, done) {
      let text = '';
      stream.on('data', (chunk) => (text += String(chunk)));
      stream.on('end', () => {
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ text, isSecure: secure, user: user as string | undefined, to });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAfterTest(() => new Promise((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

/** Quoted-printable back to text. */
const plain = (mail: string): string => {
  const joined = mail.replace(/=\r?\n/g, '');
  const bytes = joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
};

describe('e-mail', () => {
  const certificate = certificateFor('localhost');
  const tls = { key: certificate.key, cert: certificate.cert };
  const channelTo = (port: number, change: Partial<EmailSettings> = {}) =>
    createChannels(
      settingsOf({
        kind: 'email',
        host: 'localhost',
        port,
        caFile: certificate.certFile,
        from: 'Emberwatch <fire@example.com>',
        to: ['shift@example.com', 'chief@example.com'],
        timeLimitS: 5,
        ...change,
      }),
      partsFor([]),
    )[0]!;

  it('goes over STARTTLS and says what a person on shift needs', async () => {
    const { port, mails } = await mailServer({
      ...tls,
      onAuth: ({ username, password }, _session, done) =>
        password === 'right' ? done(null, { user: username }) : done(new Error('wrong')),
    });
    await channelTo(port, { user: 'ew', password: { file: secretFile('right\n') } }).send(NOTICE);
    const [mail] = mails as [Mail];
    expect(mail).toMatchObject({
      isSecure: true,
      user: 'ew',
      to: ['shift@example.com', 'chief@example.com'],
    });
    const text = plain(mail.text);
    for (const part of [
      'Subject: [Warehouse 7] EMERGENCY critical RackA1_Module03: New alarm',
      `Message-ID: <${NOTICE.key}@emberwatch.invalid>`,
      'Auto-Submitted: auto-generated',
      'Site: Warehouse 7',
      'Module:    RackA1_Module03',
      'Rack:      RackA1',
      'CRITICAL, priority 1 (emergency)',
      'Hottest surface 63.2 °C (limit 60 °C)',
      '2026-01-01 08:00:00 UTC = 09:00:00 Europe/Vienna',
      'Do NOT open or enter',
      'advisory only',
      'https://watch.example/?alarm=A000001',
    ])
      expect(text).toContain(part);
    expect(text).not.toMatch(/[^T] open (or|the)/);
    const order = ['NEW ALARM:', 'WHAT TO DO', 'DETAILS', 'Why:'].map((part) => text.indexOf(part));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
  });

  it('is not sent where the server offers no encryption', async () => {
    const { port, mails } = await mailServer({ ...tls, disabledCommands: ['STARTTLS'], hideSTARTTLS: true });
    await expect(channelTo(port).send(NOTICE)).rejects.toMatchObject({ code: 'NOT_DELIVERED' });
    expect(mails).toEqual([]);
    await channelTo(port, { security: 'none' }).send(NOTICE);
    expect(mails).toMatchObject([{ isSecure: false }]);
  });

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    const { port, mails } = await mailServer(certificateFor('localhost'));
    await expect(channelTo(port).send(NOTICE)).rejects.toThrow(/localhost did not take the mail/);
    expect(mails).toEqual([]);
  });

  it('hangs no longer than its time limit', async () => {
    const { port } = await mailServer({ ...tls, onMailFrom() {} });
    await expect(channelTo(port, { timeLimitS: 0.2 }).send(NOTICE)).rejects.toThrow(/took longer than 0.2 s/);
  });

  it('names from gateways make neither headers nor lines of their own', async () => {
    const { port, mails } = await mailServer(tls);
    const source = 'M1\r\nBcc: evil@example.com\r\n\r\nAll is well\u202e';
    const notice: Notice = noticeOf('Site\r\nX-Evil: 1', [
      itemOf(transitionOf('raised', { source, text: 'hot\nALL CLEAR: nothing to do' }), 0),
    ]);
    await channelTo(port).send(notice);
    const text = plain(mails[0]!.text);
    expect(text).not.toMatch(/^(Bcc|X-Evil|All is well|ALL CLEAR)/m);
    expect(mails[0]!.to).toHaveLength(2);
  });

  it.each([
    ['Asia/Kolkata', undefined, /08:00:00 UTC = 13:30:00/],
    ['Asia/Kolkata', 'Europe/Vienna', /08:00:00 UTC = 09:00:00/],
    [undefined, undefined, /08:00:00 UTC/],
  ])(
    'says the time of the site (%s), or of the notices where they have one (%s)',
    async (site, own, time) => {
      const { port, mails } = await mailServer({ disabledCommands: ['STARTTLS'], hideSTARTTLS: true });
      const place = { kind: 'email', host: '127.0.0.1', port, security: 'none' } as const;
      const service = await buildService({
        access: 'open',
        logLevel: 'silent',
        now: () => Date.UTC(2026, 0, 1, 8),
        site: { name: 'w7', ...(site && { timeZone: site }) },
        notify: {
          channels: { shift: { ...place, from: 'e@example.com', to: ['s@example.com'] } },
          routes: [{ channels: ['shift'] }],
          ...(own && { timeZone: own }),
        },
      });
      expect(await service.site.testNotices('Ada')).toMatchObject([{ isDelivered: true, error: null }]);
      await service.close();
      expect(plain(mails[0]!.text)).toMatch(time);
    },
  );

  it('sends no password in the clear', () => {
    expect(() =>
      channelTo(25, { security: 'none', user: 'a', password: { file: secretFile('pass') } }),
    ).toThrow(/never sent in the clear/);
  });
});

it('a step of escalation says since when nobody has acknowledged, trouble that nobody watches', () => {
  const place = { timeZone: 'UTC', pageUrl: null };
  const step = textOf(noticeOf('w7', [itemOf(transitionOf('raised'), 1)]), place);
  expect(step).toContain('ALARM NOT ACKNOWLEDGED: Module RackA1_Module03 is hot.');
  expect(step).toContain('Since:     2026-01-01 08:00:00 UTC');
  const silence = transitionOf('raised', {
    kind: 'gateway-silence',
    members: ['M1', 'M2'],
    level: null,
    priority: 4,
  });
  const blind = textOf(noticeOf('w7', [itemOf(silence, 0)]), place);
  expect(blind).toContain('Affects:   M1, M2');
  expect(blind).toContain('NOT monitored');
});

describe('MQTT', () => {
  const settings = settingsOf({ kind: 'mqtt', topic: 'emberwatch/w7/notices', timeLimitS: 1 });

  it('publishes the JSON of the webhook with QoS 1', async () => {
    const said: unknown[] = [];
    const publish: Publish = (topic, payload, options) =>
      void said.push([topic, JSON.parse(payload), options]);
    await createChannels(settings, partsFor([], publish))[0]!.send(NOTICE);
    expect(said).toMatchObject([
      ['emberwatch/w7/notices', { key: NOTICE.key, site: 'Warehouse 7' }, { qos: 1, retain: false }],
    ]);
  });

  it('needs a broker, and does not wait for one for ever', async () => {
    expect(() => createChannels(settings, partsFor([]))).toThrow(
      /notify\.channels\.it: there is no MQTT broker/,
    );
    const hanging = createChannels(
      settingsOf({ kind: 'mqtt', topic: 'a', timeLimitS: 0.05 }),
      partsFor([], () => new Promise(() => {})),
    );
    await expect(hanging[0]!.send(NOTICE)).rejects.toThrow(/MQTT took longer/);
  });
});

it('a test notice goes to every channel and says which of them work', async () => {
  const bodies: string[] = [];
  const port = await listen(async (request, response) => {
    bodies.push(await bodyOf(request));
    response.writeHead(request.url === '/good' ? 200 : 500).end();
  });
  const webhook = (path: string) => ({ kind: 'webhook' as const, url: `http://127.0.0.1:${port}/${path}` });
  const settings = { channels: { good: webhook('good'), bad: webhook('bad') }, routes: [] };
  const channels = createChannels(settings, partsFor([`127.0.0.1:${port}`]));
  expect(await sendTestNotices(channels, 'Warehouse 7', 'Ada', START_MS)).toEqual([
    { channel: 'good', isDelivered: true, error: null },
    { channel: 'bad', isDelivered: false, error: `127.0.0.1:${port} answered 500.` },
  ]);
  for (const body of bodies)
    expect(JSON.parse(body)).toMatchObject({ isTest: true, items: [{ event: 'test' }] });
});
