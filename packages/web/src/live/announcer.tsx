import { type ReactNode, useEffect, useRef, useState } from 'react';
import { countText } from '../ui/format.ts';
import type { ChangeEntry } from '../wire.ts';
import { LEVEL_WORD } from './level.tsx';
import { isAlarm } from './severity.ts';

const SPOKEN_AT_ONCE = 3;
/** Changes that come together are said together. */
const GATHER_MS = 1000;

const sentenceOf = ({ moduleId, from, to, reasons }: ChangeEntry): string =>
  `${moduleId}: ${LEVEL_WORD[from]} to ${LEVEL_WORD[to]}. ${reasons[0]?.text ?? ''}`;

/** Says level changes to people who do not look: critical at once, the others when there is a pause. */
export function Announcer({
  changes,
  isReady,
}: {
  changes: readonly ChangeEntry[];
  isReady: boolean;
}): ReactNode {
  const [spoken, setSpoken] = useState({ polite: '', urgent: '' });
  const saidSeq = useRef<number | null>(null);
  useEffect(() => {
    if (!isReady) return;
    const newest = changes[0]?.seq ?? 0;
    // What happened before the page was opened is on the page; it is not news. A service that has started
    // again counts from the beginning.
    if (saidSeq.current === null || newest < saidSeq.current) saidSeq.current = newest;
    const timer = window.setTimeout(() => {
      const pending = changes.filter((c) => c.seq > saidSeq.current! && (isAlarm(c.to) || isAlarm(c.from)));
      saidSeq.current = newest;
      if (pending.length === 0) return;
      const urgent = pending.filter((change) => change.to === 'critical');
      const polite = pending.filter((change) => change.to !== 'critical');
      setSpoken({ polite: textOf(polite), urgent: textOf(urgent) });
    }, GATHER_MS);
    return () => window.clearTimeout(timer);
  }, [changes, isReady]);
  return (
    <>
      <div className="unseen" aria-live="polite" id="live-polite">
        {spoken.polite}
      </div>
      <div className="unseen" aria-live="assertive" id="live-urgent">
        {spoken.urgent}
      </div>
    </>
  );
}

const textOf = (pending: readonly ChangeEntry[]): string =>
  pending.length > SPOKEN_AT_ONCE
    ? `${countText(pending.length, 'level change')}. ${sentenceOf(pending[0]!)}`
    : pending.map(sentenceOf).join(' ');
