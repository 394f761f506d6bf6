/** The way to the alarms, on every view: how many wait for a look, and how grave they are. */
import type { ReactNode } from 'react';
import { countText } from '../ui/format.ts';
import { hrefOf } from '../ui/route.ts';
import type { AlarmRecord } from '../wire.ts';
import { PriorityMark } from './mark.tsx';
import { waitingOf } from './order.ts';
import { PRIORITY_WORD } from './words.ts';

interface BellProps {
  readonly alarms: readonly AlarmRecord[];
  readonly isCurrent: boolean;
}

export function Bell({ alarms, isCurrent }: BellProps): ReactNode {
  const { count, mostSevere } = waitingOf(alarms);
  return (
    <a
      className={`bell ${mostSevere === null ? 'is-quiet' : `priority-${mostSevere}`}`}
      href={hrefOf('alarms')}
      aria-current={isCurrent ? 'page' : undefined}
    >
      <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden>
        <path
          d="M8 1.5a4.3 4.3 0 0 0-4.3 4.3c0 3.5-1.5 4.7-1.5 5.700h11.600c0-1-1.500-2.200-1.500-5.700A4.300 4.300 0 0 0 8 1.500zM6.300 13a1.800 1.800 0 0 0 3.400 0"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinejoin="round"
        />
      </svg>
      Alarms
      {mostSevere !== null && (
        <>
          <b aria-hidden>{count.toLocaleString('en')}</b>
          <PriorityMark priority={mostSevere} />
          <span className="unseen">
            {countText(count, 'waits', 'wait')} for an acknowledgement; the gravest:{' '}
            {PRIORITY_WORD[mostSevere]}
          </span>
        </>
      )}
    </a>
  );
}
