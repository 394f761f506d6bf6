/** Alarms in rows: priority, state, where, what, since when. */
import { memo, type ReactNode } from 'react';
import { countText, spanText } from '../frame/format.ts';
import type { AlarmRecord } from '../wire.ts';
import { PriorityName, StateMark } from './mark.tsx';
import { waitsForLook } from './order.ts';
import { KIND_WORD, STATE_WORD, SUPPRESSION_WORD, sayingOf, sourceText } from './words.ts';

/** More rows than this are not read; filters find the others. */
export const MOST_ROWS = 300;

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
  const { id, kind, source, priority, state, suppression, members, rackId } = alarm;
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
          <span className="alarm-text">{sayingOf(alarm)}</span>
        </span>
        <span className="alarm-state">
          <StateMark state={state} />
          <span>
            {suppression && state !== 'closed' ? SUPPRESSION_WORD[suppression.kind] : STATE_WORD[state]}
            {state === 'acknowledged' && !suppression && alarm.acknowledgedBy !== null && (
              <small> {alarm.acknowledgedBy}</small>
            )}
          </span>
        </span>
        <span className="alarm-time">{time}</span>
      </a>
    </li>
  );
});

interface AlarmListProps {
  readonly label: string;
  readonly alarms: readonly AlarmRecord[];
  readonly selected: string | null;
  /** Null: the time in `timeOf` stands alone. */
  readonly timeOf: (alarm: AlarmRecord) => string;
  readonly hrefFor: (id: string) => string;
  readonly onSelect: (id: string) => void;
}

export function AlarmList(props: AlarmListProps): ReactNode {
  const { label, alarms, selected, timeOf, hrefFor, onSelect } = props;
  const tabStop = alarms.some(({ id }) => id === selected) ? selected : alarms[0]?.id;
  return (
    <>
      <ol className="alarm-list" aria-label={label}>
        {alarms.slice(0, MOST_ROWS).map((alarm) => (
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
      {alarms.length > MOST_ROWS && (
        <p className="quiet alarm-more">
          and {countText(alarms.length - MOST_ROWS, 'more alarm')} that are less grave: narrow the list down
          to see them
        </p>
      )}
    </>
  );
}

export const sinceText = (alarm: AlarmRecord, nowMs: number): string =>
  spanText(Math.floor((nowMs - alarm.raisedMs) / 1000) * 1000);
