import { LEVELS, type Level } from '@emberwatch/engine/detector';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModuleIndex } from '../src/live/module-index.ts';
import { OpenAlarms } from '../src/live/open-alarms.ts';
import { concernOf, isAlarm } from '../src/live/severity.ts';
import { siteStateOf } from '../src/live/state.ts';
import type { SiteView } from '../src/live/store.ts';
import { retirementOf } from '../src/module/retire.tsx';
import { hitOf, layoutOf, rackIndexOf, tileOf } from '../src/site/overview-layout.ts';
import { racksOf, summaryOf } from '../src/site/racks.ts';
import { hrefOf, routeOf } from '../src/ui/route.ts';
import { timesIn } from '../src/ui/times.ts';
import type { AlarmRecord, AlarmState, ModuleState, RetiredModule } from '../src/wire.ts';

const moduleOf = (id: number, level: Level, lastKnownLevel: Level | null): ModuleState =>
  ({
    moduleId: `M${id}`,
    rackId: `R${id % 3}`,
    level,
    lastKnownLevel,
    values: { hottest_degc: 20 + id },
  }) as unknown as ModuleState;

const level = fc.constantFrom(...LEVELS);
const anyModule = fc
  .tuple(fc.integer({ min: 0, max: 12 }), level, fc.option(level))
  .map(([id, now, before]) => moduleOf(id, now, before));

describe('the roster of a site', () => {
  it('counts what it holds, whatever came in which order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyModule, { maxLength: 6 })), (messages) => {
        const moduleIndex = new ModuleIndex();
        moduleIndex.replace([]);
        for (const message of messages) moduleIndex.update(message);
        const held = [...moduleIndex.all()];
        for (const one of LEVELS)
          expect(moduleIndex.counts[one]).toBe(held.filter((module) => module.level === one).length);
        const concerned = held.filter((module) => isAlarm(concernOf(module)));
        expect(new Set(moduleIndex.concerned.keys())).toEqual(
          new Set(concerned.map(({ moduleId }) => moduleId)),
        );
        expect(new Set(moduleIndex.unjudged.keys())).toEqual(
          new Set(
            held
              .filter((module) => module.level === 'unknown' && !isAlarm(concernOf(module)))
              .map(({ moduleId }) => moduleId),
          ),
        );
        const ranks = held.map((module) => LEVELS.indexOf(concernOf(module)));
        expect(LEVELS.indexOf(moduleIndex.worst)).toBe(Math.max(0, ...ranks));
      }),
    );
  });

  it('is laid out anew when modules come or change their rack, not when they change their level', () => {
    const moduleIndex = new ModuleIndex();
    moduleIndex.replace([moduleOf(1, 'normal', null)]);
    const { layout } = moduleIndex;
    moduleIndex.update([moduleOf(1, 'critical', null)]);
    expect(moduleIndex.layout).toBe(layout);
    moduleIndex.update([moduleOf(2, 'normal', null)]);
    expect(moduleIndex.layout).not.toBe(layout);
  });

  it('sums up a rack by its gravest module and its hottest', () => {
    const moduleIndex = new ModuleIndex();
    moduleIndex.replace([
      moduleOf(0, 'normal', null),
      moduleOf(3, 'unknown', 'warning'),
      moduleOf(6, 'advisory', null),
    ]);
    const [rack] = racksOf(moduleIndex);
    expect(summaryOf(rack!, moduleIndex)).toMatchObject({ worst: 'warning', hottestDegC: 26 });
    expect(summaryOf(rack!, moduleIndex).counts).toMatchObject({
      normal: 1,
      unknown: 1,
      advisory: 1,
      warning: 0,
    });
  });
});

