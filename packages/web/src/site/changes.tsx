import type { ReactNode } from 'react';
import { LEVEL_WORD, LevelMark } from '../live/level.tsx';
import { countText } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { ChangeEntry } from '../wire.ts';
import { grouped } from './change-groups.ts';

const SHOWN = 60;

interface ChangesProps {
  readonly changes: readonly ChangeEntry[];
  readonly clockMs: number | null;
  readonly onSelect: (moduleId: string) => void;
}

export function Changes({ changes, clockMs, onSelect }: ChangesProps): ReactNode {
  const times = useTimes();
  return (
    <section className="panel changes" aria-labelledby="changes-title">
      <h2 id="changes-title">Latest changes</h2>
      {changes.length === 0 ? (
        <p className="quiet">No module has changed its level.</p>
      ) : (
        <ol>
          {grouped(changes)
            .slice(0, SHOWN)
            .map(({ change, count }) => (
              <li key={change.seq}>
                <button type="button" onClick={() => onSelect(change.moduleId)}>
                  <span className="change-head">
                    <time dateTime={new Date(change.timeMs).toISOString()}>
                      {times.short(change.timeMs, clockMs)}
                    </time>
                    <strong>{count === 1 ? change.moduleId : countText(count, 'module')}</strong>
                    <span className={`change-levels level-${change.to}`}>
                      <span className="change-from">{LEVEL_WORD[change.from]} →</span>
                      <LevelMark level={change.to} />
                      {LEVEL_WORD[change.to]}
                    </span>
                  </span>
                  {change.reasons[0] && (
                    <span className="change-reason">
                      {count > 1 && `For example ${change.moduleId}: `}
                      {change.reasons[0].text}
                    </span>
                  )}
                </button>
              </li>
            ))}
        </ol>
      )}
    </section>
  );
}
