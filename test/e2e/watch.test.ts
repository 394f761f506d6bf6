import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { emberwatch, ROOT, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const DEMO = ['examples/recordings/warehouse.parquet', '--map', 'examples/recordings/warehouse.yaml'];

const HEADER = 'Timestamp,Module_ID,Module_Max_Surface_Temp_C,Module_Voltage_V\n';
const rows = (n: number, row: (i: number) => string = (i) => `${stamp(i)},M1,25.${i % 10},51.2`): string =>
  Array.from({ length: n }, (_, i) => row(i)).join('\n');
const stamp = (i: number): string => new Date(Date.UTC(2026, 0, 1) + i * 10_000).toISOString();

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('emberwatch watch', () => {
  it('judges the example from calm to critical and says why, as NDJSON', async () => {
    const { code, json, err } = await emberwatch(['watch', ...DEMO, '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const summary = json.at(-1)!;
    expect(summary).toMatchObject({
      type: 'summary',
      frames: 46_144,
      rejected: 0,
      modules: 64,
      sensorFaultCount: 0,
    });
    expect(summary['episodes']).toEqual({ advisory: 0, warning: 7, critical: 1 });
    // 64 modules, two hours, less the warm-up of each.
    expect(summary['moduleHours']).toBeGreaterThan(127);
    expect(summary['moduleHours']).toBeLessThanOrEqual(128);
    const changes = json.slice(0, -1);
    expect(new Set(changes.map(({ type }) => type))).toEqual(new Set(['change']));
    const ofFault = changes.filter(({ moduleId }) => moduleId === 'RackA2_Module01');
    expect(ofFault.map(({ to }) => to)).toEqual(['normal', 'advisory', 'warning', 'critical']);
    for (const change of changes) expect(change['reasons'].length).toBeGreaterThan(0);
    // The point of no return of this run is 3654 s after its start (examples/scenarios/demo.yaml), runaway 3975 s.
    const criticalS = (ofFault.at(-1)!['timeMs'] - Date.UTC(2026, 0, 15, 8)) / 1000;
    expect(criticalS).toBeLessThan(3654 - 300);
    expect(criticalS).toBeGreaterThan(900);
  });

  it('prints a timeline and a summary for people, and writes the report', async () => {
    const report = join(folder, 'report.html');
    const { code, out } = await emberwatch(['watch', ...DEMO, '--report', report]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /2026-01-15 08:\d\d:\d\d {2}RackA2_Module01 {2}◆ critical at 08:\d\d:\d\d {2}still lasting/,
    );
    expect(out).toContain('46,144 frames judged, 0 rejected');
    expect(out).toContain('Advisory only');
    expect(readFileSync(report, 'utf8')).toContain('RackA2_Module01');
  });

  it('notes how long a module was blind and how much could not be judged', async () => {
    const back = rows(1200, (i) => `${stamp(i < 600 ? i : i - 360)},M1,25.${i % 10},51.2`);
    const { out } = await emberwatch(['watch', file('back.csv', HEADER + back)]);
    expect(out).toContain('M1: 60 min of rows (359) refused because the clock went back at line 602');
    const bare = rows(200, (i) => `${stamp(i)},M1,${i % 4 === 0 ? '25' : ''},${i === 0 ? 51 : ''}`);
    const { json } = await emberwatch(['watch', file('bare.csv', HEADER + bare), '--json']);
    expect(json.at(-1)).toMatchObject({ clocksSetBack: [], unknownFrames: expect.any(Number) });
    const lost = rows(480, (i) => `${stamp(i >> 1)},M${i % 2},${i % 2 === 0 ? '25,51.2' : ','}`);
    const { out: half } = await emberwatch(['watch', file('lost.csv', HEADER + lost)]);
    expect(half).toContain('  M1: 240 of 240 frames could not be judged');
    expect(half).not.toContain('  M0: ');
  });

  it('ends quietly when nobody reads on, and says so when the disk is full', async () => {
    const many = (i: number): string => `${stamp(i >> 3)},M${i % 8},${(i >> 3) % 60 < 20 ? 25 : 95},51.2`;
    const path = file('many.csv', HEADER + rows(80_000, many));
    const command = `'${process.execPath}' packages/cli/bin/emberwatch.js watch '${path}' --json`;
    const shell = (line: string) => spawnSync('bash', ['-c', line], { cwd: ROOT, encoding: 'utf8' });
    const head = shell(`${command} | head -1; echo "$\{PIPESTATUS[0]}" >&2`);
    expect(head.stderr).toBe('0\n');
    expect(head.stdout).toContain('"type":"change"');
    const full = shell(`${command} > /dev/full`);
    expect(full).toMatchObject({
      status: 1,
      stderr: 'emberwatch: standard output: no space left on the disk\n',
    });
  });

  it('reads standard input', async () => {
    const { code, json } = await emberwatch(['watch', '-', '--json'], HEADER + rows(20));
    expect(code).toBe(0);
    expect(json.at(-1)).toMatchObject({ frames: 20, rejected: 0 });
  });

  it('judges the rest of broken rows and writes every rejection where it is asked to', async () => {
    const broken = rows(60).split('\n');
    broken[5] = `${stamp(5)},M1,hot,51.2`;
    broken[10] = `${stamp(10)},M1,NaN,51.2`;
    broken[15] = `${stamp(15)},M1,3.4e38,51.2`;
    broken[20] = `${stamp(20)},M1,65535,51.2`;
    broken[25] = `${stamp(24)},M1,25,51.2`;
    broken[30] = `${stamp(3)},M1,25,51.2`;
    broken[35] = 'yesterday,M1,25,51.2';
    broken[40] = `${stamp(40)},,25,51.2`;
    broken[45] = `${stamp(45)},M1,25`;
    broken[50] = `${stamp(50)},M1,"25,51.2`;
    broken[55] = `${stamp(55)},M1,25,51.2\r`;
    const path = file('broken.csv', `\ufeff${HEADER}${broken.join('\n')}\n`);
    const out = join(folder, 'rejections.ndjson');
    const { code, json } = await emberwatch(['watch', path, '--json', '--rejections', out]);
    expect(code).toBe(0);
    expect(json.at(-1)).toMatchObject({ frames: 54, rejected: 10, rejectedRows: 6 });
    const rejections = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rejections.map(({ line, column, reason, value }) => [line, column, reason, value])).toEqual([
      [7, 'Module_Max_Surface_Temp_C', 'not-a-number', 'hot'],
      [12, 'Module_Max_Surface_Temp_C', 'not-a-number', 'NaN'],
      [17, 'Module_Max_Surface_Temp_C', 'sentinel', '3.4e38'],
      [22, 'Module_Max_Surface_Temp_C', 'sentinel', '65535'],
      [32, 'Timestamp', 'time-goes-back', stamp(3)],
      [37, 'Timestamp', 'bad-time', 'yesterday'],
      [42, 'Module_ID', 'missing-module', ''],
      // Decided once it is known whether rows that share a stamp are samples.
      [27, 'surface_temperature_max_degc', 'contradicting-values', '25, before 25.4'],
      [47, null, 'too-few-fields', expect.stringContaining('3 of 4')],
      [52, null, 'bad-row', expect.stringContaining('"25,51.2')],
    ]);
    expect(rejections[0]['file']).toBe(path);
  });

  it('judges what a truncated gzip still holds and counts the break', async () => {
    const whole = gzipSync(
      HEADER + rows(20_000, (i) => `${stamp(i)},M1,${25 + ((i * 7919) % 1000) / 1e4},51.2`),
    );
    const { code, json } = await emberwatch([
      'watch',
      file('cut.csv.gz', whole.subarray(0, whole.length / 2)),
      '--json',
    ]);
    expect(code).toBe(0);
    const summary = json.at(-1)!;
    expect(summary['frames']).toBeGreaterThan(5000);
    expect(summary['rejections'].map(({ reason }: { reason: string }) => reason)).toEqual(['truncated']);
  });

  it.each([
    ['an empty file', '', /empty/],
    ['only a header', HEADER, /no rows/],
    ['columns of no known schema', 'a,b\n1,2\n', /mapping file is needed.*a, b/],
    ['UTF-16', Buffer.from(`\ufeff${HEADER}`, 'utf16le'), /UTF-16/],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]), /./],
    ['nothing but bad rows', `${HEADER}x,M1,25,51\n`, /line 2.*Timestamp.*bad-time.*"x"/],
  ])('refuses %s with exit code 2 and the place', async (name, content, message) => {
    const path = file(`${name.replaceAll(' ', '-')}.csv`, content);
    const { code, err, out } = await emberwatch(['watch', path, '--json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).toContain(path);
    expect(err).not.toMatch(/\n {4}at /);
  });

  it.each([
    ['a file that is not there', ['watch', 'nowhere.csv'], /nowhere\.csv: no such file/],
    ['a folder', ['watch', '.'], /folder/],
    ['an unknown option', ['watch', 'x.csv', '--fast'], /unknown option/],
    ['no file', ['watch'], /missing required argument/],
    ['a mapping that is not there', ['watch', DEMO[0]!, '--map', 'no.yaml'], /no\.yaml: no such file/],
    ['a report into a folder', ['watch', ...DEMO, '--report', '/tmp'], /\/tmp: this is a folder/],
    ['a report into no folder', ['watch', ...DEMO, '--report', '/no/where/r.html'], /no\/where/],
  ])('refuses %s with exit code 2', async (_, args, message) => {
    const { code, err } = await emberwatch(args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('names a column that the mapping needs and the file lacks, and one that is misspelt in the mapping', async () => {
    const path = file('other.csv', 'when,what,degrees\n2026-01-01,M1,25\n');
    const mapping = (column: string, key = 'column'): string =>
      file(
        'other.yaml',
        `name: other\ntime: {column: when}\nmodule: {column: what}\nchannels:\n  surface_temperature_max_degc: {${key}: ${column}}\n`,
      );
    const missing = await emberwatch(['watch', path, '--map', mapping('degreees')]);
    expect(missing.code).toBe(2);
    expect(missing.err).toMatch(/"degreees".*when, what, degrees/);
    const misspelt = await emberwatch(['watch', path, '--map', mapping('degrees', 'colum')]);
    expect(misspelt.code).toBe(2);
    expect(misspelt.err).toMatch(/other\.yaml: line 5.*colum/);
  });

  it('helps', async () => {
    const { code, out } = await emberwatch(['watch', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--map');
    expect(out).toContain('Exit code 0');
  });
});

const data = process.env['EMBERWATCH_DATA'] ?? join(ROOT, '../shared/data');

describe.skipIf(!existsSync(data))('on real recordings (EMBERWATCH_DATA or ../shared/data)', () => {
  const evaluate = async (path: string, mapping: string) => {
    const { code, json } = await emberwatch([
      'watch',
      join(data, path),
      '--map',
      `examples/mappings/${mapping}.yaml`,
      '--json',
    ]);
    expect(code).toBe(0);
    return json.at(-1)!;
  };

  it.each([
    ['normal/nasa-b0005-discharge.csv.gz', 'nasa-pcoe-discharge', 50_285],
    ['normal/nasa-b0018-discharge.csv.gz', 'nasa-pcoe-discharge', 34_866],
    ['normal/arts-30q-ds2-cell1-subset.csv.gz', 'arts-30q', 639_096],
  ])('normal cycling raises nothing: %s', async (path, mapping, frames) => {
    expect(await evaluate(path, mapping)).toMatchObject({
      frames,
      episodes: { advisory: 0, warning: 0, critical: 0 },
      sensorFaultCount: 0,
    });
  });

  it('the vehicle pack with a cell that loses charge is warned of, and the cell is found', async () => {
    const summary = await evaluate('field/ev-pack-2.zip', 'ev-pack-2');
    expect(summary['episodes'].critical).toBe(0);
    expect(summary['episodes'].warning).toBeGreaterThan(0);
    expect(summary['mostDeviatingCells']).toMatchObject([{ cell: 82 }]);
  });

  it('four fast charges of a healthy-looking pack raise nothing', async () => {
    const summary = await evaluate('field/ev-pack-1.zip', 'ev-pack-1');
    expect(summary['episodes']).toEqual({ advisory: 0, warning: 0, critical: 0 });
    expect(summary['rejected']).toBe(1543);
  });
});
