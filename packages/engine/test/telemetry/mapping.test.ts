/** Columns of a mapping that are written as a range. */
import { expect, it } from 'vitest';
import { expandColumns, MAX_CELLS } from '../../src/telemetry/mapping.ts';

it('a range has at most as many columns as a module has cells, and keeps its leading zeros', () => {
  const max = expandColumns(`U{1..${MAX_CELLS}}`, 'cells');
  expect(max).toHaveLength(MAX_CELLS);
  expect([max[0], max.at(-1)]).toEqual(['U1', `U${MAX_CELLS}`]);
  expect(() => expandColumns(`U{0..${MAX_CELLS}}`, 'cells')).toThrow(
    /cells: range "U\{0\.\.4096\}".*at most 4096/,
  );
  expect(() => expandColumns('U{2..1}', 'cells')).toThrow(/must rise/);
  expect(expandColumns('T{08..10}_C', 'cells')).toEqual(['T08_C', 'T09_C', 'T10_C']);
});
