/** Says new alarms to people who do not look: emergencies at once, the others when there is a pause. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { AlarmRecord } from '../wire.ts';
import { knownOf, newAlarmsOf, spokenText } from './new-alarms.ts';

/** Alarms that come together are said together. */
const GATHER_MS = 1200;

interface SpokenProps {
  readonly alarms: readonly AlarmRecord[];
  readonly isReady: boolean;
}

export function SpokenAlarms({ alarms, isReady }: SpokenProps): ReactNode {
  const [spoken, setSpoken] = useState({ polite: '', urgent: '' });
  const latest = useRef(alarms);
  const known = useRef<Map<string, number> | null>(null);
  const timer = useRef(0);
  useEffect(
    () => () => {
      window.clearTimeout(timer.current);
      timer.current = 0;
    },
    [],
  );
  useEffect(() => {
    if (!isReady) return;
    latest.current = alarms;
    // What was there before the page was opened is on the page; it is not news.
    known.current ??= knownOf(alarms);
    if (timer.current !== 0) return;
    timer.current = window.setTimeout(() => {
      timer.current = 0;
      const pending = newAlarmsOf(latest.current, known.current!);
      known.current = knownOf(latest.current);
      if (pending.length === 0) return;
      setSpoken({
        urgent: spokenText(pending.filter(({ priority }) => priority === 1)),
        polite: spokenText(pending.filter(({ priority }) => priority !== 1)),
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
