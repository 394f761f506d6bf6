import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import type { Identity } from '../../src/records.ts';

export const SILENT = pino({ level: 'silent' });

const identity = (name: string, role: Identity['role'], modules: Identity['modules'] = null): Identity => ({
  tokenId: `token-${name}`,
  name,
  role,
  modules,
});

const KNOWN: Readonly<Record<string, Identity>> = {
  'secret-gw1': identity('gw1', 'gateway', ['RackA1_*']),
  'secret-gw2': identity('gw2', 'gateway'),
  'secret-edge1': identity('edge1', 'gateway'),
  'secret-viewer': identity('wall', 'viewer'),
  'secret-engineer': identity('eve', 'engineer'),
};

export const authenticate = (_user: string | undefined, password: string | undefined): Identity | null =>
  KNOWN[password ?? ''] ?? null;

/** Looks every few milliseconds; the test's own time limit ends it. */
export async function until(isSo: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const PROGRAMS = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'];
const PROGRAM = PROGRAMS.find(existsSync);
/** In CI it must be there. */
export const canRunMosquitto = PROGRAM !== undefined || process.env['CI'] === 'true';
if (!canRunMosquitto) process.stderr.write('mosquitto is not installed: tests against it are skipped\n');

/** A Debian mosquitto of the test's own: free port, own folder, keeps its sessions over a restart. */
export class Mosquitto {
  readonly port: number;
  private readonly directory: string;
  private child: ReturnType<typeof spawn> | null = null;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.directory = directory;
  }

  static async start(): Promise<Mosquitto> {
    const directory = mkdtempSync(join(tmpdir(), 'emberwatch-mosquitto-'));
    const mosquitto = new Mosquitto(await freePort(), directory);
    mkdirSync(join(directory, 'data'));
    // As root it gives up its rights, and would lose its folder.
    const user = process.getuid?.() === 0 ? 'user root' : '';
    const lines = [
      `listener ${mosquitto.port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence true',
      `persistence_location ${directory}/data/`,
      'log_dest none',
      user,
    ];
    writeFileSync(join(directory, 'mosquitto.conf'), `${lines.join('\n')}\n`);
    await mosquitto.run();
    return mosquitto;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    const child = spawn(PROGRAM!, ['-c', join(this.directory, 'mosquitto.conf')], { stdio: 'ignore' });
    this.child = child;
    for (let attempt = 0; attempt < 400; attempt++) {
      if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`);
      if (await this.answers()) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('mosquitto does not listen');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async answers(): Promise<boolean> {
    const { connect } = await import('node:net');
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  }
}

/** A self-signed certificate of `localhost`; null where openssl is not there. */
export function certificate(directory: string): { cert: string; key: string } | null {
  const cert = join(directory, 'cert.pem');
  const key = join(directory, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ]);
  return made.status === 0 ? { cert, key } : null;
}
