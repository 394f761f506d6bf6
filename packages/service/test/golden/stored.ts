/** What a data directory holds, as it is on the disk. */
import { join } from 'node:path';
import Database from 'libsql';
import { hashOf } from '../../../../test/golden/lines.ts';
import { STORE_FILE } from '../../src/store/disk.ts';

type Row = Readonly<Record<string, unknown>>;

const TABLES = {
  module: 'name',
  change: 'seq',
  sensor_fault: 'id',
  alarm: 'id',
  audit: 'seq',
  outbox: 'id',
  token: 'id',
  setting: 'key',
  delivery: 'gateway, epoch',
  counter: 'name',
} as const;

export interface Stored {
  readonly rows: readonly Row[];
  /** Of each chunk the hash of its bytes. */
  readonly chunks: readonly string[];
  /** Hashed texts. */
  readonly auditHead: string;
}

export function storedIn(directory: string): Stored {
  const db = new Database(join(directory, STORE_FILE), { readonly: true });
  const all = (sql: string): Row[] => db.prepare(sql).all() as Row[];
  try {
    const rows = Object.entries(TABLES).flatMap(([table, order]) =>
      all(`SELECT * FROM ${table} ORDER BY ${order}`).map((row) => ({ table, ...unpacked(row) })),
    );
    const chunks = all(
      'SELECT name, tier, period_ms, bytes FROM chunk JOIN module ON module.id = module ORDER BY name, tier, chunk.id',
    );
    const [head] = all('SELECT seq, hash FROM audit_head');
    return {
      rows,
      chunks: chunks.map(({ name, tier, period_ms, bytes }) =>
        [name, tier, period_ms, hashOf(new Uint8Array(bytes as ArrayBuffer))].join(' '),
      ),
      auditHead: `audit head ${head!['seq']} ${head!['hash']}`,
    };
  } finally {
    db.close();
  }
}

/** JSON in columns as what it says; hashes over texts are left out. */
const unpacked = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, parsed(value)]));

function parsed(value: unknown): unknown {
  if (typeof value === 'string' && /^[[{]/.test(value)) return parsed(JSON.parse(value));
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return 'sha256';
  if (Array.isArray(value)) return value.map(parsed);
  return value !== null && typeof value === 'object' ? unpacked(value as Row) : value;
}

/** Names of all properties of a value, as paths. */
export function shapeOf(value: unknown, path = '', shape = new Set<string>()): Set<string> {
  if (value instanceof Map || value instanceof Set) shapeOf([...value], `${path}()`, shape);
  else if (Array.isArray(value)) for (const one of value) shapeOf(one, `${path}[]`, shape);
  else if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value))
    for (const [name, one] of Object.entries(value)) {
      shape.add(`${path}.${name}`);
      shapeOf(one, `${path}.${name}`, shape);
    }
  return shape;
}
