/** Says new alarms to people who do not look: emergencies at once, the others when there is a pause. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { countText } from '../frame/format.ts';
import type { AlarmRecord } from '../wire.ts';
import { byGravity, waitsForLook } from './order.ts';
import { PRIORITY_WORD, sourceText } from './words.ts';

/** Alarms that come together are said together. */
const GATHER_MS = 1200;
const SPOKEN_AT_ONCE = 2;

/** Of a hazard the change of level is said with its reason already. */
const sentenceOf = (alarm: AlarmRecord): string =>
  alarm.kind === 'hazard'
    ? `Alarm, ${PRIORITY_WORD[alarm.priority]}: ${sourceText(alarm.source)}.`
    : `Alarm, ${PRIORITY_WORD[alarm.priority]}: ${alarm.text}`;

/** New since `known`, by when they last asked for a look. */
export function newsOf(alarms: readonly AlarmRecord[], known: ReadonlyMap<string, number>): AlarmRecord[] {
  return alarms
    .filter((alarm) => waitsForLook(alarm) && known.get(alarm.id) !== alarm.escalatedMs)
    .sort(byGravity);
}

export function spokenText(news: readonly AlarmRecord[]): string {
  const said = news.slice(0, SPOKEN_AT_ONCE).map(sentenceOf).join(' ');
  return news.length > SPOKEN_AT_ONCE ? `${countText(news.length, 'new alarm')}. ${said}` : said;
}

const knownOf = (alarms: readonly AlarmRecord[]): Map<string, number> =>
  new Map(alarms.map(({ id, escalatedMs }) => [id, escalatedMs]));

interface SpokenProps {
  readonly alarms: readonly AlarmRecord[];
  readonly isReady: boolean;
}

export function SpokenAlarms({ alarms, isReady }: SpokenProps): ReactNode {
  const [spoken, setSpoken] = useState({ polite: '', urgent: '' });
  const latest = useRef(alarms);
  const known = useRef<Map<string, number> | null>(null);
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  useEffect(() => {
    if (!isReady) return;
    latest.current = alarms;
    // What was there before the page was opened is on the page; it is not news.
    known.current ??= knownOf(alarms);
    if (timer.current !== 0) return;
    timer.current = window.setTimeout(() => {
      timer.current = 0;
      const news = newsOf(latest.current, known.current!);
      known.current = knownOf(latest.current);
      if (news.length === 0) return;
      setSpoken({
        urgent: spokenText(news.filter(({ priority }) => priority === 1)),
        polite: spokenText(news.filter(({ priority }) => priority !== 1)),
      });
    }, GATHER_MS);
  }, [alarms, isReady]);
  return (
    <>
      <div className="unseen" aria-live="polite" id="alarms-polite">
        {spoken.polite}
      </div>
      <div className="unseen" aria-live="assertive" id="alarms-urgent">
        {spoken.urgent}
      </div>
    </>
  );
}
