import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type Call, type Lookup, networkOf, openOutbound } from '../../src/notify/outbound.ts';
import { bodyOf, certificateFor, listen } from './servers.ts';

const toLoopback: Lookup = async () => [{ address: '127.0.0.1', family: 4 }];
const LOCAL = ['loopback'] as const;

const callOf = (url: string, change: Partial<Call> = {}): Call => ({
  url: new URL(url),
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
  timeLimitMs: 2000,
  ...change,
});

const outboundTo = (lookup: Lookup = toLoopback, networks: readonly string[] = LOCAL) =>
  openOutbound({ hosts: ['hook.example'], networks: [...networks] as never }, lookup);

describe('networks of addresses', () => {
  it.each([
    ['93.184.216.34', 'public'],
    ['2606:4700::1111', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.1.2', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['::ffff:192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['169.254.169.254', 'link-local'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['0.0.0.0', null],
    ['::', null],
    ['255.255.255.255', null],
    ['224.0.0.1', null],
    ['ff02::1', null],
    ['::7f00:1', null],
    ['64:ff9b::7f00:1', null],
    ['2002:7f00:1::', null],
    ['2001:db8::1', null],
    ['198.51.100.7', null],
    ['localhost', null],
    ['', null],
  ] as const)('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('calls', () => {
  it('go to the address that was checked, under the name that was asked for', async () => {
    let host: string | undefined;
    let body = '';
    const port = await listen(async (request, response) => {
      host = request.headers.host;
      body = await bodyOf(request);
      response.end('ok');
    });
    let lookups = 0;
    const outbound = outboundTo(async () => {
      lookups++;
      // A second question would get another answer: rebinding.
      return lookups === 1
        ? [{ address: '127.0.0.1', family: 4 }]
        : [{ address: '169.254.169.254', family: 4 }];
    });
    await outbound.call(callOf(`http://hook.example:${port}/x`));
    expect({ host, body, lookups }).toEqual({ host: `hook.example:${port}`, body: '{"a":1}', lookups: 1 });
  });

  it('over TLS keep the name for SNI and check the certificate against it', async () => {
    const certificate = certificateFor('hook.example');
    let serverName: unknown;
    const port = await listen((request, response) => {
      serverName = (request.socket as TLSSocket & { servername?: string }).servername;
      response.end();
    }, certificate);
    const settings = { hosts: [], networks: [...LOCAL], caFile: certificate.certFile };
    await openOutbound(settings, toLoopback).call(callOf(`https://hook.example:${port}/`));
    expect(serverName).toBe('hook.example');
    await expect(
      openOutbound(settings, toLoopback).call(callOf(`https://other.example:${port}/`)),
    ).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
    await expect(outboundTo().call(callOf(`https://hook.example:${port}/`))).rejects.toThrow(/SELF_SIGNED/);
  });

  it.each(['169.254.169.254', '127.0.0.1', '10.0.0.1', '::ffff:10.0.0.1', '0.0.0.0'])(
    'never go to %s unless the settings say so',
    async (address) => {
      const family = address.includes(':') ? 6 : 4;
      const outbound = outboundTo(async () => [{ address, family }], ['public']);
      await expect(outbound.call(callOf('https://hook.example/'))).rejects.toMatchObject({
        code: 'FOREIGN_ADDRESS',
      });
      const literal = family === 6 ? `[${address}]` : address;
      await expect(outbound.call(callOf(`https://${literal}/`))).rejects.toMatchObject({
        code: 'FOREIGN_ADDRESS',
      });
    },
  );

  it('one forbidden address among several is enough to refuse', async () => {
    const outbound = outboundTo(async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '169.254.169.254', family: 4 },
    ]);
    await expect(outbound.call(callOf('http://hook.example/'))).rejects.toMatchObject({
      code: 'FOREIGN_ADDRESS',
    });
  });

  it('in the clear stay inside the site', async () => {
    const outbound = outboundTo(async () => [{ address: '93.184.216.34', family: 4 }], ['public']);
    await expect(outbound.call(callOf('http://hook.example/'))).rejects.toThrow(/use https/);
  });

  it('follow no redirect', async () => {
    let count = 0;
    const port = await listen((_request, response) => {
      count++;
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
    });
    await expect(outboundTo().call(callOf(`http://hook.example:${port}/`))).rejects.toThrow(/answered 302/);
    expect(count).toBe(1);
  });

  it('do not read answers, however long', async () => {
    let sentBytes = 0;
    let isClosed = false;
    const port = await listen((_request, response) => {
      response.on('close', () => (isClosed = true));
      const more = (): void => {
        while (!isClosed && sentBytes < 512e6) {
          sentBytes += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more);
        }
      };
      more();
    });
    await outboundTo().call(callOf(`http://hook.example:${port}/`));
    await expect.poll(() => isClosed).toBe(true);
    expect(sentBytes).toBeLessThan(32e6);
  });

  it('end at their time limit where the server, or the lookup, hangs', async () => {
    const port = await listen(() => {});
    await expect(
      outboundTo().call(callOf(`http://hook.example:${port}/`, { timeLimitMs: 50 })),
    ).rejects.toThrow(/took longer than 0.05 s/);
    const hanging = outboundTo(() => new Promise(() => {}));
    await expect(hanging.call(callOf('https://hook.example/', { timeLimitMs: 50 }))).rejects.toThrow(
      /took longer/,
    );
  });

  it('say host and reason when they fail, and nothing of the path', async () => {
    const failing = outboundTo(async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND hook.example/CANARY'), { code: 'ENOTFOUND' });
    });
    const error = await failing
      .call(callOf('https://hook.example/CANARY?key=CANARY'))
      .catch((e: unknown) => e as Error);
    expect(String(error)).toContain('hook.example cannot be reached (ENOTFOUND)');
    expect(`${error}${(error as Error).stack}${JSON.stringify(error)}`).not.toContain('CANARY');
  });

  it('are checked against the list of hosts, port included, when the service starts', () => {
    const outbound = openOutbound({ hosts: ['hook.example', 'local.example:8443'] });
    const check = (url: string) => () => outbound.check(new URL(url), 'notify.channels.a.url');
    expect(check('https://HOOK.example/x')).not.toThrow();
    expect(check('https://local.example:8443/')).not.toThrow();
    for (const url of ['https://local.example/', 'https://hook.example:8443/', 'https://evil.hook.example/'])
      expect(check(url)).toThrow(/notify\.channels\.a\.url: .* not among the hosts/);
  });
});
