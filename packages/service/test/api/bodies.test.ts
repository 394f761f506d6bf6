import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { Bodies } from '../../src/api/bodies.ts';
import { LIMITS } from '../../src/limits.ts';

it('lets no sender whose bodies never end keep out the others', () => {
  const bodies = new Bodies(LIMITS);
  const releases: (() => void)[] = [];
  const fill = (sender: string): void => {
    for (let i = 0; i < 100; i++) releases.push(bodies.admit(sender, null));
  };
  expect(() => fill('slow')).toThrow('Too many batches');
  expect(releases.length).toBeGreaterThan(0);
  bodies.admit('other', LIMITS.bodyBytes)();
  for (const release of releases.splice(0)) release();
  bodies.admit('slow', LIMITS.bodyBytes)();
  for (let i = 0; i < 4; i++) expect(() => fill(`many-${i}`)).toThrow('Too many batches');
  // All together have a bound as before.
  expect(() => bodies.admit('other', LIMITS.bodyBytes)).toThrow('Too many batches');
});

it('one sender with endless small bodies leaves room for others', () => {
  const bodies = new Bodies(LIMITS);
  expect(() => {
    for (let i = 0; i < LIMITS.batchesInFlight; i++) bodies.admit('slow', 1);
  }).toThrow('Too many batches');
  expect(() => bodies.admit('other', 1)).not.toThrow();
});

it('a sender whose packed bodies wait holds up no other sender', async () => {
  const bodies = new Bodies(LIMITS);
  let release = (): void => {};
  const stuck = new Promise<void>((resolve) => {
    release = resolve;
  });
  const packed = gzipSync('x'.repeat(1000));
  const slow = [0, 1].map(() => bodies.open('slow', packed, 'gzip', () => stuck));
  expect(await bodies.open('other', packed, 'gzip', async (body) => body.length)).toBe(1000);
  release();
  await Promise.all(slow);
});