describe('modules that were retired', () => {
  const retired: RetiredModule = {
    moduleId: 'M9',
    rackId: 'R9',
    retiredMs: 0,
    byName: 'Ada',
    reason: 'burnt out',
    lastFrameMs: 0,
    lastLevel: 'critical',
    lastHottestDegC: 140,
  };
  const hazard = (state: AlarmState): AlarmRecord =>
    ({ id: 'A1', kind: 'hazard', source: 'M9', state }) as AlarmRecord;

  it('leave an empty place in their rack, also where it has no other module', () => {
    const moduleIndex = new ModuleIndex();
    moduleIndex.replace([moduleOf(0, 'normal', null), moduleOf(9, 'critical', 'critical')]);
    moduleIndex.remove(['M9', 'never-seen']);
    expect(moduleIndex.counts).toMatchObject({ normal: 1, critical: 0 });
    expect(moduleIndex.worst).toBe('normal');
    expect(
      racksOf(moduleIndex, [retired]).map(({ id, modules, retired }) => [id, modules, retired.length]),
    ).toEqual([
      ['R0', ['M0'], 0],
      ['R9', [], 1],
    ]);
  });

  it('keep the site from being called normal until their alarm is closed', () => {
    const moduleIndex = new ModuleIndex();
    moduleIndex.replace([moduleOf(0, 'normal', null)]);
    const alarms = new OpenAlarms();
    const view = {
      connection: 'connected',
      health: null,
      moduleIndex,
      alarms,
      retired: [retired],
    } as unknown as SiteView;
    alarms.replace([hazard('latched')]);
    expect(siteStateOf(view)).toMatchObject({ level: 'unknown', word: 'Not all watched' });
    alarms.put(hazard('closed'));
    expect(siteStateOf(view).level).toBe('normal');
  });

  it('in alarm are retired only while they are silent', () => {
    const silent = { level: 'critical', isSilent: true } as const;
    expect(retirementOf(silent, hazard('unacknowledged'))).toBe('silent-in-alarm');
    expect(retirementOf({ ...silent, isSilent: false }, undefined)).toBe('delivers-in-alarm');
    // Doubt ends no alarm: what cannot be judged and is held to be in alarm is so.
    expect(retirementOf({ level: 'unknown', isSilent: false }, hazard('acknowledged'))).toBe(
      'delivers-in-alarm',
    );
    expect(retirementOf({ level: 'unknown', isSilent: true }, hazard('latched'))).toBe('calm');
    expect(retirementOf(undefined, hazard('unacknowledged'))).toBe('silent-in-alarm');
    expect(retirementOf(undefined, hazard('latched'))).toBe('not-known');
  });
});

describe('the overview of a large site', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 80 });
  const room = fc.tuple(fc.integer({ min: 300, max: 1600 }), fc.integer({ min: 200, max: 1000 }));

  it('has each module in one place, inside its rack and the width, and finds it there', () => {
    fc.assert(
      fc.property(sizes, room, (racks, [widthPx, heightPx]) => {
        const layout = layoutOf(racks, widthPx, heightPx);
        const places = new Set<string>();
        const count = racks.reduce((sum, size) => sum + size, 0);
        for (let at = 0; at < count; at++) {
          const { xPx, yPx } = tileOf(layout, at);
          places.add(`${xPx} ${yPx}`);
          expect(xPx + layout.pitchPx).toBeLessThanOrEqual(widthPx);
          expect(yPx + layout.pitchPx).toBeLessThanOrEqual(layout.heightPx);
          const middlePx = layout.pitchPx / 2;
          expect(hitOf(layout, racks, xPx + middlePx, yPx + middlePx)).toEqual({
            rack: rackIndexOf(layout.racks, at),
            module: at,
          });
        }
        expect(places.size).toBe(count);
        const [first] = layout.racks;
        expect(hitOf(layout, racks, first!.xPx + 2, first!.yPx + 2)).toEqual({ rack: 0, module: null });
      }),
      { numRuns: 40 },
    );
  });

  it('uses the room there is, and scrolls only where shapes would no longer be told apart', () => {
    expect(layoutOf(new Array(8).fill(8), 860, 600).pitchPx).toBe(44);
    const large = layoutOf(new Array(625).fill(16), 860, 600);
    expect(large.pitchPx).toBe(9);
    expect(large.heightPx).toBeGreaterThan(600);
  });
});

it('keeps the view and what is chosen in the address', () => {
  const href = hrefOf('site', { module: 'Rack A/1 & more', rack: null });
  const { view, parameters } = routeOf(href);
  expect([view, parameters.get('module'), parameters.get('rack')]).toEqual(['site', 'Rack A/1 & more', null]);
  expect(routeOf('').view).toBe('');
  expect(hrefOf('laboratory')).toBe('#/laboratory');
});

it('tells instants at the site and in UTC, also around the change of the clocks', () => {
  const timeMs = Date.UTC(2026, 2, 29, 0, 59, 59);
  expect(timesIn('UTC').instant(timeMs)).toBe('2026-03-29 00:59:59 UTC');
  const berlin = timesIn('Europe/Berlin');
  expect(berlin.instant(timeMs)).toBe('2026-03-29 01:59:59 CET');
  expect(berlin.instant(timeMs + 1000)).toBe('2026-03-29 03:00:00 CEST');
  expect(timesIn('America/New_York').short(timeMs, timeMs)).toBe('20:59:59');
  expect(timesIn('UTC').short(timeMs, timeMs + 86_400_000)).toBe('2026-03-29 00:59:59');
  expect(() => timesIn('Mars/Olympus')).toThrow(RangeError);
});
