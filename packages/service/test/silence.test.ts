import { CHANNEL_INDEX, newFrame } from '@emberwatch/engine/telemetry';
import { describe, expect, it } from 'vitest';
import { Fleet } from '../src/monitor/fleet.ts';
import { SiteClock } from '../src/monitor/site-clock.ts';
import type { ChangeEntry } from '../src/records.ts';
import { START_MS, StandInDetector } from './stand-in.ts';

const DAY_MS = 86_400_000;

function site({ isPlayback = false } = {}) {
  const clock = { nowMs: START_MS };
  const changes: ChangeEntry[] = [];
  const fleet = new Fleet({
    now: () => clock.nowMs,
    silentAfterMs: 30_000,
    isPlayback,
    makeDetector: (sink) => new StandInDetector(sink),
    onChange: (change) => changes.push(change),
  });
  const send = (moduleId: string, timeMs: number, temperatureDegC = 25) => {
    const frame = newFrame(moduleId, 'R', timeMs);
    frame.values[CHANNEL_INDEX.surface_temperature_max_degc] = temperatureDegC;
    return fleet.observe(frame);
  };
  const wait = (spanMs: number): void => {
    clock.nowMs += spanMs;
    fleet.tick();
  };
  const level = (moduleId: string) => fleet.state(moduleId)?.level;
  return { fleet, changes, send, wait, level, clock };
}

describe('silence on the wall clock', () => {
  it('makes a module unknown, says so once, and ends with the next frame', () => {
    const { fleet, changes, send, wait, level, clock } = site();
    send('A', START_MS);
    wait(30_000);
    expect(level('A')).toBe('normal');
    wait(1000);
    wait(1000);
    expect(level('A')).toBe('unknown');
    expect(fleet.state('A')).toMatchObject({ isSilent: true, lastKnownLevel: 'normal' });
    expect(fleet.state('A')!.reasons[0]).toMatchObject({ rule: 'silence' });
    expect(fleet.isSilent()).toBe(true);
    send('A', clock.nowMs);
    expect(level('A')).toBe('normal');
    expect(fleet.isSilent()).toBe(false);
    expect(changes.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'unknown normal',
      'normal unknown',
      'unknown normal',
    ]);
  });

  it('leaves an alarm standing and adds that nothing arrives', () => {
    const { fleet, changes, send, wait } = site();
    send('A', START_MS, 70);
    wait(60_000);
    expect(fleet.state('A')).toMatchObject({ level: 'warning', isSilent: true });
    expect(fleet.state('A')!.reasons.map(({ rule }) => rule)).toEqual(['temperature', 'silence']);
    expect(changes).toHaveLength(1);
  });

  it('judges each module by its own: others that deliver do not hide it', () => {
    const { send, wait, level, fleet } = site();
    for (let i = 0; i < 40; i++) {
      if (i === 0) send('quiet', START_MS);
      send('busy', START_MS + i * 1000);
      wait(1000);
    }
    expect(level('quiet')).toBe('unknown');
    expect(level('busy')).toBe('normal');
    expect(fleet.isSilent()).toBe(false);
  });

  it('takes an hour of outage for no pace: who comes back and falls silent again is missed as soon as before', () => {
    const { send, wait, level } = site();
    let timeMs = START_MS;
    const deliver = (count: number): void => {
      for (let i = 0; i < count; i++) {
        send('A', timeMs);
        timeMs += 1000;
        wait(1000);
      }
    };
    deliver(60);
    timeMs += 3_600_000;
    wait(3_600_000);
    deliver(3);
    expect(level('A')).toBe('normal');
    wait(60_000);
    expect(level('A')).toBe('unknown');
  });

  it('waits longer for a module that is slow by nature', () => {
    const { send, wait, level } = site();
    for (let i = 0; i < 20; i++) {
      send('slow', START_MS + i * 60_000);
      wait(60_000);
    }
    expect(level('slow')).toBe('normal');
    wait(300_000);
    expect(level('slow')).toBe('unknown');
  });
});

