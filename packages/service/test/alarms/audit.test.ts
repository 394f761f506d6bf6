import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlarmRegister } from '../../src/alarms/alarm-register.ts';
import { auditOf } from '../../src/alarms/audit.ts';
import type { AuditRow } from '../../src/records.ts';
import { AuditChain, MAX_DETAIL_CHARS, verifyAudit } from '../../src/store/audit-chain.ts';
import { hazard, START_MS } from './made.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const entry = fc.record({
  atMs: fc.integer({ min: 0, max: 2 ** 45 }),
  actor: text,
  action: text,
  subject: text,
  detail: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean())),
});
const entries = fc.array(entry, { minLength: 2, maxLength: 8 });

const chained = (all: Parameters<AuditChain['append']>[0][]): AuditRow[] => {
  const chain = new AuditChain(null);
  return all.map((one) => chain.append(one));
};
const FIELDS = ['atMs', 'actor', 'action', 'subject', 'detail', 'hash'] as const;

describe('the audit chain', () => {
  it('is right as it was written, whole, by pages, and going on after a restart', () => {
    fc.assert(
      fc.property(entries, fc.nat(7), (all, at) => {
        const rows = chained(all);
        const head = { seq: rows.length, hash: rows.at(-1)!.hash };
        expect(verifyAudit(rows, null, [head])).toEqual({ isRight: true, rows: rows.length, head });
        const cut = 1 + (at % (rows.length - 1));
        const [first, rest] = [rows.slice(0, cut), rows.slice(cut)];
        expect(verifyAudit(rest, first.at(-1)!, [head])).toMatchObject({ isRight: true, head });
        const again = new AuditChain(first.at(-1)!);
        expect(all.slice(cut).map((one) => again.append(one))).toEqual(rest);
      }),
    );
  });

  it('any character of any field that is altered is found at its row', () => {
    const altered = fc.tuple(entries, fc.nat(7), fc.constantFrom(...FIELDS), fc.nat(40), fc.nat(127));
    fc.assert(
      fc.property(altered, ([all, at, field, place, code]) => {
        const rows = chained(all);
        const index = at % rows.length;
        const row = rows[index]!;
        const was = String(row[field]);
        const where = place % (was.length + 1);
        const now = was.slice(0, where) + String.fromCharCode(code) + was.slice(where + 1);
        const value = field === 'atMs' ? Number(now) : now;
        fc.pre(!Object.is(value, row[field]));
        const forged = rows.with(index, { ...row, [field]: value });
        expect(verifyAudit(forged)).toMatchObject({ isRight: false, problem: 'changed', seq: index + 1 });
      }),
      { numRuns: 500 },
    );
  });

  it('a row left out, put in twice, or moved is found where it should stand; a tail left out, by a kept head', () => {
    fc.assert(
      fc.property(entries, fc.nat(7), (all, at) => {
        const rows = chained(all);
        const index = at % (rows.length - 1);
        const head = { seq: rows.length, hash: rows.at(-1)!.hash };
        expect(verifyAudit(rows.toSpliced(index, 1))).toMatchObject({ problem: 'missing', seq: index + 1 });
        expect(verifyAudit(rows.toSpliced(index, 0, rows[index]!))).toMatchObject({
          problem: 'moved',
          seq: index + 2,
        });
        const swapped = rows.with(index, rows[index + 1]!).with(index + 1, rows[index]!);
        expect(verifyAudit(swapped)).toMatchObject({ problem: 'moved', seq: index + 1 });
        expect(verifyAudit(rows.slice(0, index), null)).toMatchObject({ isRight: true });
        expect(verifyAudit(rows.slice(0, index), null, [head])).toMatchObject({
          problem: 'cut-off',
          seq: index + 1,
        });
        // Numbered anew, the hashes no longer fit.
        const renumbered = rows.toSpliced(index, 1).map((row, i) => ({ ...row, seq: i + 1 }));
        expect(verifyAudit(renumbered)).toMatchObject({ problem: 'changed', seq: index + 1 });
      }),
    );
  });

  it('a log that was written anew is right in itself, and found by a head that was kept elsewhere', () => {
    const all = ['a', 'b', 'c'].map((subject) => ({ atMs: 1, actor: 'x', action: 'y', subject, detail: {} }));
    const kept = chained(all)[1]!;
    const forged = chained(all.toSpliced(0, 1, { ...all[0]!, subject: 'z' }));
    expect(verifyAudit(forged)).toMatchObject({ isRight: true });
    expect(verifyAudit(forged, null, [kept])).toMatchObject({ problem: 'changed', seq: 2 });
  });

  it('fields do not run into each other', () => {
    const base = { atMs: 1, detail: {}, subject: '' };
    const [a] = chained([{ ...base, actor: 'ab', action: 'c' }]);
    const [b] = chained([{ ...base, actor: 'a', action: 'bc' }]);
    expect(a!.hash).not.toBe(b!.hash);
    expect(verifyAudit([{ ...a!, actor: 'a', action: 'bc' }])).toMatchObject({ problem: 'changed' });
  });

  it('no text can pretend to be a row of its own, and no row is longer than it may be', () => {
    const actor = 'eve\r\n2 ada alarm.reset\u2028\u202e\ud800\u0007';
    const [row] = chained([{ atMs: 1, actor, action: 'x', subject: '', detail: { reason: actor } }]);
    expect(row!.actor).toBe('eve\\u000d\\u000a2 ada alarm.reset\\u2028\\u202e\\ud800\\u0007');
    expect(JSON.parse(row!.detail)).toEqual({ reason: actor });
    expect(JSON.stringify(row)).not.toMatch(/\r|\n|\u2028|\u202e/);
    // Halves of pairs become the same bytes as the sign for what cannot be read: only neutral rows are right.
    expect(verifyAudit([{ ...row!, subject: '\ud800' }])).toMatchObject({ problem: 'changed' });
    const detail = (last: string) => ({ text: `${'x'.repeat(1_000_000)}${last}` });
    const long = chained(
      ['a', 'b'].map((last) => ({ atMs: 1, actor: '', action: '', subject: '', detail: detail(last) })),
    );
    expect(long[0]!.detail.length).toBeLessThan(MAX_DETAIL_CHARS);
    expect(JSON.parse(long[0]!.detail).sha256).not.toBe(JSON.parse(long[1]!.detail).sha256);
    expect(() => chained([{ atMs: Number.NaN, actor: '', action: '', subject: '', detail: {} }])).toThrow(
      'NaN',
    );
  });

  it('says of a transition who, what, why, and what the alarm was after it', () => {
    const register = new AlarmRegister();
    register.hold(hazard('warning'), START_MS);
    register.act(
      { kind: 'shelve', id: 'A000001', untilMs: START_MS + 5000, reason: 'sensor on order' },
      'Ada',
      START_MS,
    );
    const [, row] = chained(register.drain().map(auditOf));
    expect(row).toMatchObject({ seq: 2, actor: 'Ada', action: 'alarm.shelved', subject: 'A000001' });
    expect(JSON.parse(row!.detail)).toMatchObject({
      kind: 'hazard',
      source: 'RackA1_Module01',
      state: 'unacknowledged',
      reason: 'sensor on order',
      suppression: { kind: 'shelved', untilMs: START_MS + 5000 },
    });
  });
});
