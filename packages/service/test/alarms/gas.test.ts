/** Gas of one air space is one alarm, and nothing grave is hidden in it. */
import { type Level, type Reason, SpaceMap } from '@emberwatch/engine/detector';
import { describe, expect, it } from 'vitest';
import type { Transition } from '../../src/alarms/alarm.ts';
import { AlarmRegister } from '../../src/alarms/alarm-register.ts';
import { GasMembers } from '../../src/alarms/gas.ts';
import { detector } from '../../src/alarms/hazard-conditions.ts';
import { reconcile } from '../../src/alarms/reconcile.ts';
import type { AlarmRecord } from '../../src/records.ts';
import { HOUR_MS, MIN_MS, START_MS } from './made.ts';

const SPACES = new SpaceMap({ north: { racks: ['A*'] }, south: { racks: ['B*'] } });

const because = (physics: Reason['physics'], rule: string, value = 12, limit = 10): Reason => ({
  rule,
  physics,
  text: `${rule} ${value} (limit ${limit})`,
  value,
  limit,
  unit: null,
});
const VOC = because('gas', 'B5-VOC10');
const WEAK_VOC = because('gas', 'B5-VOC3', 4, 3);
const HEAT = because('thermal', 'B1-80', 85, 80);
const SILENT: Reason = { ...because(null, 'silence'), value: null, limit: null };

/** Seconds of a site of which the detector says something. */
class Story {
  register = new AlarmRegister();
  gas = new GasMembers(SPACES, []);
  nowMs = START_MS;
  readonly reported: Transition[] = [];
  private readonly states = new Map<string, { level: Level; reasons: readonly Reason[] }>();

  says(moduleId: string, level: Level, ...reasons: Reason[]): void {
    this.states.set(moduleId, { level, reasons });
    if (this.update(moduleId))
      for (const one of this.gas.conditions(null)) this.register.hold(one, this.nowMs);
  }

  run(spanS: number): this {
    for (let s = 0; s < spanS; s++) {
      this.nowMs += 1000;
      this.register.tick(this.nowMs);
      for (const moduleId of this.gas.ids()) if (this.states.has(moduleId)) this.update(moduleId);
      reconcile(this.register, this.gas.conditions(null), this.nowMs);
      this.reported.push(...this.register.drain());
    }
    return this;
  }

  /** The process ends; what was kept of alarms is all that is left. */
  restart(): void {
    const open = this.register.open();
    this.register = new AlarmRegister({ ...this.register.toState() });
    this.gas = new GasMembers(SPACES, open);
  }

  private update(moduleId: string): boolean {
    const rackId = moduleId.split('_')[0]!;
    const { level, reasons } = this.states.get(moduleId)!;
    const what = { moduleId, rackId, gatewayId: 'gw', timeMs: this.nowMs, level, reasons };
    return detector(
      this.register,
      this.gas,
      { ...what, hazardProbability: null, drivers: null },
      null,
      this.nowMs,
    );
  }

  forget(moduleId: string): void {
    this.states.delete(moduleId);
  }

  open(): string[] {
    return this.register.open().map(({ kind, source, state }) => `${kind} ${source} ${state}`);
  }

  gasOf(space: string): AlarmRecord | undefined {
    return this.register.find('gas', space);
  }
}

/** Eight modules of a rack, the first of which vents. */
function vented(): Story {
  const story = new Story();
  for (let n = 2; n <= 8; n++) {
    story.says(`A1_${n}`, 'advisory', WEAK_VOC);
    story.run(2);
    story.says(`A1_${n}`, 'warning', VOC);
  }
  story.says('A1_1', 'critical', because(null, 'AGREE'), HEAT, VOC);
  return story.run(30);
}

