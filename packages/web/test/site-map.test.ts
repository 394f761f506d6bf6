import { LEVELS, type Level } from '@emberwatch/engine/detector';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hrefOf, routeOf } from '../src/frame/route.ts';
import { timesIn } from '../src/frame/times.ts';
import { concernOf, isAlarm } from '../src/live/concern.ts';
import { Roster } from '../src/live/roster.ts';
import { hitOf, layoutOf, rackIndexOf, tileOf } from '../src/site/overview-layout.ts';
import { racksOf, summaryOf } from '../src/site/racks.ts';
import type { ModuleState } from '../src/wire.ts';

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
        const roster = new Roster();
        roster.replace([]);
        for (const message of messages) roster.update(message);
        const held = [...roster.all()];
        for (const one of LEVELS)
          expect(roster.counts[one]).toBe(held.filter((module) => module.level === one).length);
        const concerned = held.filter((module) => isAlarm(concernOf(module)));
        expect(new Set(roster.concerned.keys())).toEqual(new Set(concerned.map(({ moduleId }) => moduleId)));
        expect(new Set(roster.unjudged.keys())).toEqual(
          new Set(
            held
              .filter((module) => module.level === 'unknown' && !isAlarm(concernOf(module)))
              .map(({ moduleId }) => moduleId),
          ),
        );
        const ranks = held.map((module) => LEVELS.indexOf(concernOf(module)));
        expect(LEVELS.indexOf(roster.worst)).toBe(Math.max(0, ...ranks));
      }),
    );
  });

  it('is laid out anew when modules come or change their rack, not when they change their level', () => {
    const roster = new Roster();
    roster.replace([moduleOf(1, 'normal', null)]);
    const { layout } = roster;
    roster.update([moduleOf(1, 'critical', null)]);
    expect(roster.layout).toBe(layout);
    roster.update([moduleOf(2, 'normal', null)]);
    expect(roster.layout).not.toBe(layout);
  });

  it('sums up a rack by its gravest module and its hottest', () => {
    const roster = new Roster();
    roster.replace([
      moduleOf(0, 'normal', null),
      moduleOf(3, 'unknown', 'warning'),
      moduleOf(6, 'advisory', null),
    ]);
    const [rack] = racksOf(roster);
    expect(summaryOf(rack!, roster)).toMatchObject({ worst: 'warning', hottestDegC: 26 });
    expect(summaryOf(rack!, roster).counts).toMatchObject({ normal: 1, unknown: 1, advisory: 1, warning: 0 });
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
