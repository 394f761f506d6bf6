/** Alarms in rows: priority, state, where, what, since when. */
import { memo, type ReactNode } from 'react';
import { countText, spanText } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { AlarmRecord } from '../wire.ts';
import { PriorityName, StateMark } from './mark.tsx';
import { waitsForLook } from './order.ts';
import { KIND_WORD, STATE_WORD, SUPPRESSION_WORD, sourceText, textOf } from './words.ts';

/** More rows than this are not read; filters find the others. */
const MAX_ROWS = 300;

/** What stands in the list; the history comes page by page, as far as it is asked for. */
export const rowsOf = (alarms: readonly AlarmRecord[], isHistory: boolean): readonly AlarmRecord[] =>
  isHistory ? alarms : alarms.slice(0, MAX_ROWS);

export const rowId = (id: string): string => `alarm-${id}`;

interface RowProps {
  readonly alarm: AlarmRecord;
  readonly href: string;
  /** When, in words; a span that is not yet another minute leaves the row as it is. */
  readonly time: string;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  readonly onSelect: (id: string) => void;
}

const Row = memo(function Row({ alarm, href, time, isSelected, isTabStop, onSelect }: RowProps): ReactNode {
  const { id, kind, source, state, members, rackId } = alarm;
  const priority = state === 'closed' ? alarm.highestPriority : alarm.priority;
  const look = waitsForLook(alarm) ? 'waiting' : state === 'closed' ? 'closed' : 'seen';
  return (
    <li>
      <a
        id={rowId(id)}
        className={`alarm-row priority-${priority} is-${look} ${state === 'unacknowledged' || state === 'acknowledged' ? '' : 'is-over'}`}
        href={href}
        aria-current={isSelected ? 'true' : undefined}
        tabIndex={isTabStop ? 0 : -1}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          onSelect(id);
        }}
      >
        <PriorityName priority={priority} />
        <span className="alarm-what">
          <span className="alarm-source">
            <strong>{sourceText(source)}</strong>
            <span className="alarm-kind">{KIND_WORD[kind]}</span>
            {members.length > 1 && <span className="alarm-kind">{countText(members.length, 'module')}</span>}
            {kind !== 'hazard' && rackId !== null && <span className="alarm-kind">{rackId}</span>}
          </span>
          <span className="alarm-text">{textOf(alarm)}</span>
        </span>
        <VerdictCard alarm={alarm} />
        <span className="alarm-time">{time}</span>
      </a>
    </li>
  );
});

/** Where it stands, and by whom. */
function VerdictCard({ alarm }: { alarm: AlarmRecord }): ReactNode {
  const { state, suppression, acknowledgedBy } = alarm;
  const times = useTimes();
  const isHidden = suppression !== null && state !== 'closed';
  const by = state === 'acknowledged' || state === 'closed' ? acknowledgedBy : null;
  return (
    <span className="alarm-state">
      <StateMark state={isHidden ? 'hidden' : state} />
      <span>
        {isHidden ? SUPPRESSION_WORD[suppression.kind] : STATE_WORD[state]}
        {isHidden && <small> until {times.short(suppression.untilMs, suppression.fromMs)}</small>}
        {!isHidden && by !== null && (
          <small>
            {' '}
            {state === 'closed' ? 'acknowledged by ' : ''}
            {by}
          </small>
        )}
      </span>
    </span>
  );
}

interface AlarmListProps {
  readonly label: string;
  readonly alarms: readonly AlarmRecord[];
  readonly selected: string | null;
  readonly isHistory: boolean;
  readonly timeOf: (alarm: AlarmRecord) => string;
  readonly hrefFor: (id: string) => string;
  readonly onSelect: (id: string) => void;
}

export function AlarmList(props: AlarmListProps): ReactNode {
  const { label, alarms, selected, isHistory, timeOf, hrefFor, onSelect } = props;
  const rows = rowsOf(alarms, isHistory);
  const tabStop = alarms.some(({ id }) => id === selected) ? selected : alarms[0]?.id;
  return (
    <>
      <ol className={`alarm-list ${isHistory ? 'is-history' : ''}`} aria-label={label}>
        {rows.map((alarm) => (
          <Row
            key={alarm.id}
            alarm={alarm}
            href={hrefFor(alarm.id)}
            time={timeOf(alarm)}
            isSelected={alarm.id === selected}
            isTabStop={alarm.id === tabStop}
            onSelect={onSelect}
          />
        ))}
      </ol>
      {alarms.length > rows.length && (
        <p className="quiet alarm-more">
          and {countText(alarms.length - rows.length, 'more alarm')} that are less grave: narrow the list down
          to see them
        </p>
      )}
    </>
  );
}

export const sinceText = (alarm: AlarmRecord, nowMs: number): string =>
  spanText(Math.floor((nowMs - alarm.raisedMs) / 1000) * 1000);
