/** One file says everything of a site: what is meant is taken, and what is wrong is told with its place. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '@emberwatch/engine/telemetry';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { problemOf } from '../src/settings/errors.ts';
import { optionsOf, readSettings, SettingsFile, settingsOf } from '../src/settings/load.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EXAMPLES = join(ROOT, 'examples/sites');
const COMPLETE = join(EXAMPLES, 'site.yaml');

/** What is said of `text`, without the name of the file before it. */
function rejectionOf(text: string): string {
  try {
    settingsOf(text, 'site.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/^site\.yaml: /);
    return (error as Error).message.slice('site.yaml: '.length);
  }
  return 'taken';
}

interface Schema {
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** Every setting there is: names joined by dots, `*` for a name of the user's choice, `[]` for each of a list. */
function settingsIn({ anyOf, properties, patternProperties, items }: Schema, place = ''): string[] {
  // Where a secret is read: one of the ways is enough.
  if (anyOf?.some((one) => one.properties?.['env'])) return [place];
  if (anyOf) return [...new Set(anyOf.flatMap((one) => settingsIn(one, place)))];
  if (items) return settingsIn(items, `${place}[]`);
  const fields = [
    ...Object.entries(properties ?? {}).map(([key, of]) => [key, of] as const),
    ...Object.values(patternProperties ?? {}).map((of) => ['*', of] as const),
  ];
  if (fields.length === 0) return [place];
  return fields.flatMap(([key, of]) => settingsIn(of, place ? `${place}.${key}` : key));
}

function isSaid(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return value !== undefined;
  if (typeof value !== 'object' || value === null) return false;
  if (key === '[]' || key === '*') return Object.values(value).some((one) => isSaid(one, rest));
  return isSaid((value as Record<string, unknown>)[key], rest);
}

const keysOf = (setting: string): string[] => setting.replaceAll('[]', '.[]').split('.');

describe('examples', () => {
  it.each(readdirSync(EXAMPLES))('%s is taken as it stands', async (name) => {
    const settings = await readSettings(join(EXAMPLES, name));
    expect(optionsOf(settings).site).toEqual(settings.site);
  });

  it('show every setting there is', () => {
    const all = readdirSync(EXAMPLES).map((name) => parse(readFileSync(join(EXAMPLES, name), 'utf8')));
    const unsaid = settingsIn(SettingsFile as Schema).filter(
      (setting) => !all.some((one) => isSaid(one, keysOf(setting))),
    );
    expect(unsaid).toEqual([]);
  });

  const DOCS = ['integration.md', 'service.md', 'mqtt.md', 'alarms.md'];
  it.each(DOCS)('of docs/%s are taken', (name) => {
    const text = readFileSync(join(ROOT, 'docs', name), 'utf8');
    const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block!);
    for (const block of blocks) {
      const part = parse(block) as Record<string, unknown>;
      expect(problemOf(SettingsFile, { site: { name: 'hall-7' }, ...part }), block).toBeNull();
    }
  });
});

describe('what the service is started with', () => {
  it('is nothing but the site where nothing else is said: defaults are those of the parts', () => {
    expect(optionsOf(settingsOf('site: { name: hall-7 }', 'site.yaml'))).toEqual({
      site: { name: 'hall-7' },
      detector: {},
      retention: {},
    });
  });

  it('is in the units of the code', () => {
    const { retention, silentAfterMs, detector } = optionsOf(
      settingsOf(
        `site: { name: hall-7 }
silentAfterS: 45
detector: { nameplate: { capacityAh: 280 }, intervalMs: 2000 }
retention: { rawDays: 2, oneMinuteDays: 3, fifteenMinutesDays: 4, alarmsDays: 5, aroundAlarmMin: 6 }`,
        'site.yaml',
      ),
    );
    expect(silentAfterMs).toBe(45_000);
    expect(detector).toEqual({ nameplate: { capacityAh: 280 }, intervalMs: 2000 });
    expect(retention).toEqual({
      rawMs: 172_800_000,
      oneMinuteMs: 259_200_000,
      fifteenMinutesMs: 345_600_000,
      alarmsMs: 432_000_000,
      aroundAlarmMs: 360_000,
    });
  });
});

describe('what is wrong is told with its place', () => {
  const SITE = 'site: { name: hall-7 }\n';

  it.each([
    ['colour: red', 'the file: there is no setting "colour"; there are site, listen, dataDirectory'],
    ['listen: { prot: 1 }', 'listen: there is no setting "prot"; there are host, port, tls'],
    [
      'modbus: { devices: [{ name: a, host: h, adress: 1 }] }',
      'modbus.devices[0]: there is no setting "adress"',
    ],
    ['listen: { port: "8080" }', 'listen.port: must be integer, got "8080"'],
    [
      'listen: { trustedProxies: [proxy.example] }',
      'listen.trustedProxies: "proxy.example" is neither an address (10.0.0.7) nor a network (10.0.0.0/8)',
    ],
    ['listen: { port: 99999 }', 'listen.port: must be <= 65535, got 99999'],
    ['listen: { tls: { certFile: a } }', 'listen.tls: keyFile is missing'],
    ['retention: { rawDays: 0 }', 'retention.rawDays: must be >= 0.01, got 0'],
    ['mqtt:', 'mqtt: expected settings, got null'],
    ['notify: { channels: {}, routes: {} }', 'notify.routes: must be array'],
    [
      'detector: { nameplate: { chemistry: lithium } }',
      'chemistry: expected lfp, nmc, lco, nca, lmo, got "lithium"',
    ],
    [
      'notify: { channels: {}, routes: [{ channels: [a], priorities: [1, 5] }] }',
      'routes[0].priorities[1]: expected 1, 2, 3, 4, got 5',
    ],
    [
      'modbus: { devices: [{ name: a, host: h }, { name: a, host: i }] }',
      'modbus: two devices are called "a"',
    ],
    [
      'sunspec: { moduleId: "M{nr}" }',
      'sunspec: moduleId: "M{nr}" has {nr}; there are {bank}, {string}, {module}',
    ],
  ])('%s', (text, reported) => {
    expect(rejectionOf(SITE + text)).toContain(reported);
  });

  it.each([
    ['site: {}', 'site: name is missing'],
    ['site: { name: "hall 7" }', 'site.name: must match pattern'],
    ['site: { name: a/b }', 'site.name: must match pattern'],
    ['site: { name: hall-7, timeZone: Vienna }', 'site.timeZone: "Vienna" is no time zone'],
    ['', 'the file: expected settings, got null'],
    ['[]', 'the file: expected settings'],
  ])('%s', (text, reported) => {
    expect(rejectionOf(text)).toContain(reported);
  });

  it.each([
    ['mqtt: { embedded: true }', 'mqtt.embedded: expected settings or false, got true'],
    ['mqtt: { embedded: { prot: 1 } }', 'mqtt.embedded: there is no setting "prot"'],
    [
      'notify: { channels: { a: { kind: sms } }, routes: [] }',
      'notify.channels.a.kind: expected webhook or email or mqtt, got "sms"',
    ],
    [
      'notify: { channels: { a: { topic: b } }, routes: [] }',
      'notify.channels.a.kind: expected webhook or email or mqtt',
    ],
    [
      'notify: { channels: { a: { kind: email, host: h, from: abc, to: [] } }, routes: [] }',
      'notify.channels.a.to: must not have fewer than 1 items',
    ],
    [
      'notify: { channels: { a: { kind: webhook, url: u, host: h } }, routes: [] }',
      'notify.channels.a: there is no setting "host"',
    ],
    [
      'heartbeat: { webhook: { url: { file: a, env: b } } }',
      'heartbeat.webhook.url: expected string or { file } or { env }',
    ],
  ])('of alternatives that which was meant: %s', (text, reported) => {
    expect(rejectionOf(SITE + text)).toContain(reported);
  });

  it.each([
    [
      'mqtt: { external: { url: "mqtt://h", password: hunter2-hunter2 } }',
      'mqtt.external.password: expected { env } or { file }',
    ],
    ['mqtt: { external: { url: "mqtt://user:hunter2-hunter2@h" } }', 'mqtt.external.url: must match pattern'],
    [
      'notify: { channels: { a: { kind: webhook, url: u, signingKey: hunter2-hunter2 } }, routes: [] }',
      'a.signingKey: expected { file } or { env }',
    ],
    [
      'notify: { channels: { a: { kind: webhook, url: u, bearerToken: hunter2-hunter2 } }, routes: [] }',
      'a.bearerToken: expected { file } or { env }',
    ],
  ])('a secret that stands in the file is not said again: %s', (text, reported) => {
    const rejection = rejectionOf(SITE + text);
    expect(rejection).toContain(reported);
    expect(rejection).not.toContain('hunter2');
  });

  it.each([
    ['what is not closed', 'site: { name: a', 'line 1'],
    ['tabs', 'site:\n\tname: a', 'Tabs are not allowed as indentation at line 2'],
    ['a name twice', 'site: { name: a }\nsite: { name: b }', 'Map keys must be unique at line 2'],
    ['aliases without end', `x: &x [1]\ny: [${'*x, '.repeat(200)}]`, 'Excessive alias count'],
  ])('of YAML that cannot be read the line: %s', (_, text, reported) => {
    expect(rejectionOf(text)).toContain(reported);
  });

  it('of a file that is not there its name', async () => {
    await expect(readSettings('/nowhere/site.yaml')).rejects.toThrow(/^\/nowhere\/site\.yaml: ENOENT/);
  });
});

/** Places of a document, as keys from the top. */
function placesIn(value: unknown): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [
    [],
    ...keys.flatMap((key) =>
      placesIn((value as Record<string | number, unknown>)[key]).map((rest) => [key, ...rest]),
    ),
  ];
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

it('tells a problem exactly where the schema finds one, whatever stands anywhere', () => {
  const complete = parse(readFileSync(COMPLETE, 'utf8')) as unknown;
  const place = fc.constantFrom(...placesIn(complete));
  fc.assert(
    fc.property(place, fc.jsonValue({ maxDepth: 2 }), (keys, by) => {
      const changed = replaced(complete, keys, by);
      expect(problemOf(SettingsFile, changed) === null).toBe(Value.Check(SettingsFile, changed));
    }),
    { seed: 7, numRuns: 500 },
  );
});
