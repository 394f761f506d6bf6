/** Settings of a learner, tried at random: the same seed tries the same. */
import { createRandom, type Random } from '@emberwatch/engine/random';
import type { Parameters } from '../learn/index.ts';

const byRatio =
  (low: number, high: number) =>
  (random: Random): number =>
    Number(Math.exp(random.uniformBetween(Math.log(low), Math.log(high))).toPrecision(3));
const between =
  (low: number, high: number) =>
  (random: Random): number =>
    Number(random.uniformBetween(low, high).toFixed(2));
const whole =
  (low: number, high: number) =>
  (random: Random): number =>
    low + random.integer(high - low + 1);

/** What is worth trying, by the name of the setting; a learner takes what it has. */
const RANGES: Readonly<Record<string, (random: Random) => number>> = {
  learningRate: byRatio(0.03, 0.2),
  maxLeaves: whole(7, 48),
  maxDepth: whole(4, 12),
  lambda: byRatio(0.3, 30),
  minChildWeight: byRatio(0.05, 5),
  rowShare: between(0.5, 1),
  featureShare: between(0.3, 1),
  nodeFeatureShare: between(0.2, 0.8),
  penalty: byRatio(1e-4, 1e2),
};

/** `count` settings, the first of them the defaults. */
export function trialsOf(defaults: Parameters, count: number, seed: number): Parameters[] {
  return Array.from({ length: Math.max(1, count) }, (_, trial) => {
    if (trial === 0) return {};
    const drawn: Record<string, number> = {};
    for (const [name, draw] of Object.entries(RANGES))
      if (Object.hasOwn(defaults, name)) drawn[name] = draw(createRandom(seed, `search/${trial}/${name}`));
    return drawn;
  });
}
