/** A module in one line: for people who do not see its tile, and beside the pointer. */

import { LEVEL_WORD } from '../live/level.tsx';
import { quantity } from '../ui/format.ts';
import type { ModuleState } from '../wire.ts';

export function moduleText({ moduleId, level, lastKnownLevel, isSilent, values }: ModuleState): string {
  const silence = isSilent ? ', no data' : '';
  const before = level === 'unknown' && lastKnownLevel ? `, was ${LEVEL_WORD[lastKnownLevel]}` : '';
  const metrics = `${quantity(values['hottest_degc'], 'degC')}, ${quantity(values['voltage_v'], 'V')}`;
  return `${moduleId}: ${LEVEL_WORD[level]}${before}${silence}, ${metrics}`;
}
