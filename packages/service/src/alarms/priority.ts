/** How urgent a level of the detector is. */
import type { Level } from '@emberwatch/engine/detector';
import type { Priority } from '../records.ts';

export const PRIORITY_OF_LEVEL: Partial<Record<Level, Priority>> = { critical: 1, warning: 2, advisory: 3 };
