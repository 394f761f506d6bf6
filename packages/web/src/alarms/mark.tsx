/** A priority is always said three ways: by colour, by shape and by word. */
import type { ReactNode } from 'react';
import { LevelMark } from '../live/level.tsx';
import type { AlarmState, Priority } from '../wire.ts';
import { PRIORITY_WORD } from './words.ts';

const LEVEL_OF = { 1: 'critical', 2: 'warning', 3: 'advisory' } as const;

export const PriorityMark = ({ priority }: { priority: Priority }): ReactNode =>
  priority === 4 ? (
    <svg className="mark mark-trouble" viewBox="0 0 16 16" width="16" height="16" fill="none" aria-hidden>
      <path d="M2.200 2.200h11.600v11.600H2.200zM5.300 8h5.400" stroke="currentColor" strokeWidth="2" />
    </svg>
  ) : (
    <LevelMark level={LEVEL_OF[priority]} />
  );

export const PriorityName = ({ priority }: { priority: Priority }): ReactNode => (
  <span className="priority-name">
    <PriorityMark priority={priority} />
    {PRIORITY_WORD[priority]}
  </span>
);

const STATE_PATH: Readonly<Record<AlarmState | 'hidden', string>> = {
  unacknowledged: 'M8 1.500v8.500M8 12.500v2',
  acknowledged: 'M2 8.500 6 12.500 14 3.500',
  returned: 'M13.500 8a5.500 5.500 0 1 1-2-4.200M13.500 1.500v3.500h-3.500',
  latched: 'M3.500 7.500h9v6.500h-9zM5.500 7.500V5a2.500 2.500 0 0 1 5 0v2.500',
  closed: 'M3 8h10',
  hidden: 'M5.500 3v10M10.500 3v10',
};

export const StateMark = ({ state }: { state: AlarmState | 'hidden' }): ReactNode => (
  <svg className="state-mark" viewBox="0 0 16 16" width="14" height="14" aria-hidden>
    <path d={STATE_PATH[state]} fill="none" stroke="currentColor" strokeWidth="2" strokeLinejoin="round" />
  </svg>
);
