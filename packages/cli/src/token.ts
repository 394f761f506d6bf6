/** `emberwatch token`: tokens of a service that does not run, in its data directory. */

import { existsSync } from 'node:fs';
import { InputError } from '@emberwatch/engine/telemetry';
import { parseDurationMs } from '@emberwatch/engine/units';
import { type Access, type Role, type TokenInfo, withTokens } from '@emberwatch/service/offline';
import { stamp } from './format.ts';
import { keepPrivate } from './outputs.ts';

export interface TokenArguments {
  readonly data: string;
  readonly json?: boolean;
}

export interface CreateArguments extends TokenArguments {
  readonly role: string;
  readonly modules?: string;
  readonly expires?: string;
}

export async function create(name: string, options: CreateArguments): Promise<void> {
  const { role, modules, expires } = options;
  const lastsMs = expires === undefined ? null : parseDurationMs(expires);
  if (lastsMs === undefined) throw new InputError(`--expires ${expires}: expected a duration such as 90d`);
  const input = {
    name,
    role: role as Role,
    modules: modules === undefined ? null : modules.split(',').map((module) => module.trim()),
    expiresMs: lastsMs === null ? null : Date.now() + lastsMs,
  };
  const { info, token } = await inside(options, (access, actor) => access.create(input, actor));
  if (options.json) say(JSON.stringify({ ...info, token }));
  else say(`${line(info)}\n\n${token}\n\nIt is shown this once; only its hash is kept.`);
}

export async function list(options: TokenArguments): Promise<void> {
  if (!existsSync(options.data)) throw new InputError(`--data ${options.data}: there is no such directory`);
  const tokens = await inside(options, async (access) => access.list());
  if (options.json) say(JSON.stringify(tokens));
  else say(tokens.length === 0 ? 'There are no tokens.' : tokens.map(line).join('\n'));
}

export async function revoke(id: string, options: TokenArguments): Promise<void> {
  if (!existsSync(options.data)) throw new InputError(`--data ${options.data}: there is no such directory`);
  const info = await inside(options, (access, actor) => access.revoke(id, actor));
  say(options.json ? JSON.stringify(info) : line(info));
}

async function inside<T>(
  { data }: TokenArguments,
  work: (access: Access, actor: string) => Promise<T>,
): Promise<T> {
  keepPrivate();
  try {
    return await withTokens(data, Date.now, work);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code === 'STORE_LOCKED')
      throw new InputError(`${message} While it runs, tokens are made by its API: POST /api/v1/tokens.`);
    throw error;
  }
}

function line({ id, name, role, modules, createdMs, expiresMs, revokedMs }: TokenInfo): string {
  const end =
    revokedMs !== null
      ? `revoked ${stamp(revokedMs)}`
      : expiresMs !== null
        ? `ends ${stamp(expiresMs)}`
        : 'does not end';
  return [
    id,
    name,
    role,
    (modules?.join(',') ?? '*').replace(/^\*$/, 'any module'),
    `made ${stamp(createdMs)}`,
    end,
  ].join('  ');
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
