/** Changes and alarms of the period in the order in which they became known; what is still to come is faint. */
import { type ReactNode, useEffect, useRef } from 'react';
import { LEVEL_WORD, LevelMark } from '../live/level.tsx';
import { hrefOf } from '../ui/route.ts';
import { useTimes } from '../ui/times.ts';
import type { PastEvent } from './events.ts';
import { type Playhead, usePlay } from './playhead.ts';

const SHOWN = 400;

interface EventListProps {
  readonly events: readonly PastEvent[];
  readonly isCut: boolean;
  readonly playhead: Playhead;
}

export function EventList({ events, isCut, playhead }: EventListProps): ReactNode {
  const { timeMs } = usePlay(playhead);
  const times = useTimes();
  const list = useRef<HTMLOListElement>(null);
  const known = events.filter((event) => event.timeMs <= timeMs).length;
  useEffect(() => {
    const { current } = list;
    const item = current?.children[Math.max(0, known - 1)];
    if (current && item instanceof HTMLElement)
      current.scrollTop = item.offsetTop - current.offsetTop - current.clientHeight / 2;
  }, [known]);
  return (
    <section className="panel past-events" aria-labelledby="events-title">
      <h2 id="events-title">As it became known</h2>
      {isCut && <p className="note">There was more than is shown: choose a shorter time.</p>}
      {events.length === 0 && <p className="quiet">No module was in alarm in this time.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ol ref={list} tabIndex={0} aria-labelledby="events-title">
        {events.slice(0, SHOWN).map((event, at) => (
          <li key={event.key} className={at < known ? '' : 'is-to-come'}>
            <button type="button" title="Go there" onClick={() => playhead.moveTo(event.timeMs)}>
              <span className="change-head">
                <time dateTime={new Date(event.timeMs).toISOString()}>{times.time(event.timeMs)}</time>
                <strong>{event.moduleId}</strong>
                <span className={`change-levels level-${event.to}`}>
                  {event.from && <span className="change-from">{LEVEL_WORD[event.from]} →</span>}
                  {event.alarmId && <span className="change-from">alarm raised:</span>}
                  <LevelMark level={event.to} />
                  {LEVEL_WORD[event.to]}
                </span>
              </span>
              {event.text && (
                <span className="change-reason" title={event.text}>
                  {event.text}
                </span>
              )}
            </button>
            {event.alarmId && <a href={hrefOf(`alarms/${event.alarmId}`)}>Alarm {event.alarmId}</a>}
          </li>
        ))}
      </ol>
      {events.length > SHOWN && <p className="quiet">and {events.length - SHOWN} more</p>}
    </section>
  );
}
