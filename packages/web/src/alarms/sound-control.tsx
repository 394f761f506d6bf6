/** Says whether alarms can be heard, and silences them for a while. */
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { useTimes } from '../ui/times.ts';
import type { AlarmRecord } from '../wire.ts';
import { SILENCE_MS, Sounder } from './sound.ts';
import { SPEAKER } from './speaker.ts';

const SILENCE_TEXT = `${SILENCE_MS / 60_000} min`;

export function SoundControl({ alarms }: { alarms: readonly AlarmRecord[] }): ReactNode {
  const [sounder] = useState(() => new Sounder(SPEAKER, Date.now));
  const { state, untilMs } = useSyncExternalStore(sounder.subscribe, sounder.current);
  const times = useTimes();
  useEffect(() => sounder.update(alarms), [sounder, alarms]);
  useEffect(() => {
    // Any click or key lets the page be heard.
    const again = (): void => sounder.tryAgain();
    window.addEventListener('pointerup', again);
    window.addEventListener('keyup', again);
    return () => {
      window.removeEventListener('pointerup', again);
      window.removeEventListener('keyup', again);
      sounder.update([]);
    };
  }, [sounder]);
  if (state === 'quiet') return null;
  return (
    <span className={`sound is-${state}`}>
      {state === 'blocked' && (
        <button
          type="button"
          className="button"
          title="The browser lets a page be heard only after a click or a key"
          onClick={() => sounder.tryAgain()}
        >
          Sound blocked: click
        </button>
      )}
      {state === 'sounding' && (
        <button
          type="button"
          className="button"
          title="A new emergency is heard all the same"
          onClick={() => sounder.silence()}
        >
          Silence {SILENCE_TEXT}
        </button>
      )}
      {state === 'silenced' && untilMs !== null && (
        <button
          type="button"
          className="button"
          title="Turn the sound on. A new emergency is heard all the same"
          onClick={() => sounder.unsilence()}
        >
          <span>Silenced until {times.time(untilMs).slice(0, 5)}</span>
          <span aria-hidden> ✕</span>
        </button>
      )}
    </span>
  );
}
