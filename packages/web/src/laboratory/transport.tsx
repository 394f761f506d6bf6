/** Play, pause, pace, and where in the run one stands. */
import type { ReactNode } from 'react';
import { Choice } from '../ui/choice.tsx';
import { clockText } from './durations.ts';
import { PACES, type Playhead, useIsPlaying, usePace, useTimeS } from './playhead.ts';
import type { Span } from './span.ts';

interface TransportProps {
  readonly playhead: Playhead;
  readonly span: Span;
  /** A closer look at what happened; null where the whole run is one. */
  readonly closeUp: Span | null;
  readonly isWhole: boolean;
  readonly onSpan: (span: Span | null) => void;
}

export function Transport({ playhead, span, closeUp, isWhole, onSpan }: TransportProps): ReactNode {
  const timeS = useTimeS(playhead);
  const isPlaying = useIsPlaying(playhead);
  const pace = usePace(playhead);
  return (
    <div className="transport">
      <button
        type="button"
        className="button play"
        onClick={isPlaying ? playhead.pause : playhead.play}
        aria-label={isPlaying ? 'Pause' : 'Play the run'}
      >
        {isPlaying ? '❚❚' : '▶'}
      </button>
      <time className="play-time">{clockText(timeS)}</time>
      <input
        type="range"
        aria-label="Time in the run"
        aria-valuetext={clockText(timeS)}
        min={span.fromS}
        max={span.toS}
        step={(span.toS - span.fromS) / 1000}
        value={Math.min(Math.max(timeS, span.fromS), span.toS)}
        onChange={({ target }) => playhead.moveTo(Number(target.value))}
      />
      <Choice
        label="Pace"
        options={PACES.map(({ pace: value, text }) => ({ value: String(value), text }))}
        value={String(pace)}
        onChoose={(value) => playhead.choosePace(value === 'whole' ? 'whole' : Number(value))}
      />
      {(closeUp || !isWhole) && (
        <button type="button" className="button" onClick={() => onSpan(isWhole ? closeUp : null)}>
          {isWhole ? 'Closer' : 'Whole run'}
        </button>
      )}
    </div>
  );
}
