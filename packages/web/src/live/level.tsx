/** A level is always said three ways: by colour, by shape and by word. */
import type { Level } from '@emberwatch/engine/detector';
import type { ReactNode } from 'react';

export const LEVEL_WORD: Readonly<Record<Level, string>> = {
  unknown: 'Unknown',
  normal: 'Normal',
  advisory: 'Advisory',
  warning: 'Warning',
  critical: 'Critical',
};

const SHAPE: Readonly<Record<Level, ReactNode>> = {
  unknown: (
    <>
      <circle
        cx="8"
        cy="8"
        r="6.2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeDasharray="2.4 2"
      />
      <circle cx="8" cy="8" r="1.3" />
    </>
  ),
  normal: <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2" />,
  advisory: <path d="M8 1.2 14.8 8 8 14.800 1.200 8z" />,
  warning: <path d="M8 1.200 15.400 14.500H.6z" />,
  critical: <path d="M4.900.8h6.200l4.100 4.100v6.200l-4.100 4.100H4.900L.8 11.100V4.900z" />,
};

export const LevelMark = ({ level }: { level: Level }): ReactNode => (
  <svg
    className={`mark mark-${level}`}
    viewBox="0 0 16 16"
    width="16"
    height="16"
    fill="currentColor"
    aria-hidden
  >
    {SHAPE[level]}
  </svg>
);

export const LevelName = ({ level }: { level: Level }): ReactNode => (
  <span className={`level-name level-${level}`}>
    <LevelMark level={level} />
    {LEVEL_WORD[level]}
  </span>
);
