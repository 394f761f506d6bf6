/** Under what a training ran: enough to tell why two of them differ. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Environment {
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  readonly threads: number;
  readonly memoryMb: number;
  /** Versions of the packages that touch the numbers, `emberwatch` first. */
  readonly packages: Readonly<Record<string, string>>;
}

const PACKAGES = ['@duckdb/node-api', 'onnxruntime-web', 'piscina', 'typebox', 'yaml'];
const HERE = dirname(fileURLToPath(import.meta.url));

export async function environmentNow(): Promise<Environment> {
  const packages: Record<string, string> = { emberwatch: (await ownVersion()) ?? 'unknown' };
  for (const name of PACKAGES) {
    const version = await installedVersion(name);
    if (version !== null) packages[name] = version;
  }
  return {
    node: process.version,
    os: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    packages,
  };
}

/** `331029a…`, with `-dirty` where files that git knows are changed; null outside a checkout. */
export async function commitNow(folder: string = process.cwd()): Promise<string | null> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', ['-C', folder, ...args])).stdout.trim();
  try {
    const commit = await git('rev-parse', 'HEAD');
    const changed = await git('status', '--porcelain', '--untracked-files=no');
    return changed === '' ? commit : `${commit}-dirty`;
  } catch {
    return null;
  }
}

async function versionIn(path: string): Promise<string | null> {
  try {
    return String((JSON.parse(await readFile(path, 'utf8')) as { version?: unknown }).version);
  } catch {
    return null;
  }
}

/** Of the first package on the way up: this one, or the one that it was bundled into. */
async function ownVersion(): Promise<string | null> {
  for (let folder = HERE; folder !== dirname(folder); folder = dirname(folder)) {
    const version = await versionIn(join(folder, 'package.json'));
    if (version !== null) return version;
  }
  return null;
}

/** In the first `node_modules` on the way up: what an import would find. */
async function installedVersion(name: string): Promise<string | null> {
  for (let folder = HERE; folder !== dirname(folder); folder = dirname(folder)) {
    const version = await versionIn(join(folder, 'node_modules', name, 'package.json'));
    if (version !== null) return version;
  }
  return null;
}
