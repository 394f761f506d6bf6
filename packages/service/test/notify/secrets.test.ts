import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { SMTPServer } from 'smtp-server';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { GIVE_UP_AFTER_MS } from '../../src/notify/channel-queue.ts';
import { createChannels } from '../../src/notify/channels.ts';
import { startHeartbeat } from '../../src/notify/heartbeat.ts';
import { Notifier } from '../../src/notify/notifier.ts';
import { openOutbound } from '../../src/notify/outbound.ts';
import { redactedHeartbeat, redactedNotify } from '../../src/notify/secrets.ts';
import { HeartbeatSettings, NotifySettings, OutboundSettings } from '../../src/notify/settings.ts';
import { sendTestNotices } from '../../src/notify/test-notice.ts';
import type { OutboxRow } from '../../src/records.ts';
import { START_MS, transitionOf } from './alarms.ts';
import { certificateFor, closeAfterTest, listen, newFolder } from './servers.ts';
import { VirtualTime } from './virtual-time.ts';

const CANARY = 'CANARY-7f3a91c2-d05e66b8';

/** As it stands, and as protocols disguise it. */
const FORMS = [
  CANARY,
  Buffer.from(CANARY).toString('base64'),
  Buffer.from(`\u0000ew\u0000${CANARY}`).toString('base64'),
  Buffer.from(CANARY).toString('hex'),
];

describe('secrets', () => {
  it('stand in nothing that is logged, thrown, stored or dumped, whatever the receivers do', async () => {
    const folder = newFolder();
    const file = join(folder, 'secret');
    writeFileSync(file, CANARY);
    const certificate = certificateFor('localhost');
    // A hostile mail server repeats what it was told.
    const mail = new SMTPServer({
      key: certificate.key,
      cert: certificate.cert,
      authMethods: ['PLAIN', 'LOGIN'],
      onAuth: ({ password, username }, _session, done) =>
        done(
          new Error(
            `no ${password} ${Buffer.from(`\u0000${username}\u0000${password}`).toString('base64')} ` +
              Buffer.from(String(password)).toString('base64'),
          ),
        ),
    });
    mail.on('error', () => {});
    await new Promise<void>((resolve) => mail.listen(0, '127.0.0.1', resolve));
    closeAfterTest(() => new Promise((resolve) => mail.close(() => resolve())));
    const port = await listen((request, response) => {
      response.writeHead(401, { location: request.url!, 'x-echo': String(request.headers.authorization) });
      response.end(`${request.url} ${request.headers.authorization}`);
    });
    const hook = `http://127.0.0.1:${port}/services/${CANARY}?key=${CANARY}`;
    const urlFile = join(folder, 'url');
    writeFileSync(urlFile, hook);
    const settings: NotifySettings = {
      channels: {
        hook: { kind: 'webhook', url: hook, signingKey: { file }, bearerToken: { file } },
        hidden: { kind: 'webhook', url: { file: urlFile } },
        mail: {
          kind: 'email',
          host: 'localhost',
          port: (mail.server.address() as AddressInfo).port,
          caFile: certificate.certFile,
          user: 'ew',
          password: { file },
          from: 'a@example.com',
          to: ['b@example.com'],
        },
        mqtt: { kind: 'mqtt', topic: 't' },
      },
      routes: [{ channels: ['hook', 'hidden', 'mail', 'mqtt'] }],
    };
    const beat: HeartbeatSettings = { webhook: { url: hook } };
    for (const [schema, value] of [
      [NotifySettings, settings],
      [HeartbeatSettings, beat],
      [OutboundSettings, { hosts: [] }],
    ] as const)
      expect(Value.Check(schema, value)).toBe(true);

    let written = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk);
        done();
      },
    });
    const log = pino({ level: 'trace' }, stream);
    const outbound = openOutbound({ hosts: [`127.0.0.1:${port}`], networks: ['loopback'] });
    const publish = () => Promise.reject(new Error(`mqtt://ew:${CANARY}@broker refused`));
    const channels = createChannels(settings, { outbound, publish, now: () => START_MS });
    const time = new VirtualTime(START_MS);
    const rows: OutboxRow[] = [];
    const troubles: unknown[] = [];
    const notifier = new Notifier({
      ...{ settings, channels, timers: time, log, siteName: 'W' },
      save: async (some) => void rows.push(...some),
      onTrouble: (...trouble) => troubles.push(trouble),
    });
    const heartbeat = startHeartbeat({
      ...{ settings: beat, outbound, publish, timers: time, log, siteName: 'W' },
      isWatching: () => ({ ok: true, why: null }),
    });
    const committed = notifier.rowsFor([transitionOf('raised')]);
    notifier.take(committed);
    await time.pass(0);
    const failed = () => notifier.metrics().filter(({ failedAttempts }) => failedAttempts > 0).length;
    await expect.poll(failed).toBe(4);
    // Each attempt happens for real: a great leap makes the next one the last.
    await time.pass(GIVE_UP_AFTER_MS);
    await expect.poll(() => rows.length).toBe(4);
    const results = await sendTestNotices(channels, 'W', 'Ada', START_MS);
    const thrown: unknown[] = [];
    for (const channel of channels)
      await channel
        .send({ key: 'k', siteName: 'W', items: [JSON.parse(committed[0]!.body).item] })
        .catch((error: Error) => thrown.push(error, error.stack, error.cause, JSON.stringify(error)));
    await heartbeat.close();
    await notifier.close();

    const dumps = [redactedNotify(settings), redactedHeartbeat(beat)];
    const metrics = [notifier.metrics(), heartbeat.metrics()];
    const all = `${written}${JSON.stringify({ dumps, rows, committed, troubles, results, metrics })}${thrown.map(String)}`;
    expect(thrown).toHaveLength(16);
    expect(results.every(({ isDelivered }) => !isDelivered)).toBe(true);
    expect(written).toContain('notices were given up');
    for (const form of FORMS) expect(all).not.toContain(form);
    expect(dumps[0]).toMatchObject({
      channels: { hook: { url: `http://127.0.0.1:${port}/•••`, signingKey: { file } } },
    });
  });

  it('cannot stand in the settings themselves', () => {
    const withKey = (signingKey: unknown) =>
      Value.Check(NotifySettings, {
        channels: { a: { kind: 'webhook', url: 'https://a.example/', signingKey } },
        routes: [],
      });
    expect(withKey({ env: 'KEY' })).toBe(true);
    expect(withKey('in the clear')).toBe(false);
    expect(withKey({ value: 'in the clear' })).toBe(false);
  });
});
