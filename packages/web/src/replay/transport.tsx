/** Play, pause, step, jump, speed, and where in the period one stands. */
import { MS_PER_S } from '@emberwatch/engine/units';
import type { ReactNode } from 'react';
import { Choice } from '../ui/choice.tsx';
import { useTimes } from '../ui/times.ts';
import { neighbourMs, type PastEvent } from './events.ts';
import { type Playhead, SPEEDS, type Speed, usePlay } from './playhead.ts';

const STEP_MS = 10 * MS_PER_S;

interface TransportProps {
  readonly playhead: Playhead;
  readonly events: readonly PastEvent[];
}

export function Transport({ playhead, events }: TransportProps): ReactNode {
  const { timeMs, isPlaying, speed } = usePlay(playhead);
  const times = useTimes();
  const { fromMs, toMs } = playhead.period;
  const go = (symbol: string, name: string, toTimeMs: number | null): ReactNode => (
    <button
      type="button"
      className="button"
      aria-label={name}
      title={name}
      disabled={toTimeMs === null}
      onClick={() => {
        playhead.pause();
        if (toTimeMs !== null) playhead.moveTo(toTimeMs);
      }}
    >
      {symbol}
    </button>
  );
  return (
    <div className="replay-transport">
      {go('|◀', 'To the change or alarm before', neighbourMs(events, timeMs, 'before'))}
      {go('−10 s', '−10 s back', timeMs > fromMs ? timeMs - STEP_MS : null)}
      <button
        type="button"
        className="button is-primary play"
        onClick={isPlaying ? playhead.pause : playhead.play}
        aria-label={isPlaying ? 'Pause' : 'Play'}
      >
        {isPlaying ? '❚❚' : '▶'}
      </button>
      {go('+10 s', '+10 s on', timeMs < toMs ? timeMs + STEP_MS : null)}
      {go('▶|', 'To the next change or alarm', neighbourMs(events, timeMs, 'after'))}
      <time dateTime={new Date(timeMs).toISOString()}>
        <b>{times.time(timeMs)}</b> <small>{`${times.date(timeMs)} ${times.zoneName(timeMs)}`}</small>
      </time>
      <input
        type="range"
        aria-label="Time in the period"
        aria-valuetext={times.instant(timeMs)}
        min={fromMs}
        max={toMs}
        step={MS_PER_S}
        value={timeMs}
        onChange={({ target }) => playhead.moveTo(Number(target.value))}
      />
      <Choice
        label="Speed"
        options={SPEEDS.map((value) => ({ value: String(value), text: `${value}×` }))}
        value={String(speed)}
        onChoose={(value) => playhead.chooseSpeed(Number(value) as Speed)}
      />
    </div>
  );
}
