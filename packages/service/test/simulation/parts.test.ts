/**
 * Gateways that send each instant in parts, with ends of the process, failing disks, lost and doubled deliveries: the
 * verdicts are those of a site whose gateways send whole frames and to which nothing ever happened.
 */
import { createRandom } from '@emberwatch/engine/random';
import { describe, expect, it } from 'vitest';
import { type BodyOf, type GatewayPlan, type Mishaps, START_MS, World } from './world.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 2);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);

const MODULES = ['M1', 'M2', 'M3', 'M4'];
const WHOLE: GatewayPlan = { gatewayId: 'north', modules: MODULES };
const ELECTRICAL = ['voltage_v', 'current_a'];
const THERMAL = ['surface_temperature_max_degc', 'surface_temperature_mean_degc'];

const NO_MISHAPS: Mishaps = {
  lostRequests: 0,
  lostAnswers: 0,
  twice: 0,
  inParallel: 1,
  crashesPerH: 0,
  fullPerH: 0,
  failingPerH: 0,
  leapsPerH: 0,
};
const MISHAPS: Mishaps = {
  ...NO_MISHAPS,
  lostRequests: 0.05,
  lostAnswers: 0.05,
  twice: 0.1,
  crashesPerH: 20,
  fullPerH: 6,
  failingPerH: 4,
};

/** The first heats from a moment on that the seed has, and goes on. */
function bodies(seed: number): BodyOf {
  const onsetMs = START_MS + 1000 * Math.floor(createRandom(seed, 'faults').uniformBetween(100, 300));
  return (moduleId, timeMs) => {
    const heatedS = moduleId === 'M1' ? Math.max(0, timeMs - onsetMs) / 1000 : 0;
    const flicker = ((Math.sin(timeMs / 777 + Number(moduleId.at(-1))) * 1e4) % 1) * 0.1;
    const risesK = Math.min(130, 0.4 * heatedS);
    return {
      time: timeMs,
      module_id: moduleId,
      rack_id: 'R',
      surface_temperature_max_degc: 25 + risesK + flicker,
      surface_temperature_mean_degc: 24.5 + 0.7 * risesK + flicker,
      voltage_v: 51.2 - 0.04 * risesK + 0.2 * flicker,
      current_a: 2 + flicker,
    };
  };
}

async function live(seed: number, mishaps: Mishaps, plan: GatewayPlan): Promise<World> {
  const world = new World(seed, mishaps, [plan], bodies(seed));
  await world.start();
  await world.run(800);
  world.isCalm = true;
  await world.run(200);
  return world;
}

const verdictsOf = ({ monitor }: World): unknown =>
  monitor.fleet
    .states()
    .map(({ moduleId, timeMs, level, reasons, missing }) => ({ moduleId, timeMs, level, reasons, missing }))
    .sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1));

describe('instants in parts', () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++)
    for (const parts of [
      [ELECTRICAL, THERMAL],
      [THERMAL.slice(0, 1), ELECTRICAL.slice(0, 1), [...THERMAL.slice(1), ...ELECTRICAL.slice(1)]],
    ])
      it(`seed ${seed}, ${parts.length} messages: nothing is lost, and the verdicts are those of whole frames`, async () => {
        const whole = await live(seed, NO_MISHAPS, WHOLE);
        const world = await live(seed, MISHAPS, { ...WHOLE, parts });
        expect(world.crashes, 'a seed without a crash shows nothing').toBeGreaterThan(0);
        const lost = [...world.acknowledged].filter((key) => !world.disk.values.has(key));
        expect(lost, 'acknowledged and not stored').toEqual([]);
        expect(world.acknowledged.size).toBeGreaterThan(10_000);
        expect(verdictsOf(world)).toEqual(verdictsOf(whole));
        expect(world.monitor.fleet.state('M1')!.level).toBe('critical');
      });
});
