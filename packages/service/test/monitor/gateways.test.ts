/** A flood of names pushes out neither the counts of a gateway nor what it was refused. */
import { describe, expect, it } from 'vitest';
import { Gateways, MAX_GATEWAYS } from '../../src/monitor/gateways.ts';

const NOTHING = new Set<string>();
const FLOOD = 3 * MAX_GATEWAYS;

describe('a flood of gateway names', () => {
  it('leaves a silent gateway whose modules are monitored, although every name delivered a frame later', () => {
    const gateways = new Gateways(() => new Set(['real']));
    const real = gateways.of('real', 'mqtt', 0);
    Object.assign(real, { frames: 1, deliveries: 1, isGone: true, goneWhy: 'its will' });
    for (let i = 0; i < FLOOD; i++)
      Object.assign(gateways.of(`flood${i}`, 'http', 1000 + i), { frames: 5, deliveries: 5 });
    expect(gateways.find('real')).toBe(real);
    expect([...gateways.all()].length).toBeLessThanOrEqual(MAX_GATEWAYS);
  });

  it('leaves a gateway of which nothing could be read yet: its rejections are an alarm', () => {
    const gateways = new Gateways(() => NOTHING);
    const real = gateways.of('real', 'mqtt', 0);
    for (let i = 0; i < 3; i++) gateways.noteBody(real, false, i);
    for (let i = 0; i < FLOOD; i++)
      gateways.noteBody(gateways.of(`flood${i}`, 'http', 10 + i), false, 10 + i);
    expect(gateways.find('real')?.rejectedBodiesInARow).toBe(3);
    expect([...gateways.all()].length).toBeLessThanOrEqual(MAX_GATEWAYS);
  });

  it('finds room where every gateway has modules', () => {
    const names = new Set(Array.from({ length: MAX_GATEWAYS }, (_, i) => `gw${i}`));
    const gateways = new Gateways(() => names);
    for (const name of names) gateways.of(name, 'http', 0).frames = 1;
    gateways.of('one more', 'http', 1);
    expect([...gateways.all()]).toHaveLength(MAX_GATEWAYS);
  });
});

describe('what was refused', () => {
  const kindsOf = (gateways: Gateways, gatewayId: string): string[] =>
    [...gateways.refusals()].filter((one) => one.gatewayId === gatewayId).map(({ column }) => column!);

  it('of a real gateway is shown although other names were there first with all kinds they may have', () => {
    const gateways = new Gateways(() => NOTHING);
    for (let name = 0; name < 30; name++)
      for (let kind = 0; kind < 150; kind++)
        gateways.noteReject(`flood${name}`, 'not-a-number', `c${kind}`, 'x', 0);
    gateways.noteReject('real', 'not-a-number', 'surface_temperature_max_degc', 'hot', 1);
    expect(kindsOf(gateways, 'real')).toEqual(['surface_temperature_max_degc']);
    for (let name = 0; name < 1000; name++) gateways.noteReject(`more${name}`, 'not-a-number', 'c', 'x', 2);
    expect(kindsOf(gateways, 'real')).toEqual(['surface_temperature_max_degc']);
    expect([...gateways.refusals()].length).toBe(2000);
  });

  it('goes on being counted for each kind that is kept', () => {
    const gateways = new Gateways(() => NOTHING);
    for (let i = 0; i < 5; i++) gateways.noteReject('gw', 'not-a-number', 'voltage_v', `${i}`, i);
    expect([...gateways.refusals()]).toEqual([
      { gatewayId: 'gw', reason: 'not-a-number', column: 'voltage_v', count: 5, lastMs: 4, lastValue: '4' },
    ]);
  });
});