describe('gas of one air space', () => {
  it('is one alarm with its modules; the module that vents has its own emergency', () => {
    const story = vented();
    expect(story.open().sort()).toEqual(['gas north unacknowledged', 'hazard A1_1 unacknowledged']);
    const gas = story.gasOf('north')!;
    expect(gas).toMatchObject({ priority: 2, level: 'warning', rackId: 'A1', gatewayId: 'gw' });
    expect([...gas.members].sort()).toEqual([2, 3, 4, 5, 6, 7, 8].map((n) => `A1_${n}`));
    expect(gas.text).toContain('north: warning, gas at 7 modules of A1, strongest at A1_2: B5-VOC10 12');
  });

  it('is told at once where it begins and where it grows graver, and of another space apart', () => {
    const story = new Story();
    story.says('A1_1', 'advisory', WEAK_VOC);
    expect(story.gasOf('north')).toMatchObject({ priority: 3 });
    story.says('B1_1', 'advisory', WEAK_VOC);
    story.says('C1_1', 'advisory', WEAK_VOC);
    expect(story.open()).toHaveLength(3);
    expect(story.gasOf('other racks')).toMatchObject({ members: ['C1_1'] });
    story.says('A2_1', 'warning', VOC);
    expect(story.gasOf('north')).toMatchObject({ priority: 2, rackId: null });
    story.run(15);
    expect(story.gasOf('north')!.members).toEqual(['A2_1', 'A1_1']);
  });

  it('hides nothing else: what speaks beside gas for a member raises an alarm of its own, though its level stays', () => {
    const story = vented();
    for (const { id } of story.register.open())
      story.register.act({ kind: 'acknowledge', id }, 'Ada', story.nowMs);
    story.says('A1_5', 'warning', VOC);
    story.run(2);
    // No change of level: heat reached a warning of its own beside the gas.
    story.says('A1_5', 'warning', HEAT, VOC);
    story.run(1);
    expect(story.register.find('hazard', 'A1_5')).toMatchObject({ state: 'unacknowledged', priority: 2 });
    story.says('A1_6', 'critical', HEAT, VOC);
    expect(story.register.find('hazard', 'A1_6')).toMatchObject({ state: 'unacknowledged', priority: 1 });
    // A model that speaks, or a rule that it holds back, is no gas either.
    story.says('A1_7', 'warning', VOC, because(null, 'held-back'));
    expect(story.register.find('hazard', 'A1_7')).toMatchObject({ priority: 2 });
    story.run(70);
    expect([...story.gasOf('north')!.members].sort()).toEqual(['A1_2', 'A1_3', 'A1_4', 'A1_8']);
  });

  it('takes no alarm from a module that has its own: it stays until data end it', () => {
    const story = new Story();
    story.says('A1_1', 'warning', HEAT, VOC);
    story.says('A1_1', 'warning', VOC);
    story.run(100);
    expect(story.open()).toEqual(['hazard A1_1 unacknowledged']);
    story.says('A1_1', 'normal');
    story.says('A1_1', 'warning', VOC);
    expect(story.open()).toEqual(['hazard A1_1 returned', 'gas north unacknowledged']);
  });

  it('critical by gas alone would be an emergency of its own', () => {
    const story = new Story();
    story.says('A1_1', 'critical', VOC);
    expect(story.open()).toEqual(['hazard A1_1 unacknowledged']);
  });

  it('is ended by data alone: neither doubt, nor silence, nor a restart takes a member', () => {
    const story = new Story();
    story.says('A1_1', 'warning', VOC);
    story.says('A1_2', 'warning', VOC, SILENT);
    story.run(15);
    story.restart();
    for (const id of ['A1_1', 'A1_2']) story.forget(id);
    story.says('A1_1', 'unknown');
    story.run(200);
    expect(story.gasOf('north')).toMatchObject({ state: 'unacknowledged', members: ['A1_1', 'A1_2'] });
    story.says('A1_1', 'normal');
    story.says('A1_2', 'normal');
    story.run(50);
    expect(story.gasOf('north')).toMatchObject({ state: 'unacknowledged' });
    story.run(15);
    expect(story.gasOf('north')).toMatchObject({ state: 'returned' });
  });

  it('asks for a look again when it reaches another module after it was acknowledged or shelved', () => {
    const story = new Story();
    story.says('A1_1', 'warning', VOC);
    const { id } = story.run(1).gasOf('north')!;
    story.register.act({ kind: 'acknowledge', id }, 'Ada', story.nowMs);
    const untilMs = story.nowMs + HOUR_MS;
    story.register.act({ kind: 'shelve', id, untilMs, reason: 'painters' }, 'Ada', story.nowMs);
    story.run(60);
    expect(story.gasOf('north')).toMatchObject({ suppression: { kind: 'shelved' } });
    story.says('A2_1', 'warning', VOC);
    story.run(15);
    expect(story.gasOf('north')).toMatchObject({ suppression: null, state: 'unacknowledged' });
    expect(story.reported.at(-1)).toMatchObject({ kind: 'escalated' });
  });

  it('is hidden by maintenance of the site only: it does not stay in the rack where people work', () => {
    const story = new Story();
    const untilMs = story.nowMs + 10 * MIN_MS;
    const rack = { scope: { kind: 'rack', id: 'A1' } as const, untilMs, reason: 'pump' };
    story.register.startMaintenance(rack, 'Ada', story.nowMs);
    story.says('A1_1', 'warning', VOC);
    expect(story.gasOf('north')).toMatchObject({ suppression: null });
    story.register.startMaintenance({ ...rack, scope: { kind: 'site' } }, 'Ada', story.nowMs);
    expect(story.gasOf('north')).toMatchObject({ suppression: { kind: 'maintenance' } });
  });

  it('thousands of members cost one look at each', () => {
    const story = new Story();
    let reported = 0;
    const { conditions } = story.gas;
    story.gas.conditions = (...given) => {
      reported++;
      return conditions.apply(story.gas, given);
    };
    for (let n = 0; n < 5000; n++) story.says(`A${n}_1`, 'warning', VOC);
    expect(reported).toBe(1);
    story.run(15);
    expect(reported).toBe(16);
    expect(story.gasOf('north')!.text).toContain('gas at 5000 modules');
  });
});
