import { describe, expect, it } from 'vitest';
import { importsOf, type Source, sources } from './sources.ts';

/** Room of a source or of an import: `engine/detector`, `lab`, or null for what is not ours. */
function roomOf(path: string): string | null {
  const inPackage = /^packages\/([a-z]+)\/src\/(?:([a-z-]+)(?=[/.]))?/.exec(path);
  const byName = /^@emberwatch\/([a-z]+)(?:\/([a-z]+))?/.exec(path);
  const [, name, room] = inPackage ?? byName ?? [];
  if (name === undefined) return null;
  return name === 'engine' ? `engine/${room}` : name;
}

interface ImportRule {
  /** Rooms of ours that may be imported; a room may always import itself. */
  readonly may: readonly string[];
  /** Packages from npm or Node that may be imported. */
  readonly outside: RegExp | null;
  readonly because: string;
}

const PURE = null;
const ANY = /./;
const ENGINE_ROOMS = ['units', 'chemistry', 'random', 'telemetry', 'physics', 'sensors', 'detector'].map(
  (room) => `engine/${room}`,
);

const IMPORT_RULES: Record<string, ImportRule> = {
  'engine/units': { may: [], outside: PURE, because: 'units rest on nothing' },
  'engine/chemistry': { may: [], outside: PURE, because: 'the list of chemistries rests on nothing' },
  'engine/random': { may: [], outside: PURE, because: 'random numbers rest on nothing' },
  'engine/telemetry': {
    may: ['engine/units', 'engine/chemistry'],
    outside: PURE,
    because: 'it is the contract: everything else points at it',
  },
  'engine/physics': {
    may: ['engine/units', 'engine/chemistry', 'engine/random'],
    outside: PURE,
    because: 'truth does not know that it is watched',
  },
  'engine/sensors': {
    may: ['engine/units', 'engine/random', 'engine/telemetry', 'engine/physics'],
    outside: PURE,
    because: 'a sensor does not know what is made of its values',
  },
  'engine/detector': {
    may: ['engine/units', 'engine/telemetry'],
    outside: PURE,
    because: 'who judges never sees the truth',
  },
  lab: {
    may: ENGINE_ROOMS,
    outside: ANY,
    because: 'the laboratory works offline, without the service and the page',
  },
  service: {
    may: ['engine/units', 'engine/chemistry', 'engine/telemetry', 'engine/detector'],
    outside: ANY,
    because: 'there is no simulator in production',
  },
  web: {
    may: ENGINE_ROOMS,
    outside: /^(react|react-dom|uplot|yaml|marked|minisearch|@radix-ui|models\/|\.)/,
    because: 'the page reaches the service over HTTP only',
  },
  cli: {
    may: ['lab', 'service', 'engine/telemetry', 'engine/units', 'engine/detector'],
    outside: ANY,
    because: 'a command is thin',
  },
};

/** Types say nothing of what runs: cli may name the detector's, not call it. */
const TYPES_ONLY: Record<string, readonly string[]> = { cli: ['engine/detector'] };

function violations(source: Source): string[] {
  const room = roomOf(source.path);
  if (room === null) return [`${source.path} stands in no room`];
  const rule = IMPORT_RULES[room];
  if (!rule) return [`${source.path}: the room ${room} has no door in this test`];
  return importsOf(source).flatMap((target) => {
    const other = roomOf(target);
    if (other === room) return [];
    if (other !== null) {
      if (!rule.may.includes(other))
        return [`${source.path} imports ${target}: ${room} may not see ${other}, because ${rule.because}`];
      const mustBeType = TYPES_ONLY[room]?.includes(other) ?? false;
      const statement = source.text
        .split('\n')
        .join(' ')
        .match(new RegExp(`import\\s+type[^;]*['"]${target}['"]`));
      return mustBeType && !statement
        ? [`${source.path} imports ${target} as a value: ${room} may only name its types`]
        : [];
    }
    if (rule.outside === null || !rule.outside.test(target))
      return [`${source.path} imports ${target}: ${room} may not, because ${rule.because}`];
    return [];
  });
}

describe('doors between rooms', () => {
  it('every import goes through a door', () => {
    expect(sources().flatMap(violations)).toEqual([]);
  });

  it('the test sees what it forbids', () => {
    const violationsOf = (path: string, text: string): string[] => violations({ path, text, lines: [text] });
    expect(
      violationsOf('packages/engine/src/detector/x.ts', "import { simulate } from '../physics/index.ts';")[0],
    ).toContain('who judges never sees the truth');
    expect(
      violationsOf('packages/engine/src/detector/x.ts', "import { readFileSync } from 'node:fs';"),
    ).toHaveLength(1);
    expect(
      violationsOf(
        'packages/service/src/x.ts',
        "import type { Scenario } from '@emberwatch/engine/physics';",
      ),
    ).toHaveLength(1);
    expect(
      violationsOf('packages/service/src/x.ts', "const lab = await import('@emberwatch/lab');"),
    ).toHaveLength(1);
    expect(
      violationsOf('packages/cli/src/x.ts', "import { Detector } from '@emberwatch/engine/detector';"),
    ).toHaveLength(1);
    expect(
      violationsOf('packages/cli/src/x.ts', "import type { Level } from '@emberwatch/engine/detector';"),
    ).toEqual([]);
  });
});
