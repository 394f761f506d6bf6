/** On every view: how many alarms wait for a look, and how grave they are. */
import type { ReactNode } from 'react';
import { countText } from '../frame/format.ts';
import { hrefOf } from '../frame/route.ts';
import type { AlarmRecord } from '../wire.ts';
import { PriorityMark } from './mark.tsx';
import { waitingOf } from './order.ts';
import { PRIORITY_WORD } from './words.ts';

export function Bell({ alarms }: { alarms: readonly AlarmRecord[] }): ReactNode {
  const { count, gravest } = waitingOf(alarms);
  return (
    <a className={`bell ${gravest === null ? 'is-quiet' : `priority-${gravest}`}`} href={hrefOf('alarms')}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden>
        <path
          d="M8 1.500a4.300 4.300 0 0 0-4.300 4.300c0 3.500-1.500 4.700-1.500 5.700h11.600c0-1-1.500-2.200-1.500-5.700A4.300 4.300 0 0 0 8 1.500zM6.300 13a1.800 1.800 0 0 0 3.400 0"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeLinejoin="round"
        />
      </svg>
      {gravest === null ? (
        <span className="unseen">No alarm waits for an acknowledgement</span>
      ) : (
        <>
          <b>{count.toLocaleString('en')}</b>
          <PriorityMark priority={gravest} />
          <span className="unseen">
            {countText(count, 'alarm waits', 'alarms wait')} for an acknowledgement; the gravest:{' '}
            {PRIORITY_WORD[gravest]}
          </span>
        </>
      )}
    </a>
  );
}
