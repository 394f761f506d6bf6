import { expect, it } from 'vitest';
import { type Slices, Turns } from '../../src/monitor/delivery/turns.ts';

function recorder() {
  const order: string[] = [];
  const work = function* (name: string, count: number): Slices<string> {
    for (let i = 0; i < count; i++) {
      if (i > 0) yield;
      order.push(name);
    }
    return name;
  };
  return { order, work };
}

it('gives every sender its next slice before anybody has a second one', async () => {
  const turns = new Turns();
  const { order, work } = recorder();
  const long = turns.run('long', work('long', 1000));
  const short = turns.run('short', work('short', 2));
  expect(await short).toBe('short');
  expect(order).toEqual(['long', 'long', 'short', 'long', 'short']);
  await long;
  expect(turns.slices).toBe(1002);
});

it('begins deliveries of one sender in their order, each after the end of the one before', async () => {
  const turns = new Turns();
  const { order, work } = recorder();
  await Promise.all([turns.run('one', work('a', 3)), turns.run('one', work('b', 1))]);
  expect(order).toEqual(['a', 'a', 'a', 'b']);
});

it('a sender with a hundred deliveries keeps nobody waiting for more than one of them', async () => {
  const turns = new Turns();
  const { order, work } = recorder();
  const flood = Array.from({ length: 100 }, () => turns.run('flood', work('flood', 10)));
  await turns.run('calm', work('calm', 10));
  expect(order.length).toBeLessThanOrEqual(2 * 10 + 1);
  await Promise.all(flood);
});

it('lets the event loop come round between two slices', async () => {
  const turns = new Turns();
  const { work } = recorder();
  let rounds = 0;
  const count = (): void => {
    rounds++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await Promise.all(Array.from({ length: 20 }, (_, n) => turns.run(`s${n}`, work('x', 20))));
  clearImmediate(timer);
  expect(rounds).toBeGreaterThanOrEqual(turns.slices - 1);
});

it('a slice that fails ends its own delivery and no other', async () => {
  const turns = new Turns();
  const { work } = recorder();
  const fails = function* (): Slices<void> {
    yield;
    throw new Error('broken');
  };
  const broken = turns.run('a', fails());
  const sound = [turns.run('a', work('a', 2)), turns.run('b', work('b', 2))];
  await expect(broken).rejects.toThrow('broken');
  expect(await Promise.all(sound)).toEqual(['a', 'b']);
  await turns.idle();
});