describe('silence on the clock of the data, in playback', () => {
  it('follows playback that runs faster than the wall', () => {
    const { send, level, clock } = site({ isPlayback: true });
    send('quiet', START_MS - DAY_MS);
    for (let i = 0; i < 100; i++) {
      clock.nowMs += 10;
      for (const busy of ['B', 'C']) send(busy, START_MS - DAY_MS + i * 1000);
    }
    expect(level('quiet')).toBe('unknown');
    expect(level('B')).toBe('normal');
  });

  it('keeps frames far behind the site without evaluating them', () => {
    const { send } = site({ isPlayback: true });
    expect(send('A', START_MS)).toBeNull();
    expect(send('B', START_MS - 2 * DAY_MS)).toBe('behind');
  });

  it('takes an older recording once the site has fallen silent', () => {
    const { send, wait, fleet } = site({ isPlayback: true });
    for (const id of ['A', 'B', 'C']) send(id, START_MS);
    wait(60_000);
    expect(send('D', START_MS - 900 * DAY_MS)).toBeNull();
    expect(fleet.clock.timeMs).toBe(START_MS - 900 * DAY_MS);
  });
});

describe('the real detector in playback', () => {
  it('does not call the others silent when the clock of one leaps', () => {
    const changes: ChangeEntry[] = [];
    const fleet = new Fleet({
      now: () => START_MS,
      isPlayback: true,
      onChange: (change) => changes.push(change),
    });
    for (let i = 0; i < 120; i++) {
      for (const moduleId of ['A', 'B', 'C', 'D']) {
        const leapMs = moduleId === 'B' && i >= 60 ? 3_600_000 : 0;
        const frame = newFrame(moduleId, 'R', START_MS - DAY_MS / 2 + i * 1000 + leapMs);
        frame.values[CHANNEL_INDEX.surface_temperature_max_degc] = 25 + Math.sin(i);
        frame.values[CHANNEL_INDEX.voltage_v] = 51 + 0.1 * Math.sin(i / 3);
        expect(fleet.observe(frame)).toBeNull();
      }
    }
    const others = changes.filter(({ moduleId }) => moduleId !== 'B');
    expect(others.map(({ from, to }) => `${from} ${to}`)).toEqual(Array(3).fill('unknown normal'));
    expect(fleet.failure.count).toBe(0);
  });

  it('finds a module that stays behind while the others go on', () => {
    const fleet = new Fleet({ now: () => START_MS, isPlayback: true });
    for (let i = 0; i < 120; i++) {
      for (const moduleId of ['A', 'B', 'C', 'D']) {
        if (moduleId === 'D' && i >= 30) continue;
        const frame = newFrame(moduleId, 'R', START_MS - DAY_MS / 2 + i * 1000);
        frame.values[CHANNEL_INDEX.surface_temperature_max_degc] = 25 + Math.sin(i);
        fleet.observe(frame);
      }
    }
    expect(fleet.state('D')).toMatchObject({ level: 'unknown', lastKnownLevel: 'normal' });
    expect(fleet.state('A')).toMatchObject({ level: 'normal' });
  });
});

describe('clock of the site', () => {
  it('is not carried away by one module of three', () => {
    const clock = new SiteClock();
    for (let i = 0; i < 10; i++) for (const id of ['A', 'B', 'C']) clock.observe(id, i * 1000, i);
    clock.observe('B', 3_600_000, 11);
    expect(clock.timeMs).toBe(9000);
    clock.observe('A', 10_000, 12);
    clock.observe('C', 11_000, 12);
    expect(clock.timeMs).toBe(11_000);
  });

  it('tells how fast the data run', () => {
    const clock = new SiteClock();
    for (let i = 0; i <= 40; i++) clock.observe('A', i * 60_000, i * 1000);
    expect(clock.rate(40_000)).toBeCloseTo(60);
    expect(clock.rate(90_000)).toBeNull();
  });
});
